/* seed_centres.h: the centre of a quantity over the seeds of each group, e.g. of the steps to a
 * target at each batch size, and its scatter over all groups.
 *
 * Steps to a target scatter in proportion to themselves, by about the same factor at all batch
 * sizes. So their logarithms are taken to be normal, with a mean per group and one standard
 * deviation:
 *
 *     centre    the geometric mean, exp(mean of the logarithms), with the 95 % interval
 *               exp(mean +- t scatter / sqrt(n)), Student's t for `freedom`
 *     scatter   the standard deviation of the logarithms about the means of their groups
 *     freedom   the number of known values minus the number of groups
 *     censored  a value of which only a lower bound is known counts as such: means and scatter are
 *               then those of largest likelihood, with the scatter's divisor n - groups, and n in
 *               the interval is the information that the values have about the mean. A group of
 *               which half or more is censored has no centre, and does not affect the others
 *     far       a value whose logarithm differs from the median of its group of three or more by
 *               more than 3.5 robust standard deviations (1.4826 times the median of all such
 *               differences, without those of the medians themselves; at least 0.05). It counts all
 *               the same
 *
 * (Simulated groups: tests/unit/seed_centres.c.) Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>

struct seed_value {
    double value;
    bool censored; /* the true value is larger */
    bool far;      /* result */
};

struct seed_centre {
    int first, n;            /* the values of this group; the caller sets both */
    double value, low, high; /* NaN: not determined; interval NaN: no freedom */
    double error;            /* standard error of the logarithm; NaN: no freedom */
    int censored;            /* number of censored values */
};

struct seed_scatter {
    double scatter; /* NaN: no freedom */
    int freedom;
};

/* Computes the centre of each group and the scatter, and marks the values that are far. `scratch`
 * has room for all values. */
struct seed_scatter seed_centres_make(
    struct seed_centre *centre, int groups, struct seed_value *value, double *scratch);
