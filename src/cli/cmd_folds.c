#include "cli/commands.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/folds_predictions.h"
#include "cli/study_runner.h"
#include "report/rows.h"
#include "report/table.h"
#include "run/rank_agreement.h"
#include "run/run_files.h"
#include "run/run_reader.h"

enum { FOLD_NAME = 32 };

/* True for "fold12". */
static bool is_fold(const char *name)
{
    if (strncmp(name, "fold", 4) != 0)
        return false;
    size_t digits = strspn(name + 4, "0123456789");
    return digits > 0 && name[4 + digits] == '\0';
}

static const struct study study = {
    "cross-validation", COMMAND_FOLDS, OUT_FOLDS, OF_FOLDS, FOLDS_JSON, is_fold};

/* The state of a cross-validation. Only rank 0 has its rows and predictions. */
struct folds_context {
    struct study_runner runner;
    uint64_t data_xxh3; /* of all sets of fold 1 */
    struct json *rows;  /* an array: the row of each fold that is done */
    struct folds_predictions predictions;
};

/* Returns the options with which `train` would train without fold k. They keep the pointers. */
static struct options fold_options(
    const struct options *options, const char *fold, const char *directory)
{
    struct options train = study_run_options(options, directory);
    train.fold = fold;
    return train;
}

/* --- the results --------------------------------------------------------------------------- */

/* Returns a metric over the folds, {mean, deviation, least, most}; NULL: the folds do not have it.
 * The standard deviation is that of the folds, with n - 1; the folds share training samples, so it is
 * not that of independent runs. */
static struct json *spread_of(const struct json *rows, const char *name)
{
    double sum = 0, square = 0, least = INFINITY, most = -INFINITY;
    size_t n = js_size(rows);
    for (size_t i = 0; i < n; i++) {
        double value = run_real(js_item(rows, i), name);
        if (!isfinite(value))
            return NULL;
        sum += value;
        least = fmin(least, value);
        most = fmax(most, value);
    }
    for (size_t i = 0; i < n; i++) {
        double deviation = run_real(js_item(rows, i), name) - sum / (double)n;
        square += deviation * deviation;
    }
    struct json *spread = js_object();
    js_set_real(spread, "mean", sum / (double)n);
    js_set_real(spread, "deviation", sqrt(square / (double)(n - 1)));
    js_set_real(spread, "least", least);
    js_set_real(spread, "most", most);
    return spread;
}

static struct json *metrics_of(const struct json *rows)
{
    char name[METRIC_NAME_MAX];
    struct json *metrics = js_array();
    for (int m = 0; m < N_METRICS; m++) {
        metric_choice_name((struct metric_choice){METRIC_TEST, (enum metric)m}, name);
        struct json *spread = js_size(rows) > 1 ? spread_of(rows, name) : NULL;
        if (!spread)
            continue;
        struct json *row = js_object();
        js_set_text(row, "metric", name);
        js_set_real(row, "deviation", run_real(spread, "deviation"));
        js_set(row, "score", spread);
        js_append(metrics, row);
    }
    return metrics;
}

/* Returns the content of folds.json; `rows` is copied. */
static struct json *report_of(const struct folds_context *context)
{
    const struct options *options = context->runner.options;
    const struct session *session = &context->runner.session;
    char network[NETWORK_TEXT];
    struct json *json = js_object();
    js_set_text(json, "kind", "folds");
    row_set_version(json);
    js_set_text(json, "command", context->runner.invocation.command_line);
    js_set_text(json, "data", options->data);
    row_set_hash(json, "data_xxh3", context->data_xxh3);
    js_set_int(json, "samples", session->train.samples);
    js_set_int(json, "unlabelled", session->train.unlabelled);
    js_set_int(json, "folds", options->folds);
    js_set_int(json, "seed", options->seed);
    js_set_text(json, "network", network_text(&session->job.settings.mlp, network));
    js_set(json, "metrics", metrics_of(context->rows));
    js_set(json, "runs", js_copy(context->rows));
    return json;
}

/* --- a fold -------------------------------------------------------------------------------- */

/* Copies the figures of a fold's summary that describe its result. */
static struct json *row_of(const struct json *summary, int64_t fold)
{
    struct json *row = js_object();
    char name[METRIC_NAME_MAX];
    js_set_int(row, "fold", fold);
    js_set_int(row, "train_samples", run_int(summary, "train_samples"));
    row_set_count(row, "val_samples", run_int(summary, "val_samples"));
    js_set_int(row, "test_samples", run_int(summary, "test_samples"));
    js_set_int(row, "steps_done", run_int(summary, "steps_done"));
    js_set_text(row, "stopped_by", row_text(summary, "stopped_by"));
    js_set_text(row, "weights_xxh3", row_text(summary, "weights_xxh3"));
    for (int m = 0; m < N_METRICS; m++) {
        struct metric_choice metric = {METRIC_TEST, (enum metric)m};
        double value = run_real(summary, metric_choice_name(metric, name));
        if (isfinite(value))
            js_set_real(row, name, value);
    }
    return row;
}

/* Records a fold that is done: its figures and predictions. Rank 0 only. */
static enum status note_fold(
    struct folds_context *context, int64_t fold, const char *directory, struct error *error)
{
    char model[FILE_PATH_MAX];
    struct json *summary;
    TRY(run_read_summary(directory, &summary, error));
    js_append(context->rows, row_of(summary, fold));
    js_destroy(summary);
    TRY(file_path(model, directory, RUN_MODEL, error));
    TRY(folds_predictions_add(&context->predictions, &context->runner.session, fold, model, error));
    if (context->runner.prints)
        fprintf(stderr, "fold %" PRId64 " of %" PRId64 " is done\n", fold,
            context->runner.options->folds);
    return row_write(report_of(context), &context->runner.place, FOLDS_JSON, error);
}

static enum status do_fold(struct folds_context *context, int64_t k, struct error *error)
{
    char name[FOLD_NAME], fold[2 * FOLD_NAME], directory[FILE_PATH_MAX];
    enum study_run_state state;
    int64_t never = 0;
    snprintf(name, sizeof name, "fold%" PRId64, k);
    snprintf(fold, sizeof fold, "%" PRId64 "/%" PRId64, k, context->runner.options->folds);
    TRY(study_runner_find(&context->runner, name, &never, directory, &state, error));
    struct options train = fold_options(context->runner.options, fold, directory);
    if (state == STUDY_RUN_BEGUN)
        train.resume = train.out;
    TRY(session_renew(&context->runner.session, &train, error));
    TRY(study_runner_train(&context->runner, state, error));
    return comm_agree(context->runner.comm,
        context->runner.leads ? note_fold(context, k, directory, error) : STATUS_OK, error);
}

/* Writes and prints the results of all folds. Rank 0 only. */
static enum status finish(struct folds_context *context, struct error *error)
{
    const struct directory *place = &context->runner.place;
    TRY(folds_predictions_write(
        &context->predictions, &context->runner.session, place, FOLDS_CSV, error));
    struct json *json = report_of(context);
    printf("%" PRId64 " folds of %s samples; mean [least, most] over the folds\n\n",
        context->runner.options->folds, GROUPED(context->runner.session.train.samples));
    table_print_array(
        stdout, "metric, score, deviation", row_value(json, "metrics"), TABLE_ANY_WIDTH);
    printf("\npredictions of every sample by the model trained without it%s: %s/" FOLDS_CSV "\n",
        context->runner.session.train.unlabelled > 0
            ? ", and of the rows without a label by the mean of all models"
            : "",
        context->runner.options->out);
    return row_write(json, place, FOLDS_JSON, error);
}

/* --- all folds ----------------------------------------------------------------------------- */

/* Prepares the session of each fold, the last one, which reads the data, first: so no run begins if
 * another one could not. Collective. */
static enum status prepare(struct folds_context *context, struct error *error)
{
    const struct options *options = context->runner.options;
    char fold[2 * FOLD_NAME];
    for (int64_t k = options->folds; k >= 1; k--) {
        snprintf(fold, sizeof fold, "%" PRId64 "/%" PRId64, k, options->folds);
        struct options train = fold_options(options, fold, options->out);
        TRY(k == options->folds ? study_runner_prepare(&context->runner, &train, error)
                                : session_renew(&context->runner.session, &train, error));
    }
    const struct job *job = &context->runner.session.job;
    context->data_xxh3 =
        rank_agreement_set_hash(job->test, rank_agreement_set_hash(&job->train, 0));
    return comm_agree(context->runner.comm, rank_agreement_check_data(job, error), error);
}

/* Creates the directory, after all checks. Rank 0 only. */
static enum status begin(struct folds_context *context, struct error *error)
{
    context->rows = js_array();
    TRY(folds_predictions_take(
        &context->predictions, &context->runner.session, context->runner.options, error));
    return study_runner_begin(&context->runner, context->data_xxh3, error);
}

static enum status do_all(struct folds_context *context, struct error *error)
{
    struct comm *comm = context->runner.comm;
    TRY(prepare(context, error));
    TRY(comm_agree(comm, context->runner.leads ? begin(context, error) : STATUS_OK, error));
    enum status status = STATUS_OK;
    for (int64_t k = 1; !status && k <= context->runner.options->folds; k++)
        status = do_fold(context, k, error);
    TRY(study_runner_result(&context->runner, status, error));
    return comm_agree(comm, context->runner.leads ? finish(context, error) : STATUS_OK, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct folds_context context = {.rows = NULL};
    study_runner_init(&context.runner, &study, options, invocation, comm);
    enum status status = do_all(&context, error);
    study_runner_close(&context.runner);
    folds_predictions_clear(&context.predictions);
    js_destroy(context.rows);
    return status;
}

const struct command_row command_folds = {
    .arguments = "K --out DIR [options]",
    .summary = "cross-validation: K runs, each tested on the samples it was trained without",
    .help =
        "  lockstep folds 5 --data table.csv --val-split 0.1 --early-stop 10 --out runs/folds\n"
        "  mpirun -n 2 lockstep folds 10 --data table.csv --group patient --out runs/folds\n"
        "\n"
        "Every sample is in one of K folds, by --seed, its label and its group, on any number of\n"
        "ranks. All other options are those of train; --val-split takes its samples from the "
        "other\n"
        "folds. Writes folds.json, predictions.csv (every sample with its line and fold, "
        "predicted\n"
        "by the model that was trained without it; a row without a label is in no fold, and\n"
        "predicted by the mean of all models) and a directory for each run into DIR. The same\n"
        "command continues one that was stopped.\n",
    .watched = true,
    .stoppable = true,
    .run = run,
};
