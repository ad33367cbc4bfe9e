/* fixed_sum.h: an order-independent sum of numbers >= 0 with a bound that is known in advance.
 *
 * The bound determines one unit u for all numbers, a power of two: each number is rounded to a
 * whole number of units, and these integers are added exactly, in double:
 *
 *     bound      2^50 ... 2^51 units
 *     x          [mmmmmmmmmmmmmmmmmmm] rest           m = round(x / u)
 *     sum of m   below 2^53, so every partial sum is exact too
 *
 * So any order, any division of the numbers and any merging of partial sums give the same sum. If
 * the bound is exceeded, the sum may reach 2^53. If it does, it does so in every order, and its
 * value is infinite.
 *
 * The error for n numbers is at most n u / 2, and so at most n 2^-51 times the bound.
 *
 * exact_sum.h needs no bound and is as accurate as a double for any numbers; it costs several times
 * as much, and is for sums that affect the weights. This one is for measurements in every step.
 *
 * Threads: any, on different sums. All levels give the same bits.
 */
#pragma once

enum { FIXED_SUM_LANES = 4 };

/* Plain data that can be sent as bytes between ranks with the same byte order. */
struct fixed_sum {
    double per_unit;               /* 1 / u; 0: the bound is 0, and so is the sum */
    double units[FIXED_SUM_LANES]; /* integers; their total is the sum */
};

/* Returns an empty sum for numbers whose total is at most `bound` (a total of up to twice the bound
 * is harmless). If the bound is not finite, the value is NaN. */
struct fixed_sum fixed_sum_begin(double bound);

/* Converts x >= 0 to a whole number of units, to be added to any element of `units` in a sum with
 * this per_unit. */
#define FIXED_SUM_SHIFT 0x1p52 /* a double above it has no fraction */
static inline double fixed_units(double x, double per_unit)
{
    return (x * per_unit + FIXED_SUM_SHIFT) - FIXED_SUM_SHIFT;
}

/* Adds another sum with the same bound. */
void fixed_sum_merge(struct fixed_sum *sum, const struct fixed_sum *other);

/* Returns the sum as a double; infinite if the bound was exceeded. */
double fixed_sum_value(const struct fixed_sum *sum);
