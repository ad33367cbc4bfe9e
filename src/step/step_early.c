#include "step/step_early.h"

#include "net/squares.h"
#include "step/step_noise.h"
#include "step/step_update.h"

/* --- the finisher of a tile ------------------------------------------------------------------- */

static void update_run(
    void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n)
{
    const struct step_early *early = context;
    const struct step *step = early->step;
    if (early->noise)
        squares_of_run(&step->panels, early->noise, tile < 0, sum, n);
    optimizer_step(&step->optimizer, step->settings->kernel.level, &early->scalars,
        step->weights.master + at, sum, at, n);
    if (tile >= 0)
        weights_derive(&step->weights, &step->panels, layer, tile);
}

static void prefetch_run(void *context, int64_t at, int64_t n)
{
    enum { LINE = 16 };
    const struct step *step = ((const struct step_early *)context)->step;
    float *const *state = step->optimizer.state;
    for (int64_t i = at; i < at + n; i += LINE) {
        __builtin_prefetch(step->weights.master + i, 1);
        for (int s = 0; s < OPTIMIZER_RULE_STATES_MAX && state[s]; s++)
            __builtin_prefetch(state[s] + i, 1);
    }
    const float *last = state[OPTIMIZER_RULE_STATES_MAX];
    for (int64_t i = at; last && i < at + n; i += LINE)
        __builtin_prefetch(last + i, 1);
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* Fills the verdict, except for the loss, from the workers' reports. True if the update is certain
 * to be allowed. */
static bool reach_verdict(
    struct step_early *early, const struct worker *worker, const struct batch *batch, double lr)
{
    struct step *step = early->step;
    struct verdict *verdict = &early->verdict;
    early->sums = step_batch_sums(step, worker, batch);
    *verdict = step_verdict(early->sums.weight);
    for (int w = 0; w < worker->count; w++) {
        verdict->failed |= step->report[w].status != 0;
        verdict->finite &= step->report[w].finite;
        verdict->requests |= step->report[w].requests;
    }
    early->scalars = step_scalars(step->settings, batch, lr, verdict->weight);
    return verdict->finite && !verdict->failed && verdict->weight > 0 &&
           step_update_is_certain(step, &early->scalars, &own_of(step, worker)->bounds,
               step_gradient_bound(step, batch->size));
}

const struct finisher *step_early_begin(struct step_early *early, struct step *step,
    const struct worker *worker, const struct batch *batch, double lr)
{
    *early = (struct step_early){.step = step, .finisher = {update_run, prefetch_run, early}};
    if (step->teams->count > 1 || step->settings->clip.norm > 0)
        return NULL;
    step_verify_again(step, worker); /* the gradient's first finished tile is already an update */
    if (!reach_verdict(early, worker, batch, lr))
        return NULL;
    if (worker_speaks(worker)) /* only this worker has the losses; the others read the mean later */
        step->verdict.loss = reduce_join_doubles(step->reduce, own_of(step, worker)->loss.value) /
                             early->verdict.weight;
    early->noise = step_noise_open(step, worker, batch, &early->sums);
    return &early->finisher;
}

struct verdict step_early_end(
    struct step_early *early, const struct worker *worker, const struct batch *batch)
{
    early->verdict.loss = early->step->verdict.loss;
    if (early->noise) {
        struct fixed_sum noise = step_noise_join(early->step, 0, worker->count);
        step_noise_report(&early->verdict, batch, &early->sums, &noise);
    }
    return early->verdict;
}
