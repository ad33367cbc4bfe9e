#include "study/critical_batch.h"

#include <math.h>
#include <stdio.h>

static const double PERFECT_SAVING = 0.4, LEAST_SAVING = 0.1;

/* The line to be fitted, as weighted sums about the means; x is 1/B, y is the number of steps. */
struct line {
    double weight, x, y; /* the sum of weights; the means of x and y */
    double xx, xy, yy;
    double slope, start;
    double scatter; /* weighted sum of squared residuals */
};

static double weight_of(const struct critical_point *point)
{
    return point->runs / (point->steps * point->steps);
}

static struct line line_through(const struct critical_point *point, int n)
{
    struct line line = {.weight = 0};
    for (int i = 0; i < n; i++) {
        double weight = weight_of(&point[i]);
        line.weight += weight;
        line.x += weight / point[i].batch;
        line.y += weight * point[i].steps;
    }
    line.x /= line.weight;
    line.y /= line.weight;
    for (int i = 0; i < n; i++) {
        double weight = weight_of(&point[i]);
        double x = 1 / point[i].batch - line.x, y = point[i].steps - line.y;
        line.xx += weight * x * x;
        line.xy += weight * x * y;
        line.yy += weight * y * y;
    }
    line.slope = line.xy / line.xx;
    line.start = line.y - line.slope * line.x;
    for (int i = 0; i < n; i++) {
        double left = point[i].steps - line.start - line.slope / point[i].batch;
        line.scatter += weight_of(&point[i]) * left * left;
    }
    return line;
}

/* Estimates the relative variance of a run from the seeds of all points; 0 if no point has several
 * seeds. */
static double variance_of_seeds(const struct critical_point *point, int n)
{
    double sum = 0, freedom = 0;
    for (int i = 0; i < n; i++)
        if (point[i].runs > 1) {
            sum += (point[i].runs - 1) * point[i].variance;
            freedom += point[i].runs - 1;
        }
    return freedom > 0 ? sum / freedom : 0;
}

static void take_errors(struct critical_fit *fit, const struct line *line, double variance)
{
    double slope = variance / line->xx;
    double start = variance * (1 / line->weight + line->x * line->x / line->xx);
    double both = -variance * line->x / line->xx;
    double relative = slope / (fit->min_samples * fit->min_samples) +
                      start / (fit->min_steps * fit->min_steps) -
                      2 * both / (fit->min_samples * fit->min_steps);
    fit->min_samples_error = sqrt(slope);
    fit->min_steps_error = sqrt(start);
    fit->critical_batch_error = fit->critical_batch * sqrt(relative);
}

static int sizes_among(const struct critical_point *point, int n)
{
    int sizes = 0;
    for (int i = 0; i < n; i++) {
        int before = 0;
        while (before < i && point[before].batch != point[i].batch)
            before++;
        sizes += before == i;
    }
    return sizes;
}

bool critical_fit_make(
    struct critical_fit *fit, const struct critical_point *point, int n, char why[CRITICAL_WHY_MAX])
{
    int sizes = sizes_among(point, n);
    why[0] = '\0';
    if (sizes < CRITICAL_POINTS_LEAST) {
        snprintf(why, CRITICAL_WHY_MAX,
            "a fit needs %d batch sizes that reached the target in all their runs; there %s %d",
            CRITICAL_POINTS_LEAST, sizes == 1 ? "is" : "are", sizes);
        return false;
    }
    struct line line = line_through(point, n);
    if (!(line.slope > 0)) {
        snprintf(why, CRITICAL_WHY_MAX,
            "the steps to the target do not fall as the batch grows (E_min would be %.4g samples): "
            "use smaller batches, or retune the rate for each (--lr-grid)",
            line.slope);
        return false;
    }
    if (!(line.start > 0)) {
        snprintf(why, CRITICAL_WHY_MAX,
            "the steps to the target still fall as fast as 1/B at the largest batch (S_min would "
            "be %.4g steps): the critical batch is larger than all of these; use larger ones",
            line.start);
        return false;
    }
    *fit = (struct critical_fit){.min_steps = line.start,
        .min_samples = line.slope,
        .critical_batch = line.slope / line.start,
        .r_squared = line.yy > 0 ? 1 - line.scatter / line.yy : (double)NAN,
        .points = n};
    take_errors(fit, &line, fmax(line.scatter / (n - 2), variance_of_seeds(point, n)));
    return true;
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
