/* scalar.h: the scalar functions that learning rates are computed with.
 *
 * Made of additions, products, quotients and roots in double, each rounded once, so all machines
 * get the same bits; libm selects its functions by CPU. Errors in ulp of the result, as measured by
 * tests/unit/scalar.c. Threads: any.
 */
#ifndef OPTIM_SCALAR_H
#define OPTIM_SCALAR_H

#include <stdint.h>

/* x^n for 0 <= x, 0 <= n, by repeated squaring in double-double: 1 ulp. 0^0 = 1. */
double scalar_power_int(double x, int64_t n);

/* x^y for 0 <= x, 0 <= y < 2^53: x^floor(y) and, for the bits of y's fraction, roots of roots of x:
 * 1 ulp. */
double scalar_power(double x, double y);

/* cos(pi x) for any finite x: 2 ulp, or 1e-16 near its zeros. Exact for multiples of 1/2. */
double scalar_cos_pi(double x);

#endif
