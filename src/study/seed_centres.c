#include "study/seed_centres.h"

#include <math.h>

#include "study/critical_batch.h"
#include "study/repetitions.h"

/* Least scatter while the likelihood is maximised, for values that are equal. */
static const double LEAST_SCATTER = 1e-9;

/* --- centres and scatter ---------------------------------------------------------------------- */

static bool is_determined(const struct seed_centre *centre)
{
    return 2 * centre->censored < centre->n;
}

/* A value as the mean of its group sees it. */
struct view {
    double log, variance; /* if censored, those expected above its bound */
    double information;   /* about the mean, in numbers of known values */
};

static struct view view_of(const struct seed_value *value, double mean, double scatter)
{
    double bound = log(value->value), z = (bound - mean) / scatter;
    if (!value->censored)
        return (struct view){bound, 0, 1};
    double h = critical_hazard(z);
    return (struct view){
        mean + scatter * h, scatter * scatter * fmax(0, 1 + z * h - h * h), h * (h - z)};
}

/* One step of the EM algorithm. centre[].value: the means of the logarithms. Returns the largest
 * change. */
static double improve(
    struct seed_centre *centre, int groups, const struct seed_value *value, double *scatter)
{
    double squares = 0, largest = 0;
    int freedom = 0;
    for (int g = 0; g < groups; g++) {
        struct seed_centre *at = &centre[g];
        double mean = 0, own = 0, before = at->value;
        if (!is_determined(at))
            continue;
        for (int i = 0; i < at->n; i++) { /* Welford's algorithm */
            struct view view = view_of(&value[at->first + i], before, *scatter);
            double off = view.log - mean;
            mean += off / (i + 1);
            own += off * (view.log - mean) + view.variance;
        }
        at->value = mean;
        largest = fmax(largest, fabs(mean - before));
        squares += own;
        freedom += at->n - 1;
    }
    double now = freedom > 0 ? fmax(LEAST_SCATTER, sqrt(squares / freedom)) : 1;
    largest = fmax(largest, fabs(log(now / *scatter)));
    *scatter = now;
    return largest;
}

/* Sets the errors and intervals, and takes the means out of the logarithms. */
static void finish(
    struct seed_centre *at, const struct seed_value *value, const struct seed_scatter *all)
{
    double information = 0, mean = at->value;
    at->error = at->low = at->high = (double)NAN;
    at->value = is_determined(at) ? exp(mean) : (double)NAN;
    if (!is_determined(at) || all->freedom < 1)
        return;
    for (int i = 0; i < at->n; i++)
        information += view_of(&value[at->first + i], mean, all->scatter).information;
    at->error = all->scatter / sqrt(information);
    double half = critical_t_quantile(all->freedom, 1) * at->error;
    at->low = exp(mean - half);
    at->high = exp(mean + half);
}

/* --- values that are far from the others ------------------------------------------------------ */

static const double FAR = 3.5, TO_NORMAL = 1.4826, LEAST_ROBUST = 0.05;
enum { FAR_OF = 3 }; /* the least number of values */

/* Returns the median of the logarithms, bounds included. */
static double median_of(const struct seed_centre *of, const struct seed_value *value, double *room)
{
    for (int i = 0; i < of->n; i++)
        room[i] = log(value[of->first + i].value);
    return sort_to_median(room, of->n);
}

static void mark_far(
    const struct seed_centre *centre, int groups, struct seed_value *value, double *room)
{
    int n = 0;
    for (int g = 0; g < groups; g++) {
        if (centre[g].n < FAR_OF)
            continue;
        double median = median_of(&centre[g], value, room + n);
        for (int i = 0; i < centre[g].n; i++)
            room[n + i] = fabs(log(value[centre[g].first + i].value) - median);
        sort_reals(room + n, centre[g].n);
        if (centre[g].n % 2) /* the median's own difference, 0 */
            room[n] = room[n + centre[g].n - 1];
        n += centre[g].n - centre[g].n % 2;
    }
    double robust = n > 0 ? fmax(LEAST_ROBUST, TO_NORMAL * sort_to_median(room, n)) : 0;
    for (int g = 0; n > 0 && g < groups; g++) {
        double median = centre[g].n < FAR_OF ? 0 : median_of(&centre[g], value, room);
        for (int i = centre[g].first; i < centre[g].first + centre[g].n; i++)
            value[i].far =
                centre[g].n >= FAR_OF && fabs(log(value[i].value) - median) > FAR * robust;
    }
}

/* --- both --------------------------------------------------------------------------------------- */

struct seed_scatter seed_centres_make(
    struct seed_centre *centre, int groups, struct seed_value *value, double *scratch)
{
    enum { ROUNDS = 1000 };
    struct seed_scatter all = {.scatter = 0.1};
    for (int g = 0; g < groups; g++) {
        struct seed_centre *at = &centre[g];
        at->censored = 0;
        for (int i = at->first; i < at->first + at->n; i++) {
            at->censored += value[i].censored;
            value[i].far = false;
        }
        at->value = at->n > 0 ? median_of(at, value, scratch) : (double)NAN;
        all.freedom += is_determined(at) ? at->n - at->censored - 1 : 0;
    }
    for (int i = 0; i < ROUNDS && improve(centre, groups, value, &all.scatter) > 1e-12; i++)
        ;
    for (int g = 0; g < groups; g++)
        finish(&centre[g], value, &all);
    if (all.freedom < 1)
        all.scatter = (double)NAN;
    mark_far(centre, groups, value, scratch);
    return all;
}
