#include "step/frozen_noise.h"

#include <math.h>

#include "base/split.h"
#include "step/noise.h"
#include "step/step.h"

struct frozen_noise frozen_noise_none(const char *why)
{
    const double none = (double)NAN;
    return (struct frozen_noise){.why = why,
        .seconds = none,
        .trace = none,
        .square = none,
        .scale = none,
        .low = none,
        .high = none};
}

int64_t frozen_noise_rows(int64_t population)
{
    return least(population, FROZEN_ROWS);
}

const char *frozen_noise_refused(int64_t population, int64_t trained)
{
    int64_t rows = frozen_noise_rows(population);
    int64_t visits = rows < population ? 2 * rows : rows;
    if (population < FROZEN_ROWS_LEAST)
        return "there are too few training rows";
    return trained / FROZEN_SHARE < visits ? "the run was too short" : NULL;
}

/* --- the estimate --------------------------------------------------------------------------- */

struct pair {
    double trace, square;
};

static bool pair_of(struct pair *pair, int64_t population, const struct step_measurement *measured)
{
    double n = (double)measured->rows;
    struct noise_sample sample = {.population = population,
        .size = measured->rows,
        .each = measured->each / n,
        .mean = measured->whole / n / n};
    return noise_of_step(&sample, &pair->trace, &pair->square);
}

/* The covariance of a pair. */
struct spread {
    double tt, ts, ss;
};

/* The jackknife's, before the correction for a finite population. */
static bool jackknife(
    struct spread *spread, int64_t population, const struct step_measurement *rest)
{
    struct pair one[FROZEN_GROUPS], mean = {0, 0};
    *spread = (struct spread){0, 0, 0};
    for (int k = 0; k < FROZEN_GROUPS; k++) {
        if (!pair_of(&one[k], population, &rest[k]))
            return false;
        mean.trace += one[k].trace / FROZEN_GROUPS;
        mean.square += one[k].square / FROZEN_GROUPS;
    }
    const double factor = (double)(FROZEN_GROUPS - 1) / FROZEN_GROUPS;
    for (int k = 0; k < FROZEN_GROUPS; k++) {
        double t = one[k].trace - mean.trace, s = one[k].square - mean.square;
        spread->tt += factor * t * t;
        spread->ts += factor * t * s;
        spread->ss += factor * s * s;
    }
    return true;
}

/* Fieller's interval; `factor` times `spread` is the covariance. False if it has no end. */
static bool interval(
    struct frozen_noise *noise, const struct pair *pair, const struct spread *spread, double factor)
{
    const double student = 2.131; /* 97.5 % point, 15 degrees of freedom */
    double q = student * student * factor;
    double a = pair->square * pair->square - q * spread->ss;
    double b = pair->trace * pair->square - q * spread->ts;
    double c = pair->trace * pair->trace - q * spread->tt;
    double root = sqrt(fmax(b * b - a * c, 0));
    if (!(a > 0))
        return false;
    noise->low = fmax((b - root) / a, 0);
    noise->high = (b + root) / a;
    return true;
}

struct frozen_noise frozen_noise_estimate(
    int64_t population, const struct step_measurement *all, const struct step_measurement *rest)
{
    const double most = 0x1p40; /* beyond it |G|^2 is a rounding error */
    struct frozen_noise noise = frozen_noise_none("the gradient is not distinguishable from zero");
    struct pair pair;
    struct spread spread = {0, 0, 0};
    noise.rows = all->rows;
    noise.exact = all->rows == population;
    if (!pair_of(&pair, population, all) || (!noise.exact && !jackknife(&spread, population, rest)))
        return noise;
    noise.trace = pair.trace;
    noise.square = pair.square;
    double factor = 1 - (double)all->rows / (double)population;
    if (!(pair.square > 0) || !(pair.trace < most * pair.square) ||
        !interval(&noise, &pair, &spread, factor))
        return noise;
    noise.why = NULL;
    noise.scale = pair.trace / pair.square;
    return noise;
}
