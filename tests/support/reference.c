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
#elif defined(__aarch64__)
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"((mode & ~((uint64_t)3 << 22)) | (uint64_t)1 << 24));
    return (unsigned)mode;
#else
    return 0; /* elsewhere only bits below 1.2e-38 can differ */
#endif
}

static void leave_mode(unsigned mode)
{
#if defined(__x86_64__)
    _mm_setcsr(mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)mode));
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

/* Where a sample stands while training; step 0: it does not, and nothing is dropped out. */
struct place {
    int64_t step, position;
};

/* x[layer] of one sample, and what its derivatives are multiplied by, by chance. */
static void drop_out(
    const struct reference_problem *problem, int layer, struct place place, float *x, float *slope)
{
    float p = layer == 0 ? problem->dropout_input : problem->dropout_hidden;
    float scale = (float)(1.0 / (1.0 - (double)p));
    if (place.step == 0 || p == 0)
        return;
    for (int64_t u = 0; u < problem->width[layer]; u++) {
        bool gone = reference_drops(p, problem->seed, place.step, place.position, layer, u);
        x[u] = gone ? 0 : x[u] * scale;
        slope[u] = gone ? 0 : slope[u] * scale;
    }
}

/* output[0] -> output[1 ... layers] of one sample, and slope[0 ... layers - 1]. */
static void forward(const struct reference_problem *problem, const float *parameters,
    struct place place, float *const *output, float *const *slope)
{
    drop_out(problem, 0, place, output[0], slope[0]);
    const float *weight = parameters;
    for (int l = 0; l < problem->layers; l++) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        const float *bias = weight + out * in;
        for (int64_t o = 0; o < out; o++) {
            float z = reference_product(in, output[l], 1, weight + o * in, 1) + bias[o];
            output[l + 1][o] = z;
            if (l + 1 < problem->layers)
                output[l + 1][o] = reference_activation(
                    problem->activation[l], problem->leaky_slope, z, &slope[l + 1][o]);
        }
        if (l + 1 < problem->layers)
            drop_out(problem, l + 1, place, output[l + 1], slope[l + 1]);
        weight = bias + out;
    }
}

/* delta[layers] -> delta[layers - 1 ... 1] of one sample. Relu chooses, the others multiply. */
static void backward(const struct reference_problem *problem, const float *parameters,
    float *const *slope, float *const *delta)
{
    const float *weight = parameters + reference_parameters(problem);
    for (int l = problem->layers - 1; l > 0; l--) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        weight -= out * in + out;
        for (int64_t i = 0; i < in; i++) {
            float d = reference_product(out, delta[l + 1], 1, weight + i, in);
            bool closed = problem->activation[l - 1] == ACTIVATION_RELU && slope[l][i] == 0;
            delta[l][i] = closed ? 0 : d * slope[l][i];
        }
    }
}

/* Outputs and deltas of the rows of one slice: output[l], slope[l], delta[l] [rows x width[l]]. */
struct rows {
    float *output[REFERENCE_LAYERS_MAX + 1];
    float *slope[REFERENCE_LAYERS_MAX + 1];
    float *delta[REFERENCE_LAYERS_MAX + 1];
    double *loss;
};

static void take_rows(const struct reference_problem *problem, int64_t n, struct rows *rows)
{
    for (int l = 0; l <= problem->layers; l++) {
        rows->output[l] = take(n * problem->width[l], sizeof(float));
        rows->slope[l] = take(n * problem->width[l], sizeof(float));
        rows->delta[l] = take(n * problem->width[l], sizeof(float));
    }
    rows->loss = take(n, sizeof(double));
}

static void free_rows(const struct reference_problem *problem, struct rows *rows)
{
    for (int l = 0; l <= problem->layers; l++) {
        free(rows->output[l]);
        free(rows->slope[l]);
        free(rows->delta[l]);
    }
    free(rows->loss);
}

static void one_sample(const struct reference_problem *problem, const float *parameters,
    struct place place, int64_t sample, int64_t row, struct rows *rows)
{
    int64_t in = problem->width[0];
    float *output[REFERENCE_LAYERS_MAX + 1], *slope[REFERENCE_LAYERS_MAX + 1],
        *delta[REFERENCE_LAYERS_MAX + 1];
    for (int l = 0; l <= problem->layers; l++) {
        output[l] = rows->output[l] + row * problem->width[l];
        slope[l] = rows->slope[l] + row * problem->width[l];
        delta[l] = rows->delta[l] + row * problem->width[l];
    }
    memcpy(output[0], problem->x + sample * in, (size_t)in * sizeof(float));
    forward(problem, parameters, place, output, slope);
    rows->loss[row] =
        reference_loss(problem, output[problem->layers], sample, delta[problem->layers]);
    backward(problem, parameters, slope, delta);
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

/* A batch: positions first ... first + nb - 1 of an epoch. */
struct batch_at {
    int64_t step, epoch, first, nb;
};

/* What its mean divides by. */
static double weight_of(const struct reference_problem *problem, struct batch_at batch)
{
    int64_t *sample = take(batch.nb, sizeof *sample);
    for (int64_t i = 0; i < batch.nb; i++)
        sample[i] = sample_at(problem, batch.epoch, batch.first + i);
    double weight = reference_weight(problem, batch.nb, sample);
    free(sample);
    return weight;
}

/* Sums over the batch. */
__attribute__((noinline)) static double batch_gradient(const struct reference_problem *problem,
    const float *parameters, struct batch_at batch, float *gradient)
{
    int64_t epoch = batch.epoch, first = batch.first, nb = batch.nb;
    int64_t n = reference_parameters(problem), slices = reference_slices(problem);
    float *partial = take(slices * n, sizeof *partial);
    double *loss = take(slices, sizeof *loss);
    struct rows rows;
    take_rows(problem, nb, &rows);

    for (int64_t s = 0; s < slices; s++) {
        int64_t begin = s * nb / slices, end = (s + 1) * nb / slices;
        for (int64_t i = begin; i < end; i++)
            one_sample(problem, parameters, (struct place){batch.step, i},
                sample_at(problem, epoch, first + i), i - begin, &rows);
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

/* The average begins with the weights after the first step. */
static void average(
    const struct reference_problem *problem, int64_t step, const float *parameters, float *averaged)
{
    if (problem->half_life == 0)
        return;
    float share = (float)(1 - pow(0.5, 1 / (double)problem->half_life));
    for (int64_t p = 0; p < reference_parameters(problem); p++)
        averaged[p] =
            step == 1 ? parameters[p] : fmaf(share, parameters[p] - averaged[p], averaged[p]);
}

void reference_train(const struct reference_problem *problem, float *parameters, double *losses)
{
    int64_t n = reference_parameters(problem), samples = problem->samples;
    int64_t epoch = 1, first = 0; /* of the next batch */
    float *gradient = take(n, sizeof *gradient);
    float *const state[2] = {take(n, sizeof *state[0]), take(n, sizeof *state[1])};
    float *averaged = take(n, sizeof *averaged);

    unsigned mode = enter_mode();
    initialise(problem, parameters);
    memcpy(averaged, parameters, (size_t)n * sizeof *averaged);
    for (int64_t step = 0; step < problem->steps; step++) {
        struct reference_problem stage = *problem; /* with the batch of this epoch */
        for (int i = 0; i < problem->changes; i++)
            if (epoch > problem->change[i].after_epochs)
                stage.batch = problem->change[i].batch;
        stage.batch = minimum(stage.batch, samples);
        int64_t nb = minimum(stage.batch, samples - first);
        struct batch_at now = {step + 1, epoch, first, nb};
        double loss = batch_gradient(&stage, parameters, now, gradient);
        double weight = weight_of(&stage, now);
        if (losses)
            losses[step] = weight > 0 ? loss / weight : 0;
        if (weight > 0) { /* else the step counts, and changes nothing */
            reference_update(problem, step + 1, weight, gradient, parameters, state);
            average(problem, step + 1, parameters, averaged);
        }
        first += nb;
        if (first == samples || (problem->drop_last && samples - first < stage.batch)) {
            epoch++;
            first = 0;
        }
    }
    leave_mode(mode);
    if (problem->half_life > 0)
        memcpy(parameters, averaged, (size_t)n * sizeof *averaged);

    free(averaged);
    free(state[0]);
    free(state[1]);
    free(gradient);
}

double reference_gradient(const struct reference_problem *problem, const float *parameters,
    int64_t first, int64_t nb, float *gradient)
{
    unsigned mode = enter_mode();
    double sum = batch_gradient(problem, parameters, (struct batch_at){1, 1, first, nb}, gradient);
    leave_mode(mode);
    return sum;
}

__attribute__((noinline)) static void outputs(
    const struct reference_problem *problem, const float *parameters, const float *x, float *z)
{
    struct rows rows;
    take_rows(problem, 1, &rows);
    memcpy(rows.output[0], x, (size_t)problem->width[0] * sizeof *x);
    forward(problem, parameters, (struct place){0, 0}, rows.output, rows.slope);
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
