#include "step/gradient.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

/* One block of samples, for whatever tile. */
struct action {
    int64_t first, rows; /* of the workspace */
    int position;        /* of the tree's stack, whose buffer the block's chains go to */
    bool add;            /* ... or are added to */
    int joins;           /* then: so often the topmost buffer is added to the one below */
};

struct script {
    struct action *action;
    int n;
    int kept; /* positions with a home */
};

struct gradient {
    const struct settings *settings;
    const struct panels *panels;
    const struct vector *vector;
    struct teams *teams;
    struct heights heights;
    int threads;
    int actions; /* of the largest pass */
    void *block, *team_block;
    float *home;           /* [heights.always x parameters], the team's */
    float **home_at;       /* [heights.always] */
    float *scratch;        /* [threads x heights.within x tile_floats] */
    struct action *action; /* [threads x actions] */
};

/* --- sizes --------------------------------------------------------------------------------- */

static int most_of(int a, int b, int c)
{
    int most = a > b ? a : b;
    return c > most ? c : most;
}

/* Over the whole batches and the tails of all stages. */
static struct heights heights_of(const struct plan *plan, int team, int64_t pass_rows)
{
    struct heights most = {0};
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        struct heights whole = walk_heights(stage, stage->batch, team, pass_rows);
        struct heights tail = walk_heights(stage, stage->last_batch, team, pass_rows);
        most.always = most_of(most.always, whole.always, tail.always);
        most.within = most_of(most.within, whole.within, tail.within);
    }
    return most;
}

/* Blocks of the largest pass of a batch. */
static int count_blocks(
    const struct plan_stage *stage, int64_t batch_size, int team, int64_t pass_rows)
{
    struct walk walk = walk_begin(stage, batch_size, team), end;
    int most = 0;
    for (; walk_pass(&walk, pass_rows, &end); walk = end) {
        struct block block;
        int n = 0;
        while (!walk_reached(&walk, &end) && walk_block(&walk, &block))
            n++;
        most = n > most ? n : most;
    }
    return most;
}

/* The same of all stages. */
static int most_blocks(const struct plan *plan, int team, int64_t pass_rows)
{
    int most = 0;
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        most = most_of(most, count_blocks(stage, stage->batch, team, pass_rows),
            count_blocks(stage, stage->last_batch, team, pass_rows));
    }
    return most;
}

/* --- memory --------------------------------------------------------------------------------- */

/* A gradient without its memory. */
static struct gradient describe(const struct settings *settings, const struct panels *panels,
    int team, int threads, int64_t pass_rows)
{
    return (struct gradient){.settings = settings,
        .panels = panels,
        .vector = vector_of(settings->kernel.level),
        .heights = heights_of(&settings->plan, team, pass_rows),
        .threads = threads,
        .actions = most_blocks(&settings->plan, team, pass_rows)};
}

static void place_own(void *object, struct carver *carver)
{
    struct gradient *gradient = object;
    size_t threads = (size_t)gradient->threads, within = (size_t)gradient->heights.within;
    size_t tile = (size_t)gradient->panels->tile_floats * sizeof *gradient->scratch;
    gradient->scratch = carve(carver, threads * within, tile);
    gradient->action = carve(carver, threads * (size_t)gradient->actions, sizeof *gradient->action);
    gradient->home_at = carve(carver, (size_t)gradient->heights.always, sizeof *gradient->home_at);
}

static void place_home(void *object, struct carver *carver)
{
    struct gradient *gradient = object;
    size_t bytes = (size_t)gradient->panels->parameters * sizeof *gradient->home;
    gradient->home = carve(carver, (size_t)gradient->heights.always, bytes);
}

int64_t gradient_bytes(const struct settings *settings, const struct panels *panels, int team,
    int workers, int64_t pass_rows)
{
    struct gradient gradient = describe(settings, panels, team, workers, pass_rows);
    return memory_measure(place_home, &gradient) + memory_measure(place_own, &gradient);
}

enum status gradient_create(struct gradient **gradient, const struct settings *settings,
    const struct panels *panels, struct teams *teams, int64_t pass_rows, struct error *error)
{
    const char *what =
        "the partial sums of gradients (fewer --slices, or more --pass-rows, need less)";
    struct gradient *made = NULL;
    *gradient = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, what, error);
    if (!status) {
        *made = describe(settings, panels, teams_mine(teams), settings->plan.threads, pass_rows);
        made->teams = teams;
        status = memory_carve(&made->block, place_own, made, what, error);
    }
    status = comm_agree_unnamed(teams_inside(teams), status, error);
    if (!status)
        status = teams_carve(teams, &made->team_block, place_home, made, what, error);
    if (status) {
        gradient_destroy(made);
        return status;
    }
    for (int i = 0; i < made->heights.always; i++)
        made->home_at[i] = made->home + i * panels->parameters;
    *gradient = made;
    return STATUS_OK;
}

void gradient_destroy(struct gradient *gradient)
{
    if (!gradient)
        return;
    teams_give(gradient->teams, gradient->team_block);
    free(gradient->block);
    free(gradient);
}

float *const *gradient_buffers(const struct gradient *gradient)
{
    return gradient->home_at;
}

/* --- the script of a pass ----------------------------------------------------------------------
 */

static struct action action_for(
    const struct block *block, int64_t first_row, struct tree_stack *stack)
{
    struct action action = {.first = block->rows.first - first_row,
        .rows = range_size(block->rows),
        .add = !block->opens};
    if (block->opens)
        tree_push(stack, (struct tree_node){0, block->slice});
    action.position = stack->size - 1;
    while (block->closes && tree_join(stack))
        action.joins++;
    /* A slice of one block that is joined at once: its chains need no buffer of their own. */
    if (block->opens && action.joins > 0 && action.rows > 0) {
        action.position--;
        action.joins--;
        action.add = true;
    }
    return action;
}

static struct script write_script(struct action *action, const struct gradient *gradient,
    const struct walk *begin, const struct walk *end, struct tree_stack *stack, bool folds)
{
    struct script script = {action, 0, folds ? stack->size : gradient->heights.always};
    struct walk walk = *begin;
    struct block block;
    while (!walk_reached(&walk, end) && walk_block(&walk, &block))
        action[script.n++] = action_for(&block, begin->row, stack);
    while (folds && tree_fold(stack))
        action[script.n - 1].joins++;
    return script;
}

/* --- sums ---------------------------------------------------------------------------------- */

/* A run of parameters to sum: a tile of a weight, or a panel of a bias. */
struct run {
    int layer;
    int64_t tile;  /* of the weight, or -1 */
    int64_t panel; /* of the bias */
    int64_t at, n;
};

/* What a worker has at hand in one pass. */
struct summing {
    const struct gradient *gradient;
    const struct workspace *workspace;
    struct script script;
    float *scratch;
    const struct finisher *finisher;
};

static float *buffer_of(const struct summing *summing, const struct run *run, int position)
{
    if (position < summing->script.kept)
        return summing->gradient->home_at[position] + run->at;
    return summing->scratch +
           (position - summing->script.kept) * summing->gradient->panels->tile_floats;
}

static void sum_block(
    const struct summing *summing, const struct run *run, const struct action *action, float *sum)
{
    const struct panels *panels = summing->gradient->panels;
    if (action->rows == 0) /* an empty slice is +0 like any other sum */
        memset(sum, 0, (size_t)run->n * sizeof *sum);
    else if (run->tile >= 0)
        dense_gradient(panels, summing->workspace, run->layer, run->tile, action->first,
            action->rows, action->add, sum);
    else
        dense_bias_gradient(panels, summing->workspace, run->layer, run->panel, action->first,
            action->rows, action->add, sum);
}

static void sum_run(const struct summing *summing, const struct run *run)
{
    const struct finisher *finisher = summing->finisher;
    float *sum = NULL;
    if (finisher)
        finisher->expect(finisher->context, run->at, run->n);
    for (int i = 0; i < summing->script.n; i++) {
        const struct action *action = &summing->script.action[i];
        int position = action->position;
        sum = buffer_of(summing, run, position);
        sum_block(summing, run, action, sum);
        for (int j = 0; j < action->joins; j++) {
            const float *right = sum;
            sum = buffer_of(summing, run, --position);
            summing->gradient->vector->add(sum, right, run->n);
        }
    }
    if (finisher)
        finisher->finish(finisher->context, run->layer, run->tile, run->at, sum, run->n);
}

/* Each bias panel goes with one tile of its layer. */
static void sum_tile(const struct summing *summing, int layer, const struct tile_walk *at)
{
    const struct panels *panels = summing->gradient->panels;
    const struct panel_layer *of = &panels->layer[layer];
    int64_t tile = at->lane * of->row_panels + at->row;
    struct run weight = {
        layer, tile, -1, of->weight_at + tile * panels->tile_floats, panels->tile_floats};
    sum_run(summing, &weight);
    if ((of->first ? at->row : at->lane) != 0)
        return;
    int64_t panel = of->first ? at->lane : at->row, width = dense_bias_width(panels, layer);
    struct run bias = {layer, -1, panel, of->bias_at + panel * width, width};
    sum_run(summing, &bias);
}

/* A worker's tiles are its share of each layer's: always the same, and of the first layer those
 * that it reads in forward when workers share tiles; so they stay in its cache. The last layer
 * comes first. */
void gradient_add(struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct walk *walk, const struct walk *end,
    struct tree_stack *stack, const struct finisher *finisher)
{
    const struct panels *panels = gradient->panels;
    struct summing summing = {gradient, workspace,
        write_script(gradient->action + (int64_t)worker->thread * gradient->actions, gradient, walk,
            end, stack, finisher != NULL),
        gradient->scratch +
            (int64_t)worker->thread * gradient->heights.within * panels->tile_floats,
        finisher};
    /* All rows of a group's row panels stay in the second-level cache while lane panels go by. */
    int64_t row_bytes = panels->kernel.rows * (int64_t)sizeof(float);
    int64_t group = panels->cache_bytes / 2 / row_bytes / (range_size(walk_rows(walk, end)) + 1);
    for (int l = panels->layers - 1; l >= 0; l--) {
        const struct panel_layer *of = &panels->layer[l];
        struct part part = {{0, of->row_panels}, worker_share(worker, of->tiles, 1)};
        struct tile_walk at = tiles_walk(part, group < 1 ? 1 : group);
        while (tiles_group(&at))
            while (tiles_next(&at))
                sum_tile(&summing, l, &at);
    }
}

void row_sums_add(
    struct row_sums *sums, const double *row, const struct walk *begin, const struct walk *end)
{
    struct tree_stack *stack = &sums->stack;
    double *sum = sums->value;
    struct walk walk = *begin;
    struct block block;
    while (!walk_reached(&walk, end) && walk_block(&walk, &block)) {
        double chain = 0;
        for (int64_t r = block.rows.first; r < block.rows.end; r++)
            chain += row[r - begin->row];
        if (block.opens)
            sum[tree_push(stack, (struct tree_node){0, block.slice})] = chain;
        else
            sum[stack->size - 1] += chain;
        while (block.closes && tree_join(stack))
            sum[stack->size - 1] += sum[stack->size];
    }
}
