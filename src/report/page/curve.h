/* curve.h: a figure over a run, thinned so that a picture of any run stays small.
 *
 * Values come in order of steps. They are held in at most CURVE_BUCKETS buckets of equally many
 * consecutive values, as many a bucket as it takes; of each bucket its least and its greatest are
 * kept, and of the curve its first and last. So no extreme is lost, and a curve of up to
 * CURVE_BUCKETS values is kept whole. Memory does not grow with the run.
 *
 * Threads: one a curve.
 */
#ifndef REPORT_PAGE_CURVE_H
#define REPORT_PAGE_CURVE_H

#include <stdint.h>

struct curve_point {
    double step, samples, seconds; /* since the run's start */
    double value;
};

enum { CURVE_BUCKETS = 400, CURVE_POINTS = 2 * CURVE_BUCKETS + 2 };

struct curve {
    int64_t seen;   /* values so far */
    int64_t stride; /* values a bucket, but for the last */
    int64_t filled; /* values in the last */
    int buckets;
    struct curve_point first, last;
    struct curve_point least[CURVE_BUCKETS], most[CURVE_BUCKETS];
};

/* Of an empty curve, which is all zero. A value that is not finite is passed over. */
void curve_add(struct curve *curve, struct curve_point point);

/* What was kept, in order of steps; how many. */
int curve_points(const struct curve *curve, struct curve_point out[CURVE_POINTS]);

#endif
