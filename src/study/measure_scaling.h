/* measure_scaling.h: the speed of the same training on more and more workers, inside one job.
 *
 *     strong   the global batch is constant: the same model, faster
 *     weak     the batch per worker is constant, so the global batch grows: another model
 *
 * Speed-up and efficiency are relative to the first layout. The ranks of a layout are the first
 * ones of the job; the others sleep.
 */
#ifndef STUDY_MEASURE_SCALING_H
#define STUDY_MEASURE_SCALING_H

#include <stdbool.h>

#include "run/job.h"
#include "study/layout.h"
#include "study/repetitions.h"

/* The global batch that gives each worker what `batch` gives each of the first layout's. */
int64_t scaling_weak_batch(int64_t batch, struct layout layout, struct layout first);

/* speed_up / (workers / workers of the first). */
double scaling_efficiency(double speed_up, struct layout layout, struct layout first);

/* The layouts without --layouts: 1x1, 1x2, ... 1 x most_threads, then 2, 4, ... all ranks with
 * `rank_threads` each. */
void scaling_default_layouts(
    struct layout_list *list, int ranks, int most_threads, int rank_threads);

/* Appends rows to the array `rows`, complete on rank 0: for each batch the strong ones of all
 * layouts, then the weak ones. "speed_up" and "efficiency" are against the first layout's row of
 * the same kind; "communication" is the share of the workers' time in reduce and wait, a median;
 * "binding" names the cores rank by rank, perhaps truncated. A batch larger than the data is not
 * "measured". `bind`: binding_take() is used. Collective. STATUS_USAGE for a layout of more
 * ranks than there are. */
enum status measure_scaling(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions *repetitions, struct error *error);

#endif
