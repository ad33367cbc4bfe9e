/* metrics_log.h: metrics.jsonl, one JSON object per line, flushed after each line. A resumed
 * run continues its log, so the log reads like that of an uninterrupted run.
 *
 *   {"event":"start", "version", "train_samples", "batch", "steps_per_epoch", "total_steps",
 *       "stages"}
 *   {"event":"step", "epoch", "iteration", "step", "samples", "loss", "lr", "elapsed_s",
 *       "gradient_norm", "noise_scale", "noise_error"}
 *   {"event":"evaluation", "epoch", "step", "set":"validation"|"test", "samples", "lr", "loss",
 *       "accuracy", "top5", "exact", "f1", "r2", "rmse", "mae", "mse", "seconds", "elapsed_s"}
 *   {"event":"epoch", "epoch", "step", "samples", "lr", "train_loss", "val_loss",
 *       "weights_xxh3", "elapsed_s", "noise_scale", "noise_error", "noise_from_step", "noise_moving"}
 *   {"event":"checkpoint", "step", "bytes", "stall_s"}
 *   {"event":"warning", "step", "text"}
 *   {"event":"resume", "version", "step", "total_steps", "elapsed_s"}
 *   {"event":"end", "stopped_by", "steps_done", "seconds", "weights_xxh3"}
 *
 * Steps are logged every `log_every` iterations of an epoch, at the last step of each epoch and at
 * the last step of the run. `lr` is always that of the step. Missing values are null. Weights that are known to be corrupted have no
 * hash, and the noise scale (step/noise.h: trailing) is missing while its |G|^2 is not above 0. Rank 0 only.
 */
#pragma once

#include <stdio.h>

#include "base/json.h"
#include "run/run_state.h"

/* A sink gets every line of the log as it is written, for a file in another format (log_csv.h,
 * tensorboard.h). A failure, with its message, does not end the run: the sink gets nothing more. */
struct log_sink {
    void *context;
    enum status (*take)(void *context, const struct json *event, struct error *error);
};

enum { LOG_SINKS_MAX = 2 };

struct metrics_log {
    FILE *file; /* NULL: not open */
    const char *path;
    const struct plan *plan;
    int64_t log_every;
    double lr; /* of the last step; NaN: not known */
    struct log_sink sink[LOG_SINKS_MAX];
    int sinks;
    void (*warn)(void *context, const char *text); /* shows the failure of a sink */
    void *warn_context;
};

/* Takes ownership of a file. For a new run (`resumed` is NULL) the file is empty; writes the start
 * event. For a resumed run, truncates the log to the whole lines within its first
 * resumed->log_bytes bytes and appends "resume"; if the log was lost and is therefore empty, writes
 * a new "start" first. `path` is used in messages; the caller owns it and keeps it valid until the
 * log is closed. STATUS_IO, here and in the functions below. */
enum status metrics_log_open(struct metrics_log *log, FILE *file, const char *path,
    const struct plan *plan, int64_t log_every, const struct run_state *resumed,
    struct error *error);

/* Adds a sink, and gives it all events that the log of the run in `directory` has so far.
 * STATUS_IO, STATUS_BAD_DATA (the log of a resumed run is damaged), and those of the sink. */
enum status metrics_log_add_sink(struct metrics_log *log, const struct log_sink *sink,
    const char *directory, struct error *error);

/* Returns the size of the log so far in bytes; 0: unknown. */
int64_t metrics_log_bytes(const struct metrics_log *log);

enum status metrics_log_step(
    struct metrics_log *log, const struct step_record *record, struct error *error);
enum status metrics_log_evaluation(
    struct metrics_log *log, const struct evaluation_record *record, struct error *error);
enum status metrics_log_epoch(
    struct metrics_log *log, const struct epoch_record *record, struct error *error);
enum status metrics_log_checkpoint(
    struct metrics_log *log, const struct checkpoint_record *record, struct error *error);
enum status metrics_log_warning(
    struct metrics_log *log, int64_t step, const char *text, struct error *error);
enum status metrics_log_end(
    struct metrics_log *log, const struct result *result, struct error *error);

/* Flushes the file to disk and closes it, if it is open. STATUS_IO. */
enum status metrics_log_close(struct metrics_log *log, struct error *error);
