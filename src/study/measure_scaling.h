/* measure_scaling.h: measures the speed of the same training on increasing numbers of workers,
 * within one job.
 *
 *     strong   the global batch is constant: the result is the same, but faster
 *     weak     the batch per worker is constant, so the global batch grows and the result differs
 *
 * Speed-up and efficiency are relative to the first layout. A layout uses the first ranks of the
 * job; all other ranks sleep.
 */
#ifndef STUDY_MEASURE_SCALING_H
#define STUDY_MEASURE_SCALING_H

#include <stdbool.h>

#include "run/job.h"
#include "study/repetitions.h"

enum { LAYOUTS_MAX = 32 };

struct layout {
    int ranks, threads; /* threads per rank */
};

struct layout_list {
    int n;
    _Alignas(8) struct layout item[LAYOUTS_MAX];
};

/* Returns the global batch with which a worker gets as many samples as a worker of the first layout
 * gets with `batch`. */
int64_t scaling_weak_batch(int64_t batch, struct layout layout, struct layout first);

/* Returns speed_up / (workers / workers of the first layout). */
double scaling_efficiency(double speed_up, struct layout layout, struct layout first);

/* Fills the default layouts, used without --layouts: 1x1, 1x2, ... 1 x most_threads, then 2, 4, ...
 * all ranks with `rank_threads` each. */
void scaling_default_layouts(
    struct layout_list *list, int ranks, int most_threads, int rank_threads);

/* Appends rows to the array `rows`, complete on rank 0: for each batch, the strong rows of all
 * layouts, then the weak rows. "speed_up" and "efficiency" are relative to the first layout's row
 * of the same kind; "communication" is the median share of the workers' time spent in reduce and
 * wait; "binding" lists the cores rank by rank and may be truncated. If the batch is larger than
 * the data, "measured" is false. `bind`: bind the workers to CPUs with binding_take(). Collective.
 * STATUS_USAGE for a layout with more ranks than the job has. */
enum status measure_scaling(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions *repetitions, struct error *error);

#endif
