/* vector.h: elementwise loops on runs of floats, used by several layers; one table per level.
 *
 * All levels give the same bits. No alignment is needed; outputs do not overlap inputs. Threads:
 * any, on different runs.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"
#include "base/value.h"

struct vector {
    /* left[i] += right[i] */
    void (*add)(float *left, const float *right, int64_t n);
    /* returns the largest magnitude in x; 0 for n = 0; infinity if any is not finite */
    float (*largest)(const float *x, int64_t n);
    /* out[i] = (x[i] - shift[i]) * factor[i], with x being n values of `type` at any address */
    void (*scale)(float *out, const void *x, enum value_type type, const float *shift,
        const float *factor, int64_t n);
};

LEVEL_TABLE(const struct vector, vector)
