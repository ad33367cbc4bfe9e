#include "optim/scalar.h"

#include <math.h>

/* The number high + low, with |low| at most half an ulp of high. */
struct pair {
    double high, low;
};

static struct pair multiply(struct pair a, struct pair b)
{
    double high = a.high * b.high;
    double low = fma(a.high, b.high, -high) + (a.high * b.low + a.low * b.high);
    double sum = high + low;
    return (struct pair){sum, low - (sum - high)};
}

static struct pair root_of(struct pair a)
{
    double high = sqrt(a.high);
    double low = high > 0 ? (fma(-high, high, a.high) + a.low) / (2 * high) : 0;
    double sum = high + low;
    return (struct pair){sum, low - (sum - high)};
}

static struct pair power_int(double x, int64_t n)
{
    struct pair result = {1, 0}, square = {x, 0};
    for (; n > 0; n /= 2) {
        if (n % 2)
            result = multiply(result, square);
        if (n > 1)
            square = multiply(square, square);
    }
    return result;
}

double scalar_power_int(double x, int64_t n)
{
    return power_int(x, n).high;
}

double scalar_power(double x, double y)
{
    double whole = floor(y), rest = y - whole;
    struct pair result = power_int(x, (int64_t)whole), root = {x, 0};
    while (rest > 0) {
        root = root_of(root);
        rest *= 2;
        if (rest >= 1) {
            result = multiply(result, root);
            rest -= 1;
        }
    }
    return result.high;
}

/* Returns 1 - cos(z) for an even `last`, and 1 - sin(z) / z for an odd one, for |z| <= pi / 4: a Taylor
 * series up to z to the power of `last`. */
static double series(double z, int last)
{
    double square = z * z, sum = 0;
    for (int k = last; k >= 2; k -= 2)
        sum = (1 - sum) * square / (k * (k - 1));
    return sum;
}

double scalar_cos_pi(double x)
{
    const double pi = 3.14159265358979323846;
    double r = fmod(fabs(x), 2);
    if (r > 1)
        r = 2 - r;
    double sign = 1;
    if (r > 0.5) {
        r = 1 - r;
        sign = -1;
    }
    double rest = pi * (0.5 - r);
    return sign * (r <= 0.25 ? 1 - series(pi * r, 18) : rest - rest * series(rest, 19));
}
