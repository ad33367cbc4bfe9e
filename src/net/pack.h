/* pack.h: copies values from one memory layout to another (panel.h), with one function table per
 * level.
 *
 * Threads: any, on outputs of their own. All levels give the same bits: nothing is computed.
 */
#pragma once

#include <stdint.h>

#include "base/level.h"

struct pack {
    /* out[c * out_stride + r] = in[r * in_stride + c], r < rows, c < columns */
    void (*transpose)(float *out, int64_t out_stride, const float *in, int64_t in_stride,
        int64_t rows, int64_t columns);
    /* Copies rows of units first ... first + columns - 1 into panels of `width` over units: unit u
     * of row r goes to out[(u / width) * panel + r * width + u % width]. */
    void (*deal)(float *out, int64_t panel, int width, int64_t first, const float *in,
        int64_t in_stride, int64_t rows, int64_t columns);
};

LEVEL_TABLE(const struct pack, pack)
