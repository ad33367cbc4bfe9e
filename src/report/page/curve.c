#include "report/page/curve.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Merges pairs of buckets to make room for more. */
static void halve(struct curve *curve)
{
    for (size_t i = 0; i < CURVE_BUCKETS / 2; i++) {
        const struct curve_point *least = &curve->least[2 * i], *most = &curve->most[2 * i];
        curve->least[i] = least[1].value < least[0].value ? least[1] : least[0];
        curve->most[i] = most[1].value > most[0].value ? most[1] : most[0];
    }
    curve->buckets = CURVE_BUCKETS / 2;
    curve->stride *= 2;
    curve->filled = curve->stride;
}

void curve_add(struct curve *curve, struct curve_point point)
{
    if (!isfinite(point.value))
        return;
    if (curve->seen++ == 0) {
        curve->first = point;
        curve->stride = curve->filled = 1;
    }
    curve->last = point;
    if (curve->filled == curve->stride && curve->buckets == CURVE_BUCKETS)
        halve(curve);
    if (curve->filled == curve->stride) {
        curve->least[curve->buckets] = curve->most[curve->buckets] = point;
        curve->buckets++;
        curve->filled = 1;
        return;
    }
    struct curve_point *least = &curve->least[curve->buckets - 1];
    struct curve_point *most = &curve->most[curve->buckets - 1];
    curve->filled++;
    if (point.value < least->value)
        *least = point;
    if (point.value > most->value)
        *most = point;
}

/* Appends a point, unless it is the same as the last one; returns the new number of points. */
static int append(struct curve_point *out, int n, const struct curve_point *point)
{
    if (n > 0 && out[n - 1].step == point->step && out[n - 1].value == point->value)
        return n;
    out[n] = *point;
    return n + 1;
}

int curve_points(const struct curve *curve, struct curve_point out[CURVE_POINTS])
{
    int n = 0;
    if (curve->seen == 0)
        return 0;
    n = append(out, n, &curve->first);
    for (int i = 0; i < curve->buckets; i++) {
        bool rises = curve->least[i].step <= curve->most[i].step;
        n = append(out, n, rises ? &curve->least[i] : &curve->most[i]);
        n = append(out, n, rises ? &curve->most[i] : &curve->least[i]);
    }
    return append(out, n, &curve->last);
}
