/* progress.h: prints the progress of a run, or of a benchmark, to stderr.
 *
 *   lines   Epoch [2/5] Iter [50/313] Step [363/1565] loss 0.7024 lr 0.01 52,000 samples/s
 *           every `log_every` iterations of an epoch and at its last one
 *           bench step: round 2 of 5, B=1024        before each measurement
 *   bar     one line that is redrawn, with the remaining time; for terminals
 *            30% |######              | bench step: round 2 of 5, B=1024
 *   both    one line per epoch with training and held-out figures
 *
 * The lines of epochs and evaluations go to stdout where that is not a terminal, so that a log has
 * them; on a terminal, about 40 of them stay above the bar, spread evenly, and parts of a line that
 * is wider than the terminal are left out.
 *
 * Rank 0 only. Threads: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "run/records.h"

/* The values of --progress. PROGRESS_AUTO: a bar on a terminal, lines elsewhere. */
enum progress_kind { PROGRESS_AUTO, PROGRESS_BAR, PROGRESS_LINES, PROGRESS_OFF };

struct progress_form {
    FILE *file;
    bool lines, bar; /* neither: silent */
    int columns;     /* width of the bar */
    int line_most;   /* most characters of a line: the width of the terminal; 0: no limit */
    bool drawn;      /* the cursor is after a bar */
};

/* Returns the form for standard error. */
struct progress_form progress_form_of(enum progress_kind kind);

enum { PROGRESS_LINE = 512 };

struct progress {
    struct progress_form form;
    FILE *epochs; /* stream for lines of epochs and evaluations; NULL: form.file, about 40 lines */
    const struct plan *plan;
    int64_t log_every;
    double drawn_s;               /* time at which the bar was last drawn */
    double rate_s;                /* time of the last line; with rate_samples for samples/s */
    int64_t rate_samples;         /* since the last line */
    int64_t printed_step;         /* step of the last line of an epoch or evaluation */
    char left_out[PROGRESS_LINE]; /* the line of the last epoch, if it was not printed */
};

void progress_step(struct progress *progress, const struct step_record *record);
/* Prints a line, unless the line for the epoch follows. */
void progress_evaluation(struct progress *progress, const struct evaluation_record *record);
/* Prints a warning, even if progress is off. */
void progress_warning(struct progress *progress, const char *text);
void progress_epoch(struct progress *progress, const struct epoch_record *record);
/* Prints the line of the last epoch if it was left out, and erases the bar. */
void progress_end(struct progress *progress);

struct bench_progress {
    struct progress_form form;
    const char *what; /* "step" */
};

/* Implements hear() of a listener (study/repetitions.h). The context is a struct bench_progress. */
void bench_progress_hear(void *context, int64_t done, int64_t total, const char *next);

/* Erases the bar, if there is one. Call it before anything else is printed. */
void bench_progress_end(struct bench_progress *progress);
