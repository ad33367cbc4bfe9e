/* csv.h: numbers in text, one sample per line: CSV, TSV and similar formats.
 *
 *     sepal_length,sepal_width,species          a header, or none
 *     5.1,3.5,setosa
 *     4.9,"3.0",setosa                          quotes are allowed; "" is one within them
 *
 * The delimiter, comma, tab or semicolon, is the one that occurs most often in the first line.
 * Lines end with LF or CR LF; blank ones are allowed only at the end. A byte order mark is skipped;
 * names are UTF-8. Comments and quoted line breaks are not supported. All lines have the same
 * number of fields. Blanks around fields are skipped. Numbers are as in base/decimal.h, correctly
 * rounded to float32 and finite; a missing value is refused.
 *
 * Labels are in a column, by default the last one. If every label is a whole number or some are
 * words, they are classes:
 *
 *   exactly 0, 1 ... K-1      class numbers, unchanged and without names
 *   other whole numbers       classes in increasing order, the numbers their names
 *   words                     classes in the order of their bytes, the words their names
 *
 * Many whole numbers that do not count from 0 could be either, and are refused with TASK_AUTO. A
 * whole number is written without leading zeros (007 is a word). Other numbers are targets; words
 * and such numbers in one column are refused. Several label columns are targets. TASK_VALUES takes
 * every number as a target; TASK_CLASSES takes 2.0 for 2, and refuses 2.5.
 *
 * The file is mapped, cut at line ends, and its parts parsed by several threads; the dataset, and
 * the message about the first wrong line, are the same for any number of threads. Lines and columns
 * count from 1.
 */
#ifndef DATA_FORMATS_CSV_H
#define DATA_FORMATS_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "data/room.h"

/* HEADER_AUTO: the first line is a header if no feature field in it is a number, and none if all
 * are; a mixture is refused. A label column that is given by name must be in a header. */
enum header_choice { HEADER_AUTO, HEADER_ON, HEADER_OFF };

struct csv_options {
    const char *label; /* columns by name or number from 1, separated by commas; NULL: the last
                          one; with TASK_NONE: columns to omit, NULL: none */
    enum header_choice header;
    enum task task;
    int threads; /* at least 1 */
    /* [features] inputs of a model: a header that has all of them in this order may have other
       columns too, which are omitted. NULL: every column is an input */
    char *const *feature_name;
    int64_t features;
    const struct room *room; /* asked before memory is allocated for a table; NULL: no limit */
};

/* STATUS_NO_INPUT, STATUS_BAD_DATA (file, line, column, what was found), STATUS_USAGE (no such
 * column), STATUS_NO_RESOURCE, each with the dataset cleared. */
enum status csv_read(const char *path, const struct csv_options *options, struct dataset *dataset,
    struct error *error);

/* The same from text in memory. `name` is used as the file's. */
enum status csv_parse(const char *name, const char *text, size_t size,
    const struct csv_options *options, struct dataset *dataset, struct error *error);

/* --- from a stream ------------------------------------------------------------------------- */

struct csv_stream;

/* A table without labels (TASK_NONE) from a stream, some lines at a time, so that memory does not
 * grow with it. `name`, options and file stay the caller's. STATUS_NO_RESOURCE. */
enum status csv_stream_open(struct csv_stream **stream, FILE *file, const char *name,
    const struct csv_options *options, struct error *error);

/* Reads up to `most` samples: returns as soon as that many lines have arrived or the stream has
 * ended; at the end the dataset has no samples. The caller clears it. Errors as csv_read(), and
 * STATUS_IO. */
enum status csv_stream_next(
    struct csv_stream *stream, int64_t most, struct dataset *dataset, struct error *error);

/* Takes NULL. */
void csv_stream_close(struct csv_stream *stream);

#endif
