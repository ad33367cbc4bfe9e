/* progress.h: progress of a run, or of a benchmark, on a stream (stderr).
 *
 *   lines   Epoch [2/5] Iter [50/313] Step [363/1565] loss 0.7024 lr 0.01 52,000 samples/s
 *           every `log_every` iterations of an epoch and at its last
 *           bench step: round 2 of 5, B=1024        before each measurement
 *   bar     one line that is redrawn, with the remaining time; for terminals
 *            30% |######              | bench step: round 2 of 5, B=1024
 *   both    one line per epoch with training and held-out figures and weights_xxh3
 *
 * Rank 0 only. Not for several threads at once.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "run/records.h"

/* --progress. AUTO: a bar on a terminal, lines elsewhere. */
enum progress_kind { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_OFF };

struct progress_form {
    FILE *file;
    bool lines, bar; /* neither: silent */
    int columns;     /* width of the terminal */
};

/* The form for standard error. */
struct progress_form progress_form_of(enum progress_kind kind);

struct progress {
    struct progress_form form;
    const struct plan *plan;
    int64_t log_every;
    double drawn_s; /* when the bar was drawn last */
    bool drawn;     /* the cursor is behind a bar */
    double rate_s;  /* for the rate: time of the last line, and samples since then */
    int64_t rate_samples;
};

void progress_step(struct progress *progress, const struct step_record *record);
/* Prints a line, unless the line of the epoch follows. */
void progress_evaluation(struct progress *progress, const struct evaluation_record *record);
/* Always printed, also when progress is off. */
void progress_warning(struct progress *progress, const char *text);
void progress_epoch(struct progress *progress, const struct epoch_record *record);

struct bench_progress {
    struct progress_form form;
    const char *what; /* "step" */
    bool drawn;       /* the cursor is behind a bar */
};

/* A listener's hear() (study/repetitions.h); the context is a struct bench_progress. */
void bench_progress_hear(void *context, int64_t done, int64_t total, const char *next);

/* Erases a bar, before anything else is written. */
void bench_progress_end(struct bench_progress *progress);

#endif
