/* csv_labels.h: decides whether the labels of a text table are classes or targets, and numbers the
 * classes, as described in csv.h.
 *
 * Threads: one at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Leaves either labels or targets in the rows' set, which has both where the labels may be classes.
 * Sets the names of classes, and a note if numbers with a decimal point are read as classes with
 * TASK_AUTO. STATUS_BAD_DATA naming the lines, STATUS_NO_RESOURCE. */
enum status csv_labels_settle(struct csv_rows *rows, struct error *error);
