/* summary.h: the result of a run, as summary.json and as lines for people.
 *
 * The keys of summary.json; what a run does not have is null:
 *
 *   version, commit, command, kernel, mpi, hosts, ranks
 *   definition                  of sums and random draws (base/definition.h)
 *   threads, threads_used       of a rank: as asked for, and as a step has work for
 *   teams, team                 how many; "node", "numa", "rank" or a number of ranks: --team in force
 *   team_note                   why it is not the one that was asked for
 *   train_samples, val_samples, test_samples, features, classes, parameters
 *   batch, drop_last, slices, epochs, steps_per_epoch, total_steps, reduce, same_bits_on_any_ranks
 *   steps_done, stopped_by      epochs, max_steps, early_stop, target, time, signal, diverged, failed,
 *                               corrupted (--verify-every: weights_xxh3 is null)
 *   seconds                     of training, loading of rows included, evaluation not
 *   samples_per_second, gflops  of those seconds
 *   train_loss                  mean over the last epoch's samples, as they were met
 *   evaluated_at_step           what val_ and test_ belong to; steps_done, unless the run was cut short
 *   val_ and test_              the figures of model/metrics.h: loss, accuracy, top5, exact, f1, mse,
 *                               rmse, mae, r2
 *   weights_of_step             the step after which they were so: steps_done, or that of the best
 *   weights_xxh3                XXH3-64 of all weights in canonical order (net/mlp.h), hexadecimal
 *   noise_scale, noise_error    of the gradient, in samples, at the end (step/noise.h), and its
 *                               standard error
 *   noise_trace                 tr(Sigma), noise_gradient_square: |G|^2
 *   noise_valid, noise_why      false and why, where it was not measured or says nothing
 *   peak_rss_bytes              of the largest rank
 *   phases                      seconds in load, forward, backward, weights, reduce, update, wait:
 *                               min, mean, max over all workers
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "base/directory.h"
#include "run/job.h"

struct summary {
    const char *command; /* the whole command line */
    const char *mpi;
    const struct teams *teams;
    const struct settings *settings;
    const struct dataset *dataset;
    int64_t validation_samples, test_samples;
    const struct result *result;
};

/* Writes a file of a directory whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status summary_write(const struct directory *directory, const char *name,
    const struct summary *summary, struct error *error);

/* A few lines on `file` (stdout): why it ended, accuracy, weights_xxh3, speed, where results lie.
 */
void summary_print(FILE *file, const struct summary *summary, const char *out);

#endif
