/* scalar.h: scalar functions for computing learning rates.
 *
 * They use only additions, multiplications, divisions and square roots in double, each rounded
 * once, so all machines get the same bits; libm does not guarantee this, since it chooses its
 * implementation by CPU. Errors are in ulp of the result, as measured by tests/unit/scalar.c.
 * Threads: any.
 */
#pragma once

#include <stdint.h>

/* Returns x^n for 0 <= x, 0 <= n, by repeated squaring in double-double; error 1 ulp. 0^0 = 1. */
double scalar_power_int(double x, int64_t n);

/* Returns x^y for 0 <= x, 0 <= y < 2^53, as x^floor(y) times repeated square roots of x for the
 * bits of y's fraction; error 1 ulp. */
double scalar_power(double x, double y);

/* Returns cos(pi x) for any finite x; error 2 ulp, or 1e-16 near its zeros. Exact for multiples of
 * 1/2. */
double scalar_cos_pi(double x);
