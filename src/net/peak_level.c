/* Compiled once per level (base/level.h), and with contraction, which CMakeLists.txt enables for
 * this one file: here a multiply-add should be the fastest form. */
#include "net/peak.h"

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64 };
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32 };
#else
enum { VECTOR_BYTES = 16 };
#endif
typedef float vector __attribute__((vector_size(VECTOR_BYTES), may_alias));

/* A multiply-add takes four or five cycles, and two can start in each cycle, so ten chains are
 * enough; twelve chains and the two constants fit in sixteen registers. */
enum { CHAINS = 12, LANES = VECTOR_BYTES / (int)sizeof(float) };
_Static_assert(
    PEAK_RUN_FLOATS % (CHAINS * LANES) == 0, "a run must be a whole number of loop iterations");

static float sum_of(const vector chain[CHAINS])
{
    vector all = chain[0];
    float sum = 0;
    for (int i = 1; i < CHAINS; i++)
        all += chain[i];
    for (int lane = 0; lane < LANES; lane++)
        sum += all[lane];
    return sum;
}

/* c = c * a + b converges to b / (1 - a) = 1 and stays there: no overflow, no subnormals. */
static float multiply_add(int64_t turns)
{
    const vector zero = {0}, a = zero + 0.75f, b = zero + 0.25f;
    vector chain[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chain[i] = zero + (float)i;
    for (int64_t t = 0; t < turns; t++)
        for (int i = 0; i < CHAINS; i++)
            chain[i] = chain[i] * a + b;
    return sum_of(chain);
}

static float read_all(const float *x, int64_t n)
{
    const vector *at = (const vector *)x, zero = {0};
    vector chain[CHAINS];
    for (int i = 0; i < CHAINS; i++)
        chain[i] = zero;
    for (int64_t t = 0; t < n / LANES; t += CHAINS)
        for (int i = 0; i < CHAINS; i++)
            chain[i] += at[t + i];
    return sum_of(chain);
}

static void update_all(float *x, int64_t n)
{
    const vector zero = {0}, a = zero + 0.75f, b = zero + 0.25f;
    vector *at = (vector *)x;
    for (int64_t t = 0; t < n / LANES; t += CHAINS)
        for (int i = 0; i < CHAINS; i++)
            at[t + i] = at[t + i] * a + b;
}

const struct peak_loops LEVEL_NAME(peak_loops) = {
    .flops = 2.0 * CHAINS * LANES,
    .multiply_add = multiply_add,
    .read = read_all,
    .update = update_all,
};
