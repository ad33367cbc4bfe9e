#include "report/page/run_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/loss.h"
#include "report/figure.h"
#include "run/run_reader.h"

/* No run has this many steps. Smaller whole numbers are exact in both double and int64_t. */
#define STEPS_BOUND 1e15

/* The state kept while reading a log. */
struct log_reader {
    struct run *run;
    struct json *start;    /* the facts of event "start"; NULL: not seen yet */
    struct curve_point at; /* the last step; its value is unused */
    double batch;          /* the size of a full batch */
    double epoch_samples;  /* samples before the current epoch */
    double rate;           /* the highest learning rate so far */
};

struct rows run_facts(const struct run *runs, int n)
{
    struct rows facts = {.n = 0};
    while (facts.n < n && facts.n < ROWS_MAX) {
        facts.row[facts.n] = runs[facts.n].facts;
        facts.n++;
    }
    return facts;
}

/* --- events --------------------------------------------------------------------------------- */

static void take_start(struct log_reader *reader, const struct run_event *event)
{
    static const char *const key[] = {"train_samples", "batch", "steps_per_epoch", "total_steps"};
    if (reader->start)
        return;
    reader->start = js_object();
    js_set_text(reader->start, "version", js_as_text(js_get(event->fields, "version")));
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        int64_t value;
        if (js_as_int(js_get(event->fields, key[i]), &value))
            js_set_int(reader->start, key[i], value);
    }
    reader->batch = run_real(event->fields, "batch");
}

static void add(
    struct log_reader *reader, enum run_curve which, struct curve_point at, double value)
{
    at.value = value;
    curve_add(&reader->run->curve[which], at);
}

/* Handles a step event. Not every step is logged; the steps in between had full batches. */
static void take_step(struct log_reader *reader, const struct run_event *event)
{
    double step = event->step, samples = event->samples;
    double rate = run_real(event->fields, "lr");
    if (!(step > 0 && step < STEPS_BOUND))
        return;
    reader->batch = fmax(reader->batch, samples);
    reader->at.samples += (step - reader->at.step - 1) * reader->batch + samples;
    reader->at.step = step;
    reader->at.seconds = event->elapsed_s;
    reader->rate = fmax(reader->rate, rate);
    add(reader, RUN_LOSS, reader->at, run_real(event->fields, "loss"));
    add(reader, RUN_RATE, reader->at, rate);
    /* pictures omit scales that do not exceed their error */
    double noise = run_real(event->fields, "noise_scale");
    bool known = run_real(event->fields, "noise_error") < noise;
    add(reader, RUN_NOISE, reader->at, known ? noise : (double)NAN);
}

/* Returns the point of an evaluation or an epoch on the curves, even if its step was not logged. */
static struct curve_point place_of(const struct log_reader *reader, const struct run_event *event)
{
    struct curve_point at = reader->at;
    double step = event->step, ahead = step - at.step;
    if (ahead > 0 && step < STEPS_BOUND) {
        at.samples += ahead * reader->batch;
        at.seconds += at.step > 0 ? ahead * at.seconds / at.step : 0;
        at.step += ahead;
    }
    return at;
}

/* Adds a metric of the weights and, if the event has it, of the averaged ones. */
static void add_metric(struct log_reader *reader, const struct run_event *event,
    enum run_curve validation, enum run_curve test, struct curve_point at, const char *name)
{
    enum { TO_EMA = RUN_VAL_EMA_LOSS - RUN_VAL_LOSS };
    int which = (int)(event->test ? test : validation);
    char averaged[32];
    snprintf(averaged, sizeof averaged, "ema_%s", name);
    add(reader, (enum run_curve)which, at, run_real(event->fields, name));
    add(reader, (enum run_curve)(which + TO_EMA), at, run_real(event->fields, averaged));
}

static void take_evaluation(struct log_reader *reader, const struct run_event *event)
{
    static const char *const metric[] = {"accuracy", "exact", "rmse"};
    struct curve_point at = place_of(reader, event);
    struct run *run = reader->run;
    for (size_t i = 0; !run->metric && i < sizeof metric / sizeof *metric; i++)
        if (isfinite(run_real(event->fields, metric[i])))
            run->metric = metric[i];
    add_metric(reader, event, RUN_VAL_LOSS, RUN_TEST_LOSS, at, "loss");
    if (run->metric)
        add_metric(reader, event, RUN_VAL_METRIC, RUN_TEST_METRIC, at, run->metric);
}

static void take_epoch(struct log_reader *reader, const struct run_event *event)
{
    double samples = event->samples;
    reader->at = place_of(reader, event);
    if (isfinite(samples))
        reader->at.samples = reader->epoch_samples + samples;
    reader->epoch_samples = reader->at.samples;
    add(reader, RUN_TRAIN_LOSS, reader->at, run_real(event->fields, "train_loss"));
}

static void take_event(void *context, const struct run_event *event)
{
    struct log_reader *reader = context;
    if (event->kind == RUN_EVENT_START)
        take_start(reader, event);
    else if (event->kind == RUN_EVENT_STEP)
        take_step(reader, event);
    else if (event->kind == RUN_EVENT_EVALUATION)
        take_evaluation(reader, event);
    else if (event->kind == RUN_EVENT_EPOCH)
        take_epoch(reader, event);
}

/* --- facts ---------------------------------------------------------------------------------- */

/* Sets the name of the run: "first" for "runs/first/", but the whole path if its last part is "."
 * or "..". */
static void set_name(struct run *run)
{
    char name[FILE_PATH_MAX];
    snprintf(name, sizeof name, "%s", run->directory);
    for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
        name[n - 1] = '\0';
    const char *slash = strrchr(name, '/');
    bool has_name = slash && slash[1] && strcmp(slash, "/.") != 0 && strcmp(slash, "/..") != 0;
    const char *shown = has_name ? slash + 1 : name;
    js_set_text(run->facts, "name", shown);
}

/* True if config.ini has a line "loss = WORD". */
static bool is_loss(const struct run *run, const char *word)
{
    char line[80];
    snprintf(line, sizeof line, "\nloss = %s\n", word);
    return run->config && strstr(run->config, line);
}

/* Returns the loss function from the configuration. If the configuration is missing or has "auto",
 * the loss function follows from the metric of the evaluations or the number of classes. NULL:
 * unknown. */
static const char *loss_function(const struct run *run)
{
    const char *metric = run->metric ? run->metric : "";
    for (int kind = 0; kind < N_LOSSES; kind++)
        if (is_loss(run, loss_words[kind]))
            return loss_words[kind];
    if (strcmp(metric, "accuracy") == 0 || row_number(run->facts, "classes") > 0)
        return loss_words[LOSS_CROSS_ENTROPY];
    if (strcmp(metric, "exact") == 0)
        return loss_words[LOSS_BCE];
    bool values = strcmp(metric, "rmse") == 0 || run->complete;
    return values && is_loss(run, "auto") ? loss_words[LOSS_MSE] : NULL;
}

/* Sets "batch_stages" to a text such as "32, from epoch 3 64, from epoch 5 256". */
static void set_stages(struct run *run)
{
    struct rows stages = rows_of(js_get(run->facts, "stages"));
    char text[SENTENCE] = "";
    for (int i = 0; i < stages.n; i++)
        sentence_append(
            text, i > 0 ? ", from epoch {first_epoch} {batch}" : "{batch}", stages.row[i]);
    js_set_text(run->facts, "batch_stages", stages.n > 1 ? text : NULL);
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
        run->complete ? stopped ? stopped : "ended" : "still running, or killed",
        run->cut ? "; its log ends in the middle of a line" : "");
    js_set_text(run->facts, "state", state);
    if (!js_get(run->facts, "lr") && reader->rate > 0)
        js_set_real(run->facts, "lr", reader->rate);
    js_set_text(run->facts, "loss_function", loss_function(run));
    js_set_text(run->facts, "held_out_metric", run->metric);
    set_stages(run);
    set_name(run);
}

static enum status read_files(struct log_reader *reader, struct error *error)
{
    struct run *run = reader->run;
    TRY(memory_take(&run->curve, RUN_CURVES, sizeof *run->curve, "curves of a run", error));
    TRY(run_read_summary(run->directory, &run->facts, error));
    TRY(run_read_log(run->directory, take_event, reader, &run->cut, error));
    return run_read_config(run->directory, &run->config, error);
}

enum status run_record_read(struct run *run, const char *directory, struct error *error)
{
    struct log_reader reader = {.run = run, .rate = 0};
    memset(run, 0, sizeof *run);
    snprintf(run->directory, sizeof run->directory, "%s", directory);
    enum status status = read_files(&reader, error);
    run->complete = run->facts != NULL;
    if (!status)
        set_facts(run, &reader);
    js_destroy(reader.start);
    if (status)
        run_record_clear(run);
    return status;
}

void run_record_clear(struct run *run)
{
    js_destroy(run->facts);
    free(run->config);
    free(run->curve);
    memset(run, 0, sizeof *run);
}
