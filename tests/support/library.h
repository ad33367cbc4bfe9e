/* library.h: small data in memory and short trainings for tests of the C interface
 * (include/lockstep/lockstep.h). The same values wherever they are made.
 */
#pragma once

#include "lockstep/lockstep.h"

enum { LIBRARY_SAMPLES = 150, LIBRARY_FEATURES = 4, LIBRARY_CLASSES = 3 };

/* The arrays of a table: numbers, and the last feature a category. */
struct library_arrays {
    float x[LIBRARY_SAMPLES][LIBRARY_FEATURES];
    int32_t y[LIBRARY_SAMPLES];
    float target[LIBRARY_SAMPLES][2];
    float weight[LIBRARY_SAMPLES];
    int64_t group[LIBRARY_SAMPLES];
};

void library_fill(struct library_arrays *arrays);

/* Describes the arrays as numbers with class labels. */
struct lockstep_table library_table(const struct library_arrays *arrays);

/* Returns options for a short training on few threads, with further ones, name and value in turn, up
 * to a NULL. */
struct lockstep_options *library_options(const char *const *more);

/* Makes a dataset; ends the program if it cannot. */
struct lockstep_dataset *library_dataset(const struct lockstep_table *table);
