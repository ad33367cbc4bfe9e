#include "support/reference.h"

#include <math.h>
#include <stdlib.h>

void reference_describe(
    const struct reference_problem *problem, struct mlp *mlp, struct criterion *criterion)
{
    for (int l = 0; l < REFERENCE_LAYERS_MAX; l++)
        mlp->activation[l] = problem->activation[l];
    mlp->leaky_slope = problem->leaky_slope;
    mlp->dropout_input = problem->dropout_input;
    mlp->dropout_hidden = problem->dropout_hidden;
    *criterion = (struct criterion){
        problem->loss, problem->label_smoothing, problem->huber_delta, problem->class_weight};
}

/* --- dropout ---------------------------------------------------------------------------------- */

/* Threefry4x32-20: Salmon, Moraes, Dror, Shaw, SC'11, section 3.3 and tables 1 and 2. */
void reference_threefry(const uint32_t counter[4], const uint32_t key[4], uint32_t word[4])
{
    static const int turn[8][2] = {
        {10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
    uint32_t k[5] = {key[0], key[1], key[2], key[3], 0x1BD11BDAu};
    for (int i = 0; i < 4; i++) {
        k[4] ^= key[i];
        word[i] = counter[i] + key[i];
    }
    for (uint32_t round = 0; round < 20; round++) {
        const int *by = turn[round % 8];
        word[0] += word[1];
        word[1] = word[1] << by[0] | word[1] >> (32 - by[0]);
        word[1] ^= word[0];
        word[2] += word[3];
        word[3] = word[3] << by[1] | word[3] >> (32 - by[1]);
        word[3] ^= word[2];
        uint32_t second = word[1]; /* the odd words change places */
        word[1] = word[3];
        word[3] = second;
        if (round % 4 == 3) {
            uint32_t count = (round + 1) / 4;
            for (uint32_t i = 0; i < 4; i++)
                word[i] += k[(count + i) % 5];
            word[3] += count;
        }
    }
}

bool reference_drops(
    float p, uint64_t seed, int64_t step, int64_t position, int layer, int64_t unit)
{
    uint32_t counter[4] = {
        (uint32_t)unit, (uint32_t)(position / 4), (uint32_t)step, 8u << 24 | (uint32_t)layer};
    uint32_t key[4] = {(uint32_t)seed, (uint32_t)(seed >> 32), (uint32_t)((uint64_t)step >> 32), 0};
    uint32_t word[4];
    reference_threefry(counter, key, word);
    return (double)word[position % 4] < floor((double)p * 4294967296.0);
}

/* --- activations (net/elementary.h, net/activation.h) ----------------------------------------- */

static float exp_of_sum(float x, float low)
{
    if (isnan(x))
        return x;
    if (x < -86.75f)
        return 0;
    float k = (float)rint((double)x * (double)1.44269502f); /* of the exact product */
    float r = fmaf(k, -0.693147182f, x);
    r = fmaf(k, 1.90465421e-9f, r) + low;
    const float coefficient[5] = {
        0.49999994f, 0.166665211f, 4.16683890e-2f, 8.36874545e-3f, 1.38145406e-3f};
    float p = coefficient[4];
    for (int i = 3; i >= 0; i--)
        p = fmaf(p, r, coefficient[i]);
    float square = r * r;
    float sum = 1.0f + fmaf(p, square, r);
    return (float)ldexp((double)sum, (int)k);
}

static float exp_of(float x)
{
    return exp_of_sum(x > 89 ? 89 : x, 0);
}

/* e^x - 1 for x <= 0 */
static float expm1_of(float x)
{
    if (isnan(x))
        return x;
    float cut = x < -25 ? -25 : x;
    float k = (float)rint((double)cut * (double)1.44269502f);
    float r = fmaf(k, 1.90465421e-9f, fmaf(k, -0.693147182f, cut));
    const float coefficient[5] = {
        0.49999994f, 0.166665211f, 4.16683890e-2f, 8.36874545e-3f, 1.38145406e-3f};
    float p = coefficient[4];
    for (int i = 3; i >= 0; i--)
        p = fmaf(p, r, coefficient[i]);
    float square = r * r;
    float power = ldexpf(1, (int)k);
    return fmaf(power, fmaf(p, square, r), power - 1);
}

static float sigmoid_of(float x)
{
    float e = exp_of(-x);
    return 1.0f / (1.0f + e);
}

static float tanh_of(float x)
{
    if (!(fabsf(x) < 0.625f)) {
        float far = 1.0f - 2.0f / (exp_of(2.0f * fabsf(x)) + 1.0f);
        return isnan(x) ? x : copysignf(far, x);
    }
    const float coefficient[5] = {-3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f,
        2.06390887954e-2f, -5.70498872745e-3f};
    float square = x * x, q = coefficient[4];
    for (int i = 3; i >= 0; i--)
        q = fmaf(q, square, coefficient[i]);
    q = q * square;
    return fmaf(q, x, x);
}

/* The part of a normal distribution below x, and its density there. */
static float below_of(float x, float *density)
{
    const float coefficient[9] = {0.139621362f, 0.139862642f, 0.11982742f, 0.105528936f,
        -2.31580362e-2f, 0.15924257f, -0.255772859f, 0.143999517f, -2.91515458e-2f};
    float a = fabsf(x) > 14 ? 14 : fabsf(x);
    float square = a * a;
    float e = exp_of_sum(-0.5f * square, -0.5f * fmaf(a, a, -square));
    float t = 1.0f / fmaf(a, 0.35f, 1.0f), m = coefficient[8];
    for (int i = 7; i >= 0; i--)
        m = fmaf(m, t, coefficient[i]);
    m = m * t;
    *density = e * 0.398942292f;
    return x < 0 ? e * m : fmaf(-e, m, 1.0f);
}

float reference_activation(enum activation_kind kind, float leaky_slope, float z, float *slope)
{
    float density, part;
    switch (kind) {
    case ACTIVATION_RELU:
        *slope = z > 0;
        return z <= 0 ? 0 : z;
    case ACTIVATION_LEAKY_RELU:
        *slope = z > 0 ? 1 : leaky_slope;
        return z > 0 ? z : leaky_slope * z;
    case ACTIVATION_GELU:
        part = below_of(z, &density);
        *slope = fmaf(z, density, part);
        return z * part;
    case ACTIVATION_GELU_TANH: {
        float cut = z < -12 ? -12 : z > 12 ? 12 : z;
        float square = cut * cut;
        part = sigmoid_of(cut * fmaf(0.0713548139f, square, 1.59576917f));
        float v_slope = fmaf(3 * 0.0713548139f, square, 1.59576917f);
        float s_slope = fmaf(-part, part, part);
        *slope = fmaf(z, s_slope * v_slope, part);
        return z * part;
    }
    case ACTIVATION_SILU:
        part = sigmoid_of(z);
        *slope = fmaf(z, fmaf(-part, part, part), part);
        return z * part;
    case ACTIVATION_TANH:
        part = tanh_of(z);
        *slope = fmaf(-part, part, 1);
        return part;
    case ACTIVATION_SIGMOID:
        part = sigmoid_of(z);
        *slope = fmaf(-part, part, part);
        return part;
    case ACTIVATION_ELU:
        part = expm1_of(z > 0 ? 0 : z);
        *slope = z > 0 ? 1 : part + 1;
        return z > 0 ? z : part;
    case N_ACTIVATIONS:
        break;
    }
    abort();
}

/* --- losses ----------------------------------------------------------------------------------- */

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

/* Runs of 512, in each of which term j goes to accumulator j mod 16. */
static double run_sum(int64_t n, const double *term)
{
    double sum[16] = {0};
    for (int64_t j = 0; j < n; j++)
        sum[j % 16] = sum[j % 16] + term[j];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] = sum[i] + sum[i + half];
    return sum[0];
}

static double run_product(int64_t n, const double *factor)
{
    double product[16];
    for (int i = 0; i < 16; i++)
        product[i] = 1;
    for (int64_t j = 0; j < n; j++)
        product[j % 16] = product[j % 16] * factor[j];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            product[i] = product[i] * product[i + half];
    return product[0];
}

/* `factor` NULL: there is no product. */
static double wide_sum(int64_t n, const double *term, const double *factor)
{
    double all = 0;
    for (int64_t first = 0; first < n; first += 512) {
        int64_t run = n - first < 512 ? n - first : 512;
        all = all + run_sum(run, term + first);
        if (factor)
            all = all + reference_log(run_product(run, factor + first));
    }
    return all;
}

static double *take_doubles(int64_t n)
{
    double *x = malloc((size_t)(n + 1) * sizeof *x);
    if (!x)
        abort();
    return x;
}

static float weight_of(const struct reference_problem *problem, int64_t class)
{
    return problem->class_weight ? problem->class_weight[class] : 1;
}

static double shared_cross_entropy(
    const struct reference_problem *problem, int64_t n, const float *z, int64_t label, float *delta)
{
    float v = problem->label_smoothing, largest = z[0];
    float own = (float)(1.0 - (double)v) * weight_of(problem, label);
    float each = (float)((double)v / (double)n);
    double *term = take_doubles(n), shares = 0;
    for (int64_t j = 1; j < n; j++)
        if (z[j] > largest)
            largest = z[j];
    float margin = z[label] - largest, sum = 0;
    for (int64_t j = 0; j < n; j++) {
        float e = reference_exp(z[j] - largest);
        sum = j == 0 ? e : sum + e;
    }
    for (int64_t j = 0; j < n; j++) {
        float share = each * weight_of(problem, j), at = z[j] - largest;
        if (v > 0)
            shares = shares + (double)share;
        term[j] = (double)share * (double)at;
    }
    double all = (double)own + shares;
    for (int64_t j = 0; j < n; j++) {
        float p = reference_exp(z[j] - largest) / sum;
        delta[j] = p * (float)all;
        if (v > 0)
            delta[j] = delta[j] - each * weight_of(problem, j);
        if (j == label)
            delta[j] = delta[j] - own;
    }
    double below = v > 0 ? wide_sum(n, term, NULL) : 0;
    double log_loss = all * reference_log((double)sum) - (double)own * (double)margin;
    free(term);
    return log_loss - below;
}

static double binary(int64_t n, const float *z, const float *target, float *delta)
{
    double *term = take_doubles(n), *factor = take_doubles(n);
    float each = (float)(1.0 / (double)n);
    for (int64_t j = 0; j < n; j++) {
        float e = reference_exp(-fabsf(z[j]));
        float s = 1.0f / (1.0f + e);
        double product = (double)z[j] * (double)target[j];
        term[j] = (z[j] < 0 ? 0.0 : (double)z[j]) - product;
        factor[j] = 1.0 + (double)e;
        if (z[j] < 0)
            s = e * s;
        delta[j] = (s - target[j]) * each;
    }
    double loss = wide_sum(n, term, factor) / (double)n;
    free(factor);
    free(term);
    return loss;
}

static double absolute_or_huber(
    bool huber, double border, int64_t n, const float *z, const float *target, float *delta)
{
    double *term = take_doubles(n);
    float each = (float)(1.0 / (double)n);
    for (int64_t j = 0; j < n; j++) {
        float d = z[j] - target[j];
        double size = fabs((double)d);
        float cut = fminf(fmaxf(d, -(float)border), (float)border);
        float sign = d > 0 ? 1 : d < 0 ? -1 : 0;
        double bowl = size < border ? 0.5 * size * size : border * (size - 0.5 * border);
        term[j] = huber ? bowl : size;
        delta[j] = (huber ? cut : sign) * each;
    }
    double loss = wide_sum(n, term, NULL) / (double)n;
    free(term);
    return loss;
}

static double unweighted_loss(
    const struct reference_problem *problem, const float *z, int64_t sample, float *delta)
{
    int64_t n = problem->width[problem->layers];
    if (problem->loss == LOSS_CROSS_ENTROPY) {
        if (problem->class_weight || problem->label_smoothing > 0)
            return shared_cross_entropy(problem, n, z, problem->label[sample], delta);
        return reference_cross_entropy(n, z, problem->label[sample], delta);
    }
    const float *target = problem->target + sample * n;
    if (problem->loss == LOSS_MSE)
        return reference_squared(n, z, target, delta);
    if (problem->loss == LOSS_BCE)
        return binary(n, z, target, delta);
    return absolute_or_huber(
        problem->loss == LOSS_HUBER, (double)problem->huber_delta, n, z, target, delta);
}

double reference_loss(
    const struct reference_problem *problem, const float *z, int64_t sample, float *delta)
{
    double loss = unweighted_loss(problem, z, sample, delta);
    if (!problem->weight)
        return loss;
    for (int64_t j = 0; j < problem->width[problem->layers]; j++)
        delta[j] = delta[j] * problem->weight[sample];
    return loss * (double)problem->weight[sample];
}

static double sum_of_weights(
    const struct reference_problem *problem, int64_t n, const int64_t *sample)
{
    int64_t slices = reference_slices(problem);
    double *weight = take_doubles(n), *of_slice = take_doubles(slices);
    for (int64_t i = 0; i < n; i++) {
        weight[i] = (double)problem->weight[sample[i]];
        if (problem->class_weight)
            weight[i] = weight[i] * (double)problem->class_weight[problem->label[sample[i]]];
    }
    for (int64_t s = 0; s < slices; s++) {
        int64_t begin = s * n / slices, end = (s + 1) * n / slices;
        of_slice[s] = reference_sum_f64(end - begin, weight + begin);
    }
    double sum = reference_tree_f64(slices, of_slice);
    free(of_slice);
    free(weight);
    return sum;
}

double reference_weight(const struct reference_problem *problem, int64_t n, const int64_t *sample)
{
    if (problem->weight)
        return sum_of_weights(problem, n, sample);
    if (!problem->class_weight)
        return (double)n;
    double unit = 1, most = 0, sum = 0; /* whole numbers: exact below 2^53 */
    for (int64_t c = 0; c < problem->width[problem->layers]; c++)
        most = fmax(most, (double)problem->class_weight[c]);
    while (most / unit < 2147483648.0)
        unit = unit / 2;
    while (most / unit >= 4294967296.0)
        unit = unit * 2;
    for (int64_t i = 0; i < n; i++)
        sum = sum + rint((double)problem->class_weight[problem->label[sample[i]]] / unit);
    return sum * unit;
}
