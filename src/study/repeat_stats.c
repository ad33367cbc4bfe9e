#include "study/repeat_stats.h"

#include <stdlib.h>
#include <string.h>

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct repeat_stats repeat_stats_of(const double *value, int n)
{
    double sorted[REPEAT_STATS_VALUES_MAX];
    memcpy(sorted, value, (size_t)n * sizeof *value);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return (struct repeat_stats){.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
        .least = sorted[0],
        .most = sorted[n - 1]};
}

struct repeat_stats repeat_stats_scaled(struct repeat_stats stats, double factor)
{
    return (struct repeat_stats){stats.median * factor, stats.least * factor, stats.most * factor};
}
