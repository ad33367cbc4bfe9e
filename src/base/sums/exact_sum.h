/* exact_sum.h: a sum of squares that does not depend on the order of its terms.
 *
 * Numbers are cut at fixed bit positions, multiples of 32, and the parts between two positions are
 * summed in a separate integer:
 *
 *     bins             top      top-1    top-2    (lower bits: dropped)
 *     2^(32 bin)   ... [hhhhhhh][mmmmmmm][lllllll]
 *     x^2                  1011010...               exact in double: 48 bits at most
 *
 * The part of a number in a bin depends on that number alone (it is what the bins above leave over,
 * rounded to the nearest multiple of 2^(32 bin)), integers are added exactly, and `top` is
 * determined by the largest number. So any order, any division of the numbers into runs and any
 * merging of the partial sums give the same bins, and the same value. This is the binned sum of
 * Demmel and Nguyen, "Parallel Reproducible Summation", IEEE Trans. Comput. 64 (2015), and Ahrens,
 * Demmel and Nguyen, ACM TOMS 46 (2020), with integers in place of their floating-point bins.
 *
 * The relative error of the value for n < 2^32 numbers is at most n 2^-63 + 2^-53.
 *
 * Threads: any, on different sums. All levels give the same bits. Subnormal numbers count as 0 if
 * the thread flushes them (floatmode.h).
 */
#pragma once

#include <stdint.h>

#include "base/level.h"

enum { EXACT_SUM_BINS = 3 };

/* Plain data that can be sent as bytes between ranks with the same byte order. */
struct exact_sum {
    int64_t top;                 /* the number of bin[0]; that of bin[i] is top - i */
    int64_t bin[EXACT_SUM_BINS]; /* in units of 2^(32 (top - i)) */
};

/* Returns the empty sum. */
struct exact_sum exact_sum_zero(void);

/* Adds the squares of x [n]. If any is not finite, the sum becomes infinite and stays so. */
void exact_sum_add_squares(struct exact_sum *sum, const float *x, int64_t n, enum level level);

/* Adds another sum. */
void exact_sum_merge(struct exact_sum *sum, const struct exact_sum *other);

/* Returns the sum as a double. */
double exact_sum_value(const struct exact_sum *sum);

/* For exact_sum.c: cuts the squares of x [n], times unit^2, into integers and sets `bin` to their
 * sums. */
typedef void squares_function(double bin[EXACT_SUM_BINS], const float *x, int64_t n, double unit);
LEVEL_TABLE(squares_function, exact_squares)
