#include "study/critical_batch.h"

#include <math.h>
#include <stdio.h>

static const double PERFECT_SAVING = 0.4, LEAST_SAVING = 0.1;

/* The parameters that are fitted: logarithms, so that all values make sense. */
struct parameters {
    double steps, samples; /* log S_min, log E_min */
    double scatter;        /* sigma of the logarithm of a run's steps */
};

/* Least scatter, for runs that lie on the curve exactly; the same for a contradiction. */
static const double LEAST_SCATTER = 1e-7, LEAST_CLEAR = 0.05;

/* Returns log S(B); *share: the share of S_min in it, which is its derivative by log S_min. */
static double curve(const struct parameters *at, double batch, double *share)
{
    double floor = exp(at->steps), rest = exp(at->samples) / batch;
    *share = floor / (floor + rest);
    return log(floor + rest);
}

/* For large z, the quotient of two numbers that underflow is replaced by its expansion. */
double critical_hazard(double z)
{
    return z < 25 ? exp(-z * z / 2) * M_SQRT2 / sqrt(M_PI) / erfc(z / M_SQRT2) : z + 1 / z;
}

/* --- the maximum ---------------------------------------------------------------------------- */

/* Returns a first guess: the line through the steps of the runs that reached the target, weighted
 * by 1 / steps^2, with both parameters kept positive. */
static struct parameters guess(const struct critical_point *point, int n)
{
    double weight = 0, x = 0, y = 0, xx = 0, xy = 0, fewest = INFINITY, least = INFINITY;
    for (int i = 0; i < n; i++) {
        if (point[i].bound)
            continue;
        double w = 1 / point[i].steps / point[i].steps, inverse = 1 / point[i].batch;
        weight += w;
        x += w * inverse;
        y += w * point[i].steps;
        xx += w * inverse * inverse;
        xy += w * inverse * point[i].steps;
        fewest = fmin(fewest, point[i].steps);
        least = fmin(least, point[i].steps * point[i].batch);
    }
    double slope = (xy - x * y / weight) / (xx - x * x / weight);
    return (struct parameters){.steps = log(fmax((y - slope * x) / weight, fewest / 20)),
        .samples = log(fmax(slope, least / 20)),
        .scatter = 0.1};
}

/* One step of the EM algorithm: a censored run is replaced by its expected value, given that it
 * lies above or below its bound, and the parameters by a step of Gauss and Newton. Returns the
 * largest change of a logarithm. */
static double improve(
    struct parameters *at, const struct critical_point *point, int n, bool with_missed)
{
    int used = 0;
    double aa = 1e-12, ab = 0, bb = 1e-12, a = 0, b = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        double share, rest = log(point[i].steps) - curve(at, point[i].batch, &share);
        int sign = (int)point[i].bound;
        if (sign > 0 && !with_missed)
            continue;
        used++;
        if (sign != 0) {
            double z = sign * rest / at->scatter, h = critical_hazard(z);
            rest = sign * at->scatter * h;
            squares += at->scatter * at->scatter * fmax(0, 1 + z * h - h * h);
        }
        squares += rest * rest;
        aa += share * share;
        ab += share * (1 - share);
        bb += (1 - share) * (1 - share);
        a += share * rest;
        b += (1 - share) * rest;
    }
    double determinant = aa * bb - ab * ab + 1e-24;
    double steps = (bb * a - ab * b) / determinant, samples = (aa * b - ab * a) / determinant;
    double largest = fmax(fabs(steps), fabs(samples)), brake = largest > 1 ? 1 / largest : 1;
    at->steps += brake * steps;
    at->samples += brake * samples;
    at->scatter = fmax(LEAST_SCATTER, sqrt(squares / used));
    return largest;
}

/* Fits all runs, or only those that reached the target. */
static struct parameters best_parameters(
    const struct critical_point *point, int n, bool with_missed)
{
    enum { ROUNDS = 2000 };
    struct parameters at = guess(point, n);
    for (int i = 0; i < ROUNDS && improve(&at, point, n, with_missed) > 1e-10; i++)
        ;
    return at;
}

/* --- its errors ----------------------------------------------------------------------------- */

/* Variances of the estimates of log S_min and log E_min, and their covariance. */
struct covariance {
    double steps, samples, both;
};

/* Inverts the observed information, the negative second derivatives of the log likelihood by
 * log S_min, log E_min and log sigma. */
static struct covariance covariance_of(
    const struct parameters *at, const struct critical_point *point, int n)
{
    double aa = 0, ab = 0, bb = 0, as = 0, bs = 0, ss = 0, sigma = at->scatter;
    for (int i = 0; i < n; i++) {
        double p, q, z = (log(point[i].steps) - curve(at, point[i].batch, &p)) / sigma;
        double slope, bend, mixed, scale; /* by the curve, twice, with log sigma, by it twice */
        q = 1 - p;
        int sign = (int)point[i].bound;
        if (sign != 0) {
            z *= sign;
            double h = critical_hazard(z), turn = h * (h - z);
            slope = sign * h / sigma;
            bend = turn / sigma / sigma;
            mixed = sign * (h + z * turn) / sigma;
            scale = z * (h + z * turn);
        } else {
            slope = z / sigma;
            bend = 1 / sigma / sigma;
            mixed = 2 * z / sigma;
            scale = 2 * z * z;
        }
        aa += bend * p * p - slope * p * q;
        ab += bend * p * q + slope * p * q;
        bb += bend * q * q - slope * p * q;
        as += mixed * p;
        bs += mixed * q;
        ss += scale;
    }
    if (ss > 0.1 &&
        sigma >
            LEAST_SCATTER) { /* the part that is lost to sigma; none if the runs lie on the curve */
        aa -= as * as / ss;
        ab -= as * bs / ss;
        bb -= bs * bs / ss;
    }
    double determinant = aa * bb - ab * ab;
    return (struct covariance){bb / determinant, aa / determinant, -ab / determinant};
}

/* The probability that |t| < sqrt(freedom) tan(angle), a finite sum: Abramowitz and Stegun, 26.7.3 and
 * 26.7.4. */
static double t_probability(int freedom, double angle)
{
    const bool odd = freedom % 2 == 1;
    const double square = cos(angle) * cos(angle);
    double term = odd ? cos(angle) : 1, sum = freedom == 1 ? 0 : term;
    for (int i = odd ? 3 : 2; i < freedom; i += 2) {
        term *= square * (i - 1) / i;
        sum += term;
    }
    return odd ? (angle + sin(angle) * sum) * 2 / M_PI : sin(angle) * sum;
}

double critical_t_quantile(int freedom, int comparisons)
{
    double low = 0, high = M_PI / 2;
    for (int bit = 0; bit < 60; bit++) {
        double middle = (low + high) / 2;
        if (1 - t_probability(freedom, middle) > 0.05 / comparisons)
            low = middle;
        else
            high = middle;
    }
    return sqrt(freedom) * tan(low);
}

static struct critical_estimate estimate(double logarithm, double variance, double quantile)
{
    double half = quantile * sqrt(variance);
    return (struct critical_estimate){exp(logarithm), exp(logarithm - half), exp(logarithm + half)};
}

/* --- its faults ----------------------------------------------------------------------------- */

/* The runs of one batch size. */
struct group {
    double mean; /* of the logarithms of the steps of the runs that reached the target */
    int reached;
};

static struct group group_of(const struct critical_point *point, int n, double batch)
{
    struct group group = {.reached = 0};
    for (int i = 0; i < n; i++)
        if (point[i].batch == batch && point[i].bound == CRITICAL_EXACT)
            group.mean += (log(point[i].steps) - group.mean) / ++group.reached;
    return group;
}

/* Returns how many batch sizes have exact points, and the smallest and largest of them. */
static int sizes_of(const struct critical_point *point, int n, double *smallest, double *largest)
{
    int sizes = 0;
    *smallest = INFINITY;
    *largest = 0;
    for (int i = 0; i < n; i++) {
        if (point[i].bound)
            continue;
        bool seen = false;
        for (int j = 0; j < i; j++)
            seen |= point[j].bound == CRITICAL_EXACT && point[j].batch == point[i].batch;
        sizes += !seen;
        *smallest = fmin(*smallest, point[i].batch);
        *largest = fmax(*largest, point[i].batch);
    }
    return sizes;
}

/* Returns false, with the reason, if no run of a batch size reached the target, long after the curve
 * through the runs that reached it does. */
static bool misses_agree(const struct critical_point *point, int n, char why[CRITICAL_WHY_MAX])
{
    enum { CLEARLY = 3 }; /* in units of the scatter */
    const struct parameters at = best_parameters(point, n, false);
    for (int i = 0; i < n; i++) {
        double share, expected = curve(&at, point[i].batch, &share);
        if (point[i].bound != CRITICAL_MORE ||
            log(point[i].steps) <= expected + CLEARLY * fmax(at.scatter, LEAST_CLEAR) ||
            group_of(point, n, point[i].batch).reached > 0)
            continue;
        snprintf(why, CRITICAL_WHY_MAX,
            "the runs do not follow S_min + E_min / B: B = %.0f missed the target in %.0f steps, "
            "but the curve through the others reaches it after %.0f",
            point[i].batch, point[i].steps, exp(expected));
        return false;
    }
    return true;
}

/* Returns false, with the reason, if a batch size needs fewer steps than the curve has at all. */
static bool steps_agree(const struct parameters *at, const struct critical_point *point, int n,
    char why[CRITICAL_WHY_MAX])
{
    for (int i = 0; i < n; i++) {
        const struct group group = group_of(point, n, point[i].batch);
        if (group.reached == 0 || at->steps <= group.mean)
            continue;
        snprintf(why, CRITICAL_WHY_MAX,
            "the runs do not follow S_min + E_min / B: its fewest steps, %.0f, are more than those "
            "measured at B = %.0f",
            exp(at->steps), point[i].batch);
        return false;
    }
    return true;
}

/* Returns false, with the reason, if the batch sizes do not determine B_crit. `error`: standard
 * error of its logarithm. */
static bool determined(const struct critical_fit *fit, double error, double largest,
    const struct critical_sizes *sizes, char why[CRITICAL_WHY_MAX])
{
    const char *more = sizes->tried > largest  ? "usable runs at the larger sizes or "
                       : sizes->most > largest ? "larger batch sizes or "
                                               : "";
    const struct critical_estimate *critical = &fit->critical_batch;
    bool below = critical->low >= fit->least_batch / 4, above = critical->high <= 4 * largest;
    if (below && above && error <= 0.5)
        return true;
    bool larger = below != above ? below : critical->value > sqrt(fit->least_batch * largest);
    if (below && above)
        snprintf(why, CRITICAL_WHY_MAX,
            "the critical batch size is not determined: its relative error is %.0f %%; more seeds "
            "would determine it",
            100 * error);
    else if (larger)
        snprintf(why, CRITICAL_WHY_MAX,
            "the critical batch size is not determined: its 95 %% interval reaches above four "
            "times the largest batch size that reached the target, %.0f; %smore seeds would "
            "determine it",
            largest, more);
    else
        snprintf(why, CRITICAL_WHY_MAX,
            "the critical batch size is not determined: its 95 %% interval reaches below a quarter "
            "of the smallest batch size, %.0f; smaller batch sizes or more seeds would determine "
            "it",
            fit->least_batch);
    return false;
}

/* --- the fit -------------------------------------------------------------------------------- */

bool critical_fit_make(struct critical_fit *fit, const struct critical_point *point, int n,
    const struct critical_sizes *range, char why[CRITICAL_WHY_MAX])
{
    double largest;
    *fit = (struct critical_fit){.points = 0};
    why[0] = '\0';
    int sizes = sizes_of(point, n, &fit->least_batch, &largest);
    if (sizes < CRITICAL_POINTS_LEAST) {
        snprintf(why, CRITICAL_WHY_MAX,
            "a fit needs %d batch sizes that reached the target after the first evaluation; there "
            "%s %d",
            CRITICAL_POINTS_LEAST, sizes == 1 ? "is" : "are", sizes);
        return false;
    }
    for (int i = 0; i < n; i++) {
        fit->points += point[i].bound == CRITICAL_EXACT;
        fit->missed += point[i].bound == CRITICAL_MORE;
        fit->coarse += point[i].bound == CRITICAL_FEWER;
    }
    const struct parameters at = best_parameters(point, n, true);
    struct covariance covariance = covariance_of(&at, point, n);
    double inflation = (double)fit->points / (fit->points - 2),
           t = critical_t_quantile(fit->points - 2, 1);
    double critical = inflation * (covariance.samples + covariance.steps - 2 * covariance.both);
    fit->scatter = at.scatter * sqrt(inflation);
    fit->min_steps = estimate(at.steps, inflation * covariance.steps, t);
    fit->min_samples = estimate(at.samples, inflation * covariance.samples, t);
    fit->critical_batch = estimate(at.samples - at.steps, critical, t);
    return misses_agree(point, n, why) && determined(fit, sqrt(critical), largest, range, why) &&
           steps_agree(&at, point, n, why);
}

struct critical_estimate critical_batch_20(const struct critical_fit *fit, double from)
{
    const struct critical_estimate *critical = &fit->critical_batch;
    return (struct critical_estimate){1.2 * from + 0.2 * critical->value,
        1.2 * from + 0.2 * critical->low, 1.2 * from + 0.2 * critical->high};
}

double critical_saving(double critical_batch, double batch)
{
    return critical_batch / (2 * (batch + critical_batch));
}

enum regime critical_regime(double critical_batch, double batch)
{
    double saving = critical_saving(critical_batch, batch);
    if (!(critical_batch > 0))
        return REGIME_UNKNOWN;
    return saving >= PERFECT_SAVING ? REGIME_PERFECT
           : saving < LEAST_SAVING  ? REGIME_NO_GAIN
                                    : REGIME_DIMINISHING;
}

const char *regime_name(enum regime regime)
{
    static const char *const name[] = {NULL, "perfect scaling", "diminishing returns", "no gain"};
    return name[regime];
}
