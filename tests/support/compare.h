/* compare.h: whether floats are what they should be, within a stated bound.
 *
 * Each returns the verdict, so that a test of several ranks can agree on it before it asserts. When
 * it is false and `why` is not NULL, `why` gets the first bad place and its values. A NaN on either
 * side never agrees, not even with itself: two runs that both diverged have shown nothing. Nor does
 * a bound that is a NaN or negative.
 *
 *   got, want [n]
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { COMPARE_TEXT = 200 };

/* One rounding to float32, relative to the result. Bounds are counted in these. */
#define COMPARE_EPS 0x1p-24

/* The float that has these bits, and the bits of a float. */
float float_of(uint32_t bits);
uint32_t bits_of(float x);

/* The same bits; +0 and -0 differ. */
bool compare_bits(const float *got, const float *want, int64_t n, char *why);

/* |got - want| <= bound for every element. */
bool compare_within(const float *got, const double *want, int64_t n, double bound, char *why);

/* |got - want| <= bound[i]: a bound that knows the size of the terms of each sum. */
bool compare_each(const float *got, const double *want, int64_t n, const double *bound, char *why);

/* ||got - want|| <= bound * ||want||, Euclidean; and want is not all zero. */
bool compare_norm(const float *got, const double *want, int64_t n, double bound, char *why);
