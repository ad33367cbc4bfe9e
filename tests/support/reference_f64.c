#include "support/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* z of every layer of one sample, by plain sums. output[0] is given. */
static void forward(
    const struct reference_problem *problem, const double *parameters, double *const *output)
{
    const double *weight = parameters;
    for (int l = 0; l < problem->layers; l++) {
        int64_t in = problem->width[l], out = problem->width[l + 1];
        const double *bias = weight + out * in;
        for (int64_t o = 0; o < out; o++) {
            double z = bias[o];
            for (int64_t i = 0; i < in; i++)
                z += output[l][i] * weight[o * in + i];
            output[l + 1][o] = l + 1 < problem->layers ? fmax(z, 0) : z;
        }
        weight = bias + out;
    }
}

/* The loss of a sample; its derivative by z into delta, if not NULL. */
static double loss_of_sample(
    const struct reference_problem *problem, int64_t sample, const double *z, double *delta)
{
    int64_t n = problem->width[problem->layers];
    if (problem->loss == LOSS_MSE) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) {
            double d = z[j] - (double)problem->target[sample * n + j];
            sum += d * d;
            if (delta)
                delta[j] = 2 * d / (double)n;
        }
        return sum / (double)n;
    }
    int64_t label = problem->label[sample];
    double largest = z[0], sum = 0;
    for (int64_t j = 1; j < n; j++)
        largest = fmax(largest, z[j]);
    for (int64_t j = 0; j < n; j++)
        sum += exp(z[j] - largest);
    if (delta)
        for (int64_t j = 0; j < n; j++)
            delta[j] = exp(z[j] - largest) / sum - (j == label);
    return log(sum) - (z[label] - largest);
}

/* Adds one sample's gradient. */
static void backward(const struct reference_problem *problem, const double *parameters,
    double *const *output, double *const *delta, double *gradient)
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
            if (!(output[l][i] > 0))
                delta[l][i] = 0;
    }
}

static double over_samples(
    const struct reference_problem *problem, const double *parameters, double *gradient)
{
    double *output[REFERENCE_LAYERS_MAX + 1], *delta[REFERENCE_LAYERS_MAX + 1];
    for (int l = 0; l <= problem->layers; l++) {
        output[l] = calloc((size_t)problem->width[l], sizeof(double));
        delta[l] = calloc((size_t)problem->width[l], sizeof(double));
        if (!output[l] || !delta[l])
            abort();
    }
    double sum = 0;
    for (int64_t sample = 0; sample < problem->samples; sample++) {
        for (int64_t i = 0; i < problem->width[0]; i++)
            output[0][i] = (double)problem->x[sample * problem->width[0] + i];
        forward(problem, parameters, output);
        sum += loss_of_sample(
            problem, sample, output[problem->layers], gradient ? delta[problem->layers] : NULL);
        if (gradient)
            backward(problem, parameters, output, delta, gradient);
    }
    for (int l = 0; l <= problem->layers; l++) {
        free(output[l]);
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
