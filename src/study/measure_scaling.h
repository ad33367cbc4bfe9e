/* measure_scaling.h: measures the speed of the same training on increasing numbers of workers,
 * within one job, and verifies that it is the same training.
 *
 *     strong   the global batch is constant: the same model, but faster
 *     weak     the batch per worker is constant, so the global batch grows: another model
 *
 * Verification: every strong layout first trains ten steps from the same weights; all
 * teams of all layouts must end with the same bits. So must all teams of a layout after every
 * measured run. If the first check fails, nothing is measured: a wrong result has no speed.
 *
 * Speed-up and efficiency are relative to the first layout. A layout uses the first ranks of the
 * job, machine by machine (scaling_rules.h); all other ranks sleep.
 */
#pragma once

#include <stdbool.h>

#include "run/job.h"
#include "study/repetitions.h"
#include "study/scaling_rules.h"

/* Sets the results and appends to the array `rows`, complete on rank 0:
 *
 *     rows            for each batch, the strong rows of all layouts, then the weak rows:
 *       kind, same_model, batch, layout, ranks, threads, hosts, slices, binding
 *       measured                   false: the batch is larger than the data, or nothing was measured
 *       samples_per_s, gflops      of each round
 *       speed_up, efficiency, host_efficiency   relative to the first layout's row of this kind
 *       load_balance, communication_efficiency, parallel_efficiency, computation_scaling,
 *       global_efficiency          medians (scaling_rules.h)
 *       communication              median share of the workers' time in reduce and wait
 *       sample_compute_s           median time per sample that all workers compute together
 *       reduce_s                   per step: least, mean and most over ranks; medians
 *       first_step_s               median time until the first step has ended
 *       weights_xxh3               of strong rows, after the steps of the verification
 *     verification    {"verified", "steps", "why"}; null instead of true or false with
 *                     --reduce allreduce, whose bits depend on the number of teams
 *     fom             {"value", "unit"}: the most samples per second of the strong rows with the
 *                     most workers; only if verified
 *
 * `bind`: bind the workers to CPUs with binding_take(). Collective. STATUS_USAGE for a layout with
 * more ranks than the job has. Wrong bits are not a failure of this function. */
enum status measure_scaling(struct json *results, struct json *rows, struct job *job,
    struct teams *teams, const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions *repetitions, struct error *error);
