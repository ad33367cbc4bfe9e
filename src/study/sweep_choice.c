#include "study/sweep_choice.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"

/* --- differences ------------------------------------------------------------------------------ */

/* Two batch sizes differ by the noise if the logarithms of their figures differ by less than this
 * and there is only one seed. */
static const double LEAST_NOISE = 0.05;

enum { PAIRS_LEAST = 3 };

static const struct sweep_run *run_of(
    const struct sweep *sweep, const struct sweep_batch *batch, int64_t seed)
{
    for (int i = 0; i < sweep->runs; i++)
        if (sweep->run[i].seed == seed && sweep_run_reports(sweep, batch, &sweep->run[i]))
            return &sweep->run[i];
    return NULL;
}

/* Returns the standard error of the mean of log S(one) - log S(other), over the seeds that both have;
 * sets *pairs to their number. */
static double paired_error(const struct sweep *sweep, const struct sweep_batch *one,
    const struct sweep_batch *other, int *pairs)
{
    double mean = 0, squares = 0;
    int n = 0;
    for (int64_t s = 0; s < sweep->facts.seeds; s++) {
        const struct sweep_run *a = run_of(sweep, one, sweep->facts.first_seed + s);
        const struct sweep_run *b = run_of(sweep, other, sweep->facts.first_seed + s);
        if (!a || !b)
            continue;
        double difference =
                   log(a->figure[SWEEP_STEPS_TO_TARGET] / b->figure[SWEEP_STEPS_TO_TARGET]),
               off = difference - mean; /* Welford's algorithm */
        mean += off / ++n;
        squares += off * (difference - mean);
    }
    *pairs = n;
    return n > 1 ? sqrt(squares / (n - 1) / n) : (double)NAN;
}

/* True if the figures of two batch sizes do not differ by more than the noise. */
static bool is_tie(const struct sweep *sweep, const struct sweep_batch *one,
    const struct sweep_batch *other, enum sweep_figure figure)
{
    int pairs, freedom = sweep->scatter.freedom;
    double error = paired_error(sweep, one, other, &pairs), half = LEAST_NOISE;
    double times =
        figure == SWEEP_SECONDS_TO_TARGET ? hypot(one->step_error, other->step_error) : 0;
    if (pairs >= PAIRS_LEAST)
        half = critical_t_quantile(pairs - 1, 1) * hypot(error, times);
    else if (freedom > 0)
        half = critical_t_quantile(freedom, 1) *
               hypot(hypot(one->steps.error, other->steps.error), times);
    return fabs(log(sweep_middle(one, figure) / sweep_middle(other, figure))) <= half;
}

/* --- choices ---------------------------------------------------------------------------------- */

/* Returns the candidate with the least figure, among all or only those in a choice; NULL: none. */
static const struct sweep_batch *least_of(
    const struct sweep *sweep, enum sweep_figure figure, const struct sweep_choice *among)
{
    const struct sweep_batch *least = NULL;
    for (int i = 0; i < sweep->batches; i++) {
        const struct sweep_batch *batch = &sweep->batch[i];
        bool listed = !among || batch->batch == among->batch;
        for (int t = 0; among && t < among->ties; t++)
            listed |= batch->batch == among->tie[t];
        if (listed && sweep_batch_fits(batch) && isfinite(sweep_middle(batch, figure)) &&
            (!least || sweep_middle(batch, figure) < sweep_middle(least, figure)))
            least = batch;
    }
    return least;
}

static struct sweep_choice choose(const struct sweep *sweep, enum sweep_figure figure)
{
    struct sweep_choice choice = {.batch = 0};
    const struct sweep_batch *best = least_of(sweep, figure, NULL);
    if (!best)
        return choice;
    choice.batch = best->batch;
    choice.seconds = sweep_middle(best, SWEEP_SECONDS_TO_TARGET);
    choice.samples = sweep_middle(best, SWEEP_SAMPLES_TO_TARGET);
    choice.steps = sweep_middle(best, SWEEP_STEPS_TO_TARGET);
    choice.step_s = sweep_middle(best, SWEEP_SECONDS_PER_STEP);
    for (int i = 0; i < sweep->batches && choice.ties < SWEEP_TIES_MAX; i++) {
        const struct sweep_batch *other = &sweep->batch[i];
        if (other != best && sweep_batch_fits(other) && isfinite(sweep_middle(other, figure)) &&
            is_tie(sweep, best, other, figure))
            choice.tie[choice.ties++] = other->batch;
    }
    return choice;
}

/* Writes "B = 16 and B = 64 are equally fast within the noise; B = 64 uses the fewest steps". */
static void explain_ties(
    const struct sweep *sweep, struct sweep_choice *choice, const char *equally)
{
    const struct sweep_batch *fewest = least_of(sweep, SWEEP_STEPS_TO_TARGET, choice);
    choice->why[0] = '\0';
    for (int t = 0; t < choice->ties; t++)
        text_append(choice->why, sizeof choice->why, "B = %" PRId64 "%s", choice->tie[t],
            t + 2 < choice->ties    ? ", "
            : t + 2 == choice->ties ? " and "
                                    : "");
    if (choice->ties > 0)
        text_append(choice->why, sizeof choice->why,
            " %s equally %s within the noise; B = %" PRId64 " uses the fewest steps of these",
            choice->ties > 1 ? "are" : "is", equally, fewest->batch);
}

void sweep_choose(struct sweep *sweep)
{
    sweep->soonest = choose(sweep, SWEEP_SECONDS_TO_TARGET);
    sweep->thriftiest = choose(sweep, SWEEP_SAMPLES_TO_TARGET);
    explain_ties(sweep, &sweep->soonest, "fast");
    explain_ties(sweep, &sweep->thriftiest, "thrifty");
}
