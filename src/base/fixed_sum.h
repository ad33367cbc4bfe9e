/* fixed_sum.h: a sum of squares that no order shows in, of numbers whose norm is bounded beforehand.
 *
 * With sum x^2 <= bound^2 known, one unit does for all of them: each number is rounded to a whole
 * number m of units u, a power of two with bound in [2^25 u, 2^26 u), and
 *
 *     x        ...  [mmmmmmmmmmmmmmmmmmmmmmmmmm] rest        m = round(x / u), |m| <= 2^26
 *     m^2                                                   exact in double
 *     sum m^2       <= 2^52 and a little: so every partial sum is exact too
 *
 * Integers are added exactly, so any order, any division of the numbers into runs and any merging
 * of partial sums give the same sum. Should the bound not hold, the sum may reach 2^53; then it
 * does so in every order, and its value is infinite.
 *
 * Error: that of n numbers at most u/2 from theirs, |sqrt(value) - norm| <= sqrt(n) u / 2, that is
 * 2^-26 sqrt(n) of the bound at most; about 2^-26 of it where roundings are as good as random.
 *
 * Four vector operations for eight numbers, a third of exact_sum.h's. That one needs no bound and
 * is as exact as a double, whatever the numbers: it is for what decides about weights, or is seldom
 * computed. This one is for what is measured in every step.
 *
 * Threads: any, on sums of their own. All levels give the same bits.
 */
#ifndef BASE_FIXED_SUM_H
#define BASE_FIXED_SUM_H

#include <stdint.h>

#include "base/level.h"

/* Plain data: may be sent as bytes between ranks of one kind. */
struct fixed_sum {
    double per_unit; /* 1 / u; 0: the bound is 0, and so is the sum */
    double units;    /* of u^2: the sum, an integer */
};

/* The sum of nothing, for numbers the root of whose sum of squares is at most `bound`, and up to a
 * third more by what was rounded in making them. NaN or infinity: the value will be NaN. */
struct fixed_sum fixed_sum_begin(double bound);

/* Adds the squares of x [n], finite numbers. */
void fixed_sum_add_squares(struct fixed_sum *sum, const float *x, int64_t n, enum level level);

/* Adds another sum, begun with the same bound. */
void fixed_sum_merge(struct fixed_sum *sum, const struct fixed_sum *other);

/* The sum as a double; infinite where the bound did not hold. */
double fixed_sum_value(const struct fixed_sum *sum);

#endif
