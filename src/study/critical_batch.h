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
 * Different seeds, and evaluations at a fixed interval of samples, cause errors proportional to S,
 * with the same factor at all B. So log S(B) is fitted to the logarithms of all runs' steps by
 * maximum likelihood with normal errors, and a run that did not reach the target counts as
 * censored: all that is known is that it would have needed more steps. Likewise, a run that reached
 * it before its first evaluation needed fewer. Intervals are those of
 * log S_min, log E_min and log B_crit, from the observed information, whose variances are
 * multiplied by n / (n - 2), with Student's t for n - 2 degrees of freedom; n is the number of runs
 * that are not censored. (Simulated sweeps: tests/unit/critical_batch.c.)
 *
 * The fit is rejected where the measured batch sizes do not determine B_crit: if fewer than three
 * of them have exact points, if the standard error of log B_crit exceeds 1/2, if its interval is
 * not within a quarter of the smallest and four times the largest of them (where they all lie in one
 * regime), or if runs contradict the curve: S_min above the mean of a batch size, or runs that
 * missed the target long after the curve reaches it.
 *
 * Regimes: doubling B saves a fraction B_crit / (2 (B + B_crit)) of the steps, which is almost half
 * for small B. A saving of at least 40 % (B <= B_crit / 4) counts as perfect scaling, and a
 * saving below 10 % (B > 4 B_crit) as no gain. Anything in between counts as diminishing returns.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>

/* The steps to the target are those of the point, or, of a censored run, more or fewer. */
enum critical_bound { CRITICAL_EXACT = 0, CRITICAL_MORE = 1, CRITICAL_FEWER = -1 };

/* A run. */
struct critical_point {
    double batch, steps;
    enum critical_bound bound;
};

/* A positive quantity with its 95 % interval. */
struct critical_estimate {
    double value, low, high;
};

struct critical_fit {
    struct critical_estimate min_steps, min_samples, critical_batch;
    double scatter;     /* standard deviation of the logarithm of the steps of a run */
    double least_batch; /* the smallest batch size with exact points */
    int points;         /* exact ones */
    int missed, coarse; /* points that are bounds: CRITICAL_MORE, CRITICAL_FEWER */
};

enum { CRITICAL_POINTS_LEAST = 3, CRITICAL_WHY_MAX = 300 };

/* The largest batch size with runs, of which the points may omit some, and the largest possible one.
 * They determine the advice in `why`. */
struct critical_sizes {
    double tried, most;
};

/* Fits the curve. Returns false, with the reason in `why`, if the fit is rejected. */
bool critical_fit_make(struct critical_fit *fit, const struct critical_point *point, int n,
    const struct critical_sizes *range, char why[CRITICAL_WHY_MAX]);

/* Returns the quantile of Student's t for a 95 % interval, i.e. at 97.5 %; freedom >= 1. If the interval
 * is the best one of several comparisons, at 1 - 0.025 / comparisons (Bonferroni). */
double critical_t_quantile(int freedom, int comparisons);

/* Returns the hazard of the standard normal distribution, density(z) / (1 - probability(z)). */
double critical_hazard(double z);

enum regime { REGIME_UNKNOWN, REGIME_PERFECT, REGIME_DIMINISHING, REGIME_NO_GAIN };
enum regime critical_regime(double critical_batch, double batch);
const char *regime_name(enum regime regime); /* "perfect scaling"; NULL: unknown */

/* Returns the batch size that takes 20 % more samples than the batch size `from` (0: than the limit
 * of small batches, E_min): 1.2 from + 0.2 B_crit (the definition of Zhang et al. 2024,
 * arXiv:2410.21676). */
struct critical_estimate critical_batch_20(const struct critical_fit *fit, double from);

/* Returns the fraction of the steps saved by doubling this batch. */
double critical_saving(double critical_batch, double batch);
