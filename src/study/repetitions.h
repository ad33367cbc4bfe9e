/* repetitions.h: how measurements are made: how long each, how often, and who hears which comes next. */
#ifndef STUDY_REPETITIONS_H
#define STUDY_REPETITIONS_H

#include <stdint.h>

/* Somebody who is told before each measurement; `done` of `total` are over. The text is gone when
 * hear() returns. */
struct listener {
    void *context;
    void (*hear)(void *context, int64_t done, int64_t total, const char *next);
};

struct repetitions {
    double seconds;                  /* of a measurement */
    int repeats;                     /* 1 ... REPEAT_STATS_VALUES_MAX */
    const struct listener *listener; /* NULL: nobody; of several ranks one has it */
};

/* Tells the listener, if there is one (printf style; cut at some hundred characters). Never inside
 * what is timed. */
void repetitions_report(const struct repetitions *repetitions, int64_t done, int64_t total,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
