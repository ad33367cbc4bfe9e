/* elementary.h: exp, tanh, the logistic function and the normal distribution in float32.
 *
 * The weights must have the same bits on every machine, which libm does not guarantee, so these
 * functions are our own. Each has one inline body, which gives the same bits whether or not the
 * compiler vectorizes it. The file is for sources that are compiled once per level (base/level.h).
 * All levels give the same bits. A NaN stays a NaN.
 *
 *                      largest error over all floats, in units in the last place of the result
 *     exp(x)      1.01       0 below -86.75; infinity where e^x overflows
 *     expm1(x)    0.96       for x <= 0; -1 below -25
 *     sigmoid(x)  2.49       0 below -88.73
 *     tanh(x)     1.34
 *     below(x)    6.51       the normal distribution, (1 + erf(x / sqrt 2)) / 2; 0 below -13.18
 *     density(x)  2.13       exp(-x^2 / 2) / sqrt(2 pi); 0 beyond 13.18
 *
 * The errors are those over all 2^32 inputs whose result is at least 2^-125
 * (tests/unit/elementary.c checks some of them). Each operation below rounds once, including fma(a,
 * b, c) = a b + c:
 *
 *     exp: k = rint(x log2 e), r = fma(k, -ln2_low, fma(k, -ln2_high, x)), then
 *          2^k (1 + (r + r^2 P(r))), P the polynomial of degree 4 that minimises the relative
 *          error; x is clamped to at most 89
 *     expm1: fma(2^k, r + r^2 P(r), 2^k - 1), k and r as above; x is clamped to at least -25
 *     sigmoid: 1 / (1 + exp(-x))
 *     tanh: x + x x^2 Q(x^2) for |x| < 0.625, else 1 - 2 / (exp(2 |x|) + 1) with x's sign; Q and
 *          the border are those of Moshier, "Methods and Programs for Mathematical Functions",
 *          1989 (Cephes' tanhf)
 *     below: let a = |x|, clamped to at most 14, and e = exp(-a^2 / 2), with a^2 as the sum of two
 *          floats; then below(-a) = e M(t), t = 1 / (1 + 0.35 a), and below(a) = fma(-e, M, 1).
 *          M is erfc without its exponential factor (as in Abramowitz and Stegun, 7.1.26): a
 *          polynomial of degree 9 without a constant term that minimises the relative error for
 *          a <= 14.2
 *     density: e / sqrt(2 pi)
 *
 * Threads: any.
 */
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

/* e^(x + low) = 2 half_power (1 + above). */
struct power {
    float above, half_power;
};

/* Requires -86.75 <= x <= 89, and |low| far below 1. */
static inline struct power elementary_power(float x, float low)
{
    const float log2e = 1.44269502f, ln2_high = 0.693147182f, ln2_low = -1.90465421e-9f;
    const float to_integer = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    float shifted = fmaf(x, log2e, to_integer);
    float k = shifted - to_integer;
    float r = fmaf(k, -ln2_low, fmaf(k, -ln2_high, x)) + low;
    float p = 1.38145406e-3f;
    p = fmaf(p, r, 8.36874545e-3f);
    p = fmaf(p, r, 4.16683890e-2f);
    p = fmaf(p, r, 0.166665211f);
    p = fmaf(p, r, 0.49999994f);
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 126) << 23; /* 2^(k-1): k is in the low bits; the rest is shifted out */
    float half_power;
    memcpy(&half_power, &bits, sizeof half_power);
    return (struct power){fmaf(p, r * r, r), half_power};
}

/* Returns e^(x + low). Requires x <= 89 or a NaN, and |low| far below 1. */
static inline float elementary_exp_sum(float x, float low)
{
    struct power power = elementary_power(x, low);
    float sum = 1.0f + power.above;
    return x < -86.75f ? 0.0f : (sum + sum) * power.half_power;
}

static inline float elementary_exp(float x)
{
    return elementary_exp_sum(x > 89.0f ? 89.0f : x, 0);
}

/* Requires x <= 0 or a NaN. */
static inline float elementary_expm1(float x)
{
    struct power power = elementary_power(x < -25.0f ? -25.0f : x, 0);
    float scale = power.half_power + power.half_power;
    return fmaf(scale, power.above, scale - 1.0f);
}

static inline float elementary_sigmoid(float x)
{
    return 1.0f / (1.0f + elementary_exp(-x));
}

static inline float elementary_tanh(float x)
{
    float square = x * x, q = -5.70498872745e-3f;
    q = fmaf(q, square, 2.06390887954e-2f);
    q = fmaf(q, square, -5.37397155531e-2f);
    q = fmaf(q, square, 1.33314422036e-1f);
    q = fmaf(q, square, -3.33332819422e-1f);
    float near = fmaf(q * square, x, x);
    float far = 1.0f - 2.0f / (elementary_exp(2.0f * fabsf(x)) + 1.0f);
    return fabsf(x) < 0.625f ? near : copysignf(far, x);
}

struct normal {
    float below, density;
};

static inline struct normal elementary_normal(float x)
{
    float a = fabsf(x);
    a = a > 14.0f ? 14.0f : a;
    float square = a * a, low = fmaf(a, a, -square);
    float e = elementary_exp_sum(-0.5f * square, -0.5f * low);
    float t = 1.0f / fmaf(a, 0.35f, 1.0f);
    float m = -2.91515458e-2f;
    m = fmaf(m, t, 0.143999517f);
    m = fmaf(m, t, -0.255772859f);
    m = fmaf(m, t, 0.15924257f);
    m = fmaf(m, t, -2.31580362e-2f);
    m = fmaf(m, t, 0.105528936f);
    m = fmaf(m, t, 0.11982742f);
    m = fmaf(m, t, 0.139862642f);
    m = fmaf(m, t, 0.139621362f) * t;
    float left = e * m, right = fmaf(-e, m, 1.0f);
    return (struct normal){x < 0 ? left : right, e * 0.398942292f};
}
