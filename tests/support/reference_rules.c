#include "support/reference.h"

#include <math.h>

/* Philox4x32-10: Salmon, Moraes, Dror, Shaw, SC'11, section 3.3 and table 2. */
void reference_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t word[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

uint32_t reference_word(
    uint64_t seed, uint32_t purpose, uint32_t layer, uint64_t row, uint32_t unit)
{
    uint32_t counter[4] = {unit / 4, (uint32_t)row, (uint32_t)(row >> 32), purpose << 24 | layer};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t word[4];
    reference_philox(counter, key, word);
    return word[unit % 4];
}

static uint64_t finalise(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;
    return h;
}

int64_t reference_order(
    int64_t n, uint64_t seed, uint32_t purpose, uint64_t epoch, int64_t position)
{
    int bits = 6;
    while ((uint64_t)1 << bits < (uint64_t)n)
        bits++;
    int a = bits / 2, b = bits - a;

    uint64_t x = (uint64_t)position;
    do {
        uint64_t hi = x >> b, lo = x % ((uint64_t)1 << b);
        for (uint32_t round = 0; round < 8; round++) {
            uint64_t low_word = reference_word(seed, purpose, 0, epoch, 2 * round);
            uint64_t high_word = reference_word(seed, purpose, 0, epoch, 2 * round + 1);
            uint64_t key = low_word | high_word << 32;
            if (round % 2 == 0)
                hi ^= finalise(lo ^ key) >> (64 - a);
            else
                lo ^= finalise(hi ^ key) >> (64 - b);
        }
        x = hi << b | lo;
    } while (x >= (uint64_t)n);
    return (int64_t)x;
}

float reference_product(int64_t n, const float *a, int64_t a_step, const float *b, int64_t b_step)
{
    float sum = 0;
    for (int64_t first = 0; first < n; first += REFERENCE_BLOCK) {
        float chain = 0;
        for (int64_t k = first; k < n && k < first + REFERENCE_BLOCK; k++)
            chain = fmaf(a[k * a_step], b[k * b_step], chain);
        sum = first == 0 ? chain : sum + chain;
    }
    return sum;
}

float reference_sum_f32(int64_t n, const float *a, int64_t step)
{
    float sum = 0;
    for (int64_t first = 0; first < n; first += REFERENCE_BLOCK) {
        float chain = 0;
        for (int64_t k = first; k < n && k < first + REFERENCE_BLOCK; k++)
            chain = chain + a[k * step];
        sum = first == 0 ? chain : sum + chain;
    }
    return sum;
}

double reference_sum_f64(int64_t n, const double *a)
{
    double sum = 0;
    for (int64_t first = 0; first < n; first += REFERENCE_BLOCK) {
        double chain = 0;
        for (int64_t k = first; k < n && k < first + REFERENCE_BLOCK; k++)
            chain = chain + a[k];
        sum = first == 0 ? chain : sum + chain;
    }
    return sum;
}

/* The subtree over leaves [first, first + span), span a power of two, first < n. */
static float subtree_f32(int64_t n, const float *leaf, int64_t step, int64_t first, int64_t span)
{
    if (span == 1)
        return leaf[first * step];
    float left = subtree_f32(n, leaf, step, first, span / 2);
    if (first + span / 2 >= n)
        return left;
    return left + subtree_f32(n, leaf, step, first + span / 2, span / 2);
}

static double subtree_f64(int64_t n, const double *leaf, int64_t first, int64_t span)
{
    if (span == 1)
        return leaf[first];
    double left = subtree_f64(n, leaf, first, span / 2);
    if (first + span / 2 >= n)
        return left;
    return left + subtree_f64(n, leaf, first + span / 2, span / 2);
}

static int64_t power_of_two_at_least(int64_t n)
{
    int64_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

float reference_tree_f32(int64_t n, const float *leaf, int64_t step)
{
    return n == 0 ? 0 : subtree_f32(n, leaf, step, 0, power_of_two_at_least(n));
}

double reference_tree_f64(int64_t n, const double *leaf)
{
    return n == 0 ? 0 : subtree_f64(n, leaf, 0, power_of_two_at_least(n));
}

float reference_exp(float x)
{
    if (x < -87.0f)
        return 0;
    if (isnan(x))
        return x;
    float k = rintf(x * 1.44269504088896341f);
    float r = x - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float sum = 1.0f / 5040.0f;
    sum = sum * r + 1.0f / 720.0f;
    sum = sum * r + 1.0f / 120.0f;
    sum = sum * r + 1.0f / 24.0f;
    sum = sum * r + 1.0f / 6.0f;
    sum = sum * r + 1.0f / 2.0f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    return ldexpf(sum, (int)k);
}

double reference_log(double s)
{
    if (!isfinite(s))
        return s;
    int k;
    double f = frexp(s, &k); /* in [1/2, 1) */
    if (f < 0.70710678118654752440) {
        f = f * 2;
        k = k - 1;
    }
    double u = (f - 1) / (f + 1);
    double square = u * u;
    double sum = 1.0 / 21.0;
    for (int odd = 19; odd >= 1; odd -= 2)
        sum = sum * square + 1.0 / odd;
    return 2 * (u * sum) + k * 0.69314718055994530942;
}
