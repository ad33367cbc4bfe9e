/* repeat_stats.h: repeats of one measurement, summarised as a median with the least and the most.
 *
 * Threads: any.
 */
#ifndef STUDY_REPEAT_STATS_H
#define STUDY_REPEAT_STATS_H

enum { REPEAT_STATS_VALUES_MAX = 1000 };

struct repeat_stats {
    double median, least, most;
};

/* The summary of 1 ... REPEAT_STATS_VALUES_MAX values in any order; the median of an even number is
 * the mean of the two in the middle. */
struct repeat_stats repeat_stats_of(const double *value, int n);

/* All three multiplied by a factor above 0. */
struct repeat_stats repeat_stats_scaled(struct repeat_stats stats, double factor);

#endif
