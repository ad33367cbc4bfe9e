/* dense.c: a pass through a network, by three means: the scalar reference (bits), central
 * differences of the loss in double (every parameter), and itself cut into parts (bits). */
#include "net/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "support/fill.h"
#include "support/net.h"
#include "support/unit.h"

enum { MOST_HIDDEN = 3, SEED = 4, CLASSES_MOST = 300 };

static float class_weight[CLASSES_MOST];

/* A network with samples to try it on. */
struct trial {
    struct net net;
    struct reference_problem problem;
    float *x, *target, *parameters, *gradient; /* both canonical */
    float *sum;                                /* the gradient in panels */
    double *loss;
    int32_t *label;
};

struct shape {
    enum loss_kind loss;
    int64_t rows, inputs;
    int n_hidden;
    int64_t hidden[MOST_HIDDEN], outputs;
    /* relu, and nothing dropped out, if not said */
    enum activation_kind activation[MOST_HIDDEN];
    float dropout_input, dropout_hidden, label_smoothing;
    bool weighted;
};

/* For bits: more than one and two blocks of inputs, hidden units and rows, odd sizes, no hidden
 * layer. */
static const struct shape large[] = {
    {.loss = LOSS_CROSS_ENTROPY, 261, 300, 2, {33, 17}, 10},
    {.loss = LOSS_MSE, 5, 7, 1, {270}, 3},
    {.loss = LOSS_CROSS_ENTROPY, 600, 13, 0, {0}, 4},
    {.loss = LOSS_CROSS_ENTROPY, 1, 1, 3, {1, 257, 5}, 259},
    {.loss = LOSS_MSE, 24, 12, 2, {32, 64}, 12},
    {.loss = LOSS_CROSS_ENTROPY, 13, 11, 3, {31, 65, 2}, 33},
    {.loss = LOSS_MSE, 3, 523, 2, {9, 515}, 520},
};
/* Sums too long for a lane panel in the cache: over the inputs of a first and of a last layer, and
 * over the outputs of a last layer and of one whose derivatives wait for further blocks. */
static const struct shape very_wide[] = {
    {.loss = LOSS_CROSS_ENTROPY, 14, 4200, 2, {33, 6}, 3},
    {.loss = LOSS_MSE, 27, 5, 3, {9, 35, 2100}, 3},
    {.loss = LOSS_MSE, 5, 3, 2, {13, 7}, 4130},
};
/* Every activation, mixed, with pads of units whose activation is not 0 at 0; dropout of inputs and
 * of hidden units, through relu and others; every criterion. */
static const struct shape dressed[] = {
    {.loss = LOSS_CROSS_ENTROPY,
        61,
        30,
        2,
        {33, 17},
        10,
        {ACTIVATION_SIGMOID, ACTIVATION_GELU},
        0,
        0.5f,
        0,
        false},
    {.loss = LOSS_BCE,
        29,
        7,
        3,
        {270, 9, 40},
        3,
        {ACTIVATION_TANH, ACTIVATION_RELU, ACTIVATION_SILU},
        0.25f,
        0.1f,
        0,
        false},
    {.loss = LOSS_HUBER,
        600,
        13,
        2,
        {5, 1},
        4,
        {ACTIVATION_GELU_TANH, ACTIVATION_LEAKY_RELU},
        0,
        0,
        0,
        false},
    {.loss = LOSS_CROSS_ENTROPY,
        40,
        5,
        2,
        {37, 30},
        259,
        {ACTIVATION_RELU, ACTIVATION_RELU},
        0.9f,
        0.3f,
        0.1f,
        true},
    {.loss = LOSS_MAE,
        14,
        9,
        3,
        {9, 35, 300},
        530,
        {ACTIVATION_SILU, ACTIVATION_SIGMOID, ACTIVATION_TANH},
        0,
        0.5f,
        0,
        false},
    {.loss = LOSS_CROSS_ENTROPY, 37, 11, 0, {0}, 70, {0}, 0.5f, 0, 0.2f, false},
};
static const struct shape dressed_small[] = {
    {.loss = LOSS_CROSS_ENTROPY,
        9,
        5,
        2,
        {7, 6},
        4,
        {ACTIVATION_SIGMOID, ACTIVATION_GELU},
        0,
        0.25f,
        0.1f,
        true},
    {.loss = LOSS_BCE,
        12,
        6,
        3,
        {9, 8, 7},
        3,
        {ACTIVATION_TANH, ACTIVATION_SILU, ACTIVATION_RELU},
        0.2f,
        0,
        0,
        false},
    {.loss = LOSS_HUBER,
        11,
        4,
        2,
        {9, 8},
        2,
        {ACTIVATION_GELU_TANH, ACTIVATION_LEAKY_RELU},
        0,
        0.5f,
        0,
        false},
    {.loss = LOSS_MAE, 10, 3, 1, {12}, 2, {ACTIVATION_GELU}, 0, 0, 0, false},
    {.loss = LOSS_CROSS_ENTROPY, 20, 3, 1, {12}, 2, {ACTIVATION_RELU}, 0, 0.3f, 0, true},
};
static const struct shape small[] = {
    {.loss = LOSS_CROSS_ENTROPY, 9, 5, 2, {7, 6}, 4},
    {.loss = LOSS_MSE, 8, 6, 3, {9, 8, 7}, 3},
    {.loss = LOSS_MSE, 11, 4, 0, {0}, 2},
    {.loss = LOSS_CROSS_ENTROPY, 20, 3, 1, {12}, 2},
};

static void *take(int64_t n, size_t size)
{
    void *block = calloc((size_t)n + 1, size);
    assert_non_null(block);
    return block;
}

static void setup(struct trial *trial, const struct shape *shape, const struct kernel *kernel,
    int64_t cache_bytes)
{
    struct error error;
    struct mlp mlp;
    assert_int_equal(
        mlp_init(&mlp, shape->inputs, shape->hidden, shape->n_hidden, shape->outputs, &error),
        STATUS_OK);
    trial->problem = (struct reference_problem){.layers = mlp.layers,
        .leaky_slope = 0.1f,
        .dropout_input = shape->dropout_input,
        .dropout_hidden = shape->dropout_hidden,
        .loss = shape->loss,
        .label_smoothing = shape->label_smoothing,
        .huber_delta = 0.4f,
        .class_weight = shape->weighted ? class_weight : NULL,
        .samples = shape->rows,
        .batch = shape->rows,
        .slices = 1,
        .init = INIT_PYTORCH,
        .seed = SEED};
    memcpy(trial->problem.activation, shape->activation, sizeof shape->activation);
    memcpy(trial->problem.width, mlp.width, (size_t)(mlp.layers + 1) * sizeof *mlp.width);
    reference_describe(&trial->problem, &mlp, &(struct criterion){0});
    /* more capacity than rows, so that a wrong stride would show */
    net_make_pass_for_cache(&trial->net, &mlp, kernel, shape->rows + 3, cache_bytes);
    trial->net.workspace.first_row = (struct dropout_place){SEED, 1, 0};
    trial->x = take(shape->rows * shape->inputs, sizeof(float));
    trial->target = take(shape->rows * shape->outputs, sizeof(float));
    trial->label = take(shape->rows, sizeof(int32_t));
    trial->loss = take(shape->rows, sizeof(double));
    trial->parameters = take(mlp.parameters, sizeof(float));
    trial->gradient = take(mlp.parameters, sizeof(float));
    trial->sum = net_floats(trial->net.panels.parameters);
    fill_uniform(trial->x, shape->rows * shape->inputs, 1);
    fill_uniform(trial->target, shape->rows * shape->outputs, 2);
    for (int64_t i = 0; i < shape->rows * shape->outputs && shape->loss == LOSS_BCE; i++)
        trial->target[i] = 0.5f * (trial->target[i] + 1);
    fill_labels(trial->label, shape->rows, shape->outputs, 3);

    trial->problem.x = trial->x;
    trial->problem.label = trial->label;
    trial->problem.target = trial->target;
    reference_initial(&trial->problem, trial->parameters);
    net_set(&trial->net, trial->parameters);
}

static void teardown(struct trial *trial)
{
    net_clear(&trial->net);
    free(trial->x);
    free(trial->target);
    free(trial->label);
    free(trial->loss);
    free(trial->parameters);
    free(trial->gradient);
    free(trial->sum);
}

/* Calls `check` on every shape with every kernel, as for a cache of this size. */
static void for_each_trial_and_cache(
    const struct shape *shapes, size_t n, int64_t cache_bytes, void (*check)(struct trial *trial))
{
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    for (size_t s = 0; s < n; s++)
        for (int k = 0; k < n_kernels; k++) {
            struct trial trial;
            setup(&trial, &shapes[s], &kernels[k], cache_bytes);
            uint64_t mode = floatmode_enter();
            check(&trial);
            floatmode_leave(mode);
            teardown(&trial);
        }
}

static void for_each_trial(const struct shape *shapes, size_t n, void (*check)(struct trial *trial))
{
    for_each_trial_and_cache(shapes, n, 0, check);
}

/* The whole of it, on one thread. Returns the sum of the losses. */
static double run(struct trial *trial)
{
    int64_t rows = trial->problem.samples;
    net_load(&trial->net, trial->x, rows);
    net_forward(&trial->net, rows);
    net_backward(&trial->net, &trial->problem, rows, trial->loss);
    net_gradient(&trial->net, rows, trial->sum);
    net_canonical(&trial->net, trial->sum, trial->gradient);
    return reference_sum_f64(rows, trial->loss);
}

/* --- the scalar reference ------------------------------------------------------------------ */

static void check_reference(struct trial *trial)
{
    const struct mlp *mlp = &trial->net.mlp;
    int64_t rows = trial->problem.samples, out = mlp->width[mlp->layers];
    float *want = take(mlp->parameters, sizeof *want), *outputs = take(out, sizeof *outputs);
    double want_loss = reference_gradient(&trial->problem, trial->parameters, 0, rows, want);

    net_load(&trial->net, trial->x, rows);
    net_forward(&trial->net, rows);
    bool drops = trial->problem.dropout_input > 0 || trial->problem.dropout_hidden > 0;
    for (int64_t r = 0; r < rows && !drops; r++) {
        reference_outputs(
            &trial->problem, trial->parameters, trial->x + r * mlp->width[0], outputs);
        assert_compare(compare_bits(
            trial->net.workspace.z + r * trial->net.workspace.z_stride, outputs, out, why));
    }
    double loss = run(trial);
    assert_true(loss == want_loss);
    assert_compare(compare_bits(trial->gradient, want, mlp->parameters, why));
    free(want);
    free(outputs);
}

TEST(the_reference_bit_for_bit)
{
    for_each_trial(large, sizeof large / sizeof *large, check_reference);
    for_each_trial(very_wide, sizeof very_wide / sizeof *very_wide, check_reference);
    for_each_trial(dressed, sizeof dressed / sizeof *dressed, check_reference);
}

/* Where nothing fits into the cache, every product goes block by block, and every row panel is a
 * group of its own; in one of 40 KiB some products do. */
TEST(the_reference_with_small_caches)
{
    for (int64_t bytes = 1; bytes <= 40 << 10; bytes += (40 << 10) - 1) {
        for_each_trial_and_cache(large, sizeof large / sizeof *large, bytes, check_reference);
        for_each_trial_and_cache(
            very_wide, sizeof very_wide / sizeof *very_wide, bytes, check_reference);
        for_each_trial_and_cache(dressed, sizeof dressed / sizeof *dressed, bytes, check_reference);
    }
}

/* Gradients of pads are 0, so that pads of weights stay 0. */
static void check_pads(struct trial *trial)
{
    struct net marked;
    int64_t parameters = trial->net.mlp.parameters;
    float *ones = take(parameters, sizeof *ones);
    run(trial);
    net_make(&marked, &trial->net.mlp, &trial->net.panels.kernel);
    for (int64_t p = 0; p < parameters; p++)
        ones[p] = 1;
    net_set(&marked, ones);
    for (int64_t p = 0; p < trial->net.panels.parameters; p++)
        assert_true(marked.weights.master[p] == 1 || trial->sum[p] == 0);
    net_clear(&marked);
    free(ones);
}

TEST(gradients_of_pads_are_zero)
{
    for_each_trial(large, sizeof large / sizeof *large, check_pads);
    for_each_trial(dressed, sizeof dressed / sizeof *dressed, check_pads);
}

/* --- parts --------------------------------------------------------------------------------- */

/* A product's tiles in parts: rows first, or tiles of all rows; the last part first. */
enum cut { CUT_ROWS, CUT_TILES, CUT_BOTH, CUTS };

static struct part part_of(
    const struct panels *panels, enum cut cut, int64_t row_panels, int64_t units, int n, int i)
{
    struct range all_rows = {0, row_panels}, rows = split_even(row_panels, n, i);
    if (cut == CUT_ROWS)
        return part_of_rows(panels, rows, units);
    if (cut == CUT_TILES) {
        struct part part = part_of_rows(panels, all_rows, units);
        part.tiles = split_even(part.tiles.end, n, i);
        return part;
    }
    /* n by n: each share of the rows in n shares of its tiles */
    struct part part = part_of_rows(panels, split_even(row_panels, n, i % n), units);
    part.tiles = split_even(part.tiles.end, n, i / n);
    return part;
}

/* The largest magnitude of a pass's array in lane panels, over the rows that there are, or over all
 * that fill their panels. */
static float largest_of(const struct net *net, const float *wide, int64_t rows, int64_t units)
{
    float most = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t u = 0; u < units; u++)
            most = fmaxf(most,
                fabsf(panel_value(wide, net->workspace.rows, net->panels.kernel.lanes, r, u)));
    return most;
}

/* Forward and backward of all layers in parts. What the products return is what lies there: a
 * part's largest magnitude, rows that only fill a panel perhaps included. */
static void run_in_parts(struct trial *trial, enum cut cut, int n)
{
    struct net *net = &trial->net;
    const struct panels *panels = &net->panels;
    int64_t rows = trial->problem.samples, width = panels->kernel.rows;
    int64_t row_panels = panel_count(rows, width);
    int parts = cut == CUT_BOTH ? n * n : n;
    net_load(net, trial->x, rows);
    for (int l = 0; l < panels->layers; l++) {
        float most = 0;
        for (int i = parts - 1; i >= 0; i--)
            most = fmaxf(most, dense_forward(panels, &net->weights, &net->workspace, l,
                                   part_of(panels, cut, row_panels, panels->layer[l].out, n, i)));
        const float *wide = l + 1 < panels->layers ? net->workspace.x_wide[l + 1] : NULL;
        assert_true(!wide || most >= largest_of(net, wide, rows, panels->layer[l].out));
        assert_true(wide ? most == largest_of(net, wide, row_panels * width, panels->layer[l].out)
                         : most == 0);
    }
    struct part none = part_of_rows(panels, (struct range){0, 0}, 1);
    assert_true(dense_forward(panels, &net->weights, &net->workspace, 0, none) == 0);
}

static void back_in_parts(struct trial *trial, enum cut cut, int n)
{
    struct net *net = &trial->net;
    const struct panels *panels = &net->panels;
    int64_t row_panels = panel_count(trial->problem.samples, panels->kernel.rows);
    int parts = cut == CUT_BOTH ? n * n : n;
    for (int i = n - 1; i >= 0; i--)
        dense_output(panels, &net->workspace, split_even(row_panels * panels->kernel.rows, n, i));
    for (int l = panels->layers - 1; l > 0; l--) {
        float most = 0;
        for (int i = parts - 1; i >= 0; i--)
            most = fmaxf(most, dense_backward(panels, &net->weights, &net->workspace, l,
                                   part_of(panels, cut, row_panels, panels->layer[l].in, n, i)));
        if (l == 1) /* the others lie in row panels */
            assert_true(most == largest_of(net, net->workspace.d_wide[0],
                                    row_panels * panels->kernel.rows, panels->layer[1].in));
    }
}

/* After every way through the parts, the whole workspace holds the same bytes. */
static void check_parts(struct trial *trial)
{
    struct net *net = &trial->net;
    int64_t rows = trial->problem.samples;
    size_t bytes = (size_t)workspace_bytes(&net->panels, rows + 3, rows + 3, true);
    float *forward = take((int64_t)bytes, 1), *backward = take((int64_t)bytes, 1);
    run_in_parts(trial, CUT_ROWS, 1);
    memcpy(forward, net->workspace_block, bytes);
    net_backward(net, &trial->problem, rows, trial->loss);
    memcpy(backward, net->workspace_block, bytes);
    for (enum cut cut = CUT_ROWS; cut < CUTS; cut++)
        for (int n = 1; n <= 7; n += n < 3 ? 1 : 2) {
            float *z = net->workspace.z;
            size_t of_z = (size_t)(net->workspace.rows * net->workspace.z_stride) * sizeof *z;
            memset(net->workspace_block, 0, bytes);
            run_in_parts(trial, cut, n);
            assert_memory_equal(net->workspace_block, forward, bytes);
            memcpy(z, backward + (z - net->workspace_block), of_z); /* what the loss makes of it */
            back_in_parts(trial, cut, n);
            assert_memory_equal(net->workspace_block, backward, bytes);
        }
    free(forward);
    free(backward);
}

/* Workers take rows forward and backward, or tiles: no border shows. */
TEST(parts_do_not_show)
{
    for_each_trial(large, sizeof large / sizeof *large, check_parts);
    for_each_trial_and_cache(large, sizeof large / sizeof *large, 1, check_parts);
    for_each_trial(dressed, sizeof dressed / sizeof *dressed, check_parts);
}

/* A part that met with what is not finite says so, wherever it lies. */
static void check_infinity(struct trial *trial)
{
    struct net *net = &trial->net;
    const struct panels *panels = &net->panels;
    int64_t rows = trial->problem.samples, row_panels = panel_count(rows, panels->kernel.rows);
    if (panels->layers == 1)
        return;
    run(trial);
    for (int i = 0; i < 2; i++) {
        float *bias = net->weights.master + panels->layer[0].bias_at;
        bias[panels->layer[0].out - 1] = i ? NAN : INFINITY;
        assert_true(dense_forward(panels, &net->weights, &net->workspace, 0,
                        part_of_rows(panels, (struct range){0, row_panels},
                            panels->layer[0].out)) == INFINITY);
    }
}

TEST(what_is_not_finite_is_reported)
{
    for_each_trial(large, sizeof large / sizeof *large, check_infinity);
}

/* --- central differences ------------------------------------------------------------------- */

/* With step h: their own error is about h^2 + 1e-16 / h, far below float32's. */
static void differences(const struct trial *trial, double *derivative)
{
    const double h = 1e-5;
    int64_t parameters = trial->net.mlp.parameters;
    double *w = take(parameters, sizeof *w);
    for (int64_t p = 0; p < parameters; p++)
        w[p] = (double)trial->parameters[p];
    for (int64_t p = 0; p < parameters; p++) {
        double at = w[p];
        w[p] = at + h;
        double above = reference_loss_f64(&trial->problem, w);
        w[p] = at - h;
        double below = reference_loss_f64(&trial->problem, w);
        w[p] = at;
        derivative[p] = (above - below) / (2 * h);
    }
    free(w);
}

/* Some units on and some off, in every hidden layer: else relu's derivative was not tried. */
static void assert_relu_is_tried(const struct trial *trial)
{
    const struct net *net = &trial->net;
    for (int l = 1; l < net->mlp.layers; l++) {
        int64_t rows = trial->problem.samples, width = net->mlp.width[l], on = 0;
        if (net->mlp.activation[l - 1] != ACTIVATION_RELU)
            continue;
        for (int64_t i = 0; i < rows * width; i++)
            on += panel_value(net->workspace.x_wide[l], net->workspace.rows,
                      net->panels.kernel.lanes, i / width, i % width) > 0;
        assert_true(on > rows * width / 10 && on < rows * width - rows * width / 10);
    }
}

/* Bound, relative to the largest derivative of the layer: one rounding for each addition on the way
 * from a parameter to the loss and back (rows, and twice the widths). */
static void check_differences(struct trial *trial)
{
    const struct mlp *mlp = &trial->net.mlp;
    double *want = take(mlp->parameters, sizeof *want);
    differences(trial, want);
    run(trial);
    assert_relu_is_tried(trial);

    int64_t roundings = trial->problem.samples;
    for (int l = 0; l <= mlp->layers; l++)
        roundings += 2 * mlp->width[l];
    for (int l = 0; l < mlp->layers; l++) {
        int64_t at = mlp->weight_at[l], n = (mlp->width[l] + 1) * mlp->width[l + 1];
        double largest = 0, bound = (double)roundings * COMPARE_EPS;
        for (int64_t p = at; p < at + n; p++)
            largest = fmax(largest, fabs(want[p]));
        assert_true(largest > 0.01); /* the gradient is not zero */
        assert_compare(compare_within(trial->gradient + at, want + at, n, bound * largest, why));
        assert_compare(compare_norm(trial->gradient + at, want + at, n, bound, why));
    }
    free(want);
}

TEST(central_differences_of_every_parameter)
{
    for_each_trial(small, sizeof small / sizeof *small, check_differences);
    for_each_trial(dressed_small, sizeof dressed_small / sizeof *dressed_small, check_differences);
}

int main(void)
{
    for (int c = 0; c < CLASSES_MOST; c++)
        class_weight[c] = 0.25f + 0.1f * (float)(c % 17);
    return unit_run(NULL, NULL);
}
