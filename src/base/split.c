#include "base/split.h"

__extension__ typedef __int128 wide;

static int64_t border_even(int64_t n, int64_t parts, int64_t part)
{
    return (int64_t)((wide)n * part / parts);
}

static int64_t border_front(int64_t n, int64_t parts, int64_t part)
{
    return (int64_t)(((wide)n * part + parts - 1) / parts);
}

struct range split_even(int64_t n, int64_t parts, int64_t part)
{
    return (struct range){border_even(n, parts, part), border_even(n, parts, part + 1)};
}

struct range split_front(int64_t n, int64_t parts, int64_t part)
{
    return (struct range){border_front(n, parts, part), border_front(n, parts, part + 1)};
}

struct range split_aligned(int64_t n, int64_t unit, int64_t parts, int64_t part)
{
    struct range units = split_even(divide_up(n, unit), parts, part);
    wide first = (wide)units.first * unit, end = (wide)units.end * unit;
    return (struct range){first < n ? (int64_t)first : n, end < n ? (int64_t)end : n};
}
