/* What a run's directory tells, read from what the run itself wrote there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/split.h"
#include "cli/sweep_runs.h"
#include "run/checkpoint_read.h"

enum { LARGEST_SUMMARY = 1 << 20, LARGEST_LOG = 1 << 30 };

static enum status read_summary(const char *directory, struct json **json, struct error *error)
{
    char path[FILE_PATH_MAX], *text = NULL;
    size_t size;
    *json = NULL;
    enum status status = file_path(path, directory, "summary.json", error);
    if (!status)
        status = file_read_whole(path, LARGEST_SUMMARY, &text, &size, error);
    if (!status)
        status = js_parse(text, size, path, json, error);
    free(text);
    return status;
}

static bool says_over(const struct json *json)
{
    const char *stopped_by = js_as_text(js_get(json, "stopped_by"));
    return stopped_by && strcmp(stopped_by, stop_reason_name(STOP_SIGNAL)) != 0 &&
           strcmp(stopped_by, stop_reason_name(STOP_FAILED)) != 0 &&
           strcmp(stopped_by, stop_reason_name(STOP_CORRUPTED)) != 0;
}

/* The last line of a log, {"event":"end",...}, if it is one of this result. */
static bool ends_so(const char *log, size_t size, const struct json *summary)
{
    struct json *end = NULL;
    struct error error;
    int64_t steps, done;
    if (size == 0 || log[size - 1] != '\n')
        return false;
    size_t first = size - 1;
    while (first > 0 && log[first - 1] != '\n')
        first--;
    bool read = js_parse(log + first, size - first, "", &end, &error) == STATUS_OK;
    const char *event = read ? js_as_text(js_get(end, "event")) : NULL;
    bool same = event && strcmp(event, "end") == 0 &&
                js_as_int(js_get(end, "steps_done"), &steps) &&
                js_as_int(js_get(summary, "steps_done"), &done) && steps == done;
    js_destroy(end);
    return same;
}

static bool log_is_whole(const char *directory, const struct json *summary)
{
    char path[FILE_PATH_MAX], *text = NULL;
    struct error error;
    size_t size;
    if (file_path(path, directory, "metrics.jsonl", &error) ||
        file_read_whole(path, LARGEST_LOG, &text, &size, &error))
        return false;
    bool whole = ends_so(text, size, summary);
    free(text);
    return whole;
}

enum sweep_run_state sweep_run_look(const char *directory)
{
    struct json *json;
    struct error error;
    bool over = read_summary(directory, &json, &error) == STATUS_OK && says_over(json);
    bool whole = over && log_is_whole(directory, json);
    js_destroy(json);
    if (over)
        return whole ? SWEEP_RUN_DONE : SWEEP_RUN_OPEN;
    return checkpoint_any(directory) ? SWEEP_RUN_BEGUN : SWEEP_RUN_OPEN;
}

int64_t sweep_run_definition(const char *directory)
{
    struct json *summary;
    struct error error;
    int64_t definition;
    if (read_summary(directory, &summary, &error) == STATUS_OK)
        definition = definition_of(summary);
    else
        definition = checkpoint_definition(directory);
    js_destroy(summary);
    return definition;
}

/* --- summary.json -------------------------------------------------------------------------- */

/* NaN for null, and for what older runs do not tell. */
static double real_of(const struct json *json, const char *key)
{
    double value;
    return js_as_real(js_get(json, key), &value) ? value : (double)NAN;
}

static int64_t whole_of(const struct json *json, const char *key)
{
    int64_t value;
    return js_as_int(js_get(json, key), &value) ? value : 0;
}

/* Workers of all teams that hold a slice, as many of a rank as a step has work for
 * (step/plan.h). */
static void count_workers(struct sweep_run *run, const struct json *summary)
{
    int64_t ranks = whole_of(summary, "ranks"), teams = whole_of(summary, "teams");
    int64_t team_ranks = divide_up(ranks, teams > 0 ? teams : 1);
    int64_t busy = least(ranks, least(teams, run->slices) * team_ranks);
    run->workers = (int)(ranks * whole_of(summary, "threads"));
    run->workers_busy = (int)(busy * whole_of(summary, "threads_used"));
}

/* Of the workers' time, by phases. */
static double share_of(const struct json *summary, enum phase phase)
{
    const struct json *phases = js_get(summary, "phases");
    double all = 0;
    for (int p = 0; p < N_PHASES; p++)
        all += real_of(js_get(phases, phase_name((enum phase)p)), "mean");
    return all > 0 ? real_of(js_get(phases, phase_name(phase)), "mean") / all : (double)NAN;
}

static void take_summary(
    struct sweep_run *run, const struct json *summary, double epoch, bool peaks)
{
    double *figure = run->figure, rate = real_of(summary, "samples_per_second");
    const char *stopped_by = js_as_text(js_get(summary, "stopped_by"));
    snprintf(run->stopped_by, sizeof run->stopped_by, "%s", stopped_by ? stopped_by : "");
    run->diverged = strcmp(run->stopped_by, stop_reason_name(STOP_DIVERGED)) == 0;
    run->steps_per_epoch = whole_of(summary, "steps_per_epoch");
    run->total_steps = whole_of(summary, "total_steps");
    run->steps_done = whole_of(summary, "steps_done");
    run->slices = whole_of(summary, "slices");
    run->epochs_done = (double)run->steps_done / (double)run->steps_per_epoch;
    count_workers(run, summary);
    if (run->steps_done > 0) {
        figure[SWEEP_SAMPLES_PER_SECOND] = rate;
        figure[SWEEP_SECONDS_PER_EPOCH] = epoch / rate;
        figure[SWEEP_COMMUNICATION_SHARE] = share_of(summary, PHASE_REDUCE);
    }
    if (peaks)
        figure[SWEEP_PEAK_RSS_BYTES] = real_of(summary, "peak_rss_bytes");
    figure[SWEEP_TRAIN_LOSS] = real_of(summary, "train_loss");
    figure[SWEEP_VAL_LOSS] = real_of(summary, "val_loss");
    figure[SWEEP_GAP] = figure[SWEEP_VAL_LOSS] - figure[SWEEP_TRAIN_LOSS];
    figure[SWEEP_VAL_ACCURACY] = real_of(summary, "val_accuracy");
    figure[SWEEP_NOISE_SCALE] = real_of(summary, "noise_scale");
    run->noise_error = real_of(summary, "noise_error");
}

/* --- metrics.jsonl ------------------------------------------------------------------------- */

struct course {
    const struct sweep_facts *facts;
    const struct sweep_run *run;
    double epoch; /* samples that one visits */
    struct sweep_evaluation *evaluation;
    int n;
};

static double samples_after(const struct course *course, int64_t step)
{
    int64_t epochs = step / course->run->steps_per_epoch;
    int64_t rest = step % course->run->steps_per_epoch;
    return (double)epochs * course->epoch + (double)(rest * course->run->batch);
}

/* An event, if it is an evaluation of the set that counts. */
static void take_event(struct course *course, const struct json *event)
{
    const struct metric_choice metric = course->facts->metric;
    const char *kind = js_as_text(js_get(event, "event")), *set = js_as_text(js_get(event, "set"));
    if (!kind || !set || strcmp(kind, "evaluation") != 0 ||
        strcmp(set, metric.set == METRIC_TEST ? "test" : "validation") != 0)
        return;
    int64_t step = whole_of(event, "step");
    course->evaluation[course->n++] = (struct sweep_evaluation){.step = step,
        .samples = samples_after(course, step),
        .seconds = real_of(event, "elapsed_s"),
        .metric = real_of(event, metric_name(metric.metric))};
}

static enum status take_log(
    struct course *course, const char *text, const char *path, struct error *error)
{
    size_t lines = 0;
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n'))
        lines++;
    enum status status = memory_take(
        &course->evaluation, lines, sizeof *course->evaluation, "a run's evaluations", error);
    for (size_t i = 0; !status && i < lines; i++) {
        struct json *event = NULL;
        size_t length = strcspn(text, "\n");
        status = js_parse(text, length, path, &event, error);
        if (!status)
            take_event(course, event);
        js_destroy(event);
        text += length + 1;
    }
    return status;
}

static enum status read_log(struct course *course, const char *directory, struct error *error)
{
    char path[FILE_PATH_MAX], *text = NULL;
    size_t size;
    enum status status = file_path(path, directory, "metrics.jsonl", error);
    if (!status)
        status = file_read_whole(path, LARGEST_LOG, &text, &size, error);
    if (!status)
        status = take_log(course, text, path, error);
    free(text);
    return status;
}

/* --- both ---------------------------------------------------------------------------------- */

enum status sweep_run_read(struct sweep_run *run, const struct sweep_key *key,
    const char *directory, const struct sweep_facts *facts, bool peaks, struct error *error)
{
    struct json *summary;
    struct course course = {.facts = facts, .run = run};
    *run = (struct sweep_run){
        .batch = key->batch, .seed = key->seed, .lr = key->lr, .noise_error = (double)NAN};
    memcpy(run->directory, key->name, sizeof run->directory);
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        run->figure[f] = (double)NAN;
    enum status status = read_summary(directory, &summary, error);
    if (!status) {
        course.epoch = (double)(facts->drop_last ? facts->train_samples / key->batch * key->batch
                                                 : facts->train_samples);
        take_summary(run, summary, course.epoch, peaks);
    }
    if (!status && run->steps_per_epoch < 1)
        status =
            fail(error, STATUS_BAD_DATA, "%s/summary.json: there is no steps_per_epoch", directory);
    if (!status)
        status = read_log(&course, directory, error);
    if (!status)
        sweep_run_summarise(run, facts, course.evaluation, course.n, course.epoch);
    if (!status && facts->metric.set == METRIC_TRAIN)
        run->figure[SWEEP_METRIC] = run->figure[SWEEP_TRAIN_LOSS];
    free(course.evaluation);
    js_destroy(summary);
    return status;
}
