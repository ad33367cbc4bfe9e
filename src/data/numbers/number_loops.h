/* number_loops.h: codes adjacent columns of numbers, one row at a time; one table per level
 * (base/level.h).
 *
 *   y[i] = (x[i] - shift[i]) * factor[i], or that squashed as in number_code.h (robust)
 *   x[i] = fill[i] where x[i] is missing (NaN)
 *
 * All levels give the same bits. No alignment is needed; outputs do not overlap inputs. Threads:
 * any, on different rows.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"
#include "base/value.h"
#include "data/numbers/number_code.h"

struct number_run {
    const void *x; /* [n] of the type */
    enum value_type type;
    const float *shift, *factor; /* [n] */
    const float *fill;           /* [n]; NULL: missing values give NaN */
    int64_t n;
};

/* plain: out [n] = y. marked: out [2 n], where y[i] is followed by 1 if x[i] is missing, else 0. */
typedef void number_loop(float *out, const struct number_run *run);
struct number_loops {
    number_loop *plain, *marked, *robust, *robust_marked;
    void (*code)(float *out, const struct number_code *code, float x); /* number_code_apply() */
};

LEVEL_TABLE(const struct number_loops, number_loops)
