#include "step/gradient.h"

#include <string.h>

struct script {
    struct action *action;
    int n;
    int kept; /* positions that have a home buffer */
};

/* --- memory --------------------------------------------------------------------------------- */

void gradient_init(struct gradient *gradient, const struct settings *settings,
    const struct panels *panels, const struct pass_extent *extent, int threads)
{
    *gradient = (struct gradient){.settings = settings,
        .panels = panels,
        .vector = vector_of(settings->kernel.level),
        .extent = *extent,
        .threads = threads};
}

void gradient_place_home(void *object, struct carver *carver)
{
    struct gradient *gradient = object;
    for (int i = 0; i < gradient->extent.always; i++)
        gradient->home[i] = carve(carver, (size_t)gradient->panels->parameters, sizeof(float));
}

void gradient_place_own(void *object, struct carver *carver)
{
    struct gradient *gradient = object;
    size_t threads = (size_t)gradient->threads, within = (size_t)gradient->extent.within;
    size_t tile = (size_t)gradient->panels->tile_floats * sizeof *gradient->scratch;
    size_t blocks = threads * (size_t)gradient->extent.blocks;
    gradient->scratch = carve(carver, threads * within, tile);
    gradient->action = carve(carver, blocks, sizeof *gradient->action);
}

/* --- the script of a pass --------------------------------------------------------------------- */

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
    /* A slice of one block that is joined immediately: its chains are added to the left sum and
     * need no buffer of their own. */
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
    struct script script = {action, 0, folds ? stack->size : gradient->extent.always};
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

/* The arguments of one worker in one pass. */
struct summing {
    const struct gradient *gradient;
    const struct workspace *workspace;
    struct script script;
    float *scratch;
    const struct finisher *finisher;
    const struct filling *filling;
    int bucket;         /* of the filling */
    int64_t first_tile; /* of the layer, counted over all layers */
    int64_t untended;   /* tiles since the filling was tended */
    int64_t tend_after; /* tiles */
};

static float *buffer_of(const struct summing *summing, const struct run *run, int position)
{
    if (position < summing->script.kept)
        return summing->gradient->home[position] + run->at;
    return summing->scratch +
           (position - summing->script.kept) * summing->gradient->panels->tile_floats;
}

static void sum_block(
    const struct summing *summing, const struct run *run, const struct action *action, float *sum)
{
    const struct panels *panels = summing->gradient->panels;
    if (action->rows == 0) /* the sum of an empty slice is +0 */
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

/* `tile`: counted over all layers and biases. */
static bool is_due(const struct summing *summing, int64_t tile)
{
    const struct filling *filling = summing->filling;
    return !filling || filling->bucket_of[tile] == summing->bucket;
}

static void sum_run_if_due(struct summing *summing, const struct run *run, int64_t tile)
{
    if (!is_due(summing, tile))
        return;
    sum_run(summing, run);
    if (!summing->filling || ++summing->untended < summing->tend_after)
        return;
    summing->filling->tend(summing->filling->context);
    summing->untended = 0;
}

/* Each bias panel is summed together with one tile of its layer. */
static void sum_tile(struct summing *summing, int layer, const struct tile_walk *at)
{
    const struct panels *panels = summing->gradient->panels;
    const struct panel_layer *of = &panels->layer[layer];
    int64_t tile = at->lane * of->row_panels + at->row;
    struct run weight = {
        layer, tile, -1, of->weight_at + tile * panels->tile_floats, panels->tile_floats};
    sum_run_if_due(summing, &weight, summing->first_tile + tile);
    if ((of->first ? at->row : at->lane) != 0)
        return;
    int64_t panel = of->first ? at->lane : at->row, width = dense_bias_width(panels, layer);
    struct run bias = {layer, -1, panel, of->bias_at + panel * width, width};
    sum_run_if_due(summing, &bias, bias.at / panels->tile_floats);
}

/* A worker always takes the same share of each layer's tiles, so they stay in its cache; in the
 * first layer they are the tiles that it also reads in forward when workers share tiles. The last
 * layer comes first. */
static void sum_tiles(struct summing *summing, const struct worker *worker, int64_t rows)
{
    const struct panels *panels = summing->gradient->panels;
    /* All rows of a group's row panels stay in the second-level cache while lane panels stream
     * past. */
    int64_t row_bytes = panels->kernel.rows * (int64_t)sizeof(float);
    int64_t group = panels->cache_bytes / 2 / row_bytes / (rows + 1);
    for (int l = panels->layers - 1; l >= 0; l--) {
        const struct panel_layer *of = &panels->layer[l];
        struct part part = {{0, of->row_panels}, worker_share(worker, of->tiles, 1)};
        struct tile_walk at = tiles_walk(part, group < 1 ? 1 : group);
        summing->first_tile = of->weight_at / panels->tile_floats;
        while (tiles_group(&at))
            while (tiles_next(&at))
                sum_tile(summing, l, &at);
    }
}

void gradient_add(struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct walk *walk, const struct walk *end,
    struct tree_stack *stack, const struct finisher *finisher, const struct filling *filling)
{
    enum { ROWS_PER_TEND = 1 << 14 };
    const struct panels *panels = gradient->panels;
    int64_t rows = range_size(walk_rows(walk, end));
    struct summing summing = {.gradient = gradient,
        .workspace = workspace,
        .script = write_script(gradient->action + (int64_t)worker->thread * gradient->extent.blocks,
            gradient, walk, end, stack, finisher != NULL),
        .scratch = gradient->scratch +
                   (int64_t)worker->thread * gradient->extent.within * panels->tile_floats,
        .finisher = finisher,
        .filling = filling,
        .tend_after = ROWS_PER_TEND / (rows + 1)};
    for (int b = 0; b < (filling ? filling->buckets : 1); b++) {
        summing.bucket = b;
        sum_tiles(&summing, worker, rows);
        if (filling)
            filling->filled(filling->context);
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
