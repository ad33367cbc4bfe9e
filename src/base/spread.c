#include "base/spread.h"

#include <stdlib.h>
#include <string.h>

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct spread spread_of(const double *value, int n)
{
    double sorted[SPREAD_VALUES_MAX];
    memcpy(sorted, value, (size_t)n * sizeof *value);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    return (struct spread){.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
        .least = sorted[0],
        .most = sorted[n - 1]};
}

struct spread spread_scaled(struct spread spread, double factor)
{
    return (struct spread){spread.median * factor, spread.least * factor, spread.most * factor};
}
