/* csv_extras.h: groups, sort keys and ids of the samples of a text table, from the words of their
 * columns.
 *
 * Threads: one at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Sets group, when and id of the rows' set, where the table has such columns. Sort keys are the
 * numbers in their column or, if it has words (2024-01-31), the places of the words in byte order.
 * STATUS_NO_RESOURCE. */
enum status csv_extras_settle(struct csv_rows *rows, struct error *error);
