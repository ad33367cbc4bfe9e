/* Compiled once per level (base/level.h). */
#include "net/pack.h"

#include <stdbool.h>
#include <string.h>

/* Vectors hold four floats on every level. For panels that are 12 wide, as with the 32 x 12 kernel,
 * they hold three groups of four. */
typedef float quad __attribute__((vector_size(16)));
typedef float oct __attribute__((vector_size(32)));
typedef float vec __attribute__((vector_size(64)));

static inline quad load(const float *from)
{
    quad x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* --- transposing --------------------------------------------------------------------------- */

static inline void transpose4(float *out, int64_t out_stride, const float *in, int64_t in_stride)
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

static void transpose_any(float *restrict out, int64_t out_stride, const float *restrict in,
    int64_t in_stride, int64_t rows, int64_t columns)
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

/* Loads four floats of each of the rows r, r + 4 and r + 8, side by side. */
static inline void load3(vec *out, const float *in, int64_t in_stride)
{
    quad a = load(in), b = load(in + 4 * in_stride), c = load(in + 8 * in_stride);
    oct ab = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
    oct cc = __builtin_shufflevector(c, c, 0, 1, 2, 3, 0, 1, 2, 3);
    *out = __builtin_shufflevector(ab, cc, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

#define EACH_QUAD(a, b, i, j, k, l)                                                                \
    __builtin_shufflevector(a, b, (i), (j), (k), (l), 4 + (i), 4 + (j), 4 + (k), 4 + (l), 8 + (i), \
        8 + (j), 8 + (k), 8 + (l), 12 + (i), 12 + (j), 12 + (k), 12 + (l))

/* Transposes four columns of 12 rows to out[c * 12 + r]. Stores whole vectors: the excess of each
 * is overwritten by the next, and only 12 floats of the last are stored. */
static inline void transpose12(float *out, const float *in, int64_t in_stride)
{
    vec a, b, c, d;
    load3(&a, in, in_stride);
    load3(&b, in + in_stride, in_stride);
    load3(&c, in + 2 * in_stride, in_stride);
    load3(&d, in + 3 * in_stride, in_stride);
    vec ab_low = EACH_QUAD(a, b, 0, 16, 1, 17), ab_high = EACH_QUAD(a, b, 2, 18, 3, 19);
    vec cd_low = EACH_QUAD(c, d, 0, 16, 1, 17), cd_high = EACH_QUAD(c, d, 2, 18, 3, 19);
    vec column[3] = {EACH_QUAD(ab_low, cd_low, 0, 1, 16, 17),
        EACH_QUAD(ab_low, cd_low, 2, 3, 18, 19), EACH_QUAD(ab_high, cd_high, 0, 1, 16, 17)};
    vec last = EACH_QUAD(ab_high, cd_high, 2, 3, 18, 19);
    for (int64_t i = 0; i < 3; i++)
        memcpy(out + 12 * i, &column[i], sizeof column[i]);
    memcpy(out + 36, &last, 12 * sizeof *out);
}

static inline void transpose_rows12(
    float *restrict out, const float *restrict in, int64_t in_stride, int64_t columns)
{
    int64_t whole = columns - columns % 4;
    for (int64_t c = 0; c < whole; c += 4)
        transpose12(out + c * 12, in + c, in_stride);
    for (int64_t c = whole; c < columns; c++)
        for (int64_t r = 0; r < 12; r++)
            out[c * 12 + r] = in[r * in_stride + c];
}

static void transpose(float *out, int64_t out_stride, const float *in, int64_t in_stride,
    int64_t rows, int64_t columns)
{
    bool twelve = rows == 12 && out_stride == 12;
    if (twelve && columns == 32 && in_stride == 32)
        transpose_rows12(out, in, 32, 32); /* a tile: constant sizes, which the compiler unrolls */
    else if (twelve)
        transpose_rows12(out, in, in_stride, columns);
    else
        transpose_any(out, out_stride, in, in_stride, rows, columns);
}

/* --- dealing ------------------------------------------------------------------------------- */

/* Copies `unit` floats at a time; `unit` divides every panel border that a row crosses. */
static inline void deal_by(float *restrict out, int64_t panel, int64_t width, int64_t first,
    const float *restrict in, int64_t in_stride, int64_t rows, int64_t columns, int64_t unit)
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
    int64_t borders = width | first | columns, whole = 0;
    if (width == 12 && first % 12 == 0) {
        whole = columns - columns % 12;
        deal_by(out, panel, 12, first, in, in_stride, rows, whole, 12);
    }
    out += whole / width * panel;
    if (borders % 4 == 0)
        deal_by(out, panel, width, first, in + whole, in_stride, rows, columns - whole, 4);
    else if (borders % 2 == 0)
        deal_by(out, panel, width, first, in + whole, in_stride, rows, columns - whole, 2);
    else
        deal_by(out, panel, width, first, in + whole, in_stride, rows, columns - whole, 1);
}

const struct pack LEVEL_NAME(pack) = {.transpose = transpose, .deal = deal};
