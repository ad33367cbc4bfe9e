#include "report/run_reader.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "report/rows.h"
#include "report/number.h"

enum { JSON_MAX = 64 << 20, LINE_BYTES_MAX = 1 << 16, STAGES_TEXT = 512, STAGE_TEXT = 64 };

/* No run has as many steps, and all below it are whole numbers of a double and of an int64_t. */
#define STEPS_BOUND 1e15

/* Where the log is. */
struct log_reader {
    struct run *run;
    struct json *start;    /* of its own; NULL: not met yet */
    struct curve_point at; /* the last step that was met; its value is unused */
    double batch;          /* of whole batches */
    double epoch_samples;  /* before the epoch at hand */
    double rate;           /* the highest */
    double loss;           /* the last */
};

static double number_of(const struct json *object, const char *key)
{
    return value_number(js_get(object, key));
}

double run_number(const struct run *run, const char *key)
{
    return number_of(run->facts, key);
}

/* --- events ---------------------------------------------------------------------------------- */

static void take_start(struct log_reader *reader, const struct json *event)
{
    static const char *const key[] = {"train_samples", "batch", "steps_per_epoch", "total_steps"};
    if (reader->start)
        return;
    reader->start = js_object();
    js_set_text(reader->start, "version", js_as_text(js_get(event, "version")));
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        int64_t value;
        if (js_as_int(js_get(event, key[i]), &value))
            js_set_int(reader->start, key[i], value);
    }
    reader->batch = number_of(event, "batch");
}

static void add(
    struct log_reader *reader, enum run_curve which, struct curve_point at, double value)
{
    at.value = value;
    curve_add(&reader->run->curve[which], at);
}

/* Not every step is logged; those between had whole batches. */
static void take_step(struct log_reader *reader, const struct json *event)
{
    double step = number_of(event, "step"), samples = number_of(event, "samples");
    double rate = number_of(event, "lr");
    if (!(step > 0 && step < STEPS_BOUND))
        return;
    reader->batch = fmax(reader->batch, samples);
    reader->at.samples += (step - reader->at.step - 1) * reader->batch + samples;
    reader->at.step = step;
    reader->at.seconds = number_of(event, "elapsed_s");
    reader->rate = fmax(reader->rate, rate);
    reader->loss = number_of(event, "loss");
    add(reader, RUN_LOSS, reader->at, reader->loss);
    add(reader, RUN_RATE, reader->at, rate);
    add(reader, RUN_NOISE, reader->at, number_of(event, "noise_scale"));
}

/* An evaluation comes after a step that need not be logged. */
static struct curve_point place_of(const struct log_reader *reader, const struct json *event)
{
    struct curve_point at = reader->at;
    double step = number_of(event, "step"), ahead = step - at.step;
    if (ahead > 0 && step < STEPS_BOUND) {
        at.samples += ahead * reader->batch;
        at.seconds += at.step > 0 ? ahead * at.seconds / at.step : 0;
        at.step += ahead;
    }
    return at;
}

static void take_evaluation(struct log_reader *reader, const struct json *event)
{
    static const char *const metric[] = {"accuracy", "exact", "rmse"};
    const char *set = js_as_text(js_get(event, "set"));
    struct curve_point at = place_of(reader, event);
    struct run *run = reader->run;
    bool test = set && strcmp(set, "test") == 0;
    for (size_t i = 0; !run->metric && i < sizeof metric / sizeof *metric; i++)
        if (isfinite(number_of(event, metric[i])))
            run->metric = metric[i];
    add(reader, test ? RUN_TEST_LOSS : RUN_VAL_LOSS, at, number_of(event, "loss"));
    if (run->metric)
        add(reader, test ? RUN_TEST_METRIC : RUN_VAL_METRIC, at, number_of(event, run->metric));
}

static void take_epoch(struct log_reader *reader, const struct json *event)
{
    double samples = number_of(event, "samples");
    reader->at = place_of(reader, event);
    if (isfinite(samples))
        reader->at.samples = reader->epoch_samples + samples;
    reader->epoch_samples = reader->at.samples;
    add(reader, RUN_TRAIN_LOSS, reader->at, number_of(event, "train_loss"));
}

static void take_event(struct log_reader *reader, const struct json *event)
{
    static const struct {
        const char *name;
        void (*take)(struct log_reader *reader, const struct json *event);
    } kind[] = {{"start", take_start}, {"step", take_step}, {"evaluation", take_evaluation},
        {"epoch", take_epoch}};
    const char *name = js_as_text(js_get(event, "event"));
    for (size_t i = 0; name && i < sizeof kind / sizeof *kind; i++)
        if (strcmp(name, kind[i].name) == 0)
            kind[i].take(reader, event);
}

/* --- the log --------------------------------------------------------------------------------- */

static bool is_last(FILE *file)
{
    int next = getc(file);
    if (next != EOF)
        ungetc(next, file);
    return next == EOF;
}

/* Up to the end of a line, or of the file, or LINE_BYTES_MAX bytes; how many. */
static size_t read_line(FILE *file, char line[LINE_BYTES_MAX])
{
    size_t length = 0;
    for (int c = 0; c != '\n' && length < LINE_BYTES_MAX && (c = getc_unlocked(file)) != EOF;)
        line[length++] = (char)c;
    return length;
}

static enum status take_lines(
    struct log_reader *reader, FILE *file, const char *path, struct error *error)
{
    char *line = NULL;
    size_t length;
    enum status status = memory_take(&line, LINE_BYTES_MAX, 1, "a line of a log", error);
    for (long number = 1; !status && (length = read_line(file, line)) > 0; number++) {
        char name[FILE_PATH_MAX + 32];
        struct json *event = NULL;
        snprintf(name, sizeof name, "%s:%ld", path, number);
        if (length == LINE_BYTES_MAX) {
            status = fail(error, STATUS_BAD_DATA,
                "%s: of %d bytes or more: not a line of what lockstep train writes", name,
                LINE_BYTES_MAX);
            break;
        }
        status = js_parse(line, length, name, &event, error);
        if (!status && !js_get(event, "event"))
            status = fail(error, STATUS_BAD_DATA,
                "%s: no \"event\": not a line of what lockstep train writes", name);
        if (status && is_last(file)) {
            status = STATUS_OK;
            reader->run->cut = true;
        } else if (!status)
            take_event(reader, event);
        js_destroy(event);
    }
    if (!status && ferror(file))
        status = fail_errno(error, STATUS_IO, errno, "cannot read %s", path);
    free(line);
    return status;
}

static enum status read_log(struct log_reader *reader, struct error *error)
{
    char path[FILE_PATH_MAX];
    enum status status = file_path(path, reader->run->directory, "metrics.jsonl", error);
    if (status || !file_exists(path))
        return status;
    FILE *file = NULL;
    uint64_t size = 0;
    status = file_open_regular(path, &file, &size, error);
    if (status)
        return status;
    status = take_lines(reader, file, path, error);
    fclose(file);
    return status;
}

/* --- the rest -------------------------------------------------------------------------------- */

enum status run_read_json(const char *path, struct json **json, struct error *error)
{
    char *bytes = NULL;
    size_t size;
    enum status status = file_read_whole(path, JSON_MAX, &bytes, &size, error);
    if (!status)
        status = js_parse(bytes, size, path, json, error);
    free(bytes);
    return status;
}

static enum status read_summary(struct run *run, struct error *error)
{
    char path[FILE_PATH_MAX];
    int64_t batch;
    enum status status = file_path(path, run->directory, "summary.json", error);
    if (status || !file_exists(path))
        return status;
    status = run_read_json(path, &run->facts, error);
    if (!status && !js_as_int(js_get(run->facts, "batch"), &batch))
        status = fail(error, STATUS_BAD_DATA,
            "%s: no \"batch\": not a summary that lockstep train writes", path);
    run->complete = !status;
    return status;
}

static enum status read_config(struct run *run, struct error *error)
{
    char path[FILE_PATH_MAX];
    size_t size;
    enum status status = file_path(path, run->directory, "config.ini", error);
    if (status || !file_exists(path))
        return status;
    return file_read_whole(path, JSON_MAX, &run->config, &size, error);
}

/* "runs/first/" -> "first"; a directory that says nothing by its last name, as ".", whole. */
static void set_name(struct run *run)
{
    char name[FILE_PATH_MAX];
    snprintf(name, sizeof name, "%s", run->directory);
    for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
        name[n - 1] = '\0';
    const char *slash = strrchr(name, '/');
    bool tells = slash && slash[1] && strcmp(slash, "/.") != 0 && strcmp(slash, "/..") != 0;
    const char *shown = tells ? slash + 1 : name;
    js_set_text(run->facts, "name", shown);
}

/* Whether config.ini has "KEY = WORD" on a line. */
static bool config_says(const char *config, const char *key, const char *word)
{
    size_t key_size = strlen(key), word_size = strlen(word);
    for (const char *line = config; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, key_size) == 0 && strncmp(line + key_size, " = ", 3) == 0 &&
            strncmp(line + key_size + 3, word, word_size) == 0 &&
            strchr("\n", line[key_size + 3 + word_size]))
            return true;
    }
    return false;
}

/* The configuration names it, or says "auto"; then, and where there is none, what was evaluated
 * tells it, or whether there are classes. NULL: nothing does. */
static const char *loss_function(const struct run *run)
{
    static const char *const name[] = {"cross-entropy", "mse", "bce", "mae", "huber"};
    const char *metric = run->metric ? run->metric : "";
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (config_says(run->config, "loss", name[i]))
            return name[i];
    if (strcmp(metric, "accuracy") == 0 || run_number(run, "classes") > 0)
        return "cross-entropy";
    if (strcmp(metric, "exact") == 0)
        return "bce";
    bool values = strcmp(metric, "rmse") == 0 || run->complete;
    return values && config_says(run->config, "loss", "auto") ? "mse" : NULL;
}

static void set_known(struct json *facts, const char *key, const char *text)
{
    if (text)
        js_set_text(facts, key, text);
    else
        js_set_null(facts, key);
}

/* "32, from epoch 3 64, from epoch 5 256" */
static void set_stages(struct run *run)
{
    const struct json *stages = js_get(run->facts, "stages");
    char text[STAGES_TEXT] = "";
    size_t used = 0;
    for (size_t i = 0; i < js_size(stages) && used + STAGE_TEXT < STAGES_TEXT; i++) {
        const struct json *stage = js_item(stages, i);
        char first[STAGE_TEXT] = "", batch[NUMBER_TEXT], epoch[NUMBER_TEXT];
        if (i > 0)
            snprintf(first, sizeof first, ", from epoch %.20s ",
                number_text(number_of(stage, "first_epoch"), NUMBER_COUNT, epoch));
        used += (size_t)snprintf(text + used, STAGE_TEXT, "%.40s%.20s", first,
            number_text(number_of(stage, "batch"), NUMBER_COUNT, batch));
    }
    set_known(run->facts, "batch_stages", js_size(stages) > 1 ? text : NULL);
}

static void set_facts(struct run *run, struct log_reader *reader)
{
    const char *stopped = js_as_text(js_get(run->facts, "stopped_by"));
    char state[100];
    if (!run->complete) {
        run->facts = reader->start ? reader->start : js_object();
        reader->start = NULL;
        js_set_int(run->facts, "steps_done", (int64_t)reader->at.step);
        js_set_real(run->facts, "seconds", reader->at.seconds);
        const struct curve *loss = &run->curve[RUN_TRAIN_LOSS];
        js_set_real(run->facts, "train_loss", loss->seen > 0 ? loss->last.value : (double)NAN);
    }
    snprintf(state, sizeof state, "%s%s",
        run->complete ? stopped ? stopped : "ended" : "goes on still, or was killed",
        run->cut ? "; its log ends within a line" : "");
    js_set_text(run->facts, "state", state);
    if (!js_get(run->facts, "lr") && reader->rate > 0)
        js_set_real(run->facts, "lr", reader->rate);
    set_known(run->facts, "loss_function", loss_function(run));
    set_known(run->facts, "held_out_metric", run->metric);
    set_stages(run);
    set_name(run);
}

bool run_is_here(const char *directory)
{
    static const char *const name[] = {"summary.json", "metrics.jsonl"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        char path[FILE_PATH_MAX];
        struct error error;
        if (!file_path(path, directory, name[i], &error) && file_exists(path))
            return true;
    }
    return false;
}

enum status run_read(struct run *run, const char *directory, struct error *error)
{
    struct log_reader reader = {.run = run, .rate = 0};
    memset(run, 0, sizeof *run);
    snprintf(run->directory, sizeof run->directory, "%s", directory);
    enum status status =
        memory_take(&run->curve, RUN_CURVES, sizeof *run->curve, "curves of a run", error);
    if (!status)
        status = read_summary(run, error);
    if (!status)
        status = read_log(&reader, error);
    if (!status)
        status = read_config(run, error);
    if (!status)
        set_facts(run, &reader);
    js_destroy(reader.start);
    if (status)
        run_clear(run);
    return status;
}

void run_clear(struct run *run)
{
    js_destroy(run->facts);
    free(run->config);
    free(run->curve);
    memset(run, 0, sizeof *run);
}
