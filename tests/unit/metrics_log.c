/* metrics_log.c: each line of metrics.jsonl has the keys of metrics_log.h, in order, and of
 * their types. */
#include "report/log/metrics_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/json.h"
#include "commit.h"
#include "support/own_directory.h"
#include "support/unit.h"

enum { LINES_MAX = 64 };

static const char path[] = "metrics.jsonl";

static struct plan make_plan(int64_t samples, int64_t batch, int64_t epochs, int64_t max_steps)
{
    struct plan plan;
    struct error error;
    struct plan_request request = {samples, batch, epochs, max_steps, .teams = 1, .threads = 1};
    if (plan_make(&plan, &request, &error))
        fail_msg("%s", error.text);
    return plan;
}

static FILE *open_file(const char *mode)
{
    FILE *file;
    struct error error;
    if (directory_open_file(&directory_current, path, mode, &file, &error))
        fail_msg("%s", error.text);
    return file;
}

/* --- reading what was written -------------------------------------------------------------- */

/* The lines so far; every one ends in a newline. The caller frees line[0]. */
static int read_lines(char *line[LINES_MAX])
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 16);
    assert_non_null(file);
    size_t size = fread(text, 1, (1 << 16) - 1, file);
    fclose(file);
    assert_true(size == 0 || text[size - 1] == '\n');
    int n = 0;
    line[0] = text;
    for (char *at = text; *at; n++) {
        assert_true(n < LINES_MAX);
        line[n] = at;
        at += strcspn(at, "\n");
        *at++ = 0;
    }
    return n;
}

/* What a key should hold: t text, i integer, r real, n null. */
struct field {
    char type;
    const char *key;
    const char *text;
    double number;
};

static void assert_field(const struct json *object, size_t index, const struct field *want)
{
    const char *key = js_key(object, index);
    if (!key || strcmp(key, want->key) != 0)
        fail_msg("key %zu is %s, not %s", index, key ? key : "missing", want->key);
    const struct json *value = js_get(object, want->key);
    const char *text = js_as_text(value);
    int64_t whole = 0;
    double number = 0;
    bool is_int = js_as_int(value, &whole), is_real = js_as_real(value, &number) && !is_int;
    bool truth = false, is_bool = js_as_bool(value, &truth);
    char type = text ? 't' : is_int ? 'i' : is_real ? 'r' : is_bool ? 'b' : 'n';
    if (is_bool)
        number = truth;
    if (type != want->type)
        fail_msg("%s has type %c, not %c", want->key, type, want->type);
    if (text && strcmp(text, want->text) != 0)
        fail_msg("%s is %s, not %s", want->key, text, want->text);
    if (type != 't' && type != 'n' && number != want->number)
        fail_msg("%s is %.17g, not %.17g", want->key, number, want->number);
}

/* `n` fields, these and no others. */
static void assert_line(const char *line, const struct field *want, size_t n)
{
    struct json *object = NULL;
    struct error error;
    if (js_parse(line, strlen(line), "line", &object, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < n; i++)
        assert_field(object, i, &want[i]);
    assert_int_equal(js_size(object), n);
    js_destroy(object);
}
#define assert_event(line, ...)                                                                    \
    assert_line(line, (const struct field[]){__VA_ARGS__},                                         \
        sizeof((const struct field[]){__VA_ARGS__}) / sizeof(struct field))

static void ok(enum status status, const struct error *error)
{
    if (status)
        fail_msg("status %d: %s", (int)status, error->text);
}

/* --- the events ---------------------------------------------------------------------------- */

static const struct plan *open_log(struct metrics_log *log, int64_t log_every)
{
    static struct plan plan;
    struct error error;
    plan = make_plan(10000, 32, 5, 0);
    ok(metrics_log_open(log, open_file("w+"), path, &plan, log_every, NULL, &error), &error);
    return &plan;
}

/* Closes the log and returns its last line, past the start and of `n` in all; free all[0]. */
static const char *close_log(struct metrics_log *log, char *all[LINES_MAX], int n)
{
    struct error error;
    ok(metrics_log_close(log, &error), &error);
    assert_null(log->file);
    assert_int_equal(read_lines(all), n);
    return all[n - 1];
}

TEST(start)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct json *object = NULL;
    struct error error;
    open_log(&log, 50);
    const char *line = close_log(&log, all, 1);
    ok(js_parse(line, strlen(line), "line", &object, &error), &error);
    const char *version = js_as_text(js_get(object, "version"));
    assert_non_null(version);
    assert_event(line, {'t', "event", "start", 0}, {'t', "version", version, 0},
        {'i', "train_samples", NULL, 10000}, {'i', "batch", NULL, 32},
        {'i', "steps_per_epoch", NULL, 313}, {'i', "total_steps", NULL, 1565},
        {'n', "stages", NULL, 0}); /* an array */
    const struct json *stages = js_get(object, "stages");
    int64_t batch;
    assert_int_equal(js_size(stages), 1);
    assert_true(js_as_int(js_get(js_item(stages, 0), "batch"), &batch) && batch == 32);
    js_destroy(object);
    free(all[0]);
}

TEST(step)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    const struct plan *plan = open_log(&log, 50);
    struct step_record record = {.batch = plan_batch(plan, 363),
        .loss = 0.7024,
        .lr = 1,
        .elapsed_s = 2.5,
        .gradient_norm = 0.5,
        .noise = {.scale = 123.5, .error = 4.25}};
    ok(metrics_log_step(&log, &record, &error), &error);
    assert_event(close_log(&log, all, 2), {'t', "event", "step", 0}, {'i', "epoch", NULL, 2},
        {'i', "iteration", NULL, 50}, {'i', "step", NULL, 363}, {'i', "samples", NULL, 32},
        {'r', "loss", NULL, 0.7024}, {'r', "lr", NULL, 1}, {'r', "elapsed_s", NULL, 2.5},
        {'r', "gradient_norm", NULL, 0.5}, {'r', "noise_scale", NULL, 123.5},
        {'r', "noise_error", NULL, 4.25});
    free(all[0]);
}

/* A loss that is not finite is null: JSON has no name for it. */
TEST(step_that_diverged)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    const struct plan *plan = open_log(&log, 1);
    struct step_record record = {.batch = plan_batch(plan, 313),
        .loss = (double)NAN,
        .lr = 0.5,
        .elapsed_s = 0,
        .gradient_norm = (double)NAN,
        .noise = noise_estimate_none()};
    ok(metrics_log_step(&log, &record, &error), &error);
    assert_event(close_log(&log, all, 2), {'t', "event", "step", 0}, {'i', "epoch", NULL, 1},
        {'i', "iteration", NULL, 313}, {'i', "step", NULL, 313}, {'i', "samples", NULL, 16},
        {'n', "loss", NULL, 0}, {'r', "lr", NULL, 0.5}, {'r', "elapsed_s", NULL, 0},
        {'n', "gradient_norm", NULL, 0}, {'n', "noise_scale", NULL, 0},
        {'n', "noise_error", NULL, 0});
    free(all[0]);
}

TEST(evaluation_of_classes)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    open_log(&log, 50);
    struct evaluation_record record = {.epoch = 2,
        .step = 626,
        .validation = metrics_none(),
        .test = metrics_none(),
        .seconds = 0.125,
        .elapsed_s = 0.75};
    record.validation.samples = 1000;
    record.validation.loss = 0.5;
    record.validation.accuracy = 0.75;
    record.validation.f1 = 0.625;
    record.test = record.validation;
    record.test.samples = 2000;
    record.test.loss = 0.25;
    record.test.top5 = 1;
    ok(metrics_log_evaluation(&log, &record, &error), &error);
    close_log(&log, all, 3);
    for (int i = 0; i < 2; i++) {
        const struct metrics *metrics = i ? &record.test : &record.validation;
        assert_event(all[1 + i], {'t', "event", "evaluation", 0}, {'i', "epoch", NULL, 2},
            {'i', "step", NULL, 626}, {'t', "set", i ? "test" : "validation", 0},
            {'i', "samples", NULL, (double)metrics->samples}, {'n', "lr", NULL, 0},
            {'r', "loss", NULL, metrics->loss}, {'r', "accuracy", NULL, metrics->accuracy},
            {i ? 'r' : 'n', "top5", NULL, i}, {'n', "exact", NULL, 0}, {'r', "f1", NULL, 0.625},
            {'n', "r2", NULL, 0}, {'n', "rmse", NULL, 0}, {'n', "mae", NULL, 0},
            {'n', "mse", NULL, 0}, {'r', "seconds", NULL, 0.125}, {'r', "elapsed_s", NULL, 0.75});
    }
    free(all[0]);
}

/* Regression, and no test data. */
TEST(evaluation_of_values)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    open_log(&log, 50);
    struct evaluation_record record = {
        .epoch = 1, .step = 3, .validation = metrics_none(), .seconds = 1};
    record.validation.samples = 7;
    record.validation.loss = 0.5;
    record.validation.mse = 4;
    record.validation.rmse = 2;
    record.validation.mae = 0.25;
    record.validation.r2 = -1.5;
    ok(metrics_log_evaluation(&log, &record, &error), &error);
    assert_event(close_log(&log, all, 2), {'t', "event", "evaluation", 0}, {'i', "epoch", NULL, 1},
        {'i', "step", NULL, 3}, {'t', "set", "validation", 0}, {'i', "samples", NULL, 7},
        {'n', "lr", NULL, 0}, {'r', "loss", NULL, 0.5}, {'n', "accuracy", NULL, 0},
        {'n', "top5", NULL, 0}, {'n', "exact", NULL, 0}, {'n', "f1", NULL, 0},
        {'r', "r2", NULL, -1.5}, {'r', "rmse", NULL, 2}, {'r', "mae", NULL, 0.25},
        {'r', "mse", NULL, 4}, {'r', "seconds", NULL, 1}, {'r', "elapsed_s", NULL, 0});
    free(all[0]);
}

TEST(epoch)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    open_log(&log, 50);
    struct epoch_record record = {.epoch = 2,
        .step = 626,
        .samples = 10000,
        .train_loss = 0.5,
        .evaluated = true,
        .evaluation.validation = {.samples = 10, .loss = 0.75},
        .weights_xxh3 = 0xab,
        .elapsed_s = 1.5,
        .noise = {.steps = 300, .scale = 123.5, .error = 4.25, .window_steps = 10, .moving = true}};
    ok(metrics_log_epoch(&log, &record, &error), &error);
    assert_event(close_log(&log, all, 2), {'t', "event", "epoch", 0}, {'i', "epoch", NULL, 2},
        {'i', "step", NULL, 626}, {'i', "samples", NULL, 10000}, {'n', "lr", NULL, 0},
        {'r', "train_loss", NULL, 0.5}, {'r', "val_loss", NULL, 0.75},
        {'t', "weights_xxh3", "00000000000000ab", 0}, {'r', "elapsed_s", NULL, 1.5},
        {'r', "noise_scale", NULL, 123.5}, {'r', "noise_error", NULL, 4.25},
        {'i', "noise_from_step", NULL, 547}, {'b', "noise_moving", NULL, 1});
    free(all[0]);
}

/* Validation data there are, but they were not looked at after this epoch; or there are none. */
TEST(epoch_without_validation)
{
    for (int evaluated = 0; evaluated < 2; evaluated++) {
        struct metrics_log log;
        char *all[LINES_MAX];
        struct error error;
        open_log(&log, 50);
        struct epoch_record record = {.epoch = 1,
            .step = 313,
            .samples = 10000,
            .train_loss = 0.5,
            .evaluated = evaluated,
            .evaluation.validation = {.samples = evaluated ? 0 : 10, .loss = 0.75},
            .weights_xxh3 = UINT64_MAX,
            .noise = noise_estimate_none()};
        ok(metrics_log_epoch(&log, &record, &error), &error);
        assert_event(close_log(&log, all, 2), {'t', "event", "epoch", 0}, {'i', "epoch", NULL, 1},
            {'i', "step", NULL, 313}, {'i', "samples", NULL, 10000}, {'n', "lr", NULL, 0},
            {'r', "train_loss", NULL, 0.5}, {'n', "val_loss", NULL, 0},
            {'t', "weights_xxh3", "ffffffffffffffff", 0}, {'r', "elapsed_s", NULL, 0},
            {'n', "noise_scale", NULL, 0}, {'n', "noise_error", NULL, 0},
            {'n', "noise_from_step", NULL, 0}, {'b', "noise_moving", NULL, 0});
        free(all[0]);
    }
}

TEST(warning)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    open_log(&log, 50);
    ok(metrics_log_warning(&log, 7, "left as it is", &error), &error);
    assert_event(close_log(&log, all, 2), {'t', "event", "warning", 0}, {'i', "step", NULL, 7},
        {'t', "text", "left as it is", 0});
    free(all[0]);
}

TEST(the_end)
{
    static const char *const names[] = {"epochs", "max_steps", "signal", "diverged", "failed"};
    for (int reason = STOP_EPOCHS; reason <= STOP_FAILED; reason++) {
        struct metrics_log log;
        char *all[LINES_MAX];
        struct error error;
        open_log(&log, 50);
        struct result result = {.stopped_by = (enum stop_reason)reason,
            .steps_done = 1565,
            .seconds = 3,
            .weights_xxh3 = 0x0123456789abcdef};
        ok(metrics_log_end(&log, &result, &error), &error);
        assert_event(close_log(&log, all, 2), {'t', "event", "end", 0},
            {'t', "stopped_by", names[reason], 0}, {'i', "steps_done", NULL, 1565},
            {'r', "seconds", NULL, 3}, {'t', "weights_xxh3", "0123456789abcdef", 0});
        free(all[0]);
    }
}

/* --- which steps, and when they are there -------------------------------------------------- */

/* 7 steps an epoch, cut in the second one; every 3rd, the epoch's last and the run's last. */
TEST(steps_that_are_logged)
{
    static const int64_t want[] = {3, 6, 7, 10, 12};
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    struct plan plan = make_plan(70, 10, 2, 12);
    ok(metrics_log_open(&log, open_file("w+"), path, &plan, 3, NULL, &error), &error);
    for (int64_t s = 1; s <= plan.total_steps; s++) {
        struct step_record record = {
            .batch = plan_batch(&plan, s), .loss = 1, .lr = 1, .elapsed_s = 1};
        ok(metrics_log_step(&log, &record, &error), &error);
    }
    close_log(&log, all, 6);
    for (int i = 0; i < 5; i++) {
        char text[32];
        snprintf(text, sizeof text, "\"step\":%d,", (int)want[i]);
        if (!strstr(all[i + 1], text))
            fail_msg("%s expected in %s", text, all[i + 1]);
    }
    free(all[0]);
}

/* Whoever follows the file sees each line when it was written, not when the file is closed. */
TEST(lines_are_there_at_once)
{
    struct metrics_log log;
    char *all[LINES_MAX];
    struct error error;
    const struct plan *plan = open_log(&log, 1);
    for (int s = 1; s <= 5; s++) {
        assert_int_equal(read_lines(all), s);
        free(all[0]);
        struct step_record record = {
            .batch = plan_batch(plan, s), .loss = 1, .lr = 1, .elapsed_s = 1};
        ok(metrics_log_step(&log, &record, &error), &error);
    }
    close_log(&log, all, 6);
    free(all[0]);
}

/* --- what can go wrong --------------------------------------------------------------------- */

static void assert_full(enum status status, const struct error *error)
{
    assert_int_equal(status, STATUS_IO);
    assert_int_equal(error->status, STATUS_IO);
    if (!strstr(error->text, "/dev/full") || !strstr(error->text, "No space left"))
        fail_msg("the message is: %s", error->text);
}

/* Each call says that the line was not written, also after an earlier one has failed. */
TEST(a_full_disk)
{
    struct metrics_log log;
    struct error error;
    struct plan plan = make_plan(10, 5, 1, 0);
    struct step_record step_record = {
        .batch = plan_batch(&plan, 1), .loss = 1, .lr = 1, .elapsed_s = 1};
    struct evaluation_record validated = {.validation.samples = 1}, tested = {.test.samples = 1};
    struct epoch_record epoch_record = {.epoch = 1};
    struct result result = {.steps_done = 1};
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_full(
        metrics_log_open(&log, fopen("/dev/full", "w"), "/dev/full", &plan, 1, NULL, &error),
        &error);
    assert_full(metrics_log_step(&log, &step_record, &error), &error);
    assert_full(metrics_log_evaluation(&log, &validated, &error), &error);
    assert_full(metrics_log_evaluation(&log, &tested, &error), &error);
    assert_full(metrics_log_epoch(&log, &epoch_record, &error), &error);
    assert_full(metrics_log_end(&log, &result, &error), &error);
    metrics_log_close(&log, &error);
    assert_null(log.file);
}

/* What only shows when the file is closed is said too. */
TEST(a_full_disk_at_the_close)
{
    struct metrics_log log = {.path = "/dev/full"};
    struct error error;
    if (access("/dev/full", W_OK) != 0)
        skip();
    log.file = fopen("/dev/full", "w");
    fprintf(log.file, "not flushed yet");
    assert_full(metrics_log_close(&log, &error), &error);
    assert_null(log.file);
}

/* What comes after the checkpoint is cut off, half a line too; a log that lost more keeps whole
 * lines. */
TEST(resumed)
{
    static const struct {
        int64_t more; /* bytes that the checkpoint knew of, beyond those there */
        const char *behind;
    } cases[] = {{0, ""}, {0, "{\"event\":\"step\"}\n{\"ev"}, {0, "{\"ev"}, {50, "{\"ev"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct metrics_log log;
        struct error error = {0};
        char *all[LINES_MAX];
        struct run_state at = {.step = 32, .seconds = 1.5};
        const struct plan *plan = open_log(&log, 1);
        at.log_bytes = metrics_log_bytes(&log) + cases[i].more;
        fputs(cases[i].behind, log.file);
        ok(metrics_log_close(&log, &error), &error);
        ok(metrics_log_open(&log, open_file("r+"), path, plan, 1, &at, &error), &error);
        ok(metrics_log_checkpoint(&log, &(struct checkpoint_record){33, 1024, 0.25}, &error),
            &error);
        ok(metrics_log_close(&log, &error), &error);
        assert_int_equal(read_lines(all), 3);
        assert_event(all[1], {'t', "event", "resume", 0}, {'t', "version", LOCKSTEP_VERSION, 0},
            {'i', "step", 0, 32}, {'i', "total_steps", 0, (double)plan->total_steps},
            {'r', "elapsed_s", 0, 1.5});
        assert_event(all[2], {'t', "event", "checkpoint", 0}, {'i', "step", 0, 33},
            {'i', "bytes", 0, 1024}, {'r', "stall_s", 0, 0.25});
        free(all[0]);
    }
}

static void assert_rate_of_epoch(const char *line, double lr)
{
    struct json *object;
    struct error error;
    double found;
    ok(js_parse(line, strlen(line), "line", &object, &error), &error);
    assert_true(js_as_real(js_get(object, "lr"), &found) && found == lr);
    js_destroy(object);
}

/* Evaluations and epochs have the rate of their step, also of one that is not logged, and also if the run resumes
 * between the step and the end of its epoch: then from the log, but not from what is cut off. */
TEST(rate_of_an_epoch)
{
    struct metrics_log log;
    struct error error = {0};
    char *all[LINES_MAX];
    const struct plan *plan = open_log(&log, 1);
    struct step_record step = {.batch = plan_batch(plan, 312), .loss = 1, .lr = 0.5};
    struct run_state at = {.step = 313};
    ok(metrics_log_step(&log, &step, &error), &error);
    step.batch = plan_batch(plan, 313);
    step.lr = 0.25;
    ok(metrics_log_step(&log, &step, &error), &error);
    at.log_bytes = metrics_log_bytes(&log);
    step.batch = plan_batch(plan, 314);
    step.lr = 0.125;
    ok(metrics_log_step(&log, &step, &error), &error);
    ok(metrics_log_epoch(&log, &(struct epoch_record){.step = 314}, &error), &error);
    assert_rate_of_epoch(close_log(&log, all, 5), 0.125);
    free(all[0]);
    ok(metrics_log_open(&log, open_file("r+"), path, plan, 100, &at, &error), &error);
    ok(metrics_log_epoch(&log, &(struct epoch_record){.step = 313}, &error), &error);
    ok(metrics_log_close(&log, &error), &error);
    assert_int_equal(read_lines(all), 5);
    assert_rate_of_epoch(all[4], 0.25);
    free(all[0]);
    ok(metrics_log_open(&log, open_file("w+"), path, plan, 100, NULL, &error), &error);
    ok(metrics_log_step(&log, &step, &error), &error); /* which is not logged */
    ok(metrics_log_epoch(&log, &(struct epoch_record){.step = 314}, &error), &error);
    assert_rate_of_epoch(close_log(&log, all, 2), 0.125);
    free(all[0]);
}

/* A log that is gone, and so empty, begins anew. */
TEST(resumed_without_a_log)
{
    struct metrics_log log;
    struct error error = {0};
    char *all[LINES_MAX];
    struct plan plan = make_plan(100, 10, 1, 0);
    ok(metrics_log_open(&log, open_file("w+"), path, &plan, 1,
           &(struct run_state){.step = 3, .log_bytes = 999}, &error),
        &error);
    ok(metrics_log_close(&log, &error), &error);
    assert_int_equal(read_lines(all), 2);
    free(all[0]);
}

/* --- sinks --------------------------------------------------------------------------------- */

struct listener {
    int64_t heard[8]; /* steps; 0: another event */
    int n, fails_at;
    char warning[400];
};

static enum status hear(void *context, const struct json *event, struct error *error)
{
    struct listener *listener = context;
    int64_t step = 0;
    js_as_int(js_get(event, "step"), &step);
    if (listener->n + 1 == listener->fails_at)
        return (fail)(error, STATUS_IO, "cannot write it"); /* cmocka's is a macro */
    listener->heard[listener->n++] = step;
    return STATUS_OK;
}

static void note_warning(void *context, const char *text)
{
    struct listener *listener = context;
    snprintf(listener->warning, sizeof listener->warning, "%s", text);
}

/* A sink hears what the log has already. One that fails is heard of, also in the log, and left out; the others, and
 * the log, go on. */
TEST(a_sink_that_fails)
{
    struct metrics_log log;
    struct error error = {0};
    char *all[LINES_MAX];
    struct listener good = {.n = 0}, bad = {.fails_at = 4};
    const struct plan *plan = open_log(&log, 1);
    log.warn = note_warning;
    log.warn_context = &good;
    for (int s = 1; s <= 4; s++) {
        struct step_record record = {.batch = plan_batch(plan, s), .loss = 1, .lr = 1};
        if (s == 2) {
            ok(metrics_log_add_sink(&log, &(struct log_sink){&good, hear}, ".", &error), &error);
            ok(metrics_log_add_sink(&log, &(struct log_sink){&bad, hear}, ".", &error), &error);
        }
        ok(metrics_log_step(&log, &record, &error), &error);
        assert_int_equal(error.status, STATUS_OK); /* which a trainer takes for its own failure */
    }
    const char *last = close_log(&log, all, 6);
    assert_says(all[4], "{\"event\":\"warning\",\"step\":3,\"text\":\"cannot write it; this file "
                        "gets nothing more");
    assert_says(last, "\"step\":4");
    assert_says(
        good.warning, "cannot write it; this file gets nothing more, and the run continues");
    assert_int_equal(bad.n, 3);
    static const int64_t want[] = {0, 1, 2, 3, 3, 4}; /* the start, the steps, and the warning */
    assert_int_equal(good.n, 6);
    assert_memory_equal(good.heard, want, sizeof want);
    free(all[0]);
}

/* A failure before the run has begun is one of the run. */
TEST(a_sink_that_fails_at_once)
{
    struct metrics_log log;
    struct error error = {0};
    struct listener bad = {.fails_at = 1};
    open_log(&log, 1);
    assert_int_equal(
        metrics_log_add_sink(&log, &(struct log_sink){&bad, hear}, ".", &error), STATUS_IO);
    assert_says(error.text, "cannot write it");
    assert_int_equal(log.sinks, 0);
    ok(metrics_log_close(&log, &error), &error);
}

int main(void)
{
    return unit_run(own_directory_enter, own_directory_leave);
}
