/* curve.h: the curve of a figure over a run, thinned so that the picture of a long run stays small.
 *
 * Values are added in order of steps and grouped into at most CURVE_BUCKETS buckets. A bucket holds
 * consecutive values, and all buckets except the last hold the same number of values. Each bucket
 * keeps its smallest and largest values, and the curve keeps its first and last values, so no
 * extreme is lost, and a curve of up to CURVE_BUCKETS values is complete. The memory used does not
 * grow with the length of the run.
 *
 * Threads: one per curve.
 */
#pragma once

#include <stdint.h>

struct curve_point {
    double step, samples, seconds; /* since the run's start */
    double value;
};

enum { CURVE_BUCKETS = 400, CURVE_POINTS = 2 * CURVE_BUCKETS + 2 };

struct curve {
    int64_t seen;   /* values so far */
    int64_t stride; /* values per bucket; the last bucket may have fewer */
    int64_t filled; /* values in the last bucket */
    int buckets;
    struct curve_point first, last;
    struct curve_point least[CURVE_BUCKETS], most[CURVE_BUCKETS];
};

/* Adds a point, unless its value is not finite. An empty curve has all fields zero. */
void curve_add(struct curve *curve, struct curve_point point);

/* Writes the points that the curve kept into out, in order of steps. Returns their number. */
int curve_points(const struct curve *curve, struct curve_point out[CURVE_POINTS]);
