/* spread.h: repeats of one measurement, summarised as a median with the least and the most.
 *
 * Threads: any.
 */
#ifndef BASE_SPREAD_H
#define BASE_SPREAD_H

enum { SPREAD_VALUES_MAX = 1000 };

struct spread {
    double median, least, most;
};

/* The summary of 1 ... SPREAD_VALUES_MAX values in any order; the median of an even number is the
 * mean of the two in the middle. */
struct spread spread_of(const double *value, int n);

/* All three multiplied by a factor above 0. */
struct spread spread_scaled(struct spread spread, double factor);

#endif
