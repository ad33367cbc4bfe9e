/* csv_label_columns.h: finds the label columns of a text table, by --label, by the names that a
 * model has for them, or by position.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/formats/csv_head.h"

/* Gives the label columns their roles, or with TASK_NONE omits those without a role by another
 * option; all columns must be inputs or have such a role. Sets *named if a label column was found by
 * name, so that the first line must be a header. STATUS_USAGE (no such column), STATUS_NO_RESOURCE. */
enum status csv_labels_choose(
    struct csv_head *head, const struct source_request *request, bool *named, struct error *error);

/* Compares the label columns of a header with the names in the request: all must be there or, if
 * --label names the columns, several are put into the request's order. STATUS_BAD_DATA;
 * STATUS_USAGE (--label mixes such names, in other places, with different ones). */
enum status csv_labels_match(
    struct csv_head *head, const struct source_request *request, struct error *error);
