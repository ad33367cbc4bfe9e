#include "step/step.h"

#include <float.h>
#include <math.h>

#include "base/heartbeat.h"
#include "net/squares.h"
#include "step/step_state.h"

/* --- the short way: a team that is alone ----------------------------------------------------- */

/* What the tiles of one step need to be stepped. */
struct stepping {
    const struct step *step;
    struct optimizer_scalars scalars;
    struct fixed_sum *squares; /* to be added to; NULL: the noise is not measured */
};

struct optimizer_scalars step_scalars(
    const struct settings *settings, const struct batch *batch, double lr, double weight)
{
    struct optimizer_scalars scalars =
        optimizer_scalars(&settings->optimizer, batch->step, lr, (float)(1 / weight));
    if (settings->clip.value > 0)
        scalars.clip_value = (float)settings->clip.value;
    return scalars;
}

static void add_squares(const struct panels *panels, struct fixed_sum *squares, int64_t tile,
    const float *sum, int64_t n)
{
    if (tile >= 0)
        squares_of_tile(panels, squares, sum);
    else
        squares_of_bias(panels, squares, sum, n);
}

static void finish_run(
    void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n)
{
    const struct stepping *stepping = context;
    const struct step *step = stepping->step;
    if (stepping->squares)
        add_squares(&step->panels, stepping->squares, tile, sum, n);
    optimizer_step(&step->optimizer, step->settings->kernel.level, &stepping->scalars,
        step->weights.master + at, sum, at, n);
    if (tile >= 0)
        weights_derive(&step->weights, &step->panels, layer, tile);
}

static void expect_run(void *context, int64_t at, int64_t n)
{
    enum { LINE = 16 };
    const struct step *step = ((const struct stepping *)context)->step;
    float *const *state = step->optimizer.state;
    for (int64_t i = at; i < at + n; i += LINE) {
        __builtin_prefetch(step->weights.master + i, 1);
        for (int s = 0; s < OPTIMIZER_STATES_MAX && state[s]; s++)
            __builtin_prefetch(state[s] + i, 1);
    }
}

/* No sum of the gradient is larger than rows times the largest input times the largest derivative
 * of its layer. Infinite where one of these is, though the other be 0: in the gradient 0 * inf is
 * not 0. */
static double largest_sum(const struct step *step, int workers, int64_t rows)
{
    double bound = 0;
    for (int l = 0; l < step->panels.layers; l++) {
        float x = 1, d = 0; /* 1: the bias */
        for (int w = 0; w < workers; w++) {
            raise_to(&x, step->ballot[w].x[l]);
            raise_to(&d, step->ballot[w].d[l]);
        }
        if (!isfinite(x) || !isfinite(d))
            return (double)INFINITY;
        bound = fmax(bound, (double)x * (double)d * (double)rows);
    }
    return bound;
}

/* From what all workers of the team have said: the verdict, and whether it is certain already that
 * the update may be made. Every worker comes to the same. */
static bool reach_early_verdict(struct step *step, const struct worker *worker,
    const struct batch *batch, double lr, struct verdict *verdict,
    struct optimizer_scalars *scalars)
{
    const double limit = (double)FLT_MAX / 4; /* of a sum itself; the rest is room for roundings */
    struct own *own = own_of(step, worker);
    *verdict = (struct verdict){.finite = true,
        .gradient_norm = (double)NAN,
        .sample_square = (double)NAN,
        .square = (double)NAN};
    for (int w = 0; w < worker->count; w++) {
        const struct ballot *ballot = &step->ballot[w];
        verdict->failed |= ballot->status != 0;
        verdict->finite &= ballot->finite;
        verdict->told |= ballot->told;
    }
    verdict->weight = batch_weight(step, batch, team_weight(step));
    *scalars = step_scalars(step->settings, batch, lr, verdict->weight);
    double bound = largest_sum(step, worker->count, batch->size);
    return verdict->finite && !verdict->failed && bound < limit &&
           optimizer_allows(&step->settings->optimizer, scalars, &own->bounds, bound);
}

/* After the last barrier: what the workers have measured while they stepped. Every worker comes to
 * the same. */
static void measure_end(const struct step *step, const struct worker *worker,
    const struct batch *batch, double all_square, struct verdict *verdict)
{
    struct fixed_sum squares = step->measure[0].squares;
    for (int w = 1; w < worker->count; w++)
        fixed_sum_merge(&squares, &step->measure[w].squares);
    measure_tell(verdict, batch, all_square, &squares);
    verdict->gradient_norm = sqrt(verdict->square);
}

/* --- the passes of a batch -------------------------------------------------------------------- */

/* Returns whether the step is taken, and *verdict reached but for the loss. */
static bool run_passes(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, struct verdict *verdict)
{
    const struct plan_stage *stage = plan_stage_of(&step->settings->plan, batch);
    struct walk walk = walk_begin(stage, batch->size, teams_mine(step->teams)), end;
    struct stepping stepping = {.step = step};
    const bool short_way = teams_count(step->teams) == 1 && !(step->settings->clip.norm > 0);
    const struct finisher finisher = {finish_run, expect_run, &stepping};
    struct tree_stack stack, loss_stack, square_stack;
    double all_square = 0;
    bool taken = false;
    stack.size = loss_stack.size = square_stack.size = 0;
    for (; walk_pass(&walk, step->pass_rows, &end); walk = end) {
        struct walk after;
        if (worker_speaks(worker))
            heartbeat_beat();
        step_rows(step, worker, order, batch, walk_rows(&walk, &end));
        bool last = !walk_pass(&end, step->pass_rows, &after);
        if (last && short_way)
            step_verify_again(step, worker);
        if (last && short_way)
            taken = reach_early_verdict(step, worker, batch, lr, verdict, &stepping.scalars);
        if (worker_speaks(worker))
            losses_add(step->row_loss, &walk, &end, &loss_stack, own_of(step, worker)->loss_sum);
        if (measures(step, worker))
            losses_add(
                step->row_square, &walk, &end, &square_stack, own_of(step, worker)->square_sum);
        if (taken && measures(step, worker)) {
            all_square = reduce_join_doubles(step->reduce, own_of(step, worker)->square_sum);
            measure_begin(step, worker, batch, all_square);
            stepping.squares = &step->measure[worker->index].squares;
        }
        gradient_add(step->gradient, worker, &step->workspace, &walk, &end, &stack,
            taken ? &finisher : NULL);
        if (taken && worker_speaks(worker))
            step->verdict.loss =
                reduce_join_doubles(step->reduce, own_of(step, worker)->loss_sum) / verdict->weight;
        phase_end(&own_of(step, worker)->clock, PHASE_WEIGHTS);
        step_meet(step, worker);
    }
    if (taken)
        verdict->loss = step->verdict.loss;
    if (taken && measures(step, worker))
        measure_end(step, worker, batch, all_square, verdict);
    return taken;
}

/* --- the step ------------------------------------------------------------------------------ */

static void open_ballot(struct step *step, const struct worker *worker, enum status local)
{
    struct ballot *ballot = &step->ballot[worker->index];
    *ballot = (struct ballot){.finite = true};
    if (worker_speaks(worker)) {
        ballot->status = (int)local;
        ballot->told = step->told;
    }
}

void step_tell(struct step *step, int told)
{
    step->told = told;
}

struct verdict step_run(struct step *step, const struct worker *worker, const struct batch *batch,
    const struct order *order, double lr, enum status local)
{
    struct verdict verdict;
    struct own *own = own_of(step, worker);
    phase_start(&own->clock);
    own->measures = step->row_square &&
                    noise_is_due(batch->step, plan_stage_of(&step->settings->plan, batch)->batch);
    open_ballot(step, worker, local);
    if (worker_speaks(worker))
        reduce_choose(step->reduce, batch->stage);
    if (run_passes(step, worker, batch, order, lr, &verdict))
        return verdict;
    return step_exchange(step, worker, batch, lr);
}

void step_export(struct step *step, const struct worker *worker, float *out)
{
    if (step->start.shared && teams_rank(step->teams) > 0)
        return;
    weights_to_canonical(&step->panels, &step->settings->mlp, step->weights.master, out,
        worker->thread, step->settings->plan.threads);
}

const struct panels *step_panels(const struct step *step)
{
    return &step->panels;
}

const struct weights *step_weights(const struct step *step)
{
    return &step->weights;
}

const double *step_phase_seconds(const struct step *step, int thread)
{
    return step->own[thread].clock.seconds;
}
