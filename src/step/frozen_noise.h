/* frozen_noise.h: the gradient noise scale (noise.h) of a network whose weights do not change, with
 * its error: the figure for the end of a run.
 *
 * n of the N training rows, drawn without replacement, have the gradients g_i at these weights.
 * From q = the mean of |g_i|^2 and |G_n|^2, the squared norm of their mean, follow unbiased
 * estimates of tr(Sigma) and |G|^2, as from a step (noise.h). With n = N they are exact.
 *
 * Otherwise the rows are cut into K groups, and the estimates are repeated without each group (the
 * jackknife; Efron and Stein 1981: it does not underestimate the variance on average). With
 * (t_k, s_k) the estimates without group k, and the correction for a finite population
 *
 *     V = (1 - n / N) (K - 1) / K  sum of ((t_k, s_k) - mean) ((t_k, s_k) - mean)'
 *
 * The 95 % interval of the quotient r = t / s is Fieller's (1954): the r with
 *
 *     (t - r s)^2 <= T^2 (V_tt - 2 r V_ts + r^2 V_ss)         T: Student's t, K - 1 degrees
 *
 * Unlike scale +- error it stays right where |G|^2 is uncertain, and it has an end only if s is
 * above T of its own errors. If it has none, the noise scale is not determined.
 *
 * Gradients are those of the loss with its label smoothing, and with class weights as factors (the
 * scale then differs by about one sample from that of a mean weighted batch by batch). With weights of
 * samples nothing is measured. They are
 * without dropout: with its masks, even all rows together would be a sample, and the figure would
 * have an error that rows do not show.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    FROZEN_ROWS = 4096,     /* the most that are drawn */
    FROZEN_GROUP = 256,     /* rows of a group */
    FROZEN_GROUPS = 16,     /* K, if there are more rows than are drawn */
    FROZEN_ROWS_LEAST = 32, /* with fewer training rows, nothing is measured */
    FROZEN_SHARE = 4, /* the run has trained on at least this many times the rows of the pass */
};

struct frozen_noise {
    const char *why;      /* reason if the scale is NaN; NULL: it is known */
    int64_t rows;         /* n; 0: nothing was measured */
    bool exact;           /* n = N */
    double seconds;       /* cost */
    double trace, square; /* tr(Sigma) and |G|^2; NaN: not measured */
    double scale;         /* in samples */
    double low, high;     /* 95 % interval of the scale */
};

struct frozen_noise frozen_noise_none(const char *why);

/* Returns the reason why a run does not measure it, NULL if it does: with this number of training
 * rows, after training on `trained` rows in all. */
const char *frozen_noise_refused(int64_t population, int64_t trained);

/* Returns the number of rows to draw. */
int64_t frozen_noise_rows(int64_t population);

struct step_measurement;

/* Computes the estimate from the sums over all rows drawn and, if there are more than these, from
 * those without each group: rest [FROZEN_GROUPS]. */
struct frozen_noise frozen_noise_estimate(
    int64_t population, const struct step_measurement *all, const struct step_measurement *rest);
