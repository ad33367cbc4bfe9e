#include "cli/commands.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/run_directory.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/split.h"
#include "base/text.h"
#include "cli/study_runner.h"
#include "cli/tune_run.h"
#include "cli/tune_try.h"
#include "options/options_read.h"
#include "report/figure.h"
#include "report/rows.h"
#include "report/table.h"
#include "run/rank_agreement.h"
#include "run/run_reader.h"
#include "study/critical_batch.h"

enum { SHOWN_TRIES = 5 };

static const struct study study = {
    "tuning study", COMMAND_TUNE, OUT_TUNE, OF_TUNE, TUNE_JSON, tune_run_is_name};

/* Only rank 0 has the scores; it sends to the other ranks which tries continue. Tries are counted from
 * 0 here, and from 1 in names and results. */
struct tune_context {
    struct study_runner runner;
    int n, parts; /* tries; runs of each: the folds, or 1 */
    uint64_t data_xxh3;
    struct metric_choice metric;
    struct data_facts facts;
    int64_t *total_steps; /* [parts] of a try's runs */
    struct tune_run *run; /* [n x parts] */
    double *score;        /* [n], in the current rung: means over the parts */
    bool *on, *next;      /* [n] tries of this rung, and of the next one */
    int *rung;            /* [n] the last rung of each */
};

static struct halving halving_of(const struct tune_context *context)
{
    return (struct halving){
        context->on, context->score, context->n, metric_rises(context->metric.metric)};
}

static int best_of(const struct tune_context *context)
{
    const struct halving rung = halving_of(context);
    int best = 0;
    while (!context->on[best] || halving_rank(&rung, best) > 0)
        best++;
    return best;
}

static const struct tune_run *runs_of(const struct tune_context *context, int try)
{
    return context->run + (size_t)try * (size_t)context->parts;
}

static double score_of(const struct tune_context *context, int try, int rung)
{
    double sum = 0;
    for (int k = 0; k < context->parts; k++)
        sum += runs_of(context, try)[k].score[rung];
    return sum / context->parts;
}

static char *name_of(const struct tune_context *context, int try, int part, char out[TUNE_NAME])
{
    return tune_run_name(try + 1, context->parts > 1 ? part + 1 : 0, out);
}

static enum status run_path(char path[FILE_PATH_MAX], const struct tune_context *context, int try,
    int part, struct error *error)
{
    char runs[FILE_PATH_MAX], name[TUNE_NAME];
    TRY(file_path(runs, context->runner.options->out, STUDY_RUNS, error));
    return file_path(path, runs, name_of(context, try, part, name), error);
}

/* Returns the options of a run; `fold` (FOLD_NAME) and `directory` must outlive them. A run ends
 * with a checkpoint, from which the next rung continues. */
enum { FOLD_NAME = 48 };
static struct options run_options(
    const struct tune_context *context, int try, int part, char *fold, const char *directory)
{
    struct options drawn = tune_try(context->runner.options, &context->facts, try + 1);
    struct options train = study_run_options(&drawn, directory);
    if (context->parts > 1) {
        snprintf(fold, FOLD_NAME, "%d/%d", part + 1, context->parts);
        train.fold = fold;
    }
    if (train.checkpoint_every.unit == EVAL_NEVER)
        train.checkpoint_every.unit = EVAL_END;
    return train;
}

/* --- the results ------------------------------------------------------------------------------ */

static struct json *run_json(const struct tune_context *context, int try, int part)
{
    const struct tune_run *run = &runs_of(context, try)[part];
    char name[TUNE_NAME];
    struct json *row = js_object();
    js_set_text(row, "directory", tune_run_name(try + 1, context->parts > 1 ? part + 1 : 0, name));
    js_set_real(row, "score", run->score[context->rung[try]]);
    js_set_int(row, "steps_done", run->steps);
    js_set_text(row, "stopped_by", run->stopped_by);
    js_set_text(row, "weights_xxh3", run->weights);
    return row;
}

/* Appends the row of a try. With folds, its epochs are their mean, and its seconds their sum. */
static enum status append_try(
    struct json *rows, const struct tune_context *context, int try, bool whole, struct error *error)
{
    const struct tune_run *run = runs_of(context, try);
    struct json *row = js_object(), *parts = js_array();
    double epochs = 0, seconds = 0;
    bool same = true;
    for (int k = 0; k < context->parts; k++) {
        epochs += run[k].epochs / context->parts;
        seconds += run[k].seconds;
        same &= strcmp(run[k].stopped_by, run[0].stopped_by) == 0;
        js_append(parts, run_json(context, try, k));
    }
    js_append(rows, row);
    js_set_int(row, "try", try + 1);
    enum status status =
        tune_try_describe(row, context->runner.options, &context->facts, try + 1, error);
    js_set_real(row, "score", score_of(context, try, context->rung[try]));
    js_set_int(row, "rung", context->rung[try] + 1);
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
    struct json **rows, const struct tune_context *context, bool whole, struct error *error)
{
    enum status status = STATUS_OK;
    *rows = js_array();
    for (int try = 0; try < context->n && !status; try++)
        if (*runs_of(context, try)[context->parts - 1].stopped_by)
            status = append_try(*rows, context, try, whole, error);
    return status;
}

static enum status write_csv(const struct tune_context *context, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    struct json *rows;
    enum status status = make_rows(&rows, context, false, error);
    FILE *file = open_memstream(&text, &size);
    if (file)
        table_csv(file, js_item(rows, 0), rows);
    if ((!file || fclose(file) != 0) && !status)
        status = fail(error, STATUS_NO_RESOURCE, "no memory to write " TUNE_CSV);
    if (!status)
        status = output_write_whole(&context->runner.place, TUNE_CSV, text, size, error);
    js_destroy(rows);
    free(text);
    return status;
}

/* Writes tune.json, with the winner unless it is NULL, and tune.csv. */
static enum status write_results(
    const struct tune_context *context, const struct json *winner, struct error *error)
{
    const struct options *options = context->runner.options;
    const struct session *session = &context->runner.session;
    char metric[METRIC_NAME_MAX];
    struct json *json = js_object(), *rows;
    js_set_text(json, "kind", "tune");
    row_set_version(json);
    js_set_text(json, "command", context->runner.invocation.command_line);
    js_set_text(json, "data", options->data);
    row_set_hash(json, "data_xxh3", context->data_xxh3);
    js_set_int(json, "samples", session->train.samples);
    js_set_int(json, "tries_planned", context->n);
    row_set_count(json, "folds", options->folds);
    js_set_int(json, "seed", options->seed);
    js_set_text(json, "metric", metric_choice_name(context->metric, metric));
    js_set(json, "winner", js_copy(winner));
    enum status status = make_rows(&rows, context, true, error);
    js_set(json, "tries", rows);
    if (status) {
        js_destroy(json);
        return status;
    }
    TRY(row_write(json, &context->runner.place, TUNE_JSON, error));
    return write_csv(context, error);
}

/* --- a run ------------------------------------------------------------------------------------ */

/* Prints the score of a try at the end of a rung, and its options. */
static void print_try(const struct tune_context *context, int try, int rung)
{
    char metric[METRIC_NAME_MAX];
    struct error ignored;
    struct json *row = js_object();
    fprintf(stderr, "[rung %d/%d] try %d of %d: %s %.4g; ", rung + 1, HALVING_RUNGS, try + 1,
        context->n, metric_choice_name(context->metric, metric), context->score[try]);
    tune_try_describe(row, context->runner.options, &context->facts, try + 1, &ignored);
    for (size_t i = 0; i < js_size(row); i++) {
        char text[FIGURE_TEXT];
        const char *key = js_key(row, i);
        if (figure_text(js_get(row, key), NUMBER_PLAIN, text)[0])
            fprintf(stderr, "%s%s %s", i > 0 ? ", " : "", key, text);
    }
    fputc('\n', stderr);
    js_destroy(row);
}

static enum status do_run(
    struct tune_context *context, int try, int part, int rung, struct error *error)
{
    struct study_runner *runner = &context->runner;
    char name[TUNE_NAME], fold[FOLD_NAME], directory[FILE_PATH_MAX];
    enum study_run_state state;
    int64_t limit = halving_steps(context->total_steps[part], rung);
    TRY(study_runner_find(
        runner, name_of(context, try, part, name), &limit, directory, &state, error));
    struct options train = run_options(context, try, part, fold, directory);
    train.stop.give_up_steps = limit;
    if (state == STUDY_RUN_BEGUN)
        train.resume = train.out;
    if (state != STUDY_RUN_DONE)
        TRY(session_renew(&runner->session, &train, error));
    TRY(study_runner_train(runner, state, error));
    enum status status = STATUS_OK;
    if (runner->leads)
        status = tune_run_read(&context->run[try * context->parts + part], directory, &train.stop,
            context->total_steps[part], error);
    return comm_agree(runner->comm, status, error);
}

/* Trains a try to the end of a rung, in all its parts. Collective. */
static enum status do_try(struct tune_context *context, int try, int rung, struct error *error)
{
    const struct study_runner *runner = &context->runner;
    enum status status = STATUS_OK;
    for (int part = 0; part < context->parts; part++)
        TRY(do_run(context, try, part, rung, error));
    context->rung[try] = rung;
    if (runner->leads) {
        context->score[try] = score_of(context, try, rung);
        status = write_results(context, NULL, error);
    }
    if (runner->prints)
        print_try(context, try, rung);
    return comm_agree(runner->comm, status, error);
}

/* Chooses the tries of the next rung: the best, and those that have already begun it, when there
 * were fewer tries. Rank 0 only. */
static void choose(struct tune_context *context, int rung)
{
    const struct halving halving = halving_of(context);
    halving_choose(context->next, &halving);
    for (int try = 0; try < context->n; try++)
        for (int k = 0; k < context->parts && context->on[try]; k++)
            context->next[try] |= runs_of(context, try)[k].last_rung > rung;
}

/* --- the winner ------------------------------------------------------------------------------- */

/* Makes the winner's model that of the study. With folds, its models stay where they are. */
static enum status write_model(const struct tune_context *context, int winner, struct error *error)
{
    const struct directory *place = &context->runner.place;
    char path[FILE_PATH_MAX], model[FILE_PATH_MAX], *bytes = NULL;
    size_t size = 0;
    if (context->parts > 1)
        return directory_remove_file(place, RUN_MODEL, error);
    TRY(run_path(path, context, winner, 0, error));
    TRY(file_path(model, path, RUN_MODEL, error));
    TRY(file_read_whole(model, INT64_MAX, &bytes, &size, error));
    enum status status = output_write_whole(place, RUN_MODEL, bytes, size, error);
    free(bytes);
    return status;
}

/* Writes the options of the winner; with folds, those of a run without any. */
static enum status write_best(const struct tune_context *context, int winner, struct error *error)
{
    struct options best = run_options(context, winner, 0, (char[FOLD_NAME]){""}, "");
    char *text;
    best.fold = "";
    TRY(options_make_absolute(&best, error));
    TRY(options_to_text(&best, TEXT_RECORD, &text, error));
    enum status status =
        output_write_whole(&context->runner.place, TUNE_BEST, text, strlen(text), error);
    free(text);
    return status;
}

/* Sets the metrics of the test samples, in the mean over the runs of the winner. */
static enum status set_test(
    struct json *json, const struct tune_context *context, int winner, struct error *error)
{
    double sum[N_METRICS] = {0};
    char name[METRIC_NAME_MAX], path[FILE_PATH_MAX];
    struct json *test = js_object();
    js_set(json, "test", test);
    for (int k = 0; k < context->parts; k++) {
        struct json *summary;
        TRY(run_path(path, context, winner, k, error));
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
                sum[m] / context->parts);
    return STATUS_OK;
}

/* Sets by how much the winner is better than the first try; with folds, also the 95 % interval of
 * the mean over them. */
static void set_gain(struct json *json, const struct tune_context *context, int winner)
{
    const struct tune_run *first = runs_of(context, 0), *best = runs_of(context, winner);
    const int last = HALVING_RUNGS - 1, n = context->parts;
    double sum = 0, squares = 0;
    for (int k = 0; k < n; k++)
        sum += metric_gain(context->metric.metric, best[k].score[last], first[k].score[last]);
    for (int k = 0; k < n; k++) {
        double gain =
            metric_gain(context->metric.metric, best[k].score[last], first[k].score[last]);
        squares += (gain - sum / n) * (gain - sum / n);
    }
    js_set_real(json, "gain", sum / n);
    if (n < 2)
        return;
    double half = critical_t_quantile(n - 1) * sqrt(squares / (n - 1) / n);
    js_set_real(json, "gain_low", sum / n - half);
    js_set_real(json, "gain_high", sum / n + half);
}

static enum status make_winner(
    struct json **json, const struct tune_context *context, int winner, struct error *error)
{
    *json = js_object();
    js_set_int(*json, "try", winner + 1);
    js_set_real(*json, "score", context->score[winner]);
    js_set_real(*json, "first_score", context->score[0]);
    set_gain(*json, context, winner);
    return set_test(*json, context, winner, error);
}

/* Prints the best tries. */
static enum status print_tries(const struct tune_context *context, struct error *error)
{
    const struct halving last = halving_of(context);
    char metric[METRIC_NAME_MAX], columns[200];
    struct json *rows = js_array();
    enum status status = STATUS_OK;
    metric_choice_name(context->metric, metric);
    snprintf(columns, sizeof columns,
        "try, score: %s, hidden, lr, dropout, weight_decay, encode, bins, scale, epochs_done",
        metric);
    for (int rank = 0; rank < SHOWN_TRIES; rank++)
        for (int try = 0; try < context->n && !status; try++)
            if (context->on[try] && halving_rank(&last, try) == rank)
                status = append_try(rows, context, try, false, error);
    printf("%d tries; the best by %s\n\n", context->n, metric);
    table_print_array(stdout, columns, rows, TABLE_LINE);
    js_destroy(rows);
    return status;
}

/* Prints what the winner is worth. */
static void print_winner(const struct tune_context *context, const struct json *json)
{
    const struct json *test = js_get(json, "test");
    int64_t winner = run_int(json, "try");
    const char *first = "the first, which has the options as they are";
    if (winner == 1)
        printf("\nno try is better than %s\n", first);
    else if (context->parts == 1)
        printf("\ntry %" PRId64 " is better than %s, by %.4g;\none split does not show how much of "
               "that is chance, --folds 5 does\n",
            winner, first, run_real(json, "gain"));
    else
        printf("\ntry %" PRId64
               " is better than %s, by %.4g;\n95 %% interval over the folds %.4g to "
               "%.4g: %s\n",
            winner, first, run_real(json, "gain"), run_real(json, "gain_low"),
            run_real(json, "gain_high"),
            run_real(json, "gain_low") > 0 ? "more than chance" : "this may be chance");
    printf("the score of the best of %d tries is optimistic, since the same samples chose it\n",
        context->n);
    if (js_size(test) > 0)
        printf("on the test samples, which did not choose%s:\n",
            context->parts > 1 ? ", in the mean over the folds" : "");
    for (size_t i = 0; i < js_size(test); i++)
        printf("%s %.4f\n", js_key(test, i), run_real(test, js_key(test, i)));
    printf("\nlockstep predict %s uses %s; lockstep train --config %s/" TUNE_BEST " trains it\n",
        context->runner.options->out, context->parts > 1 ? "the models of its folds" : "its model",
        context->runner.options->out);
}

/* Writes and prints the results of all tries. Rank 0 only. */
static enum status finish(const struct tune_context *context, struct error *error)
{
    struct json *json;
    int winner = best_of(context);
    if (isnan(context->score[winner]))
        return fail(error, STATUS_DIVERGED,
            "no try has a validation metric: all diverged before an evaluation; give a smaller "
            "--lr, or see their summaries in %s/" STUDY_RUNS,
            context->runner.options->out);
    enum status status = make_winner(&json, context, winner, error);
    if (!status)
        status = write_model(context, winner, error);
    if (!status)
        status = write_best(context, winner, error);
    if (!status)
        status = write_results(context, json, error);
    if (!status)
        status = print_tries(context, error);
    if (!status)
        print_winner(context, json);
    js_destroy(json);
    return status;
}

/* --- all tries -------------------------------------------------------------------------------- */

static enum status take_memory(struct tune_context *context, struct error *error)
{
    size_t n = (size_t)context->n, parts = (size_t)context->parts;
    TRY(memory_take(
        &context->total_steps, parts, sizeof *context->total_steps, "the folds", error));
    TRY(memory_take(&context->run, n * parts, sizeof *context->run, "the runs", error));
    TRY(memory_take(&context->score, n, sizeof *context->score, "the tries", error));
    TRY(memory_take(&context->on, n, sizeof *context->on, "the tries", error));
    TRY(memory_take(&context->next, n, sizeof *context->next, "the tries", error));
    return memory_take(&context->rung, n, sizeof *context->rung, "the tries", error);
}

/* Refuses a run that has no evaluations at which to compare tries: the first two rungs must end at
 * different evaluations, before the last one. */
static enum status check_rungs(const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    const struct interval *every = &session->job.run.eval_every;
    int64_t total = plan->total_steps, steps = every->count;
    if (every->unit == EVAL_EPOCHS)
        steps = plan_steps_of(plan, steps);
    int64_t first = divide_up(halving_steps(total, 0), steps),
            second = divide_up(halving_steps(total, 1), steps);
    if (first < second && second * steps < total)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "lockstep tune compares its tries after 1/9 and 1/3 of a run, but a run has %" PRId64
        " steps and an evaluation every %" PRId64 "; give more --epochs, or --eval-every N",
        total, steps);
}

static enum status check_search(const struct tune_context *context, struct error *error)
{
    bool any = false;
    for (int which = 0; which < N_SEARCHED; which++)
        any |= tune_searches(context->runner.options, &context->facts, (enum searched)which);
    return any ? STATUS_OK
               : fail(error, STATUS_USAGE,
                     "nothing to search: --search has only options without effect on %s",
                     context->runner.session.train.name);
}

/* Prepares the session of each run of the first try: the first one reads the data. Collective. */
static enum status prepare(struct tune_context *context, struct error *error)
{
    struct study_runner *runner = &context->runner;
    struct session *session = &runner->session;
    char fold[FOLD_NAME];
    TRY(comm_agree(runner->comm, take_memory(context, error), error));
    struct options first = run_options(context, 0, 0, fold, runner->options->out);
    TRY(study_runner_prepare(runner, &first, error));
    context->facts = session->facts;
    context->data_xxh3 = study_runner_data_hash(runner);
    context->metric = stop_watched(&runner->options->stop);
    enum status status = check_search(context, error);
    if (!status)
        status = rank_agreement_check_data(&session->job, error);
    TRY(comm_agree(runner->comm, status, error));
    for (int k = 0; k < context->parts; k++) {
        first = run_options(context, 0, k, fold, runner->options->out);
        if (k > 0)
            TRY(session_renew(session, &first, error));
        TRY(comm_agree(runner->comm, check_rungs(session, error), error));
        context->total_steps[k] = session->job.settings.plan.total_steps;
    }
    return STATUS_OK;
}

/* Trains all tries of a rung, and chooses those of the next. Collective. */
static enum status do_rung(struct tune_context *context, int rung, struct error *error)
{
    struct study_runner *runner = &context->runner;
    size_t n = (size_t)context->n;
    for (int try = 0; try < context->n; try++)
        if (context->on[try])
            TRY(do_try(context, try, rung, error));
    if (rung == HALVING_RUNGS - 1)
        return STATUS_OK;
    if (runner->leads)
        choose(context, rung);
    comm_broadcast(runner->comm, context->next, n * sizeof *context->next);
    memcpy(context->on, context->next, n * sizeof *context->on);
    return STATUS_OK;
}

static enum status do_all(struct tune_context *context, struct error *error)
{
    struct study_runner *runner = &context->runner;
    enum status status = STATUS_OK;
    TRY(prepare(context, error));
    if (runner->leads)
        status = study_runner_begin(runner, context->data_xxh3, error);
    TRY(comm_agree(runner->comm, status, error));
    for (int try = 0; try < context->n; try++)
        context->on[try] = true;
    for (int rung = 0; rung < HALVING_RUNGS && !status; rung++)
        status = do_rung(context, rung, error);
    TRY(study_runner_result(runner, status, error));
    return comm_agree(runner->comm, runner->leads ? finish(context, error) : STATUS_OK, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct tune_context context = {
        .n = (int)options->tries, .parts = options->folds > 0 ? (int)options->folds : 1};
    study_runner_init(&context.runner, &study, options, invocation, comm);
    enum status status = do_all(&context, error);
    study_runner_close(&context.runner);
    free(context.total_steps);
    free(context.run);
    free(context.score);
    free(context.on);
    free(context.next);
    free(context.rung);
    return status;
}

const struct command_row command_tune = {
    .arguments = "N --out DIR [options]",
    .summary = "search for the best options: N tries, the worse ones of which end early",
    .help =
        "  lockstep tune 50 --data table.csv --preset table --out runs/tuned\n"
        "  mpirun -n 2 lockstep tune 100 --data table.csv --preset table --folds 5 --lr 0.002 \\\n"
        "      --out runs/tuned\n"
        "  lockstep predict runs/tuned --data new.csv\n"
        "\n"
        "Each of these options that is not given, by a flag, a variable or --config, is searched "
        "at\n"
        "random; all others keep their values, also those of a --preset:\n"
        "\n"
        "  hidden           1 to 4 layers of one width, 32 to 512 in multiples of 16\n"
        "  lr               from a tenth to ten times its default\n"
        "  dropout          0, or up to 0.5\n"
        "  weight-decay     0, or 1e-4 to 1 (adamw, lion), 1e-6 to 1e-2 (other optimizers)\n"
        "  encode           none or piecewise, for tables\n"
        "  bins             8 to 64, with piecewise\n"
        "  scale            standard, robust or quantile, without piecewise\n"
        "\n"
        "Widths, rates, weight decays and bins are log-uniform. Try 1 has the options as they "
        "are.\n"
        "What a try draws depends on --seed and its number alone.\n"
        "\n"
        "The score is the best value of the metric of --early-stop, or of val_loss, on the same\n"
        "validation samples for all tries; test samples never choose. All tries are trained for\n"
        "1/9 of their steps, the best third of them to 1/3, and the best third of these, and try "
        "1,\n"
        "to the end: each along the schedule of its whole length.\n"
        "\n"
        "Writes tune.json, tune.csv, best.ini (for train --config), the model of the best try, "
        "and\n"
        "a directory for each run into DIR. The same command continues a study that was stopped;\n"
        "with a larger N it adds tries. --noise-scale is off unless given.\n",
    .watched = true,
    .stoppable = true,
    .run = run,
};
