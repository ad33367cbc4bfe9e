/* csv_match.h: finds the inputs of a model in the header of a text table, in any order.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "data/formats/csv_head.h"

/* Gives the columns with the names request->feature_name the roles of these inputs. Of several
 * inputs and columns with the same name, the first input is in the first column, and so on. A column
 * of ids may be one of them too. Takes request->model_weight. Omits the other columns, except those
 * of the labels, and writes their names to head->omitted. The head must have names and roles.
 * STATUS_BAD_DATA (an input has no column), STATUS_NO_RESOURCE. */
enum status csv_match_features(
    struct csv_head *head, const struct source_request *request, struct error *error);
