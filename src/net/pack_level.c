/* Compiled once a level (base/level.h). */
#include "net/pack.h"

#include <string.h>

extern const struct pack LEVEL_NAME(pack);

/* Four floats at a time go through registers on every level. */
typedef float quad __attribute__((vector_size(16)));

static inline quad load(const float *from)
{
    quad x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void transpose4(
    float *out, int64_t out_stride, const float *in, int64_t in_stride)
{
    quad a = load(in), b = load(in + in_stride), c = load(in + 2 * in_stride),
         d = load(in + 3 * in_stride);
    quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    quad column[4] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
        __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
        __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
        __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
    for (int i = 0; i < 4; i++)
        memcpy(out + i * out_stride, &column[i], sizeof column[i]);
}

static inline void transpose_with(float *restrict out, int64_t out_stride,
    const float *restrict in, int64_t in_stride, int64_t rows, int64_t columns)
{
    int64_t whole = columns - columns % 4;
    for (int64_t r = 0; r + 4 <= rows; r += 4) {
        for (int64_t c = 0; c < whole; c += 4)
            transpose4(out + c * out_stride + r, out_stride, in + r * in_stride + c, in_stride);
        for (int64_t c = whole; c < columns; c++)
            for (int64_t i = r; i < r + 4; i++)
                out[c * out_stride + i] = in[i * in_stride + c];
    }
    for (int64_t left = rows - rows % 4; left < rows; left++)
        for (int64_t c = 0; c < columns; c++)
            out[c * out_stride + left] = in[left * in_stride + c];
}

/* The shapes that the tiles of known kernels have, so that the compiler sees no loop ends. */
static void transpose(float *out, int64_t out_stride, const float *in, int64_t in_stride,
    int64_t rows, int64_t columns)
{
    if (rows == 12 && columns == 32 && out_stride == 12 && in_stride == 32)
        transpose_with(out, 12, in, 32, 12, 32);
    else if (rows == 12 && out_stride == 12)
        transpose_with(out, 12, in, in_stride, 12, columns);
    else
        transpose_with(out, out_stride, in, in_stride, rows, columns);
}

/* In steps of `unit` floats, which divides every border that is met. */
static inline void deal_by(float *restrict out, int64_t panel, int width, int64_t first,
    const float *restrict in, int64_t in_stride, int64_t rows, int64_t columns, int unit)
{
    int64_t at = first % width;
    float *to = out + first / width * panel;
    for (int64_t c = 0; c < columns; c += unit) {
        for (int64_t r = 0; r < rows; r++)
            memcpy(to + r * width + at, in + r * in_stride + c, (size_t)unit * sizeof *in);
        at += unit;
        if (at == width) {
            at = 0;
            to += panel;
        }
    }
}

static void deal(float *out, int64_t panel, int width, int64_t first, const float *in,
    int64_t in_stride, int64_t rows, int64_t columns)
{
    int64_t all = width | first | columns;
    if (all % 4 == 0)
        deal_by(out, panel, width, first, in, in_stride, rows, columns, 4);
    else if (all % 2 == 0)
        deal_by(out, panel, width, first, in, in_stride, rows, columns, 2);
    else
        deal_by(out, panel, width, first, in, in_stride, rows, columns, 1);
}

const struct pack LEVEL_NAME(pack) = {.transpose = transpose, .deal = deal};
