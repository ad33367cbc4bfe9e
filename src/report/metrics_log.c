#include "report/metrics_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "commit.h"
#include "report/plan_figures.h"
#include "report/rows.h"

static struct json *event(const char *name)
{
    struct json *object = js_object();
    js_set_text(object, "event", name);
    return object;
}

/* Writes the object as a line, and frees it. */
static enum status write_line(struct metrics_log *log, struct json *object, struct error *error)
{
    char *text = js_text(object, false);
    js_destroy(object);
    if (!text)
        return fail(error, STATUS_NO_RESOURCE, "no memory for a line of %s", log->path);
    bool written = fprintf(log->file, "%s\n", text) >= 0 && fflush(log->file) == 0;
    int reason = errno;
    free(text);
    return written ? STATUS_OK
                   : fail_errno(error, STATUS_IO, reason, "cannot write to %s", log->path);
}

static enum status write_start(struct metrics_log *log, struct error *error)
{
    const struct plan *plan = log->plan;
    struct json *object = event("start");
    js_set_text(object, "version", LOCKSTEP_VERSION);
    js_set_int(object, "train_samples", plan->samples);
    js_set_int(object, "batch", plan->stage[0].batch);
    js_set_int(object, "steps_per_epoch", plan->stage[0].steps_per_epoch);
    js_set_int(object, "total_steps", plan->total_steps);
    js_set(object, "stages", plan_stages_json(plan));
    return write_line(log, object, error);
}

/* Returns the offset of the end of the last whole line within the first `limit` bytes. */
static long cut_of(FILE *file, int64_t limit)
{
    long cut = 0;
    int64_t at = 0;
    for (int c = getc(file); c != EOF && at < limit; c = getc(file)) {
        at++;
        if (c == '\n')
            cut = (long)at;
    }
    return cut;
}

enum status metrics_log_open(struct metrics_log *log, FILE *file, const char *path,
    const struct plan *plan, int64_t log_every, const struct run_state *resumed,
    struct error *error)
{
    *log = (struct metrics_log){file, path, plan, log_every};
    long cut = resumed ? cut_of(file, resumed->log_bytes) : 0;
    if (resumed && (ftruncate(fileno(file), cut) != 0 || fseek(file, 0, SEEK_END) != 0))
        return fail_errno(error, STATUS_IO, errno, "cannot truncate %s to %ld bytes", path, cut);
    if (cut == 0)
        TRY(write_start(log, error));
    if (!resumed)
        return STATUS_OK;
    struct json *object = event("resume");
    js_set_text(object, "version", LOCKSTEP_VERSION);
    js_set_int(object, "step", resumed->step);
    js_set_int(object, "total_steps", plan->total_steps);
    js_set_real(object, "elapsed_s", resumed->seconds);
    return write_line(log, object, error);
}

int64_t metrics_log_bytes(const struct metrics_log *log)
{
    long at = ftell(log->file);
    return at < 0 ? 0 : at;
}

enum status metrics_log_step(
    struct metrics_log *log, const struct step_record *record, struct error *error)
{
    const struct batch *batch = &record->batch;
    if (batch->iteration % log->log_every != 0 && !plan_ends_epoch(log->plan, batch) &&
        batch->step != log->plan->total_steps)
        return STATUS_OK;
    struct json *object = event("step");
    js_set_int(object, "epoch", record->batch.epoch);
    js_set_int(object, "iteration", record->batch.iteration);
    js_set_int(object, "step", record->batch.step);
    js_set_int(object, "samples", record->batch.size);
    js_set_real(object, "loss", record->loss);
    js_set_real(object, "lr", record->lr);
    js_set_real(object, "elapsed_s", record->elapsed_s);
    js_set_real(object, "gradient_norm", record->gradient_norm);
    js_set_real(object, "noise_scale", record->noise.scale);
    js_set_real(object, "noise_error", record->noise.error);
    return write_line(log, object, error);
}

static enum status write_set(struct metrics_log *log, const struct evaluation_record *record,
    const char *set, const struct metrics *metrics, const struct metrics *averaged,
    struct error *error)
{
    if (metrics->samples == 0)
        return STATUS_OK;
    struct json *object = event("evaluation");
    js_set_int(object, "epoch", record->epoch);
    js_set_int(object, "step", record->step);
    js_set_text(object, "set", set);
    js_set_int(object, "samples", metrics->samples);
    row_set_metrics(object, "", metrics);
    if (averaged->samples > 0)
        row_set_metrics(object, "ema_", averaged);
    js_set_real(object, "seconds", record->seconds);
    js_set_real(object, "elapsed_s", record->elapsed_s);
    return write_line(log, object, error);
}

enum status metrics_log_evaluation(
    struct metrics_log *log, const struct evaluation_record *record, struct error *error)
{
    TRY(write_set(log, record, "validation", &record->validation, &record->validation_ema, error));
    return write_set(log, record, "test", &record->test, &record->test_ema, error);
}

enum status metrics_log_epoch(
    struct metrics_log *log, const struct epoch_record *record, struct error *error)
{
    const struct metrics *validation = &record->evaluation.validation;
    double val_loss = record->evaluated && validation->samples ? validation->loss : (double)NAN;
    struct json *object = event("epoch");
    js_set_int(object, "epoch", record->epoch);
    js_set_int(object, "step", record->step);
    js_set_int(object, "samples", record->samples);
    js_set_real(object, "train_loss", record->train_loss);
    js_set_real(object, "val_loss", val_loss);
    if (record->evaluated && record->evaluation.validation_ema.samples > 0)
        js_set_real(object, "val_ema_loss", record->evaluation.validation_ema.loss);
    row_set_hash(object, "weights_xxh3", record->weights_xxh3);
    js_set_real(object, "elapsed_s", record->elapsed_s);
    js_set_real(object, "noise_scale", record->noise.scale);
    js_set_real(object, "noise_error", record->noise.error);
    row_set_count(
        object, "noise_from_step", noise_first_step(&record->noise, record->step, log->plan));
    js_set_bool(object, "noise_moving", record->noise.moving);
    return write_line(log, object, error);
}

enum status metrics_log_checkpoint(
    struct metrics_log *log, const struct checkpoint_record *record, struct error *error)
{
    struct json *object = event("checkpoint");
    js_set_int(object, "step", record->step);
    js_set_int(object, "bytes", record->bytes);
    js_set_real(object, "stall_s", record->stall_s);
    return write_line(log, object, error);
}

enum status metrics_log_warning(
    struct metrics_log *log, int64_t step, const char *text, struct error *error)
{
    struct json *object = event("warning");
    js_set_int(object, "step", step);
    js_set_text(object, "text", text);
    return write_line(log, object, error);
}

enum status metrics_log_end(
    struct metrics_log *log, const struct result *result, struct error *error)
{
    struct json *object = event("end");
    js_set_text(object, "stopped_by", stop_reason_name(result->stopped_by));
    js_set_int(object, "steps_done", result->steps_done);
    js_set_real(object, "seconds", result->seconds);
    row_set_weights(object, result);
    return write_line(log, object, error);
}

enum status metrics_log_close(struct metrics_log *log, struct error *error)
{
    if (!log->file)
        return STATUS_OK;
    bool safe = fflush(log->file) == 0;
    int reason = errno;
    fsync(fileno(log->file)); /* fails for a pipe, but its data has been flushed */
    if (fclose(log->file) != 0 && safe) {
        safe = false;
        reason = errno;
    }
    log->file = NULL;
    return safe ? STATUS_OK : fail_errno(error, STATUS_IO, reason, "cannot write to %s", log->path);
}
