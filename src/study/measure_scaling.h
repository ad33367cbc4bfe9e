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

#include "study/repetitions.h"
#include "study/repeat_stats.h"
#include "study/layout.h"
#include "run/job.h"

enum { SCALING_BINDING = 256 };

struct scaling_row {
    struct layout layout;
    bool weak;
    int64_t batch;
    bool measured; /* false: the batch would be larger than the data */
    int64_t slices;
    struct repeat_stats samples_per_s, gflops;
    double speed_up, efficiency;   /* against the first layout's row of the same kind */
    double communication;          /* share of the workers' time in reduce and wait, median */
    char binding[SCALING_BINDING]; /* "cores 0 | cores 1", rank by rank, perhaps truncated */
};

struct scaling_report {
    const struct settings *settings; /* the network */
    int rows;
    struct scaling_row *row; /* the caller's */
};

/* The number of rows: for each batch size all strong ones, then all weak ones. */
static inline int scaling_rows(int batches, int layouts)
{
    return 2 * batches * layouts;
}

/* The global batch that gives each worker what `batch` gives each of the first layout's. */
int64_t scaling_weak_batch(int64_t batch, struct layout layout, struct layout first);

/* speed_up / (workers / workers of the first). */
double scaling_efficiency(double speed_up, struct layout layout, struct layout first);

/* The layouts without --layouts: 1x1, 1x2, ... 1 x most_threads, then 2, 4, ... all ranks with
 * `rank_threads` each. */
void scaling_default_layouts(
    struct layout_list *list, int ranks, int most_threads, int rank_threads);

/* report->row [scaling_rows(n, layouts->n)] is filled on rank 0. `bind`: binding_take() is used.
 * Collective. STATUS_USAGE for a layout of more ranks than there are. */
enum status measure_scaling(struct scaling_report *report, struct job *job, struct teams *teams,
    const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions repetitions, struct error *error);

#endif
