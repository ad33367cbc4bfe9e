/* normal_score.h: the inverse of the normal distribution.
 *
 *     normal_score(p) = the x below which a standard normal number lies with probability p
 *
 * Algorithm AS 241, PPND16: Wichura, "The percentage points of the normal distribution", Applied
 * Statistics 37, 1988: rational functions of (p - 1/2)^2 in the middle and of sqrt(-log p) in the
 * tails. Only +, -, *, / and sqrt of doubles, so the result has the same bits on every machine; the
 * logarithm is our own, a series in (m - 1) / (m + 1) for p = m 2^k with sqrt(1/2) <= m < sqrt(2).
 *
 * Errors: relative, below 1e-15 for the logarithm and 4e-15 for the score where it is not near 0,
 * i.e. beyond 1e-3 in magnitude; absolute, below 1e-17 there.
 *
 * Threads: any.
 */
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The natural logarithm of a normal positive number. log(m 2^k) = k log 2 + 2 atanh(s), with
 * s = (m - 1) / (m + 1), so |s| <= 0.1716: the terms of atanh's series after the eleventh are below
 * 2^-60 of the sum. */
static inline double normal_score_log(double x)
{
    const double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int k = (int)(bits >> 52) - 1023;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 0x1.6a09e667f3bcdp0) { /* sqrt(2) */
        m /= 2;
        k++;
    }
    double s = (m - 1) / (m + 1), square = s * s, tail = 0;
    for (int i = 10; i > 0; i--)
        tail = (tail + 1.0 / (2 * i + 1)) * square;
    return k * ln2_high + (k * ln2_low + 2 * (s + s * tail));
}

/* A polynomial of degree 7, coefficient of x^0 first. */
static inline double normal_score_polynomial(const double c[8], double x)
{
    double sum = c[7];
    for (int i = 6; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

/* The coefficients of both rational functions: numerator, denominator. */
static const double normal_score_middle[2][8] = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3},
    {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
        5.2264952788528545610e3}};
static const double normal_score_tail[2][8] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9}};

/* Requires exp(-25) <= p <= 1 - exp(-25), or about 1.4e-11. */
static inline double normal_score(double p)
{
    const double(*c)[8] = normal_score_middle;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * normal_score_polynomial(c[0], r) / normal_score_polynomial(c[1], r);
    }
    c = normal_score_tail;
    double r = sqrt(-normal_score_log(q < 0 ? p : 1 - p)) - 1.6;
    double distance = normal_score_polynomial(c[0], r) / normal_score_polynomial(c[1], r);
    return q < 0 ? -distance : distance;
}
