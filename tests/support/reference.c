#include "support/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* Round to nearest, subnormals flushed to zero on input and output. The arithmetic stands in
 * functions of their own, never inlined, so that the compiler cannot move it across the change of
 * mode. */
static unsigned enter_mode(void)
{
#if defined(__x86_64__)
    unsigned mode = _mm_getcsr();
    _mm_setcsr((mode & ~0x6000u) | 0x8040u);
    return mode;
#else
    return 0; /* elsewhere only bits below 1.2e-38 can differ */
#endif
}

static void leave_mode(unsigned mode)
{
#if defined(__x86_64__)
    _mm_setcsr(mode);
#else
    (void)mode;
#endif
}

static void *take(int64_t count, size_t size)
{
    void *block = calloc((size_t)count + 1, size);
    if (!block) {
        fprintf(stderr, "reference: no memory for %lld items\n", (long long)count);
        abort();
    }
    return block;
}

static int64_t minimum(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t reference_parameters(const struct reference_problem *problem)
{
    int64_t n = 0;
    for (int l = 0; l < problem->layers; l++)
        n += problem->width[l + 1] * (problem->width[l] + 1);
    return n;
}

int64_t reference_slices(const struct reference_problem *problem)
{
    if (problem->slices > 0)
        return problem->slices;
    int64_t batch = minimum(problem->batch, problem->samples);
    int64_t slices = 1;
    while (2 * slices * 64 <= batch && (2 * slices) * (2 * slices) <= batch)
        slices *= 2;
    return slices;
}

/* `row` 0: weight, 1: bias. */
static void uniform(uint64_t seed, int layer, uint64_t row, float bound, int64_t n, float *value)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t word = reference_word(seed, 1, (uint32_t)layer, row, (uint32_t)i);
        float symmetric = (float)((int64_t)(word >> 8) - 8388608) / 8388608.0f;
        value[i] = symmetric * bound;
    }
}

__attribute__((noinline)) static void initialise(
    const struct reference_problem *problem, float *parameters)
{
    if (problem->initial) {
        memcpy(parameters, problem->initial,
            (size_t)reference_parameters(problem) * sizeof *parameters);
        return;
    }
    float *at = parameters;
    for (int l = 0; l < problem->layers; l++) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        bool he = problem->init == INIT_HE;
        float bound = (float)(he ? sqrt(6.0 / (double)in) : 1.0 / sqrt((double)in));
        uniform(problem->seed, l, 0, bound, out * in, at);
        if (he)
            memset(at + out * in, 0, (size_t)out * sizeof *at);
        else
            uniform(problem->seed, l, 1, bound, out, at + out * in);
        at += out * in + out;
    }
}

/* output[0] -> output[1 ... layers] of one sample. */
static void forward(
    const struct reference_problem *problem, const float *parameters, float *const *output)
{
    const float *weight = parameters;
    for (int l = 0; l < problem->layers; l++) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        const float *bias = weight + out * in;
        for (int64_t o = 0; o < out; o++) {
            float z = reference_product(in, output[l], 1, weight + o * in, 1) + bias[o];
            bool hidden = l + 1 < problem->layers;
            output[l + 1][o] = hidden && z <= 0 ? 0 : z;
        }
        weight = bias + out;
    }
}

double reference_cross_entropy(int64_t n, const float *z, int64_t label, float *delta)
{
    float largest = z[0];
    for (int64_t j = 1; j < n; j++)
        if (z[j] > largest)
            largest = z[j];
    float sum = 0;
    for (int64_t j = 0; j < n; j++) {
        delta[j] = reference_exp(z[j] - largest);
        sum = j == 0 ? delta[j] : sum + delta[j];
    }
    for (int64_t j = 0; j < n; j++)
        delta[j] = delta[j] / sum - (j == label ? 1.0f : 0.0f);
    float at_label = z[label] - largest;
    return reference_log((double)sum) - (double)at_label;
}

double reference_squared(int64_t n, const float *z, const float *target, float *delta)
{
    float factor = (float)(2.0 / (double)n);
    double sum = 0;
    for (int64_t j = 0; j < n; j++) {
        float d = z[j] - target[j];
        sum = sum + (double)d * (double)d;
        delta[j] = d * factor;
    }
    return sum / (double)n;
}

/* delta[layers] -> delta[layers - 1 ... 1] of one sample. */
static void backward(const struct reference_problem *problem, const float *parameters,
    float *const *output, float *const *delta)
{
    const float *weight = parameters + reference_parameters(problem);
    for (int l = problem->layers - 1; l > 0; l--) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        weight -= out * in + out;
        for (int64_t i = 0; i < in; i++) {
            float d = reference_product(out, delta[l + 1], 1, weight + i, in);
            delta[l][i] = output[l][i] > 0 ? d : 0;
        }
    }
}

/* Outputs and deltas of the rows of one slice: output[l], delta[l] [rows x width[l]]. */
struct rows {
    float *output[REFERENCE_LAYERS_MAX + 1];
    float *delta[REFERENCE_LAYERS_MAX + 1];
    double *loss;
};

static void take_rows(const struct reference_problem *problem, int64_t n, struct rows *rows)
{
    for (int l = 0; l <= problem->layers; l++) {
        rows->output[l] = take(n * problem->width[l], sizeof(float));
        rows->delta[l] = take(n * problem->width[l], sizeof(float));
    }
    rows->loss = take(n, sizeof(double));
}

static void free_rows(const struct reference_problem *problem, struct rows *rows)
{
    for (int l = 0; l <= problem->layers; l++) {
        free(rows->output[l]);
        free(rows->delta[l]);
    }
    free(rows->loss);
}

static void one_sample(const struct reference_problem *problem, const float *parameters,
    int64_t sample, int64_t row, struct rows *rows)
{
    int64_t in = problem->width[0], out = problem->width[problem->layers];
    float *output[REFERENCE_LAYERS_MAX + 1], *delta[REFERENCE_LAYERS_MAX + 1];
    for (int l = 0; l <= problem->layers; l++) {
        output[l] = rows->output[l] + row * problem->width[l];
        delta[l] = rows->delta[l] + row * problem->width[l];
    }
    memcpy(output[0], problem->x + sample * in, (size_t)in * sizeof(float));
    forward(problem, parameters, output);
    if (problem->loss == LOSS_CROSS_ENTROPY)
        rows->loss[row] = reference_cross_entropy(
            out, output[problem->layers], problem->label[sample], delta[problem->layers]);
    else
        rows->loss[row] = reference_squared(
            out, output[problem->layers], problem->target + sample * out, delta[problem->layers]);
    backward(problem, parameters, output, delta);
}

/* The gradient of one slice of n rows; +0 where n = 0. */
static void slice_gradient(
    const struct reference_problem *problem, int64_t n, const struct rows *rows, float *gradient)
{
    float *at = gradient;
    for (int l = 0; l < problem->layers; l++) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        const float *x = rows->output[l], *d = rows->delta[l + 1];
        for (int64_t o = 0; o < out; o++)
            for (int64_t i = 0; i < in; i++)
                *at++ = reference_product(n, d + o, out, x + i, in);
        for (int64_t o = 0; o < out; o++)
            *at++ = reference_sum_f32(n, d + o, out);
    }
}

static int64_t sample_at(const struct reference_problem *problem, int64_t epoch, int64_t position)
{
    if (!problem->shuffle)
        return position;
    return reference_order(problem->samples, problem->seed, 2, (uint64_t)epoch, position);
}

/* Sums over the batch at positions first ... first + nb - 1 of an epoch. */
__attribute__((noinline)) static double batch_gradient(const struct reference_problem *problem,
    const float *parameters, int64_t epoch, int64_t first, int64_t nb, float *gradient)
{
    int64_t n = reference_parameters(problem), slices = reference_slices(problem);
    float *partial = take(slices * n, sizeof *partial);
    double *loss = take(slices, sizeof *loss);
    struct rows rows;
    take_rows(problem, nb, &rows);

    for (int64_t s = 0; s < slices; s++) {
        int64_t begin = s * nb / slices, end = (s + 1) * nb / slices;
        for (int64_t i = begin; i < end; i++)
            one_sample(problem, parameters, sample_at(problem, epoch, first + i), i - begin, &rows);
        slice_gradient(problem, end - begin, &rows, partial + s * n);
        loss[s] = reference_sum_f64(end - begin, rows.loss);
    }
    for (int64_t p = 0; p < n; p++)
        gradient[p] = reference_tree_f32(slices, partial + p, n);
    double sum = reference_tree_f64(slices, loss);

    free_rows(problem, &rows);
    free(loss);
    free(partial);
    return sum;
}

void reference_initial(const struct reference_problem *problem, float *parameters)
{
    unsigned mode = enter_mode();
    initialise(problem, parameters);
    leave_mode(mode);
}

void reference_train(const struct reference_problem *problem, float *parameters, double *losses)
{
    int64_t n = reference_parameters(problem), samples = problem->samples;
    int64_t batch = minimum(problem->batch, samples);
    int64_t per_epoch = samples / batch;
    if (samples % batch != 0 && !problem->drop_last)
        per_epoch++;
    float *gradient = take(n, sizeof *gradient);
    float *const state[2] = {take(n, sizeof *state[0]), take(n, sizeof *state[1])};

    unsigned mode = enter_mode();
    initialise(problem, parameters);
    for (int64_t step = 0; step < problem->steps; step++) {
        int64_t epoch = step / per_epoch + 1; /* counted from 1 */
        int64_t first = step % per_epoch * batch;
        int64_t nb = minimum(batch, samples - first);
        double loss = batch_gradient(problem, parameters, epoch, first, nb, gradient);
        if (losses)
            losses[step] = loss / (double)nb;
        reference_update(problem, step + 1, nb, gradient, parameters, state);
    }
    leave_mode(mode);

    free(state[0]);
    free(state[1]);
    free(gradient);
}

double reference_gradient(const struct reference_problem *problem, const float *parameters,
    int64_t first, int64_t nb, float *gradient)
{
    unsigned mode = enter_mode();
    double sum = batch_gradient(problem, parameters, 1, first, nb, gradient);
    leave_mode(mode);
    return sum;
}

__attribute__((noinline)) static void outputs(
    const struct reference_problem *problem, const float *parameters, const float *x, float *z)
{
    struct rows rows;
    take_rows(problem, 1, &rows);
    memcpy(rows.output[0], x, (size_t)problem->width[0] * sizeof *x);
    forward(problem, parameters, rows.output);
    memcpy(z, rows.output[problem->layers], (size_t)problem->width[problem->layers] * sizeof *z);
    free_rows(problem, &rows);
}

void reference_outputs(
    const struct reference_problem *problem, const float *parameters, const float *x, float *z)
{
    unsigned mode = enter_mode();
    outputs(problem, parameters, x, z);
    leave_mode(mode);
}
