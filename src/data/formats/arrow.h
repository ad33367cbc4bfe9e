/* arrow.h: makes a dataset from a stream of record batches of the Arrow C data interface.
 *
 * The cells mean what they mean in a text table with a header (csv.h), but numbers are not written as
 * text and read again: a double is rounded to float32 once. Booleans are the words true and false.
 * Strings and dictionaries are categories, even if their values look like numbers. Options name a column by
 * name before they do by number, as columns of frames are often named 0, 1 ... The texts of
 * request->missing are compared with numbers by value. Columns __index_level_0__ ..., in which pandas
 * passes the numbers of a frame's rows, are ignored, with a note. If the request names inputs, labels
 * are read if the label columns that it names are there, or request->label names some.
 *
 * Rows count from 0, columns from 1. Threads: any. Collective: no.
 */
#pragma once

#include "data/formats/arrow_abi.h"
#include "data/source_request.h"

/* Reads all batches, and releases them; the caller releases the stream. STATUS_USAGE (a released stream; no
 * such column), STATUS_BAD_DATA (the stream fails, is malformed, or has a type that cannot be used),
 * STATUS_NO_RESOURCE; on failure the dataset is cleared. */
enum status arrow_read(const char *name, struct ArrowArrayStream *stream,
    const struct source_request *request, struct dataset *dataset, struct error *error);
