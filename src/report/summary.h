/* summary.h: the result of a run, as summary.json and as text.
 *
 * The keys of summary.json; missing values are null:
 *
 *   version, commit, command, kernel, mpi, hosts, ranks
 *   definition                  version of sums and random draws (base/definition.h)
 *   threads, threads_used       threads per rank, as requested and as used by a step
 *   teams                       number of teams
 *   team                        the --team in use: "node", "numa", "rank" or a number of ranks
 *   team_note                   the reason if the --team in use is not the requested one
 *   train_samples, val_samples, test_samples, features, classes, parameters
 *   batch, drop_last, slices, epochs, steps_per_epoch, total_steps, reduce, same_bits_on_any_ranks
 *   exchange                    way of the sums between teams (comm/route.h): halving or direct
 *   link                        {latency_s, overhead_s, bytes_per_s} between teams (comm/link.h):
 *                               as measured at the start; as assumed if --exchange is not auto
 *   steps_done, stopped_by      epochs, max_steps, early_stop, target, give_up, time, signal, diverged,
 *                               failed, corrupted (--verify-every: weights_xxh3 is null)
 *   seconds                     training time, including loading of rows, excluding evaluation
 *   samples_per_second, gflops  averages over these seconds
 *   setup_s                     before the first step: reading, checking and agreeing; null in a
 *                               sweep
 *   train_loss                  mean over the samples of the last epoch, during training
 *   evaluated_at_step           the step of the val_ and test_ metrics: steps_done, unless the run
 *                               was interrupted
 *   val_ and test_              the metrics of model/metrics.h, of the saved weights: loss,
 *                               accuracy, top5, exact, f1, mse, rmse, mae, r2
 *   val_ema_ and test_ema_      those of the averaged weights at that step; only with --ema
 *   baseline                    {prediction, train_loss, val_loss, ..., test_loss, ...}: the
 *                               prediction that ignores the inputs, and its metrics
 *   better_than_baseline        true or false, by accuracy, R2, MAE or loss (model/baseline.h)
 *   causes                      if false: the causes that apply, with the options to try
 *   first_loss                  the loss of the first step
 *   final_weights               the saved weights: last, best or ema (--final-weights)
 *   weights_averaged            true if they are averaged ones: ema, or the best by a metric of
 *                               averaged weights
 *   weights_of_step             the step of the saved weights: steps_done, or the step of the best
 *                               weights
 *   weights_xxh3                XXH3-64 of all weights in canonical order (net/mlp.h), hexadecimal
 *   noise_scale, noise_error    trailing average while training, in samples (step/noise.h), and its
 *                               standard error
 *   noise_trace                 tr(Sigma)
 *   noise_gradient_square       |G|^2
 *   noise_from_step             first step of its window; the last is steps_done
 *   noise_moving                true if it changes within the window by more than its error
 *   noise_valid, noise_why      false and the reason if the noise was not measured or is not valid
 *   frozen_noise_scale          of the saved weights or, if these are averaged, of the last ones
 *                               (step/frozen_noise.h), in samples, and
 *   frozen_noise_low, frozen_noise_high     its 95 % interval
 *   frozen_noise_trace, frozen_noise_gradient_square
 *   frozen_noise_rows           training rows measured
 *   frozen_noise_exact          true if these are all rows
 *   frozen_noise_seconds        cost, not in `seconds`
 *   frozen_noise_why            reason if it is null
 *   peak_rss_bytes              maximum over ranks
 *   phase_s                     seconds per step in each phase, means over all workers; update: the
 *                               optimizer, except where weights includes it (page_phases.c)
 *   phases                      seconds in load, forward, backward, weights, reduce, update, wait:
 *                               min, mean, max over all workers
 */
#pragma once

#include <stdio.h>

#include "base/directory.h"
#include "run/job.h"
#include "study/comparison.h"

struct summary {
    const char *command; /* the whole command line */
    const struct teams *teams;
    const struct job *job;
    const struct result *result;
    struct comparison comparison; /* with the baseline */
    double setup_s; /* from the start of the process to the first step; NaN: unknown */
};

/* Writes summary.json as a file in a directory, whole or not at all. STATUS_CANNOT_CREATE,
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status summary_write(const struct directory *directory, const char *name,
    const struct summary *summary, struct error *error);

/* Prints the metrics, weights_xxh3, the noise scale, the speed, the reason why the run stopped,
 * and the results directory. Lines that are wider than the terminal are broken (shown_streams.h). */
void summary_print(FILE *file, const struct summary *summary, const char *out);
