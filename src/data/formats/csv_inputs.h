/* csv_inputs.h: decides which input columns of a text table hold numbers, which are categories, and
 * which are not inputs.
 *
 *   no words                                 numbers
 *   amounts only, such as $5 or 1,000        refused, with the remedy
 *   words, and fewer numbers                 a category, whose words include the numbers
 *   words, and at least as many numbers      refused: some numbers are mistyped
 *   dates only, and few levels               a category, with a note
 *   levels for more than half of the words,
 *   and more than 20                         refused: dates, ids or free text
 *   no name, and 0, 1, 2 ... or 1, 2, 3 ...  ignored: numbers of rows (for the first column, see
 *                                            csv_header_take_row_names())
 *   no name, and no values                  ignored
 *   no name, behind row names                refused, unless it counts the rows
 *
 * Threads: one at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Judges the columns of rows that have been read. Sets *again if the rows must be read once more,
 * with the kinds and roles that the head has then. STATUS_BAD_DATA. */
enum status csv_inputs_judge(
    const struct csv_rows *rows, struct csv_head *head, bool *again, struct error *error);
