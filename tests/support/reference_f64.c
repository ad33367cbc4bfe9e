#include "support/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double activation(const struct reference_problem *problem, int layer, double z)
{
    switch (problem->activation[layer]) {
    case ACTIVATION_RELU:
        return fmax(z, 0);
    case ACTIVATION_LEAKY_RELU:
        return z > 0 ? z : (double)problem->leaky_slope * z;
    case ACTIVATION_GELU:
        return z * erfc(-z / sqrt(2)) / 2;
    case ACTIVATION_GELU_TANH:
        return z * (1 + tanh(sqrt(2 / acos(-1)) * (z + 0.044715 * z * z * z))) / 2;
    case ACTIVATION_SILU:
        return z * sigmoid(z);
    case ACTIVATION_TANH:
        return tanh(z);
    case ACTIVATION_SIGMOID:
        return sigmoid(z);
    case ACTIVATION_ELU:
        return z > 0 ? z : expm1(z);
    case N_ACTIVATIONS:
        break;
    }
    abort();
}

static double activation_slope(const struct reference_problem *problem, int layer, double z)
{
    double s = sigmoid(z), v, v_slope;
    switch (problem->activation[layer]) {
    case ACTIVATION_RELU:
        return z > 0;
    case ACTIVATION_LEAKY_RELU:
        return z > 0 ? 1 : (double)problem->leaky_slope;
    case ACTIVATION_GELU:
        return erfc(-z / sqrt(2)) / 2 + z * exp(-z * z / 2) / sqrt(2 * acos(-1));
    case ACTIVATION_GELU_TANH:
        v = tanh(sqrt(2 / acos(-1)) * (z + 0.044715 * z * z * z));
        v_slope = sqrt(2 / acos(-1)) * (1 + 3 * 0.044715 * z * z);
        return (1 + v) / 2 + z * (1 - v * v) * v_slope / 2;
    case ACTIVATION_SILU:
        return s * (1 + z * (1 - s));
    case ACTIVATION_TANH:
        return 1 - tanh(z) * tanh(z);
    case ACTIVATION_SIGMOID:
        return s * (1 - s);
    case ACTIVATION_ELU:
        return z > 0 ? 1 : exp(z);
    case N_ACTIVATIONS:
        break;
    }
    abort();
}

/* By what dropout multiplies a unit of x[layer], in the first step. */
static double kept(
    const struct reference_problem *problem, int layer, int64_t position, int64_t unit)
{
    float p = layer ? problem->dropout_hidden : problem->dropout_input;
    if (p == 0)
        return 1;
    return reference_drops(p, problem->seed, 1, position, layer, unit) ? 0 : 1 / (1 - (double)p);
}

/* x of every layer of one sample, by plain sums, and the derivatives by these sums. output[0] is
 * given. */
static void forward(const struct reference_problem *problem, const double *parameters,
    int64_t sample, double *const *output, double *const *slope)
{
    for (int64_t i = 0; i < problem->width[0]; i++)
        output[0][i] *= kept(problem, 0, sample, i);
    const double *weight = parameters;
    for (int l = 0; l < problem->layers; l++) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        const double *bias = weight + out * in;
        for (int64_t o = 0; o < out; o++) {
            double z = bias[o];
            for (int64_t i = 0; i < in; i++)
                z += output[l][i] * weight[o * in + i];
            output[l + 1][o] = z;
            if (l + 1 < problem->layers) {
                double factor = kept(problem, l + 1, sample, o);
                output[l + 1][o] = factor * activation(problem, l, z);
                slope[l + 1][o] = factor * activation_slope(problem, l, z);
            }
        }
        weight = bias + out;
    }
}

/* One output's part of the loss, and its derivative. */
static double loss_of_output(
    const struct reference_problem *problem, double z, double target, double *delta)
{
    double d = z - target, border = (double)problem->huber_delta;
    switch (problem->loss) {
    case LOSS_MSE:
        *delta = 2 * d;
        return d * d;
    case LOSS_BCE:
        *delta = sigmoid(z) - target;
        return fmax(z, 0) - z * target + log1p(exp(-fabs(z)));
    case LOSS_MAE:
        *delta = (d > 0) - (d < 0);
        return fabs(d);
    case LOSS_HUBER:
        *delta = fmin(fmax(d, -border), border);
        return fabs(d) < border ? d * d / 2 : border * (fabs(d) - border / 2);
    case LOSS_CROSS_ENTROPY:
    case N_LOSSES:
        break;
    }
    abort();
}

static double weight_of(const struct reference_problem *problem, int64_t class)
{
    return problem->class_weight ? (double)problem->class_weight[class] : 1;
}

/* The loss of a sample; its derivative by z into delta. */
static double loss_of_sample(
    const struct reference_problem *problem, int64_t sample, const double *z, double *delta)
{
    int64_t n = problem->width[problem->layers];
    if (problem->loss != LOSS_CROSS_ENTROPY) {
        double all = 0;
        for (int64_t j = 0; j < n; j++) {
            all +=
                loss_of_output(problem, z[j], (double)problem->target[sample * n + j], &delta[j]);
            delta[j] /= (double)n;
        }
        return all / (double)n;
    }
    int64_t label = problem->label[sample];
    double smoothing = (double)problem->label_smoothing, loss = 0;
    double largest = z[0], sum = 0;
    for (int64_t j = 1; j < n; j++)
        largest = fmax(largest, z[j]);
    for (int64_t j = 0; j < n; j++)
        sum += exp(z[j] - largest);
    memset(delta, 0, (size_t)n * sizeof *delta);
    for (int64_t c = 0; c < n; c++) {
        double share = smoothing / (double)n * weight_of(problem, c);
        share += c == label ? (1 - smoothing) * weight_of(problem, c) : 0;
        loss += share * (log(sum) - (z[c] - largest));
        for (int64_t j = 0; j < n; j++)
            delta[j] += share * (exp(z[j] - largest) / sum - (j == c));
    }
    return loss;
}

/* Adds one sample's gradient. */
static void backward(const struct reference_problem *problem, const double *parameters,
    double *const *output, double *const *slope, double *const *delta, double *gradient)
{
    int64_t at = reference_parameters(problem);
    for (int l = problem->layers - 1; l >= 0; l--) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        at -= out * in + out;
        memset(delta[l], 0, (size_t)in * sizeof(double));
        for (int64_t o = 0; o < out; o++) {
            gradient[at + out * in + o] += delta[l + 1][o];
            for (int64_t i = 0; i < in; i++) {
                gradient[at + o * in + i] += delta[l + 1][o] * output[l][i];
                delta[l][i] += delta[l + 1][o] * parameters[at + o * in + i];
            }
        }
        for (int64_t i = 0; i < in && l > 0; i++)
            delta[l][i] *= slope[l][i];
    }
}

static double over_samples(
    const struct reference_problem *problem, const double *parameters, double *gradient)
{
    double *output[REFERENCE_LAYERS_MAX + 1], *slope[REFERENCE_LAYERS_MAX + 1],
        *delta[REFERENCE_LAYERS_MAX + 1];
    for (int l = 0; l <= problem->layers; l++) {
        output[l] = calloc((size_t)problem->width[l], sizeof(double));
        slope[l] = calloc((size_t)problem->width[l], sizeof(double));
        delta[l] = calloc((size_t)problem->width[l], sizeof(double));
        if (!output[l] || !slope[l] || !delta[l])
            abort();
    }
    double sum = 0;
    for (int64_t sample = 0; sample < problem->samples; sample++) {
        for (int64_t i = 0; i < problem->width[0]; i++)
            output[0][i] = (double)problem->x[sample * problem->width[0] + i];
        forward(problem, parameters, sample, output, slope);
        double weight = problem->weight ? (double)problem->weight[sample] : 1;
        sum += weight *
               loss_of_sample(problem, sample, output[problem->layers], delta[problem->layers]);
        for (int64_t j = 0; j < problem->width[problem->layers]; j++)
            delta[problem->layers][j] *= weight;
        if (gradient)
            backward(problem, parameters, output, slope, delta, gradient);
    }
    for (int l = 0; l <= problem->layers; l++) {
        free(output[l]);
        free(slope[l]);
        free(delta[l]);
    }
    return sum;
}

double reference_loss_f64(const struct reference_problem *problem, const double *parameters)
{
    return over_samples(problem, parameters, NULL);
}

void reference_gradient_f64(
    const struct reference_problem *problem, const double *parameters, double *gradient)
{
    memset(gradient, 0, (size_t)reference_parameters(problem) * sizeof *gradient);
    over_samples(problem, parameters, gradient);
}
