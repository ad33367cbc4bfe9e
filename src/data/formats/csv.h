/* csv.h: reads text tables with one sample per line: CSV, TSV and similar formats.
 *
 *     sepal_length,sepal_width,species          an optional header
 *     5.1,3.5,setosa
 *     4.9,"3.0",setosa                          quotes are allowed; "" within them is one quote
 *
 * The delimiter is a comma, tab or semicolon, whichever occurs most often in the first line, or the
 * request's; blanks, any number of them, in a line without these (csv_delimiter.h). Lines end with LF
 * or CR LF; line ends between quotes belong to the field; blank lines are allowed only at the end. A
 * byte order mark is skipped; names are UTF-8. A file may be gzipped. Comments are not supported. All
 * lines must have the same number of fields; only in a header the name of the first column, or of an
 * empty last one, may be missing (csv_header.h). Blanks around fields are skipped. Numbers have the
 * format of base/decimal.h, are correctly rounded to float32, and must be finite.
 *
 * An input column holds numbers, or is a category (csv_inputs.h has the rules), with one code for
 * each of its words. Empty fields, NA, N/A, NaN, null, none and ? (in any case), and the request's
 * own texts, are missing values: NaN in inputs. Rows without a label are left out, and counted. The
 * request names further columns: weights, groups, sort keys, ids, and columns to be ignored.
 *
 * Labels are in one column, by default the last. If all labels are whole numbers, or some are
 * words, the labels are classes:
 *
 *   exactly 0, 1 ... K-1      class numbers, unchanged and without names
 *   other whole numbers       classes in increasing order, named by the numbers
 *   words                     classes in byte order, named by the words
 *
 * A large set of different whole numbers other than 0 ... K-1 could be classes or targets, and is
 * refused with TASK_AUTO. A whole number has no leading zeros (007 is a word). Whole numbers in
 * another form (2.0, 2e0) are classes too; with TASK_AUTO only if there are at most 20 different
 * ones, with a note, and otherwise targets. Numbers with a fraction are targets; a column that
 * contains both words and decimal numbers is refused, and so is an amount such as $5 or 1,000. If
 * there are several label columns, they are targets. TASK_VALUES takes every number as a target;
 * TASK_CLASSES refuses 2.5.
 *
 * If the request names inputs and label columns, and the table has a header, columns are found by
 * their names, in any order.
 *
 * The file is mapped and cut at line ends, and its parts are parsed by several threads; the
 * dataset, and the message about the first wrong line, are the same for any number of threads.
 * Lines and columns count from 1.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "data/source_request.h"

/* Reads a table from a file. STATUS_NO_INPUT, STATUS_BAD_DATA (file, line, column, what was found),
 * STATUS_USAGE (no such column), STATUS_NO_RESOURCE; on failure the dataset is cleared. */
enum status csv_read(const char *path, const struct source_request *request,
    struct dataset *dataset, struct error *error);

/* Reads a table from text in memory. `name` is used in messages instead of a file name. */
enum status csv_parse(const char *name, const char *text, size_t size,
    const struct source_request *request, struct dataset *dataset, struct error *error);

/* --- from a stream ------------------------------------------------------------------------- */

struct csv_stream;

/* Opens a table without labels (TASK_NONE) on a stream, to be read some lines at a time, so that
 * memory does not grow with the stream. Columns without given levels hold numbers. The caller keeps ownership of `name`, the request and the
 * file. STATUS_NO_RESOURCE. */
enum status csv_stream_open(struct csv_stream **stream, FILE *file, const char *name,
    const struct source_request *request, struct error *error);

/* Reads up to `most` samples: returns as soon as `most` lines have arrived or the stream has ended;
 * at the end the dataset has no samples. The caller clears it. Errors as for csv_read(), and
 * STATUS_IO. */
enum status csv_stream_next(
    struct csv_stream *stream, int64_t most, struct dataset *dataset, struct error *error);

/* Closes the stream reader, but not the file; NULL is allowed. */
void csv_stream_close(struct csv_stream *stream);
