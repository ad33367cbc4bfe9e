/* dataset_table.h: makes a dataset from the arrays of a program (struct lockstep_table), which may have
 * any type, strides and alignment.
 *
 * Threads: any.  Collective: no.
 */
#pragma once

#include "data/dataset.h"

struct lockstep_shape;
struct lockstep_table;

/* Copies a table to a dataset, which must be empty except for its name. If the table lends its values
 * and they can be used where they are, set->values is table->x.data; the dataset owns all else. The
 * caller clears the dataset, even on failure. STATUS_USAGE, STATUS_BAD_DATA, STATUS_NO_RESOURCE
 * (lockstep_dataset_from_table()). */
enum status dataset_from_table(
    struct dataset *set, const struct lockstep_table *table, struct error *error);

/* Checks sizes that a program gives. `labelled`: the data must have classes or targets, otherwise the
 * numbers of these are ignored. `name` is used in the message. STATUS_USAGE. */
enum status shape_check(
    const struct lockstep_shape *shape, const char *name, bool labelled, struct error *error);

/* Gives a dataset without labels those of a table, its weights and groups: table->samples is the number
 * of its samples, or 0 if the table has none of these; x and the names of features are ignored.
 * Ownership and errors as above. */
enum status dataset_take_labels(
    struct dataset *set, const struct lockstep_table *table, struct error *error);
