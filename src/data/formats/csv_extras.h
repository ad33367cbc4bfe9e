/* csv_extras.h: groups, sort keys, ids and names of the samples of a text table, from the words of
 * their columns.
 *
 * Threads: one at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Sets group, when and id of the rows' set, where the table has such columns. Sort keys are the
 * numbers in their column, read with the head's decimal separator, or if it has only words, which
 * are times in one form (csv_field_time()), their places in byte order. Row names, which the note
 * says are ignored, are all different. STATUS_BAD_DATA: other row names; numbers and words, other
 * words, or different numbers that are the same in double; STATUS_NO_RESOURCE. */
enum status csv_extras_settle(struct csv_rows *rows, struct error *error);
