/* split.h: divides n ordered items into parts of nearly equal size.
 *
 *   split_even(10, 4, .)    [0,2) [2,5) [5,7) [7,10)    part i begins at floor(i n / parts)
 *   split_front(10, 4, .)   [0,3) [3,5) [5,8) [8,10)    part i begins at  ceil(i n / parts)
 *
 * Both cover [0, n) without gaps; sizes differ by at most one. If n < parts, split_front gives the
 * items to evenly spaced parts beginning with the first, so part 0 is never empty for n > 0. The
 * products are computed in 128 bits, so any n and parts > 0 work.
 */
#pragma once

#include <stdint.h>

struct range {
    int64_t first, end; /* first <= i < end */
};

static inline int64_t range_size(struct range range)
{
    return range.end - range.first;
}

struct range split_even(int64_t n, int64_t parts, int64_t part);
struct range split_front(int64_t n, int64_t parts, int64_t part);

/* Like split_even(), but in whole units, the last of which may be shorter: inner borders are
 * multiples of `unit`. */
struct range split_aligned(int64_t n, int64_t unit, int64_t parts, int64_t part);

static inline int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ceil(a / b) for a >= 0, b > 0, without overflow. */
static inline int64_t divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}
