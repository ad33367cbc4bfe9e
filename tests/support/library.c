#include "support/library.h"

#include <stdio.h>
#include <stdlib.h>

/* Returns a number in [0, 1) for a position. */
static double number(int64_t i, int64_t j)
{
    return (double)(((uint64_t)(i * 31 + j) * 0x9e3779b97f4a7c15U) >> 40) / (double)(1 << 24);
}

void library_fill(struct library_arrays *arrays)
{
    for (int i = 0; i < LIBRARY_SAMPLES; i++) {
        for (int j = 0; j < LIBRARY_FEATURES - 1; j++)
            arrays->x[i][j] = (float)number(i, j);
        arrays->y[i] = (int32_t)(LIBRARY_CLASSES * number(i, 0));
        arrays->x[i][LIBRARY_FEATURES - 1] = (float)(i % 3);
        arrays->target[i][0] = arrays->x[i][0] * 2 + arrays->x[i][1];
        arrays->target[i][1] = arrays->x[i][2] - 100;
        arrays->weight[i] = (float)(i % 5) / 2;
        arrays->group[i] = i / 7;
    }
}

struct lockstep_table library_table(const struct library_arrays *arrays)
{
    return (struct lockstep_table){.samples = LIBRARY_SAMPLES,
        .features = LIBRARY_FEATURES,
        .x = {arrays->x, LOCKSTEP_F32, {0, 0}},
        .classes = LIBRARY_CLASSES,
        .y = {arrays->y, LOCKSTEP_I32, {0, 0}}};
}

static void stop(const struct lockstep_error *error)
{
    fprintf(stderr, "%s\n", error->message);
    abort();
}

static void set_all(struct lockstep_options *options, const char *const *list)
{
    struct lockstep_error error;
    for (; *list; list += 2)
        if (lockstep_options_set(options, list[0], list[1], &error))
            stop(&error);
}

struct lockstep_options *library_options(const char *const *more)
{
    static const char *const fixed[] = {"hidden", "7", "epochs", "3", "batch", "32", "threads", "2",
        "slices", "4", "lr", "0.02", NULL};
    struct lockstep_options *options = lockstep_options_create();
    set_all(options, fixed);
    set_all(options, more);
    return options;
}

struct lockstep_dataset *library_dataset(const struct lockstep_table *table)
{
    struct lockstep_error error;
    struct lockstep_dataset *dataset;
    if (lockstep_dataset_from_table(&dataset, table, &error))
        stop(&error);
    return dataset;
}
