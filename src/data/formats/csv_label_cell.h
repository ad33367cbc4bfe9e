/* csv_label_cell.h: takes one label of a text table, and the look of its text, by which
 * csv_labels.h decides between classes and targets.
 *
 * Threads: each with its own part. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Sets label column `which` of the current row from a field. False: the part's error is set. */
bool csv_label_take(
    struct csv_rows *rows, struct csv_part *part, struct csv_field field, int32_t which);
