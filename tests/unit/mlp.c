/* Gradients by three means: the scalar reference (bits), central differences of the loss in double
 * (every parameter), and themselves cut into tiles and rows (bits). */
#include "net/mlp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "base/memory.h"
#include "net/loss.h"
#include "support/fill.h"
#include "support/reference.h"
#include "support/unit.h"

enum { MOST_HIDDEN = 3 };

/* A network with samples to try it on. */
struct trial {
    struct mlp mlp;
    struct workspace workspace;
    struct reference_problem problem;
    float *x, *target, *parameters, *gradient;
    int32_t *label;
};

struct shape {
    enum loss_kind loss;
    int64_t rows, inputs;
    int n_hidden;
    int64_t hidden[MOST_HIDDEN], outputs;
};

/* For bits: more than a block of inputs, hidden units and rows, odd sizes, no hidden layer. */
static const struct shape large[] = {
    {LOSS_CROSS_ENTROPY, 261, 300, 2, {33, 17}, 10},
    {LOSS_MSE, 5, 7, 1, {270}, 3},
    {LOSS_CROSS_ENTROPY, 300, 13, 0, {0}, 4},
    {LOSS_CROSS_ENTROPY, 1, 1, 3, {1, 257, 5}, 259},
};
static const struct shape small[] = {
    {LOSS_CROSS_ENTROPY, 9, 5, 2, {7, 6}, 4},
    {LOSS_MSE, 8, 6, 3, {9, 8, 7}, 3},
    {LOSS_MSE, 11, 4, 0, {0}, 2},
    {LOSS_CROSS_ENTROPY, 20, 3, 1, {12}, 2},
};

static void *take(int64_t n, size_t size)
{
    void *block = calloc((size_t)n, size);
    assert_non_null(block);
    return block;
}

static void setup(struct trial *trial, const struct shape *shape)
{
    struct error error;
    struct mlp *mlp = &trial->mlp;
    assert_int_equal(
        mlp_init(mlp, shape->inputs, shape->hidden, shape->n_hidden, shape->outputs, &error),
        STATUS_OK);
    /* more capacity than rows, so that a wrong stride would show */
    assert_int_equal(
        workspace_create(&trial->workspace, mlp, shape->rows + 3, true, &error), STATUS_OK);
    trial->x = take(shape->rows * shape->inputs, sizeof(float));
    trial->target = take(shape->rows * shape->outputs, sizeof(float));
    trial->label = take(shape->rows, sizeof(int32_t));
    trial->parameters = take(mlp->parameters, sizeof(float));
    trial->gradient = take(mlp->parameters, sizeof(float));
    fill_uniform(trial->x, shape->rows * shape->inputs, 1);
    fill_uniform(trial->target, shape->rows * shape->outputs, 2);
    fill_labels(trial->label, shape->rows, shape->outputs, 3);

    trial->problem = (struct reference_problem){.layers = mlp->layers,
        .loss = shape->loss,
        .x = trial->x,
        .label = trial->label,
        .target = trial->target,
        .samples = shape->rows,
        .batch = shape->rows,
        .slices = 1,
        .init = INIT_PYTORCH,
        .seed = 4};
    memcpy(trial->problem.width, mlp->width, (size_t)(mlp->layers + 1) * sizeof *mlp->width);
    reference_initial(&trial->problem, trial->parameters);
}

static void teardown(struct trial *trial)
{
    workspace_destroy(&trial->workspace);
    free(trial->x);
    free(trial->target);
    free(trial->label);
    free(trial->parameters);
    free(trial->gradient);
}

/* Forward, loss and backward of these rows. Returns the sum of their losses. */
static double run(struct trial *trial, const struct kernel *kernel, struct range rows)
{
    const struct mlp *mlp = &trial->mlp;
    struct workspace *workspace = &trial->workspace;
    int64_t in = mlp->width[0], out = mlp->width[mlp->layers], n = range_size(rows);
    double *loss = take(n + 1, sizeof *loss);
    memcpy(workspace->output[0] + rows.first * in, trial->x + rows.first * in,
        (size_t)(n * in) * sizeof(float));
    mlp_forward(mlp, kernel, trial->parameters, workspace, rows);
    float *z = workspace->output[mlp->layers] + rows.first * out;
    if (trial->problem.loss == LOSS_CROSS_ENTROPY)
        loss_of(kernel->level)->cross_entropy(z, trial->label + rows.first, loss, n, out);
    else
        loss_of(kernel->level)->squared(z, trial->target + rows.first * out, loss, n, out);
    mlp_backward(mlp, kernel, trial->parameters, workspace, rows);
    double sum = reference_sum_f64(n, loss);
    free(loss);
    return sum;
}

/* The gradient of all rows, in tiles of `tile_rows` outputs, block after block. */
static void gradient(struct trial *trial, const struct kernel *kernel, int64_t tile_rows)
{
    const struct mlp *mlp = &trial->mlp;
    float scratch[512];
    for (int l = 0; l < mlp->layers; l++) {
        for (int64_t o = 0; o < mlp->width[l + 1]; o += tile_rows) {
            int64_t end = o + tile_rows < mlp->width[l + 1] ? o + tile_rows : mlp->width[l + 1];
            struct tile tile = {l, {o, end}};
            for (int64_t r = 0; r < trial->problem.samples; r += KERNEL_BLOCK) {
                struct range rows = {r, r + KERNEL_BLOCK};
                if (rows.end > trial->problem.samples)
                    rows.end = trial->problem.samples;
                mlp_gradient(mlp, kernel, &trial->workspace, tile, rows, r > 0,
                    trial->gradient + mlp->weight_at[l] + o * mlp->width[l],
                    trial->gradient + mlp->bias_at[l] + o, scratch);
            }
        }
    }
}

static void offsets_and_sizes(void **state)
{
    (void)state;
    struct mlp mlp;
    struct error error;
    const int64_t hidden[2] = {7, 5};
    assert_int_equal(mlp_init(&mlp, 3, hidden, 2, 2, &error), STATUS_OK);
    assert_int_equal(mlp.layers, 3);
    const int64_t width[4] = {3, 7, 5, 2}, weight[3] = {0, 28, 68}, bias[3] = {21, 63, 78};
    for (int l = 0; l < 4; l++)
        assert_int_equal(mlp.width[l], width[l]);
    for (int l = 0; l < 3; l++) {
        assert_int_equal(mlp.weight_at[l], weight[l]);
        assert_int_equal(mlp.bias_at[l], bias[l]);
    }
    assert_int_equal(mlp.parameters, 80);
    assert_int_equal(mlp_init(&mlp, 784, NULL, 0, 10, &error), STATUS_OK);
    assert_int_equal(mlp.layers, 1);
    assert_int_equal(mlp.parameters, 7850);
}

static void shapes_that_are_refused(void **state)
{
    (void)state;
    struct mlp mlp;
    struct error error = {STATUS_OK, ""};
    int64_t hidden[MLP_LAYERS_MAX + 1];
    for (int i = 0; i <= MLP_LAYERS_MAX; i++)
        hidden[i] = 2;
    assert_int_equal(mlp_init(&mlp, 2, hidden, MLP_LAYERS_MAX - 1, 2, &error), STATUS_OK);
    assert_int_equal(mlp.layers, MLP_LAYERS_MAX);
    assert_int_equal(mlp_init(&mlp, 2, hidden, MLP_LAYERS_MAX, 2, &error), STATUS_USAGE);
    assert_int_equal(error.status, STATUS_USAGE);
    assert_int_equal(mlp_init(&mlp, 2, hidden, MLP_LAYERS_MAX + 1, 2, &error), STATUS_USAGE);
    hidden[0] = hidden[1] = (int64_t)1 << 40; /* a product beyond 64 bits */
    assert_int_equal(mlp_init(&mlp, 2, hidden, 2, 2, &error), STATUS_USAGE);
    /* 2^32 weights in a layer: random.h counts units in 32 bits, half of them left to spare */
    hidden[0] = 65536;
    assert_int_equal(mlp_init(&mlp, 65536, hidden, 1, 2, &error), STATUS_USAGE);
    hidden[0] = INT64_MAX; /* a bias beyond 64 bits */
    assert_int_equal(mlp_init(&mlp, 1, hidden, 1, 1, &error), STATUS_USAGE);
}

static void workspaces(void **state)
{
    (void)state;
    struct mlp mlp;
    struct workspace workspace;
    struct error error;
    const int64_t hidden[2] = {7, 5}, width[4] = {3, 7, 5, 2};
    assert_int_equal(mlp_init(&mlp, 3, hidden, 2, 2, &error), STATUS_OK);
    assert_int_equal(workspace_row_floats(&mlp, false), 3 + 7 + 5 + 2);
    assert_int_equal(workspace_row_floats(&mlp, true), 3 + 7 + 5 + 2 + 7 + 5);

    assert_int_equal(workspace_create(&workspace, &mlp, 11, true, &error), STATUS_OK);
    assert_int_equal(workspace.capacity, 11);
    assert_ptr_equal(workspace.delta[3], workspace.output[3]);
    for (int l = 0; l < 4; l++) /* every float is there and its own: the sanitizer looks on */
        for (int64_t i = 0; i < 11 * width[l]; i++)
            workspace.output[l][i] = (float)l;
    for (int l = 1; l < 3; l++)
        for (int64_t i = 0; i < 11 * width[l]; i++)
            workspace.delta[l][i] = (float)(10 * l);
    for (int l = 0; l < 4; l++)
        for (int64_t i = 0; i < 11 * width[l]; i++)
            assert_true(workspace.output[l][i] == (float)l);
    workspace_destroy(&workspace);

    assert_int_equal(workspace_create(&workspace, &mlp, 11, false, &error), STATUS_OK);
    for (int l = 0; l < 4; l++)
        assert_true(workspace.output[l] && !workspace.delta[l]);
    workspace_destroy(&workspace);

    memory_inject_failure(1);
    assert_int_equal(workspace_create(&workspace, &mlp, 11, true, &error), STATUS_NO_RESOURCE);
    memory_inject_failure(0);
    assert_non_null(strstr(error.text, "--pass-rows"));
    assert_int_equal(
        workspace_create(&workspace, &mlp, INT64_MAX / 8, true, &error), STATUS_NO_RESOURCE);
}

static void the_reference_bit_for_bit(void **state)
{
    (void)state;
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        struct trial trial;
        setup(&trial, &large[s]);
        int64_t rows = large[s].rows, out = large[s].outputs;
        float *want = take(trial.mlp.parameters, sizeof *want);
        float *outputs = take(rows * out, sizeof *outputs);
        double want_loss = reference_gradient(&trial.problem, trial.parameters, 0, rows, want);
        for (int64_t r = 0; r < rows; r++)
            reference_outputs(
                &trial.problem, trial.parameters, trial.x + r * large[s].inputs, outputs + r * out);
        for (int k = 0; k < n_kernels; k++) {
            uint64_t mode = floatmode_enter();
            double loss = run(&trial, &kernels[k], (struct range){0, rows});
            gradient(&trial, &kernels[k], 1000);
            assert_true(loss == want_loss);
            assert_compare(compare_bits(trial.gradient, want, trial.mlp.parameters, why));
            mlp_forward(&trial.mlp, &kernels[k], trial.parameters, &trial.workspace,
                (struct range){0, rows});
            assert_compare(
                compare_bits(trial.workspace.output[trial.mlp.layers], outputs, rows * out, why));
            floatmode_leave(mode);
        }
        free(want);
        free(outputs);
        teardown(&trial);
    }
}

/* Workers take rows forward and backward, and tiles of weights: no border shows. */
static void rows_and_tiles_do_not_show(void **state)
{
    (void)state;
    struct kernel kernels[KERNELS_MAX];
    int n_kernels = kernel_list(kernels);
    for (size_t s = 0; s < sizeof large / sizeof *large; s++) {
        struct trial trial;
        setup(&trial, &large[s]);
        int64_t rows = large[s].rows, parameters = trial.mlp.parameters;
        float *whole = take(parameters, sizeof *whole);
        for (int k = 0; k < n_kernels; k++) {
            run(&trial, &kernels[k], (struct range){0, rows});
            gradient(&trial, &kernels[k], 1000);
            memcpy(whole, trial.gradient, (size_t)parameters * sizeof *whole);
            for (int64_t tile_rows = 1; tile_rows <= 13; tile_rows += 6) {
                memset(trial.gradient, 0xff, (size_t)parameters * sizeof *whole);
                for (int64_t r = 0; r < rows; r += 7)
                    run(&trial, &kernels[k], (struct range){r, r + 7 < rows ? r + 7 : rows});
                gradient(&trial, &kernels[k], tile_rows);
                assert_compare(compare_bits(trial.gradient, whole, parameters, why));
            }
            run(&trial, &kernels[k], (struct range){0, 0}); /* a worker without rows */
        }
        free(whole);
        teardown(&trial);
    }
}

/* Central differences with step h: their own error is about h^2 + 1e-16 / h, far below float32's.
 */
static void differences(const struct trial *trial, double *derivative)
{
    const double h = 1e-5;
    double *w = take(trial->mlp.parameters, sizeof *w);
    for (int64_t p = 0; p < trial->mlp.parameters; p++)
        w[p] = (double)trial->parameters[p];
    for (int64_t p = 0; p < trial->mlp.parameters; p++) {
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
    for (int l = 1; l < trial->mlp.layers; l++) {
        int64_t n = trial->problem.samples * trial->mlp.width[l], on = 0;
        for (int64_t i = 0; i < n; i++)
            on += trial->workspace.output[l][i] > 0;
        assert_true(on > n / 10 && on < n - n / 10);
    }
}

/* Bound, relative to the largest derivative of the layer: one rounding for each addition on the way
 * from a parameter to the loss and back (rows, and twice the widths). */
static void central_differences_of_every_parameter(void **state)
{
    (void)state;
    struct kernel kernel;
    struct error error;
    assert_int_equal(kernel_choose("auto", &kernel, &error), STATUS_OK);
    for (size_t s = 0; s < sizeof small / sizeof *small; s++) {
        struct trial trial;
        setup(&trial, &small[s]);
        const struct mlp *mlp = &trial.mlp;
        double *want = take(mlp->parameters, sizeof *want);
        differences(&trial, want);
        run(&trial, &kernel, (struct range){0, small[s].rows});
        gradient(&trial, &kernel, 1000);
        assert_relu_is_tried(&trial);

        int64_t roundings = small[s].rows;
        for (int l = 0; l <= mlp->layers; l++)
            roundings += 2 * mlp->width[l];
        for (int l = 0; l < mlp->layers; l++) {
            int64_t at = mlp->weight_at[l], n = (mlp->width[l] + 1) * mlp->width[l + 1];
            double largest = 0, bound = (double)roundings * COMPARE_EPS;
            for (int64_t p = at; p < at + n; p++)
                largest = fmax(largest, fabs(want[p]));
            assert_true(largest > 0.05); /* the gradient is not zero */
            assert_compare(compare_within(trial.gradient + at, want + at, n, bound * largest, why));
            assert_compare(compare_norm(trial.gradient + at, want + at, n, bound, why));
        }
        free(want);
        teardown(&trial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_and_sizes),
        cmocka_unit_test(shapes_that_are_refused),
        cmocka_unit_test(workspaces),
        cmocka_unit_test(the_reference_bit_for_bit),
        cmocka_unit_test(rows_and_tiles_do_not_show),
        cmocka_unit_test(central_differences_of_every_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
