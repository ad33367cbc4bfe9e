/* squares.c: the length of every sample's gradient is that of the gradient, as differences in double
 * find it; and lengths of samples and of batches have the same bits on every kernel and level.
 */
#include "net/squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/net.h"
#include "support/unit.h"

enum { ROWS = 29, SEED = 7 };

static const struct reference_problem problems[] = {
    {.layers = 1, .width = {5, 3}, .loss = LOSS_CROSS_ENTROPY},
    {.layers = 2, .width = {300, 40, 12}, .loss = LOSS_CROSS_ENTROPY, .label_smoothing = 0.1f},
    {.layers = 3,
        .width = {33, 70, 17, 1},
        .loss = LOSS_MSE,
        .dropout_hidden = 0.5f,
        .dropout_input = 0.2f},
    {.layers = 4,
        .width = {9, 33, 18, 5, 4},
        .loss = LOSS_BCE,
        .dropout_hidden = 0.25f,
        .activation = {ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_GELU}},
    {.layers = 4,
        .width = {1, 16, 34, 8, 20},
        .loss = LOSS_HUBER,
        .activation = {ACTIVATION_LEAKY_RELU, ACTIVATION_SILU, ACTIVATION_GELU_TANH}},
    {.layers = 2, .width = {6, 9, 35}, .loss = LOSS_MAE},
};
enum { N_PROBLEMS = sizeof problems / sizeof *problems };

struct data {
    struct reference_problem problem;
    struct mlp mlp;
    float *x, *target, *parameters;
    int32_t *label;
};

static void data_make(struct data *data, const struct reference_problem *problem)
{
    struct criterion criterion;
    struct error error;
    int64_t in = problem->width[0], out = problem->width[problem->layers];
    data->problem = *problem;
    struct reference_problem *p = &data->problem;
    p->samples = ROWS;
    p->batch = ROWS;
    p->seed = SEED;
    p->leaky_slope = 0.01f;
    p->huber_delta = 0.5f;
    p->x = data->x = malloc((size_t)(ROWS * in) * sizeof *data->x);
    p->target = data->target = malloc((size_t)(ROWS * out) * sizeof *data->target);
    p->label = data->label = malloc(ROWS * sizeof *data->label);
    fill_uniform(data->x, ROWS * in, 1);
    fill_uniform(data->target, ROWS * out, 2);
    for (int64_t i = 0; i < ROWS * out && p->loss == LOSS_BCE; i++)
        data->target[i] = 0.5f * (data->target[i] + 1);
    fill_labels(data->label, ROWS, out, 3);
    assert_int_equal(mlp_init(&data->mlp, in, p->width + 1, p->layers - 1, out, &error), STATUS_OK);
    reference_describe(p, &data->mlp, &criterion);
    data->parameters = malloc((size_t)data->mlp.parameters * sizeof(float));
    reference_initial(p, data->parameters);
}

static void data_clear(struct data *data)
{
    free(data->x);
    free(data->target);
    free(data->label);
    free(data->parameters);
}

static void measure(struct net *net, const struct data *data, double *square)
{
    double loss[ROWS];
    net->workspace.first_row = (struct dropout_place){SEED, 1, 0};
    net_set(net, data->parameters);
    net_load(net, data->x, ROWS);
    net_forward(net, ROWS);
    net_backward(net, &data->problem, ROWS, loss);
    squares_of_gradients(&net->panels, &net->workspace,
        (struct range){0, panel_count(ROWS, net->panels.kernel.rows)}, square);
}

/* |g|^2 of every sample: what it adds to the gradient of those before it, in double. */
static void brute_force(const struct data *data, double *square)
{
    int64_t n = data->mlp.parameters;
    double *parameters = malloc((size_t)n * sizeof *parameters);
    double *before = calloc((size_t)n, sizeof *before), *with = calloc((size_t)n, sizeof *with);
    for (int64_t i = 0; i < n; i++)
        parameters[i] = (double)data->parameters[i];
    for (int64_t s = 0; s < ROWS; s++) {
        struct reference_problem some = data->problem;
        some.samples = s + 1;
        reference_gradient_f64(&some, parameters, with);
        square[s] = 0;
        for (int64_t i = 0; i < n; i++)
            square[s] += (with[i] - before[i]) * (with[i] - before[i]);
        memcpy(before, with, (size_t)n * sizeof *before);
    }
    free(parameters);
    free(before);
    free(with);
}

TEST(samples)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int p = 0; p < N_PROBLEMS; p++) {
        double want[ROWS], first[ROWS + KERNEL_ROWS_MAX] = {0}, got[ROWS + KERNEL_ROWS_MAX];
        struct data data;
        data_make(&data, &problems[p]);
        brute_force(&data, want);
        for (int k = 0; k < n; k++)
            for (int level = 0; level < N_LEVELS; level++) {
                struct net net;
                struct kernel kernel = kernels[k];
                kernel.level = (enum level)level;
                if (!level_runs(kernel.level))
                    continue;
                net_make_pass(&net, &data.mlp, &kernel, ROWS);
                measure(&net, &data, got);
                for (int r = 0; r < ROWS; r++)
                    if (!(fabs(got[r] - want[r]) <= 1e-5 * want[r]) || !(want[r] > 1e-6))
                        fail_msg("problem %d, row %d: %.9g, not %.9g", p, r, got[r], want[r]);
                if (first[0] == 0)
                    memcpy(first, got, sizeof first);
                assert_memory_equal(got, first, ROWS * sizeof *got);
                net_clear(&net);
            }
        data_clear(&data);
    }
}

/* A block of numbers, tile by tile from the last, in two sums; its parts; and all at once. */
static double by_tiles(const struct net *net, const float *x, double bound)
{
    const struct panels *panels = &net->panels;
    struct fixed_sum sum[2] = {fixed_sum_begin(bound), fixed_sum_begin(bound)};
    for (int l = panels->layers - 1; l >= 0; l--) {
        const struct panel_layer *layer = &panels->layer[l];
        for (int64_t t = layer->tiles - 1; t >= 0; t--)
            squares_of_run(panels, &sum[t % 3 == 0], false,
                x + layer->weight_at + t * panels->tile_floats, panels->tile_floats);
        int64_t width = dense_bias_width(panels, l);
        for (int64_t b = 0; b * width < layer->out; b++)
            squares_of_run(panels, &sum[b % 2], true, x + layer->bias_at + b * width, width);
    }
    fixed_sum_merge(&sum[0], &sum[1]);
    return fixed_sum_value(&sum[0]);
}

static double by_parts(const struct net *net, const float *x, double bound, int64_t tiles)
{
    const struct panels *panels = &net->panels;
    struct fixed_sum sum = fixed_sum_begin(bound);
    int64_t step = tiles * panels->tile_floats;
    for (int64_t at = 0; at < panels->parameters; at += step)
        squares_of_part(
            panels, &sum, x + at, (struct range){at, least(at + step, panels->parameters)});
    return fixed_sum_value(&sum);
}

TEST(batches)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int p = 0; p < N_PROBLEMS; p++) {
        struct data data;
        double want = 0, first = 0;
        data_make(&data, &problems[p]);
        for (int64_t i = 0; i < data.mlp.parameters; i++) {
            data.parameters[i] = ldexpf(data.parameters[i], -(int)(i / 700 % 8) * 4);
            want += (double)data.parameters[i] * (double)data.parameters[i];
        }
        for (int k = 0; k < n; k++)
            for (int level = 0; level < N_LEVELS; level++) {
                struct net net;
                struct kernel kernel = kernels[k];
                kernel.level = (enum level)level;
                if (!level_runs(kernel.level))
                    continue;
                net_make(&net, &data.mlp, &kernel);
                net_set(&net, data.parameters);
                double got = by_tiles(&net, net.weights.master, 100 * want);
                first = first == 0 ? got : first;
                assert_true(got == first);
                assert_true(fabs(got - want) <= 0x1p-21 * want);
                for (int64_t tiles = 1; tiles < 100; tiles *= 3)
                    assert_true(by_parts(&net, net.weights.master, 100 * want, tiles) == got);
                net_clear(&net);
            }
        data_clear(&data);
    }
}
