/* gradient.c: the sums of a batch, in any passes and on any workers, kept in buffers or handed to a
 * finisher tile by tile or filled bucket by bucket, against one slice after the other summed on its own and joined by the
 * scalar reference's tree: the same bytes.
 */
#include "step/gradient.h"

#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "base/memory.h"
#include "support/fill.h"
#include "support/net.h"
#include "support/unit.h"

enum {
    INPUTS = 5,
    CLASSES = 3,
    MOST_ROWS = 1600,
    MOST_SLICES = 16,
    MOST_WORKERS = 5,
    MOST_TILES = 200
};

static const int64_t slice_counts[] = {1, 2, 3, 7, 16};
static const int64_t pass_sizes[] = {1, 256, 300, 512, 700, INT64_MAX};
/* A whole batch and its tail: also tails with fewer rows than slices, and slices of many blocks. */
static const int64_t batches[][2] = {{1, 1}, {2, 1}, {31, 5}, {300, 11}, {1000, 513}, {1600, 256}};
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* A network with data, and what has been summed of it. */
struct trial {
    struct settings settings;
    struct net net, apart; /* apart: where single slices are summed */
    float *x, *parameters;
    int32_t *label;
    double *loss;
    float *want, *slice; /* [parameters in panels], [MOST_SLICES of these] */
    float *got;
    int *visits;                     /* of every parameter by the finisher */
    int64_t expected_at, expected_n; /* the finisher's last expect(), until finish() */
};

static void setup(struct trial *trial, const struct kernel *kernel)
{
    struct error error;
    struct mlp mlp;
    memset(trial, 0, sizeof *trial);
    assert_int_equal(mlp_init(&mlp, INPUTS, (int64_t[]){13, 33}, 2, CLASSES, &error), STATUS_OK);
    trial->settings =
        (struct settings){.mlp = mlp, .kernel = *kernel, .criterion = {.kind = LOSS_CROSS_ENTROPY}};
    net_make_pass(&trial->net, &mlp, kernel, MOST_ROWS);
    net_make_pass(&trial->apart, &mlp, kernel, MOST_ROWS);
    int64_t n = trial->net.panels.parameters;
    trial->x = net_floats(MOST_ROWS * INPUTS);
    trial->parameters = net_floats(mlp.parameters);
    trial->label = calloc(MOST_ROWS, sizeof *trial->label);
    trial->loss = calloc(MOST_ROWS, sizeof *trial->loss);
    trial->visits = calloc((size_t)n, sizeof *trial->visits);
    trial->want = net_floats(n);
    trial->got = net_floats(n);
    trial->slice = net_floats(MOST_SLICES * n);
    assert_true(trial->label && trial->loss && trial->visits);
    fill_uniform(trial->x, MOST_ROWS * INPUTS, 1);
    fill_uniform(trial->parameters, mlp.parameters, 2);
    fill_labels(trial->label, MOST_ROWS, CLASSES, 3);
    net_set(&trial->net, trial->parameters);
    net_set(&trial->apart, trial->parameters);
}

static void teardown(struct trial *trial)
{
    net_clear(&trial->net);
    net_clear(&trial->apart);
    free(trial->x);
    free(trial->parameters);
    free(trial->label);
    free(trial->loss);
    free(trial->visits);
    free(trial->want);
    free(trial->got);
    free(trial->slice);
}

/* Forward and backward of these rows of the batch, which then lie in the workspace from row 0. */
static void fill_pass(struct trial *trial, struct net *net, struct range rows)
{
    struct reference_problem problem = {
        .loss = LOSS_CROSS_ENTROPY, .label = trial->label + rows.first};
    net_load(net, trial->x + rows.first * INPUTS, range_size(rows));
    net_forward(net, range_size(rows));
    net_backward(net, &problem, range_size(rows), trial->loss);
}

/* What must come out: every slice by itself, joined number by number. */
static void define(struct trial *trial, int64_t batch)
{
    int64_t n = trial->net.panels.parameters, slices = trial->settings.plan.stage[0].slices;
    memset(trial->slice, 0, (size_t)(slices * n) * sizeof *trial->slice);
    for (int64_t s = 0; s < slices; s++) {
        struct range rows = {s * batch / slices, (s + 1) * batch / slices};
        if (range_size(rows) == 0)
            continue;
        fill_pass(trial, &trial->apart, rows);
        net_gradient(&trial->apart, range_size(rows), trial->slice + s * n);
    }
    for (int64_t p = 0; p < n; p++)
        trial->want[p] = reference_tree_f32(slices, trial->slice + p, n);
}

/* --- a finisher that writes down what it is given ------------------------------------------ */

static void expect(void *context, int64_t at, int64_t n)
{
    struct trial *trial = context;
    assert_int_equal(trial->expected_n, 0); /* one run at a time */
    trial->expected_at = at;
    trial->expected_n = n;
}

static void finish(void *context, int layer, int64_t tile, int64_t at, const float *sum, int64_t n)
{
    struct trial *trial = context;
    const struct panels *panels = &trial->net.panels;
    const struct panel_layer *of = &panels->layer[layer];
    assert_true(trial->expected_at == at && trial->expected_n == n);
    trial->expected_n = 0;
    if (tile >= 0) {
        assert_true(tile < of->tiles && n == panels->tile_floats);
        assert_int_equal(at, of->weight_at + tile * panels->tile_floats);
    } else {
        assert_true(at >= of->bias_at && at + n <= of->bias_at + of->bias_floats);
    }
    for (int64_t i = 0; i < n; i++) {
        trial->visits[at + i]++;
        trial->got[at + i] = sum[i];
    }
}

/* Every parameter was handed over once; what was not is a pad of a bias. */
static void check_visits(struct trial *trial)
{
    const struct panels *panels = &trial->net.panels;
    for (int l = 0; l < panels->layers; l++) {
        const struct panel_layer *layer = &panels->layer[l];
        for (int64_t p = layer->weight_at; p < layer->bias_at + layer->out; p++)
            assert_int_equal(trial->visits[p], 1);
        for (int64_t p = layer->bias_at + layer->out; p < layer->bias_at + layer->bias_floats; p++)
            assert_true(trial->visits[p] <= 1);
    }
}

/* --- one batch ----------------------------------------------------------------------------- */

struct way {
    int workers;
    int64_t pass_rows;
    bool finished;
    int buckets; /* of the last pass; 0: without */
};

/* The filling of a way's buckets. */
struct filler {
    const struct trial *trial;
    const struct gradient *gradient;
    int bucket, buckets;
    bool whole; /* one worker, and all slices are one subtree */
};

/* Buckets of single tiles in turn, so that every part of the gradient is visited again and again. */
static unsigned char bucket_of(const struct filler *filler, int64_t tile)
{
    return (unsigned char)(tile % filler->buckets);
}

static void tend(void *context)
{
    const struct filler *filler = context;
    assert_true(filler->bucket < filler->buckets);
}

static void filled(void *context)
{
    struct filler *filler = context;
    const struct trial *trial = filler->trial;
    int64_t tile = trial->net.panels.tile_floats;
    for (int64_t at = 0; filler->whole && at < trial->net.panels.parameters; at += tile)
        if (bucket_of(filler, at / tile) == filler->bucket)
            assert_memory_equal(
                filler->gradient->home[0] + at, trial->want + at, (size_t)tile * sizeof(float));
    filler->bucket++;
}

/* All passes. The workers of a pass one after the other, the last first: each has tiles of its own,
 * and needs no other. */
static void sum_batch(
    struct trial *trial, struct gradient *gradient, int64_t batch, const struct way *way)
{
    const struct finisher finisher = {finish, expect, trial};
    struct tree_stack stack[MOST_WORKERS];
    struct walk walk = walk_begin(&trial->settings.plan.stage[0], batch, 0), end, after;
    for (int w = 0; w < way->workers; w++)
        stack[w].size = 0;
    for (; walk_pass(&walk, way->pass_rows, &end); walk = end) {
        bool last = !walk_pass(&end, way->pass_rows, &after);
        fill_pass(trial, &trial->net, walk_rows(&walk, &end));
        for (int w = way->workers - 1; w >= 0; w--) {
            struct worker worker = {NULL, w, way->workers, w};
            int64_t slices = trial->settings.plan.stage[0].slices;
            struct filler filler = {trial, gradient, 0, way->buckets,
                way->workers == 1 && (slices & (slices - 1)) == 0};
            unsigned char bucket[MOST_TILES];
            for (int64_t t = 0; t < MOST_TILES && way->buckets > 0; t++)
                bucket[t] = bucket_of(&filler, t);
            struct filling filling = {way->buckets, bucket, filled, tend, &filler};
            assert_true(trial->net.panels.parameters <= MOST_TILES * trial->net.panels.tile_floats);
            bool finishes = last && way->finished;
            bool fills = last && !way->finished && way->buckets > 0;
            gradient_add(gradient, &worker, &trial->net.workspace, &walk, &end, &stack[w],
                finishes ? &finisher : NULL, fills ? &filling : NULL);
            assert_int_equal(filler.bucket, fills ? way->buckets : 0);
        }
    }
}

/* The subtrees in the home buffers, to one sum, as their receiver would. */
static void fold_buffers(struct trial *trial, const struct gradient *gradient)
{
    struct tree_node node[TREE_DEPTH];
    int64_t n = trial->net.panels.parameters;
    int nodes = tree_cover(0, trial->settings.plan.stage[0].slices, node, NULL);
    float *const *buffer = gradient->home;
    memcpy(trial->got, buffer[nodes - 1], (size_t)n * sizeof(float));
    for (int i = nodes - 2; i >= 0; i--)
        for (int64_t p = 0; p < n; p++)
            trial->got[p] = buffer[i][p] + trial->got[p];
}

static void check_batch(
    struct trial *trial, struct gradient *gradient, int64_t batch, const struct way *way)
{
    int64_t n = trial->net.panels.parameters;
    char why[COMPARE_TEXT];
    memset(trial->got, 0, (size_t)n * sizeof *trial->got);
    memset(trial->visits, 0, (size_t)n * sizeof *trial->visits);
    sum_batch(trial, gradient, batch, way);
    if (way->finished)
        check_visits(trial);
    else
        fold_buffers(trial, gradient);
    if (!compare_bits(trial->got, trial->want, n, why))
        fail_msg("%s, batch %d in %d slices, pass %lld, %d workers, %s: %s",
            trial->settings.kernel.name, (int)batch, (int)trial->settings.plan.stage[0].slices,
            (long long)way->pass_rows, way->workers, way->finished ? "finished" : "kept", why);
}

/* A gradient with its memory. */
struct summed {
    struct gradient gradient;
    void *home, *own;
};

static void create(struct summed *summed, struct trial *trial, int64_t batch, int64_t tail,
    int64_t slices, const struct way *way)
{
    struct plan_request request = {.samples = batch + tail,
        .batch = batch,
        .epochs = 1,
        .slices = slices,
        .teams = 1,
        .threads = way->workers};
    struct gradient *gradient = &summed->gradient;
    struct error error;
    assert_int_equal(plan_make(&trial->settings.plan, &request, &error), STATUS_OK);
    struct pass_extent extent = pass_extent_of(&trial->settings.plan, 0, way->pass_rows);
    gradient_init(gradient, &trial->settings, &trial->net.panels, &extent, way->workers);
    if (memory_carve(&summed->home, gradient_place_home, gradient, "a test", &error) ||
        memory_carve(&summed->own, gradient_place_own, gradient, "a test", &error))
        fail_msg("%s", error.text);
}

static void destroy(struct summed *summed)
{
    free(summed->home);
    free(summed->own);
}

/* Whole batch, tail, whole batch and tail again: what one leaves behind must not show in the next,
 * nor whether it was kept or finished. */
static void check_way(struct trial *trial, int b, int64_t slices, const struct way *way)
{
    int64_t batch = batches[b][0], tail = batches[b][1];
    struct summed summed;
    struct gradient *gradient = &summed.gradient;
    struct way other = *way;
    create(&summed, trial, batch, tail, slices, way);
    other.finished = !way->finished;
    define(trial, batch);
    check_batch(trial, gradient, batch, way);
    define(trial, tail);
    check_batch(trial, gradient, tail, way);
    check_batch(trial, gradient, tail, &other);
    define(trial, batch);
    check_batch(trial, gradient, batch, way);
    destroy(&summed);
}

TEST(slices_passes_and_workers_do_not_show)
{
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    uint64_t mode = floatmode_enter();
    for (int k = 0; k < n_kernels; k++) {
        struct trial trial;
        setup(&trial, &kernels[k]);
        for (int b = 0; b < COUNT(batches); b++)
            for (int s = 0; s < COUNT(slice_counts); s++)
                for (int p = 0; p < COUNT(pass_sizes); p++) {
                    struct way way = {
                        1 + 2 * ((b + s + p) % 3), pass_sizes[p], (s + p) % 2 == 0, (b + p) % 4};
                    check_way(&trial, b, slice_counts[s], &way);
                }
        teardown(&trial);
    }
    floatmode_leave(mode);
}

/* --- memory -------------------------------------------------------------------------------- */

static int64_t bytes_of(const struct trial *trial, int workers, int64_t pass_rows)
{
    struct pass_extent extent = pass_extent_of(&trial->settings.plan, 0, pass_rows);
    struct gradient gradient;
    gradient_init(&gradient, &trial->settings, &trial->net.panels, &extent, workers);
    return memory_measure(gradient_place_home, &gradient) +
           memory_measure(gradient_place_own, &gradient);
}

/* One pass of 16 slices keeps one sum of all parameters, and per worker 5 tiles and 16 blocks of 32
 * bytes. */
TEST(bytes_by_hand)
{
    struct kernel kernels[KERNELS_MAX];
    struct trial trial;
    struct summed summed;
    struct way way = {1, INT64_MAX, false, 0};
    kernel_list(kernels);
    setup(&trial, &kernels[0]);
    create(&summed, &trial, 1600, 1600, 16, &way);
    destroy(&summed);
    const struct panels *panels = &trial.net.panels;
    for (int workers = 1; workers <= 3; workers++)
        assert_int_equal(bytes_of(&trial, workers, INT64_MAX),
            4 * (panels->parameters + workers * 5 * panels->tile_floats) + workers * 16 * 32);
    /* Passes of one block, that is of one slice: the left ones wait for 4 more levels. A block's 32
     * bytes are rounded to 64. */
    assert_int_equal(
        bytes_of(&trial, 1, 1), 4 * (4 * panels->parameters + 5 * panels->tile_floats) + 64);
    teardown(&trial);
}

/* --- losses -------------------------------------------------------------------------------- */

/* The same blocks, slices and tree in double. */
static void check_losses(const double *row_loss, int64_t batch, int64_t slices, int64_t pass_rows)
{
    struct plan_request request = {
        batch, batch, .epochs = 1, .slices = slices, .teams = 1, .threads = 1};
    struct plan plan;
    struct error error;
    struct row_sums sums;
    double leaf[MOST_SLICES];
    assert_int_equal(plan_make(&plan, &request, &error), STATUS_OK);
    struct walk walk = walk_begin(&plan.stage[0], batch, 0), end;
    sums.stack.size = 0;
    for (; walk_pass(&walk, pass_rows, &end); walk = end)
        row_sums_add(&sums, row_loss + walk.row, &walk, &end);
    while (tree_fold(&sums.stack))
        sums.value[sums.stack.size - 1] += sums.value[sums.stack.size];
    for (int64_t s = 0; s < slices; s++) {
        int64_t first = s * batch / slices;
        leaf[s] = reference_sum_f64((s + 1) * batch / slices - first, row_loss + first);
    }
    assert_true(sums.value[0] == reference_tree_f64(slices, leaf));
}

TEST(losses_go_the_same_way)
{
    float narrow[MOST_ROWS];
    double row_loss[MOST_ROWS];
    fill_uniform(narrow, MOST_ROWS, 1);
    for (int i = 0; i < MOST_ROWS; i++)
        row_loss[i] = (double)narrow[i] / 3;
    for (int b = 0; b < COUNT(batches); b++)
        for (int s = 0; s < COUNT(slice_counts); s++)
            for (int p = 0; p < COUNT(pass_sizes); p++)
                check_losses(row_loss, batches[b][0], slice_counts[s], pass_sizes[p]);
}
