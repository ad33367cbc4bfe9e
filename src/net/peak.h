/* peak.h: loops that do one thing as fast as the CPU can: multiply-adds, reads, updates.
 *
 * Compiled once per level (base/level.h). Their times show the limits of the machine, against which
 * the times of a step are compared. Their results need not have the same bits on every level.
 *
 * Threads: any, on data of their own.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"

enum { PEAK_RUN_FLOATS = 192 }; /* `read` and `update` take multiples of it, 64-byte aligned */

struct peak_loops {
    double flops; /* per iteration of multiply_add; a multiply-add is two operations */
    /* Runs chains of multiply-adds that never leave the registers, with enough chains to hide the
     * latency. Returns their sum, so that the compiler cannot remove the work. */
    float (*multiply_add)(int64_t turns);
    float (*read)(const float *x, int64_t n); /* returns the sum of x */
    void (*update)(float *x, int64_t n);      /* x = 0.75 x + 0.25, read and written */
};

LEVEL_TABLE(const struct peak_loops, peak_loops)
