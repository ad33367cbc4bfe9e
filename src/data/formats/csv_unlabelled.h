/* csv_unlabelled.h: leaves out the rows of a text table whose label is missing.
 *
 * Threads: one at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Refuses rows of which none has its label. STATUS_BAD_DATA. */
enum status csv_unlabelled_check(const struct csv_rows *rows, struct error *error);

/* Moves the samples without a label (or without one of several targets) of the rows' set, which is
 * complete, behind the others, and counts them in its `unlabelled` and its note. STATUS_NO_RESOURCE. */
enum status csv_unlabelled_drop(struct csv_rows *rows, struct error *error);
