#include "study/sweep_rate.h"

#include <math.h>

#include "study/repetitions.h"

/* --- the seeds -------------------------------------------------------------------------------- */

bool sweep_seeds_share(const struct sweep_facts *facts)
{
    return facts->rates < 2 || facts->seeds < SWEEP_SEEDS_DIVIDED;
}

static bool is_second(const struct sweep_facts *facts, int64_t seed)
{
    int64_t i = seed - facts->first_seed;
    return i % 2 == 0 && i + 1 < facts->seeds;
}

bool sweep_seed_chooses(const struct sweep_facts *facts, int64_t seed)
{
    return sweep_seeds_share(facts) || is_second(facts, seed);
}

bool sweep_seed_reports(const struct sweep_facts *facts, int64_t seed)
{
    return sweep_seeds_share(facts) || !is_second(facts, seed);
}

/* --- the rates -------------------------------------------------------------------------------- */

/* Returns the median; if n is even, the geometric mean of the middle two. */
static double median_steps(double *steps, int n)
{
    if (n == 0)
        return (double)NAN;
    sort_reals(steps, n);
    return sqrt(steps[(n - 1) / 2] * steps[n / 2]);
}

struct sweep_rate sweep_rate_of(const struct sweep *sweep, int64_t batch, double lr)
{
    struct sweep_rate rate = {.lr = lr, .metric = (double)NAN};
    double steps[SWEEP_SEEDS_MAX], sum = 0;
    int metrics = 0;
    for (int i = 0; i < sweep->runs && rate.runs < SWEEP_SEEDS_MAX; i++) {
        const struct sweep_run *run = &sweep->run[i];
        if (run->batch != batch || run->lr != lr || !sweep_seed_chooses(&sweep->facts, run->seed))
            continue;
        steps[rate.runs++] = run->reached ? run->figure[SWEEP_STEPS_TO_TARGET] : (double)INFINITY;
        rate.reached += run->reached;
        rate.coarse += run->coarse;
        rate.diverged += run->diverged;
        if (!isnan(run->figure[SWEEP_METRIC])) {
            sum += run->figure[SWEEP_METRIC];
            metrics++;
        }
    }
    rate.steps = median_steps(steps, rate.runs);
    if (metrics > 0)
        rate.metric = sum / metrics;
    return rate;
}

static bool is_better(
    const struct sweep_facts *facts, const struct sweep_rate *rate, const struct sweep_rate *other)
{
    bool bounds = rate->coarse == rate->runs && other->coarse == other->runs;
    if (!bounds && rate->steps != other->steps)
        return rate->steps < other->steps;
    if (rate->reached != other->reached)
        return rate->reached > other->reached;
    if (rate->diverged != other->diverged)
        return rate->diverged < other->diverged;
    if (isnan(other->metric) || isnan(rate->metric))
        return !isnan(rate->metric);
    double gain = metric_gain(facts->metric.metric, rate->metric, other->metric);
    return gain > 0 || (gain == 0 && rate->lr < other->lr);
}

/* Returns the best of all rates of a batch size. The first seed, which is the first to choose, has a
 * run with each of them. */
static struct sweep_rate best_of(const struct sweep *sweep, int64_t batch)
{
    struct sweep_rate best = {.lr = (double)NAN, .steps = (double)INFINITY};
    for (int i = 0; i < sweep->runs; i++) {
        const struct sweep_run *run = &sweep->run[i];
        if (run->batch != batch || run->seed != sweep->facts.first_seed)
            continue;
        struct sweep_rate rate = sweep_rate_of(sweep, batch, run->lr);
        if (rate.runs > 0 && (isnan(best.lr) || is_better(&sweep->facts, &rate, &best)))
            best = rate;
    }
    return best;
}

double sweep_best_rate(const struct sweep *sweep, int64_t batch)
{
    return best_of(sweep, batch).lr;
}

int64_t sweep_give_up_steps(const struct sweep *sweep, int64_t batch)
{
    double steps = sweep->facts.give_up * best_of(sweep, batch).steps;
    bool limited = sweep->facts.has_target && steps > 0 && steps < 0x1p62;
    return limited ? (int64_t)ceil(steps) : 0;
}
