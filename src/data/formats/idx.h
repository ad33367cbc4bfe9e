/* idx.h: reads the IDX format of the MNIST files, plain or gzipped.
 *
 *   byte 0-1   0
 *   byte 2     type: 08 u8, 09 i8, 0B i16, 0C i32, 0D f32, 0E f64
 *   byte 3     number of dimensions, 1 ... 8
 *   4 bytes    each dimension, big-endian; the first is the number of samples
 *   data       row-major, big-endian
 *
 * Source: "The IDX file format", http://yann.lecun.com/exdb/mnist/ (LeCun, Cortes, Burges). The
 * sizes in a header are checked for overflow and against the file's length before memory is
 * allocated for the data; a plain file must have exactly the length that its header declares, and a
 * gzipped one must unpack to exactly this length (with a correct checksum). Whether a file is
 * gzipped is decided by its first bytes, not by its name. Messages count samples from 0.
 */
#pragma once

#include "data/room.h"

/* Reads images (any number of dimensions >= 1; all but the first make up the features) and their
 * labels (NULL with TASK_NONE). According to `task`, labels are classes (one dimension) or targets
 * (one or two dimensions); TASK_AUTO takes integers as classes and floats as targets. u8 images
 * stay u8, every other type becomes float32 (f64 and i32 rounded to nearest) and must be finite.
 * The number of classes is one more than the largest label, at least 2; a negative label is
 * refused. dataset->name is the path of the images. `room` is asked for memory; NULL: no limit.
 * STATUS_NO_INPUT, STATUS_BAD_DATA (file, what was found, what was expected), STATUS_IO,
 * STATUS_NO_RESOURCE; on failure the dataset is cleared. */
enum status idx_read(const char *images, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error);
