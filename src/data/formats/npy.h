/* npy.h: reads the NPY format of numpy.save, versions 1.0, 2.0 and 3.0.
 *
 *   byte 0-5    93 'N' 'U' 'M' 'P' 'Y'
 *   byte 6-7    version: major, minor
 *   2 or 4      length of the header (4 from version 2.0 on), little-endian
 *   header      {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }, blanks, \n
 *   data        row-major
 *
 * Source: numpy.lib.format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * Supported types are little-endian integers of 1 to 8 bytes, booleans (as i1, 0 and 1), f4 and f8.
 * The data is mapped in its own type, and converted to float32 row by row when it is used: integers
 * beyond 2^24 and f8 are rounded to nearest once. Every size in a header is checked for overflow
 * and against the file's length before memory is allocated; the file must end where its data ends.
 * Messages count samples from 0.
 */
#pragma once

#include "data/room.h"

/* True if the bytes begin like an NPY file. */
bool npy_begins(const char *bytes, size_t size);

/* Maps inputs [N], [N, F] or [N, a, b ...] (all dimensions but the first make up the features) and
 * reads their labels (NULL with TASK_NONE): [N] or [N, 1] as classes, or [N] or [N, K] as K
 * targets. TASK_AUTO takes one integer per sample as a class, and also one float if the labels are
 * exactly 0.0, 1.0 ... K-1 with K from 2 to 20, with a note; anything else is targets.
 * Inputs and targets must be finite as float32; classes are checked as in data/array.h.
 * dataset->name is the path of the inputs. `room` is asked for memory; NULL: no limit.
 * STATUS_NO_INPUT, STATUS_BAD_DATA, STATUS_NO_RESOURCE; on failure the dataset is cleared. */
enum status npy_read(const char *inputs, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error);
