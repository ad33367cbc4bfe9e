/* repetitions.h: repeats measurements and summarizes their samples.
 *
 * A report is a JSON object. While measurements run, a figure is an array of samples, one per
 * round, so that samples of different figures can be compared round by round. Summarizing replaces
 * the array by {"median", "least", "most"}.
 *
 * Threads: any.
 */
#pragma once

#include "base/json.h"

enum { REPEATS_MAX = 1000 };

/* Listens to progress: hear() is called before each measurement, with the number of measurements
 * done. The text is valid only during the call. */
struct listener {
    void *context;
    void (*hear)(void *context, int64_t done, int64_t total, const char *next);
};

struct repetitions {
    double seconds;                  /* duration of one measurement */
    int repeats;                     /* rounds: 1 ... REPEATS_MAX */
    const struct listener *listener; /* NULL: none; only one rank has a listener */
    int64_t done, total;             /* numbers of measurements; set by repetitions_run() */
};

/* Measures each of n things once per round, so that a slow period of the machine affects all of
 * them. Stops at the first failure. Collective if measure() is. */
typedef enum status measurement(void *context, int i, struct error *error);
enum status repetitions_run(struct repetitions *repetitions, int n, measurement *measure,
    void *context, struct error *error);

/* Calls the listener, if there is one, with "round 1 of 3, " and a text (printf style; truncated
 * after a few hundred characters). Do not call it inside a timed section. */
void repetitions_report(const struct repetitions *repetitions, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sorts n values in ascending order. */
void sort_reals(double *value, int n);

/* Sorts n > 0 values and returns their median; if n is even, that is the mean of the middle two. */
double sort_to_median(double *value, int n);

/* Returns the median of the samples under a key; 0 if there are none. */
double samples_median(const struct json *row, const char *key);

/* Sets the samples under `key` to the ratios over / under of two other figures, round by round. */
void samples_divide(struct json *row, const char *key, const char *over, const char *under);

/* Replace each array of samples in the row by its summary, or by its median alone. */
void samples_summarize(struct json *row);
void samples_to_medians(struct json *row);
