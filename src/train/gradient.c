#include "train/gradient.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A tile's floats stay in a core's second-level cache while its slices are summed. */
enum { TILE_FLOATS = 1 << 16, FLOAT_UNIT = 16 };

struct gradient {
    const struct settings *settings;
    const struct vector *vector;
    struct heights heights;
    float *home;     /* [heights.always x parameters] */
    float **home_at; /* [heights.always] */
    float *scratch;  /* [threads x stride] */
    int64_t stride;  /* floats of scratch a worker has: tiles, then room for one bias */
    int64_t tile;    /* floats of the largest tile */
};

/* --- sizes --------------------------------------------------------------------------------- */

/* Rows of W that a tile of a layer has, at most. */
static int64_t tile_rows(const struct mlp *mlp, int layer)
{
    int64_t rows = TILE_FLOATS / (mlp->width[layer] + 1);
    return rows < 1 ? 1 : rows < mlp->width[layer + 1] ? rows : mlp->width[layer + 1];
}

static int64_t rounded(int64_t floats)
{
    return divide_up(floats, FLOAT_UNIT) * FLOAT_UNIT;
}

static int64_t largest_tile(const struct mlp *mlp)
{
    int64_t most = 0;
    for (int l = 0; l < mlp->layers; l++) {
        int64_t floats = tile_rows(mlp, l) * (mlp->width[l] + 1);
        most = floats > most ? floats : most;
    }
    return rounded(most);
}

static int64_t longest_bias(const struct mlp *mlp)
{
    int64_t most = 0;
    for (int l = 0; l < mlp->layers; l++)
        most = tile_rows(mlp, l) > most ? tile_rows(mlp, l) : most;
    return rounded(most);
}

/* Over a whole batch and the tail. */
static struct heights heights_of(const struct plan *plan, int team, int64_t pass_rows)
{
    struct heights whole = walk_heights(plan, plan->batch, team, pass_rows);
    struct heights tail = walk_heights(plan, plan->last_batch, team, pass_rows);
    return (struct heights){tail.always > whole.always ? tail.always : whole.always,
        tail.within > whole.within ? tail.within : whole.within};
}

static int64_t stride_of(const struct mlp *mlp, const struct heights *heights)
{
    return (heights->within - heights->always) * largest_tile(mlp) + longest_bias(mlp);
}

int64_t gradient_bytes(const struct settings *settings, int team, int threads, int64_t pass_rows)
{
    struct heights heights = heights_of(&settings->plan, team, pass_rows);
    return (int64_t)sizeof(float) * (heights.always * settings->mlp.parameters +
                                        threads * stride_of(&settings->mlp, &heights));
}

/* --- life ---------------------------------------------------------------------------------- */

static enum status take_memory(struct gradient *gradient, int threads, struct error *error)
{
    const char *what =
        "the partial sums of gradients (fewer --slices, or more --pass-rows, take less)";
    size_t always = (size_t)gradient->heights.always, floats = SIZE_MAX;
    size_t parameters = (size_t)gradient->settings->mlp.parameters;
    checked_product(always, parameters, &floats);
    enum status status =
        memory_take(&gradient->home_at, always, sizeof *gradient->home_at, what, error);
    if (!status)
        status = memory_take(&gradient->home, floats, sizeof *gradient->home, what, error);
    if (!status)
        status = memory_take(&gradient->scratch, (size_t)(gradient->stride * threads),
            sizeof *gradient->scratch, what, error);
    for (size_t i = 0; !status && i < always; i++)
        gradient->home_at[i] = gradient->home + i * parameters;
    return status;
}

enum status gradient_create(struct gradient **gradient, const struct settings *settings, int team,
    int threads, int64_t pass_rows, struct error *error)
{
    struct gradient *made = NULL;
    *gradient = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "a gradient", error);
    if (!status) {
        made->settings = settings;
        made->vector = vector_of(settings->kernel.level);
        made->heights = heights_of(&settings->plan, team, pass_rows);
        made->tile = largest_tile(&settings->mlp);
        made->stride = stride_of(&settings->mlp, &made->heights);
        status = take_memory(made, threads, error);
    }
    if (status)
        gradient_destroy(made);
    else
        *gradient = made;
    return status;
}

void gradient_destroy(struct gradient *gradient)
{
    if (!gradient)
        return;
    free(gradient->home);
    free(gradient->home_at);
    free(gradient->scratch);
    free(gradient);
}

float *const *gradient_buffers(const struct gradient *gradient)
{
    return gradient->home_at;
}

/* --- sums ---------------------------------------------------------------------------------- */

/* The sums of one tile at one position of the tree's stack. */
struct sums {
    float *weight, *bias;
};

static struct sums sums_at(const struct gradient *gradient, const struct worker *worker,
    const struct tile *tile, int position)
{
    const struct mlp *mlp = &gradient->settings->mlp;
    int64_t in = mlp->width[tile->layer];
    if (position < gradient->heights.always) {
        float *home = gradient->home_at[position];
        return (struct sums){home + mlp->weight_at[tile->layer] + tile->outputs.first * in,
            home + mlp->bias_at[tile->layer] + tile->outputs.first};
    }
    float *scratch = gradient->scratch + worker->index * gradient->stride +
                     (position - gradient->heights.always) * gradient->tile;
    return (struct sums){scratch, scratch + range_size(tile->outputs) * in};
}

static void join_sums(const struct gradient *gradient, const struct worker *worker,
    const struct tile *tile, struct tree_stack *stack)
{
    int64_t outputs = range_size(tile->outputs);
    int64_t weights = outputs * gradient->settings->mlp.width[tile->layer];
    while (tree_join(stack)) {
        struct sums left = sums_at(gradient, worker, tile, stack->size - 1);
        struct sums right = sums_at(gradient, worker, tile, stack->size);
        gradient->vector->add(left.weight, right.weight, weights);
        gradient->vector->add(left.bias, right.bias, outputs);
    }
}

/* Adds one block to the slice on top of the stack; an empty one is +0 like any other sum. */
static void add_block(const struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct tile *tile, struct range rows, bool opens,
    int position)
{
    const struct mlp *mlp = &gradient->settings->mlp;
    struct sums top = sums_at(gradient, worker, tile, position);
    size_t outputs = (size_t)range_size(tile->outputs);
    float *room = gradient->scratch + (worker->index + 1) * gradient->stride - longest_bias(mlp);
    if (range_size(rows) > 0) {
        mlp_gradient(mlp, &gradient->settings->kernel, workspace, *tile, rows, !opens, top.weight,
            top.bias, room);
        return;
    }
    memset(top.weight, 0, outputs * (size_t)mlp->width[tile->layer] * sizeof(float));
    memset(top.bias, 0, outputs * sizeof(float));
}

static void add_to_tile(const struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct tile *tile, struct walk walk,
    const struct walk *end, struct tree_stack *stack)
{
    int64_t first = walk.row;
    struct block block;
    while (!walk_reached(&walk, end) && walk_block(&walk, &block)) {
        struct range rows = {block.rows.first - first, block.rows.end - first};
        if (block.opens)
            tree_push(stack, (struct tree_node){0, block.slice});
        add_block(gradient, worker, workspace, tile, rows, block.opens, stack->size - 1);
        if (block.closes)
            join_sums(gradient, worker, tile, stack);
    }
}

/* A worker's tiles: its share of every layer's outputs, in pieces that stay in cache. What becomes
 * of the stack is the same for every tile; a worker without tiles learns it too. */
void gradient_add(struct gradient *gradient, const struct worker *worker,
    const struct workspace *workspace, const struct walk *walk, const struct walk *end,
    struct tree_stack *stack)
{
    const struct mlp *mlp = &gradient->settings->mlp;
    struct tree_stack after;
    for (int l = mlp->layers - 1; l >= 0; l--) {
        struct range share = worker_share(worker, mlp->width[l + 1], 1);
        int64_t pieces = divide_up(range_size(share), tile_rows(mlp, l));
        for (int64_t i = 0; i < pieces; i++) {
            struct range piece = split_even(range_size(share), pieces, i);
            struct tile tile = {l, {share.first + piece.first, share.first + piece.end}};
            after = *stack;
            add_to_tile(gradient, worker, workspace, &tile, *walk, end, &after);
        }
    }
    walk_stack(*walk, end, stack);
}

void losses_add(const double *row_loss, const struct walk *begin, const struct walk *end,
    struct tree_stack *stack, double *sum)
{
    struct walk walk = *begin;
    struct block block;
    while (!walk_reached(&walk, end) && walk_block(&walk, &block)) {
        double chain = 0;
        for (int64_t r = block.rows.first; r < block.rows.end; r++)
            chain += row_loss[r - begin->row];
        if (block.opens)
            sum[tree_push(stack, (struct tree_node){0, block.slice})] = chain;
        else
            sum[stack->size - 1] += chain;
        while (block.closes && tree_join(stack))
            sum[stack->size - 1] += sum[stack->size];
    }
}
