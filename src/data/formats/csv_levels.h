/* csv_levels.h: numbers the levels of the categories of a text table.
 *
 * Threads: one at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Replaces words by the codes of their levels, which are those of head->levels, or in the order of
 * their first appearance; sets the levels of the rows' set. STATUS_NO_RESOURCE. */
enum status csv_levels_encode(struct csv_rows *rows, int threads, struct error *error);
