/* elementary.c: the functions of net/elementary.h against libm in double, and, as activations,
 * against the scalar reference at every level.
 *
 * Floats are taken evenly over their bits, so all magnitudes are met alike, and more closely where
 * something changes: about 0, at borders of polynomials, where results begin to be 0 or infinite.
 */
#include "net/elementary.h"

#include <math.h>
#include <string.h>

#include "base/floatmode.h"
#include "net/activation.h"
#include "support/reference.h"
#include "support/unit.h"

enum { STRIDE = 499, CLOSE = 40000 };

static float density_of(float x)
{
    return elementary_normal(x).density;
}

static float below_of(float x)
{
    return elementary_normal(x).below;
}

static float expm1_of(float x)
{
    return elementary_expm1(x > 0 ? 0 : x);
}

static double true_expm1(double x)
{
    return expm1(x > 0 ? 0 : x);
}

static double true_sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double true_below(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static double true_density(double x)
{
    return exp(-x * x / 2) / sqrt(2 * acos(-1));
}

struct function {
    const char *name;
    float (*ours)(float x);
    double (*truth)(double x);
    double ulp;   /* that the header states */
    double floor; /* results smaller than this may be 0 */
};

static const struct function functions[] = {
    {"exp", elementary_exp, exp, 1.01, 0x1.3p-125},
    {"expm1", expm1_of, true_expm1, 0.96, 0},
    {"sigmoid", elementary_sigmoid, true_sigmoid, 2.49, 0x1p-126},
    {"tanh", elementary_tanh, tanh, 1.34, 0},
    {"below", below_of, true_below, 6.51, 0x1p-126},
    {"density", density_of, true_density, 2.13, 0x1p-125},
};
enum { N_FUNCTIONS = sizeof functions / sizeof functions[0] };

/* In units in the last place of a float of that size. */
static double error_at(const struct function *function, float x)
{
    int exponent;
    double truth = function->truth((double)x), ours = (double)function->ours(x);
    if (isnan(x))
        return isnan(ours) ? 0 : (double)INFINITY;
    if (fabs(truth) > (double)3.4028235e38f)
        return ours == (double)INFINITY ? 0 : (double)INFINITY;
    if (fabs(truth) < function->floor)
        return fabs(ours) < 2 * function->floor ? 0 : (double)INFINITY;
    frexp(truth, &exponent);
    double error = fabs(ours - truth) / ldexp(1, exponent - 24);
    return isnan(error) ? (double)INFINITY : error;
}

static void raise_error(const struct function *function, float x, double *most, float *where)
{
    double error = error_at(function, x);
    if (error > *most) {
        *most = error;
        *where = x;
    }
}

TEST(errors_are_what_the_header_says)
{
    const float close[] = {
        0.625f, 0.5f, 0.34657359f, 1, 9, 25, 13.17f, 14, 86.75f, 88.72f, 89, 104, INFINITY};
    for (int f = 0; f < N_FUNCTIONS; f++) {
        double most = 0;
        float where = 0;
        for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += STRIDE)
            raise_error(&functions[f], float_of((uint32_t)bits), &most, &where);
        for (size_t c = 0; c < sizeof close / sizeof *close; c++)
            for (uint32_t i = 0; i <= CLOSE; i++) {
                float x = float_of(bits_of(close[c]) + CLOSE / 2 - i);
                raise_error(&functions[f], x, &most, &where);
                raise_error(&functions[f], -x, &most, &where);
            }
        print_message("%s: at worst %.3f ulp, at %.9g\n", functions[f].name, most, (double)where);
        if (!(most <= functions[f].ulp))
            fail_msg("%s(%.9g) is wrong by %g ulp", functions[f].name, (double)where, most);
        assert_true(most > 0.5); /* this was no comparison of a function with itself */
    }
}

/* --- activations --------------------------------------------------------------------------- */

/* At every level the same bits as the reference's, slopes wanted or not, in runs of any length. */
TEST(activations_are_the_definition_at_every_level)
{
    enum { RUN = 67, ACTIVATION_STRIDE = 9973 };
    const float bias[RUN] = {0};
    uint64_t mode = floatmode_enter();
    for (uint64_t first = 0; first < (uint64_t)1 << 32;
         first += (uint64_t)RUN * ACTIVATION_STRIDE) {
        float z[RUN], y[RUN], slope[RUN] = {0}, want[RUN], want_slope[RUN];
        int64_t n = 1 + (int64_t)(first / RUN / ACTIVATION_STRIDE % RUN);
        for (int64_t i = 0; i < n; i++) {
            z[i] = float_of((uint32_t)(first + (uint64_t)i * ACTIVATION_STRIDE)) + 0.0f;
            z[i] = isnan(z[i]) ? 1 : z[i];
        }
        for (int kind = ACTIVATION_LEAKY_RELU; kind < N_ACTIVATIONS; kind++) {
            for (int64_t i = 0; i < n; i++)
                want[i] =
                    reference_activation((enum activation_kind)kind, 0.01f, z[i], &want_slope[i]);
            for (int i = 0; i < 2 * N_LEVELS; i++) {
                enum level level = (enum level)(i % N_LEVELS);
                if (!level_runs(level))
                    continue;
                memcpy(y, z, sizeof y);
                activation_of(level)->bias_curve(
                    (enum activation_kind)kind, 0.01f, y, i < N_LEVELS ? slope : NULL, bias, 1, n);
                assert_memory_equal(y, want, (size_t)n * sizeof *y);
                assert_true(
                    i >= N_LEVELS || memcmp(slope, want_slope, (size_t)n * sizeof *slope) == 0);
            }
        }
    }
    floatmode_leave(mode);
}

TEST(a_nan_stays_a_nan)
{
    const float payloads[] = {NAN, -NAN, float_of(0x7fc001ff), float_of(0xffdabcde)}, none = 0;
    for (enum level level = LEVEL_BASE; level < N_LEVELS; level++)
        for (int kind = ACTIVATION_LEAKY_RELU; level_runs(level) && kind < N_ACTIVATIONS; kind++)
            for (int i = 0; i < 4; i++) {
                float y = payloads[i], slope = 0;
                activation_of(level)->bias_curve(
                    (enum activation_kind)kind, 0.01f, &y, &slope, &none, 1, 1);
                assert_true(isnan(y));
            }
}

/* Derivatives by central differences of the true function. */
static double true_activation(enum activation_kind kind, double z)
{
    const double c = sqrt(2 / acos(-1));
    return kind == ACTIVATION_LEAKY_RELU  ? (z > 0 ? z : (double)0.01f * z)
           : kind == ACTIVATION_GELU      ? z * true_below(z)
           : kind == ACTIVATION_GELU_TANH ? z / 2 * (1 + tanh(c * (z + 0.044715 * z * z * z)))
           : kind == ACTIVATION_SILU      ? z * true_sigmoid(z)
           : kind == ACTIVATION_TANH      ? tanh(z)
           : kind == ACTIVATION_ELU       ? (z > 0 ? z : expm1(z))
                                          : true_sigmoid(z);
}

TEST(slopes_are_derivatives)
{
    const double h = 1e-6;
    const float none = 0;
    for (int kind = ACTIVATION_LEAKY_RELU; kind < N_ACTIVATIONS; kind++) {
        double most = 0;
        for (int i = -40000; i <= 40000; i++) {
            float z = (float)i * 0.0005f + 0.00013f, y = z, slope;
            activation_of(LEVEL_BASE)
                ->bias_curve((enum activation_kind)kind, 0.01f, &y, &slope, &none, 1, 1);
            double above = true_activation((enum activation_kind)kind, (double)z + h);
            double below = true_activation((enum activation_kind)kind, (double)z - h);
            double error = fabs((double)slope - (above - below) / (2 * h));
            assert_true(fabs((double)y - true_activation((enum activation_kind)kind, (double)z)) <=
                        0x1p-21 * fmax(1, fabs((double)z)));
            most = fmax(most, error);
        }
        print_message("%s: slopes at worst %.3g off\n", activation_words[kind], most);
        assert_true(most <= 0x1p-18);
    }
}
