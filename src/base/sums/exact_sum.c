#include "base/sums/exact_sum.h"

#include <math.h>
#include <string.h>

#include "base/split.h"
#include "base/vector.h"

__extension__ typedef __int128 wide;

enum { BITS = 32, EMPTY = -1000, INFINITE = 1000 }; /* below and above all actual tops */

struct exact_sum exact_sum_zero(void)
{
    return (struct exact_sum){.top = EMPTY};
}

/* Returns the top bin for numbers of at most this magnitude: in units of that bin, their squares
 * are below 2^31, so none rounds into the bin above, and the square of `largest` is at least
 * 1/4. */
static int64_t top_of(float largest)
{
    int exponent; /* largest^2 < 2^(2 exponent) <= 4 largest^2 */
    frexp((double)largest, &exponent);
    int over = 2 * exponent - (BITS - 1); /* 32 top is the least multiple of 32 >= over */
    return over >= 0 ? (over + BITS - 1) / BITS : -(-over / BITS);
}

/* Raises the top and drops the bins that are now too low. */
static void raise_top(struct exact_sum *sum, int64_t top)
{
    int64_t bin[EXACT_SUM_BINS] = {0};
    for (int i = 0; i < EXACT_SUM_BINS && top - sum->top + i < EXACT_SUM_BINS; i++)
        bin[top - sum->top + i] = sum->bin[i];
    memcpy(sum->bin, bin, sizeof bin);
    sum->top = top;
}

void exact_sum_merge(struct exact_sum *sum, const struct exact_sum *other)
{
    struct exact_sum aligned = *other;
    if (sum->top < other->top)
        raise_top(sum, other->top);
    else if (other->top < sum->top)
        raise_top(&aligned, sum->top);
    for (int i = 0; i < EXACT_SUM_BINS; i++)
        sum->bin[i] += aligned.bin[i];
}

/* Adds the squares of at most 2^21 numbers: sums of so few integers below 2^31 are exact in
 * double. */
static void add_piece(struct exact_sum *sum, const float *x, int64_t n, enum level level)
{
    float largest = vector_of(level)->largest(x, n);
    struct exact_sum piece = {.top = INFINITE};
    if (largest == 0)
        return;
    if (isfinite(largest)) {
        double bin[EXACT_SUM_BINS];
        piece.top = top_of(largest);
        exact_squares_of(level)(bin, x, n, ldexp(1, (int)(-BITS / 2 * piece.top)));
        for (int i = 0; i < EXACT_SUM_BINS; i++)
            piece.bin[i] = (int64_t)bin[i];
    }
    exact_sum_merge(sum, &piece);
}

void exact_sum_add_squares(struct exact_sum *sum, const float *x, int64_t n, enum level level)
{
    enum { PIECE = 1 << 12 };
    for (int64_t i = 0; i < n; i += PIECE)
        add_piece(sum, x + i, least(PIECE, n - i), level);
}

double exact_sum_value(const struct exact_sum *sum)
{
    if (sum->top == EMPTY)
        return 0;
    if (sum->top == INFINITE)
        return (double)INFINITY;
    wide value = 0;
    for (int i = 0; i < EXACT_SUM_BINS; i++)
        value = value * ((wide)1 << BITS) + sum->bin[i];
    return ldexp((double)value, (int)(BITS * (sum->top - (EXACT_SUM_BINS - 1))));
}
