/* critical_batch.h: estimates the critical batch size, beyond which larger batches save few steps,
 * from the number of steps to a target at several batch sizes.
 *
 *     S(B) = S_min + E_min / B              steps to the target: a straight line in 1/B
 *     E(B) = B S(B) = E_min + S_min B       samples to the target
 *     B_crit = E_min / S_min                at this size S and E are both twice their minimum
 *     (S / S_min - 1) (E / E_min - 1) = 1   the same, as a trade-off of steps against samples
 *
 * S_min is the number of steps with an infinite batch; E_min is the number of samples with the
 * smallest batch. (McCandlish et al. 2018, arXiv:1812.06162, section 2.3; for cases where S does
 * not follow this curve, see Shallue et al. 2019, arXiv:1811.03600.)
 *
 * The line is fitted by weighted least squares. Different seeds, and evaluations at a fixed
 * interval of samples, cause errors proportional to S, with the same factor at all B, so the weight
 * of a point is runs / S^2. The relative variance of a run is estimated from the scatter about the
 * line and, with several seeds, also from the scatter between seeds, pooled over all B; the larger
 * of the two estimates gives the standard errors. The error of B_crit is a first-order estimate
 * that includes the covariance of both parameters.
 *
 * Regimes: doubling B saves a fraction B_crit / (2 (B + B_crit)) of the steps, which is almost half
 * for small B. A saving of at least 40 % (B <= B_crit / 4) counts as perfect scaling, and a
 * saving below 10 % (B > 4 B_crit) as no gain. Anything in between counts as diminishing returns.
 *
 * Threads: any. Collective: no.
 */
#ifndef STUDY_CRITICAL_BATCH_H
#define STUDY_CRITICAL_BATCH_H

#include <stdbool.h>

struct critical_point {
    double batch, steps; /* mean over the runs */
    int runs;            /* at least 1 */
    double variance;     /* relative variance of one run: (deviation / steps)^2; used if runs > 1 */
};

struct critical_fit {
    double min_steps, min_samples, critical_batch;
    double min_steps_error, min_samples_error, critical_batch_error; /* one standard error */
    double r_squared; /* weighted like the fit; NaN if all steps are equal */
    int points;
};

enum { CRITICAL_POINTS_LEAST = 3, CRITICAL_WHY_MAX = 300 };

/* Fits the line. Returns false, with the reason in `why`, if there are fewer than three batch sizes
 * or the fitted parameters are meaningless. */
bool critical_fit_make(struct critical_fit *fit, const struct critical_point *point, int n,
    char why[CRITICAL_WHY_MAX]);

enum regime { REGIME_UNKNOWN, REGIME_PERFECT, REGIME_DIMINISHING, REGIME_NO_GAIN };
enum regime critical_regime(double critical_batch, double batch);
const char *regime_name(enum regime regime); /* "perfect scaling"; NULL: unknown */

/* Returns the fraction of the steps saved by doubling this batch. */
double critical_saving(double critical_batch, double batch);

#endif
