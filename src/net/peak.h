/* peak.h: loops that do one thing as fast as the CPU can: multiply-adds, reads, updates.
 *
 * Compiled once a level (base/level.h). Their times are the machine's limits, to which those of a
 * step are compared. None of them is bound to promise 1.
 *
 * Threads: any, on data of their own.
 */
#ifndef NET_PEAK_H
#define NET_PEAK_H

#include <stdint.h>

#include "base/level.h"

enum { PEAK_RUN_FLOATS = 192 }; /* reads and updates take multiples of so many, 64-byte aligned */

struct peak_loops {
    double flops; /* of one turn of multiply_add; a multiply-add is two operations */
    /* Chains of multiply-adds that never leave the registers, enough of them to hide their
     * latency. Returns their sum, or the compiler would see that nobody wants the work. */
    float (*multiply_add)(int64_t turns);
    float (*read)(const float *x, int64_t n); /* the sum of x */
    void (*update)(float *x, int64_t n);      /* x = 0.75 x + 0.25, each read and written */
};

const struct peak_loops *peak_loops_of(enum level level);

/* The highest level that this CPU runs. */
enum level peak_level(void);

#endif
