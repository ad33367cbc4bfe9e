#include "net/mlp.h"

#include <math.h>
#include <stdlib.h>

#include "support/reference.h"
#include "support/unit.h"

static const int64_t hidden[2] = {17, 300};

static float *initial(enum init_kind kind, uint64_t seed, struct mlp *mlp)
{
    struct error error;
    assert_int_equal(mlp_init(mlp, 31, hidden, 2, 5, &error), STATUS_OK);
    float *parameters = calloc((size_t)mlp->parameters, sizeof *parameters);
    assert_non_null(parameters);
    mlp_init_parameters(mlp, kind, seed, parameters);
    return parameters;
}

TEST(as_the_reference_has_them)
{
    for (enum init_kind kind = INIT_HE; kind <= INIT_PYTORCH; kind++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct mlp mlp;
            struct reference_problem problem = {.layers = 3,
                .width = {31, 17, 300, 5},
                .init = kind,
                .seed = seed * 0x9E3779B97F4A7C15u};
            float *got = initial(kind, problem.seed, &mlp);
            assert_int_equal(reference_parameters(&problem), mlp.parameters);
            float *want = calloc((size_t)mlp.parameters, sizeof *want);
            assert_non_null(want);
            reference_initial(&problem, want);
            assert_compare(compare_bits(got, want, mlp.parameters, why));
            free(got);
            free(want);
        }
    }
}

/* Bounds are kept and nearly reached; he has the variance 2 / in; biases as init.h says. */
TEST(bounds_and_biases)
{
    for (enum init_kind kind = INIT_HE; kind <= INIT_PYTORCH; kind++) {
        struct mlp mlp;
        float *parameters = initial(kind, 1, &mlp);
        for (int l = 0; l < mlp.layers; l++) {
            double in = (double)mlp.width[l], largest = 0, squares = 0;
            double bound = kind == INIT_HE ? sqrt(6 / in) : 1 / sqrt(in);
            int64_t n = mlp.width[l] * mlp.width[l + 1];
            for (int64_t i = 0; i < n; i++) {
                double w = (double)parameters[mlp.weight_at[l] + i];
                largest = fmax(largest, fabs(w));
                squares += w * w;
            }
            assert_true(largest <= bound * (1 + COMPARE_EPS) && largest > 0.95 * bound);
            /* the square of a uniform number has a standard deviation of 2 / sqrt 5 of its mean */
            double variance = bound * bound / 3;
            assert_true(
                fabs(squares / (double)n - variance) < 5 * variance * 0.9 / sqrt((double)n));
            int64_t zeros = 0;
            for (int64_t o = 0; o < mlp.width[l + 1]; o++)
                zeros += parameters[mlp.bias_at[l] + o] == 0;
            assert_int_equal(zeros, kind == INIT_HE ? mlp.width[l + 1] : 0);
        }
        free(parameters);
    }
}

static float largest_weight(const struct mlp *mlp, const float *parameters, int layer)
{
    float most = 0;
    for (int64_t p = mlp->weight_at[layer]; p < mlp->bias_at[layer]; p++)
        most = fmaxf(most, fabsf(parameters[p]));
    return most;
}

/* By the activation behind a layer, the last one by that before it. */
static bool saturates(int kind)
{
    return kind == ACTIVATION_TANH || kind == ACTIVATION_SIGMOID;
}

TEST(by_activation)
{
    struct error error;
    struct mlp mlp, linear;
    float *he = initial(INIT_HE, 1, &mlp), *xavier = initial(INIT_XAVIER, 1, &mlp);
    float *parameters = calloc((size_t)mlp.parameters, sizeof *parameters);
    assert_non_null(parameters);
    for (int l = 0; l < 3; l++) {
        double bound = sqrt(6 / (double)(mlp.width[l] + mlp.width[l + 1]));
        double largest = (double)largest_weight(&mlp, xavier, l);
        assert_true(largest <= bound * (1 + COMPARE_EPS) && largest > 0.95 * bound);
        assert_true(xavier[mlp.bias_at[l]] == 0);
    }
    for (int first = 0; first < N_ACTIVATIONS; first++)
        for (int second = 0; second < N_ACTIVATIONS; second++) {
            mlp.activation[0] = (enum activation_kind)first;
            mlp.activation[1] = (enum activation_kind)second;
            mlp_init_parameters(&mlp, INIT_BY_ACTIVATION, 1, parameters);
            const float *want_first = saturates(first) ? xavier : he;
            const float *want_others = saturates(second) ? xavier : he;
            int64_t n = mlp.weight_at[1];
            assert_compare(compare_bits(parameters, want_first, n, why));
            assert_compare(compare_bits(parameters + n, want_others + n, mlp.parameters - n, why));
        }
    assert_int_equal(mlp_init(&linear, 31, NULL, 0, 17, &error), STATUS_OK);
    mlp_init_parameters(&linear, INIT_BY_ACTIVATION, 1, parameters);
    assert_compare(compare_bits(parameters, he, linear.parameters, why));
    free(he);
    free(xavier);
    free(parameters);
}

TEST(seeds_and_layers_differ)
{
    struct mlp mlp;
    float *a = initial(INIT_PYTORCH, 1, &mlp), *b = initial(INIT_PYTORCH, 2, &mlp);
    int64_t same = 0;
    for (int64_t i = 0; i < mlp.parameters; i++)
        same += a[i] == b[i];
    assert_true(same < 5);
    assert_false(compare_bits(a + mlp.weight_at[0], a + mlp.weight_at[1], 20, NULL));
    free(a);
    free(b);
}
