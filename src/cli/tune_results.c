#include "cli/tune_results.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/run_directory.h"
#include "base/output.h"
#include "cli/tune_try.h"
#include "options/options_read.h"
#include "report/figure.h"
#include "report/rows.h"
#include "report/table.h"
#include "run/run_reader.h"

enum { SHOWN_TRIES = 5 };

/* --- tries ------------------------------------------------------------------------------------ */

struct halving tune_halving(const struct tune *tune)
{
    return (struct halving){tune->on, tune->score, tune->n, metric_rises(tune->metric.metric)};
}

const struct tune_run *tune_runs(const struct tune *tune, int try)
{
    return tune->run + (size_t)try * (size_t)tune->parts;
}

double tune_score(const struct tune *tune, int try, int rung)
{
    double sum = 0;
    for (int k = 0; k < tune->parts; k++)
        sum += tune_runs(tune, try)[k].score[rung];
    return sum / tune->parts;
}

char *tune_name(const struct tune *tune, int try, int part, char out[TUNE_NAME])
{
    return tune_run_name(try + 1, tune->parts > 1 ? part + 1 : 0, out);
}

struct options tune_run_options(
    const struct tune *tune, int try, int part, char fold[TUNE_FOLD], const char *directory)
{
    struct options drawn = tune_try(tune->runner.options, &tune->facts, try + 1);
    struct options train = study_run_options(&drawn, directory);
    if (tune->parts > 1) {
        snprintf(fold, TUNE_FOLD, "%d/%d", part + 1, tune->parts);
        train.fold = fold;
    }
    if (train.checkpoint_every.unit == EVAL_NEVER)
        train.checkpoint_every.unit = EVAL_END;
    return train;
}

/* --- the results ------------------------------------------------------------------------------ */

static struct json *run_json(const struct tune *tune, int try, int part)
{
    const struct tune_run *run = &tune_runs(tune, try)[part];
    char name[TUNE_NAME];
    struct json *row = js_object();
    js_set_text(row, "directory", tune_run_name(try + 1, tune->parts > 1 ? part + 1 : 0, name));
    js_set_real(row, "score", run->score[tune->rung[try]]);
    js_set_int(row, "steps_done", run->steps);
    js_set_text(row, "stopped_by", run->stopped_by);
    js_set_text(row, "weights_xxh3", run->weights);
    return row;
}

/* Appends the row of a try. With folds, its epochs are their mean, and its seconds their sum. */
static enum status append_try(
    struct json *rows, const struct tune *tune, int try, bool whole, struct error *error)
{
    const struct tune_run *run = tune_runs(tune, try);
    struct json *row = js_object(), *parts = js_array();
    double epochs = 0, seconds = 0;
    bool same = true;
    for (int k = 0; k < tune->parts; k++) {
        epochs += run[k].epochs / tune->parts;
        seconds += run[k].seconds;
        same &= strcmp(run[k].stopped_by, run[0].stopped_by) == 0;
        js_append(parts, run_json(tune, try, k));
    }
    js_append(rows, row);
    js_set_int(row, "try", try + 1);
    enum status status = tune_try_describe(row, tune->runner.options, &tune->facts, try + 1, error);
    js_set_real(row, "score", tune_score(tune, try, tune->rung[try]));
    js_set_int(row, "rung", tune->rung[try] + 1);
    js_set_real(row, "epochs_done", epochs);
    js_set_text(row, "stopped_by", same ? run[0].stopped_by : "several");
    js_set_real(row, "seconds", seconds);
    if (whole)
        js_set(row, "runs", parts);
    else
        js_destroy(parts);
    return status;
}

/* Sets *rows to the rows of all tries that have been trained. */
static enum status make_rows(
    struct json **rows, const struct tune *tune, bool whole, struct error *error)
{
    enum status status = STATUS_OK;
    *rows = js_array();
    for (int try = 0; try < tune->n && !status; try++)
        if (*tune_runs(tune, try)[tune->parts - 1].stopped_by)
            status = append_try(*rows, tune, try, whole, error);
    return status;
}

static enum status write_csv(const struct tune *tune, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    struct json *rows;
    enum status status = make_rows(&rows, tune, false, error);
    FILE *file = open_memstream(&text, &size);
    if (file)
        table_csv(file, js_item(rows, 0), rows);
    if ((!file || fclose(file) != 0) && !status)
        status = fail(error, STATUS_NO_RESOURCE, "no memory to write " TUNE_CSV);
    if (!status)
        status = output_write_whole(&tune->runner.place, TUNE_CSV, text, size, error);
    js_destroy(rows);
    free(text);
    return status;
}

/* Writes tune.json, with the winner unless it is NULL, and tune.csv. */
static enum status write_results(
    const struct tune *tune, const struct json *winner, struct error *error)
{
    const struct options *options = tune->runner.options;
    const struct session *session = &tune->runner.session;
    char metric[METRIC_NAME_MAX];
    struct json *json = js_object(), *rows;
    js_set_text(json, "kind", "tune");
    row_set_version(json);
    js_set_text(json, "command", tune->runner.invocation.command_line);
    js_set_text(json, "data", options->data);
    row_set_hash(json, "data_xxh3", tune->data_xxh3);
    js_set_int(json, "samples", session->train.samples);
    js_set_int(json, "tries_planned", tune->n);
    row_set_count(json, "folds", options->folds);
    js_set_int(json, "seed", options->seed);
    js_set_text(json, "metric", metric_choice_name(tune->metric, metric));
    js_set(json, "winner", js_copy(winner));
    enum status status = make_rows(&rows, tune, true, error);
    js_set(json, "tries", rows);
    if (status) {
        js_destroy(json);
        return status;
    }
    TRY(row_write(json, &tune->runner.place, TUNE_JSON, error));
    return write_csv(tune, error);
}

enum status tune_write(const struct tune *tune, struct error *error)
{
    return write_results(tune, NULL, error);
}

/* --- printing --------------------------------------------------------------------------------- */

void tune_print_try(const struct tune *tune, int try, int rung)
{
    char metric[METRIC_NAME_MAX];
    struct error ignored;
    struct json *row = js_object();
    fprintf(stderr, "[rung %d/%d] try %d of %d: %s %.4g; ", rung + 1, HALVING_RUNGS, try + 1,
        tune->n, metric_choice_name(tune->metric, metric), tune->score[try]);
    tune_try_describe(row, tune->runner.options, &tune->facts, try + 1, &ignored);
    for (size_t i = 0; i < js_size(row); i++) {
        char text[FIGURE_TEXT];
        const char *key = js_key(row, i);
        if (figure_text(js_get(row, key), NUMBER_PLAIN, text)[0])
            fprintf(stderr, "%s%s %s", i > 0 ? ", " : "", key, text);
    }
    fputc('\n', stderr);
    js_destroy(row);
}

/* --- the winner ------------------------------------------------------------------------------- */

static int best_of(const struct tune *tune)
{
    const struct halving rung = tune_halving(tune);
    int best = 0;
    while (!tune->on[best] || halving_rank(&rung, best) > 0)
        best++;
    return best;
}

static enum status run_path(
    char path[FILE_PATH_MAX], const struct tune *tune, int try, int part, struct error *error)
{
    char runs[FILE_PATH_MAX], name[TUNE_NAME];
    TRY(file_path(runs, tune->runner.options->out, STUDY_RUNS, error));
    return file_path(path, runs, tune_name(tune, try, part, name), error);
}

/* Makes the winner's model that of the study. With folds, its models stay where they are. */
static enum status write_model(const struct tune *tune, int winner, struct error *error)
{
    const struct directory *place = &tune->runner.place;
    char path[FILE_PATH_MAX], model[FILE_PATH_MAX], *bytes = NULL;
    size_t size = 0;
    if (tune->parts > 1)
        return directory_remove_file(place, RUN_MODEL, error);
    TRY(run_path(path, tune, winner, 0, error));
    TRY(file_path(model, path, RUN_MODEL, error));
    TRY(file_read_whole(model, INT64_MAX, &bytes, &size, error));
    enum status status = output_write_whole(place, RUN_MODEL, bytes, size, error);
    free(bytes);
    return status;
}

/* Writes the options of the winner; with folds, those of a run without any. */
static enum status write_best(const struct tune *tune, int winner, struct error *error)
{
    struct options best = tune_run_options(tune, winner, 0, (char[TUNE_FOLD]){""}, "");
    char *text;
    best.fold = "";
    TRY(options_make_absolute(&best, error));
    TRY(options_to_text(&best, TEXT_RECORD, &text, error));
    enum status status =
        output_write_whole(&tune->runner.place, TUNE_BEST, text, strlen(text), error);
    free(text);
    return status;
}

/* Sets the metrics of the test samples, in the mean over the runs of the winner. */
static enum status set_test(
    struct json *json, const struct tune *tune, int winner, struct error *error)
{
    double sum[N_METRICS] = {0};
    char name[METRIC_NAME_MAX], path[FILE_PATH_MAX];
    struct json *test = js_object();
    js_set(json, "test", test);
    for (int k = 0; k < tune->parts; k++) {
        struct json *summary;
        TRY(run_path(path, tune, winner, k, error));
        TRY(run_read_summary(path, &summary, error));
        for (int m = 0; m < N_METRICS; m++)
            sum[m] += run_real(summary,
                metric_choice_name((struct metric_choice){METRIC_TEST, (enum metric)m}, name));
        js_destroy(summary);
    }
    for (int m = 0; m < N_METRICS; m++)
        if (isfinite(sum[m]))
            js_set_real(test,
                metric_choice_name((struct metric_choice){METRIC_TEST, (enum metric)m}, name),
                sum[m] / tune->parts);
    return STATUS_OK;
}

/* Sets by how much the winner is better than the first try; with folds, also the interval. */
static void set_gain(struct json *json, const struct tune *tune, int winner)
{
    const struct tune_gain gain = tune_gain(
        tune->metric.metric, tune_runs(tune, winner), tune_runs(tune, 0), tune->parts, tune->n);
    js_set_real(json, "gain", gain.mean);
    if (tune->parts < 2)
        return;
    js_set_real(json, "gain_low", gain.low);
    js_set_real(json, "gain_high", gain.high);
}

static enum status make_winner(
    struct json **json, const struct tune *tune, int winner, struct error *error)
{
    *json = js_object();
    js_set_int(*json, "try", winner + 1);
    js_set_real(*json, "score", tune->score[winner]);
    js_set_real(*json, "first_score", tune->score[0]);
    set_gain(*json, tune, winner);
    return set_test(*json, tune, winner, error);
}

/* Prints the best tries. */
static enum status print_tries(const struct tune *tune, struct error *error)
{
    const struct halving last = tune_halving(tune);
    char metric[METRIC_NAME_MAX], columns[200];
    struct json *rows = js_array();
    enum status status = STATUS_OK;
    metric_choice_name(tune->metric, metric);
    snprintf(columns, sizeof columns,
        "try, score: %s, hidden, lr, dropout, weight_decay, encode, bins, scale, epochs_done",
        metric);
    for (int rank = 0; rank < SHOWN_TRIES; rank++)
        for (int try = 0; try < tune->n && !status; try++)
            if (tune->on[try] && halving_rank(&last, try) == rank)
                status = append_try(rows, tune, try, false, error);
    printf("%d tries; the best of those trained to the end, by %s (%s/tune.csv has all)\n\n",
        tune->n, metric, tune->runner.options->out);
    table_print_array(stdout, columns, rows, TABLE_LINE);
    js_destroy(rows);
    return status;
}

/* Prints what the winner is worth. */
static void print_winner(const struct tune *tune, const struct json *json)
{
    const struct json *test = js_get(json, "test");
    int64_t winner = run_int(json, "try");
    const char *first = "the first, which has the options as they are";
    if (winner == 1)
        printf("\nno try is better than %s\n", first);
    else if (tune->parts == 1)
        printf("\ntry %" PRId64 " is better than %s, by %.4g;\none split does not show how much of "
               "that is chance, --folds 5 does\n",
            winner, first, run_real(json, "gain"));
    else
        printf("\ntry %" PRId64
               " is better than %s, by %.4g;\n95 %% interval over the folds, corrected for the "
               "choice among %d tries, %.4g to %.4g: %s\n",
            winner, first, run_real(json, "gain"), tune->n, run_real(json, "gain_low"),
            run_real(json, "gain_high"),
            run_real(json, "gain_low") > 0 ? "more than chance" : "this may be chance");
    printf("the score of the best of %d tries is optimistic, since the same samples chose it\n",
        tune->n);
    if (js_size(test) > 0)
        printf("on the test samples, which did not choose%s:\n",
            tune->parts > 1 ? ", in the mean over the folds" : "");
    for (size_t i = 0; i < js_size(test); i++)
        printf("%s %.4f\n", js_key(test, i), run_real(test, js_key(test, i)));
    printf("\nlockstep predict %s uses %s; lockstep train --config %s/" TUNE_BEST " trains it\n",
        tune->runner.options->out, tune->parts > 1 ? "the models of its folds" : "its model",
        tune->runner.options->out);
}

enum status tune_finish(const struct tune *tune, struct error *error)
{
    struct json *json;
    int winner = best_of(tune);
    if (isnan(tune->score[winner]))
        return fail(error, STATUS_DIVERGED,
            "no try has a validation metric: all diverged before an evaluation; give a smaller "
            "--lr, or see their summaries in %s/" STUDY_RUNS,
            tune->runner.options->out);
    enum status status = make_winner(&json, tune, winner, error);
    if (!status)
        status = write_model(tune, winner, error);
    if (!status)
        status = write_best(tune, winner, error);
    if (!status)
        status = write_results(tune, json, error);
    if (!status)
        status = print_tries(tune, error);
    if (!status)
        print_winner(tune, json);
    js_destroy(json);
    return status;
}
