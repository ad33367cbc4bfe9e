/* repetitions.h: the duration and the number of measurements, and who hears of their progress. */
#ifndef STUDY_REPETITIONS_H
#define STUDY_REPETITIONS_H

#include <stdint.h>

/* A listener, called before each measurement with the number of those done. The text is valid until
 * hear() returns. */
struct listener {
    void *context;
    void (*hear)(void *context, int64_t done, int64_t total, const char *next);
};

struct repetitions {
    double seconds;                  /* duration of a measurement */
    int repeats;                     /* 1 ... REPEAT_STATS_VALUES_MAX */
    const struct listener *listener; /* NULL: none; with several ranks one has it */
};

/* Calls the listener, if there is one (printf style; truncated at some hundred characters). Never
 * inside a timed section. */
void repetitions_report(const struct repetitions *repetitions, int64_t done, int64_t total,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
