/* sweep_record.h: a sweep over batch sizes as sweep.json and sweep.csv. Rank 0 only.
 *
 * sweep.json contains the request and the machine, and the results in struct sweep (study/sweep.h):
 *
 *   runs                   every finished run
 *   batches                every batch size at its best rate. Figures over the seeds that report:
 *                          {"mean", "least", "most", "n"}, with geometric means to the target; times
 *                          per step and epoch and samples per second {"median", ...}, over all runs.
 *                          steps_interval, seconds_interval: {"least", "most"}, 95 %.
 *                          points: text, the steps of each seed if there are fewer than five.
 *                          rates: every rate, with its median_steps over the seeds that choose, and
 *                          every seed: steps, or null and censored_at; measured seconds; metric
 *   choosing_seeds, reporting_seeds   the roles of the seeds (study/sweep_rate.h)
 *   seed_scatter, seed_freedom        of the steps to the target (study/seed_centres.h)
 *   fit, fit_why           the fit, or the reason why there is none
 *   frozen_noise_scale     noise scale at the end of the runs, in samples (step/frozen_noise.h): the
 *                          median over the batch sizes
 *   agreement_factor       the factor between that batch size and the fitted one
 *   recommendation         soonest and thriftiest, with their ties (study/sweep_choice.h)
 *   warnings
 *
 * sweep.csv has one line per batch size, with the columns NAME (the mean or median), NAME_least and
 * NAME_most for each figure. Names include units. An unknown value is null in sweep.json, empty in
 * sweep.csv.
 */
#pragma once

#include "base/directory.h"
#include "base/json.h"
#include "study/sweep.h"

/* Adds the results to the request and the machine, and returns the content of sweep.json. */
struct json *sweep_json(struct json *json, const struct sweep *sweep);

/* Writes sweep.csv as a file in a directory, whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status sweep_write_csv(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error);
