#include "report/log/metrics_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "commit.h"
#include "report/plan_figures.h"
#include "report/rows.h"
#include "run/run_reader.h"

static struct json *event(const char *name)
{
    struct json *object = js_object();
    js_set_text(object, "event", name);
    return object;
}

static enum status append_line(
    struct metrics_log *log, const struct json *object, struct error *error)
{
    char *text = js_text(object, false);
    if (!text)
        return fail(error, STATUS_NO_RESOURCE, "no memory for a line of %s", log->path);
    bool written = fprintf(log->file, "%s\n", text) >= 0 && fflush(log->file) == 0;
    int reason = errno;
    free(text);
    return written ? STATUS_OK
                   : fail_errno(error, STATUS_IO, reason, "cannot write to %s", log->path);
}

/* Removes a sink that failed, and warns where the run's other warnings are. */
static enum status drop_sink(
    struct metrics_log *log, int s, int64_t step, const struct error *trouble, struct error *error)
{
    char text[sizeof trouble->text + 64] = "";
    text_append(
        text, sizeof text, "%s; this file gets nothing more, and the run continues", trouble->text);
    log->sink[s] = log->sink[--log->sinks];
    if (log->warn)
        log->warn(log->warn_context, text);
    return metrics_log_warning(log, step, text, error);
}

/* Writes the object as a line, passes it to the sinks, and frees it. */
static enum status write_line(struct metrics_log *log, struct json *object, struct error *error)
{
    struct error trouble; /* not `error`, which is empty unless the run fails */
    enum status status = append_line(log, object, error);
    for (int s = log->sinks - 1; !status && s >= 0; s--)
        if (log->sink[s].take(log->sink[s].context, object, &trouble))
            status = drop_sink(log, s, run_int(object, "step"), &trouble, error);
    js_destroy(object);
    return status;
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

/* Sets *lr to the rate of a line if it is the event of a step. */
static void note_rate(const char *line, size_t size, double *lr)
{
    struct json *json;
    struct error ignored;
    if (js_parse(line, size, "", &json, &ignored))
        return;
    if (row_is(json, "event", "step"))
        *lr = row_number(json, "lr");
    js_destroy(json);
}

/* Returns the offset of the end of the last whole line within the first `limit` bytes. Sets *lr to
 * the rate of the last step in them. */
static long cut_of(FILE *file, int64_t limit, double *lr)
{
    long cut = 0;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, file)) > 0 && cut + size <= limit &&
           line[size - 1] == '\n') {
        cut += size;
        note_rate(line, (size_t)size, lr);
    }
    free(line);
    return cut;
}

enum status metrics_log_open(struct metrics_log *log, FILE *file, const char *path,
    const struct plan *plan, int64_t log_every, const struct run_state *resumed,
    struct error *error)
{
    *log = (struct metrics_log){
        .file = file, .path = path, .plan = plan, .log_every = log_every, .lr = (double)NAN};
    long cut = resumed ? cut_of(file, resumed->log_bytes, &log->lr) : 0;
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

/* A sink, and its first failure. */
struct replay {
    const struct log_sink *sink;
    enum status status;
    struct error *error;
};

static void replay_event(void *context, const struct run_event *event)
{
    struct replay *replay = context;
    if (!replay->status)
        replay->status = replay->sink->take(replay->sink->context, event->fields, replay->error);
}

enum status metrics_log_add_sink(struct metrics_log *log, const struct log_sink *sink,
    const char *directory, struct error *error)
{
    struct replay replay = {sink, STATUS_OK, error};
    struct error trouble;
    bool cut;
    enum status status = run_read_log(directory, replay_event, &replay, &cut, &trouble);
    if (replay.status)
        return replay.status;
    if (status)
        *error = trouble;
    else
        log->sink[log->sinks++] = *sink;
    return status;
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
    log->lr = record->lr;
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
    js_set_real(object, "lr", log->lr);
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
    js_set_real(object, "lr", log->lr);
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
