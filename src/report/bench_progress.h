/* bench_progress.h: what `lockstep bench` is at, for people, on a stream (stderr).
 *
 *   lines   bench step: round 2 of 5, B=1024            before each measurement
 *   bar      30% |######              | bench step: round 2 of 5, B=1024
 *           one line that is redrawn; for terminals
 *
 * Rank 0 only. Not for several threads at once.
 */
#ifndef REPORT_BENCH_PROGRESS_H
#define REPORT_BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct bench_progress {
    FILE *file;
    const char *what; /* "step" */
    bool lines, bar;  /* neither: silent */
    int columns;      /* of the terminal */
    bool drawn;       /* the cursor stands behind a bar */
};

/* A listener's hear() (study/repetitions.h); the context is a struct bench_progress. */
void bench_progress_hear(void *context, int64_t done, int64_t total, const char *next);

/* Takes a bar away, before anything else is written. */
void bench_progress_end(struct bench_progress *progress);

#endif
