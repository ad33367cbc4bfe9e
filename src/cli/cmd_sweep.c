#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/peak_rss.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/study_runner.h"
#include "cli/sweep_run.h"
#include "comm/world.h"
#include "report/rows.h"
#include "report/sweep_record.h"
#include "report/sweep_report.h"
#include "run/rank_agreement.h"
#include "run/run_files.h"
#include "study/repetitions.h"
#include "study/sweep_advice.h"
#include "study/sweep_rate.h"

static const struct study study = {
    "sweep", COMMAND_SWEEP, OUT_SWEEP, OF_SWEEP, SWEEP_JSON, sweep_run_is_name};

/* The state of a sweep. Only rank 0 has the records of the runs; it sends its decisions to the
 * other ranks. */
struct sweep_context {
    struct study_runner runner;
    bool peaks; /* the peak memory of each run can be measured separately */
    struct sweep sweep;
    uint64_t data_xxh3;           /* hash of all sets of data; the same for all runs */
    struct int_list merged;       /* batch sizes above the training set: all mean the whole set */
    int n_rates;                  /* number of rates in the grid; without a grid, 1 */
    double rate[OPTION_LIST_MAX]; /* ascending; without a grid, a single 0 */
};

/* --- before the first run ------------------------------------------------------------------ */

static int compare_batches(const void *one, const void *other)
{
    int64_t a = ((const struct sweep_batch *)one)->batch;
    int64_t b = ((const struct sweep_batch *)other)->batch;
    return (a > b) - (a < b);
}

/* Returns the number of runs of a batch size: the seeds that choose, with all rates, and the others,
 * with one. */
static int runs_per_batch(const struct sweep_context *context)
{
    const struct sweep_facts *facts = &context->sweep.facts;
    int n = 0;
    for (int64_t s = 0; s < facts->seeds; s++)
        n += sweep_seed_chooses(facts, facts->first_seed + s) ? context->n_rates : 1;
    return n;
}

/* Allocates the records of all batch sizes and runs. Sorts batch sizes and rates in ascending
 * order. */
static enum status make_grid(struct sweep_context *context, struct error *error)
{
    const struct options *options = context->runner.options;
    const struct real_list *grid = &options->lr_grid;
    struct sweep *sweep = &context->sweep;
    context->n_rates = grid->n > 0 ? (int)grid->n : 1;
    for (int64_t i = 0; i < grid->n; i++)
        context->rate[i] = sweep_rate(grid->item[i]);
    sort_reals(context->rate, context->n_rates);
    sweep->batches = options->batch.n;
    sweep->facts = (struct sweep_facts){.lr_scale = lr_scale_words[options->lr_scale],
        .drop_last = options->drop_last,
        .equal_steps = options->budget == BUDGET_STEPS,
        .first_seed = options->seed,
        .seeds = options->seeds,
        .give_up = options->give_up,
        .rates = (int)grid->n,
        .rate = context->rate};
    sweep->runs_planned = sweep->batches * runs_per_batch(context);
    TRY(memory_take(&sweep->run, (size_t)sweep->runs_planned, sizeof *sweep->run,
        "the records of all runs", error));
    TRY(memory_take(&sweep->batch, (size_t)sweep->batches, sizeof *sweep->batch,
        "the records of all batch sizes", error));
    for (int i = 0; i < sweep->batches; i++)
        sweep->batch[i].batch = options->batch.item[i];
    qsort(sweep->batch, (size_t)sweep->batches, sizeof *sweep->batch, compare_batches);
    return STATUS_OK;
}

/* Chooses the metric by which runs are compared: that of --target, or the best available. */
static void choose_metric(struct sweep_context *context)
{
    struct sweep_facts *facts = &context->sweep.facts;
    const struct stop_rules *rules = &context->runner.options->stop;
    bool validates = context->runner.session.job.validation != NULL;
    bool values = prediction_kind_of(context->runner.session.job.settings.criterion.kind) ==
                  PREDICTION_VALUES;
    facts->has_target = rules->has_target;
    facts->goal = rules->goal;
    facts->metric = rules->has_target ? rules->target
                    : validates       ? (struct metric_choice){METRIC_VALIDATION,
                                      values ? METRIC_LOSS : METRIC_ACCURACY}
                                      : (struct metric_choice){METRIC_TRAIN, METRIC_LOSS};
}

/* Replaces the batch sizes above the training set, and that of the set itself, by one. */
static void merge_batches(struct sweep_context *context)
{
    struct sweep *sweep = &context->sweep;
    int64_t samples = context->runner.session.train_part.size;
    int kept = 0;
    for (int i = 0; i < sweep->batches && sweep->batch[i].batch < samples; i++)
        kept++;
    for (int i = kept; i < sweep->batches; i++)
        if (sweep->batch[i].batch > samples)
            context->merged.item[context->merged.n++] = sweep->batch[i].batch;
    if (kept < sweep->batches)
        sweep->batch[kept++].batch = samples;
    sweep->batches = kept;
    sweep->runs_planned = kept * runs_per_batch(context);
}

/* Before the first run, checks that every batch size can be trained. Without this check, the sweep
 * could fail after hours of training. */
static enum status check_batches(struct sweep_context *context, struct error *error)
{
    const struct options *options = context->runner.options;
    int64_t samples = context->runner.session.train_part.size;
    for (int i = context->sweep.batches - 1; i >= 0; i--) {
        struct sweep_run run =
            sweep_run_make(options, context->sweep.batch[i].batch, context->rate[0], options->seed);
        struct options train = sweep_run_options(options, &run, options->out, samples);
        TRY(session_renew(&context->runner.session, &train, error));
    }
    return STATUS_OK;
}

/* Prepares the session of the first run, which reads the data. Collective. */
static enum status prepare(struct sweep_context *context, struct error *error)
{
    const struct options *options = context->runner.options;
    struct comm *comm = context->runner.comm;
    TRY(comm_agree(comm, make_grid(context, error), error));
    struct sweep_run run =
        sweep_run_make(options, context->sweep.batch[0].batch, context->rate[0], options->seed);
    struct options first = /* the number of samples is not known yet */
        sweep_run_options(options, &run, options->out, 1);
    TRY(study_runner_prepare(&context->runner, &first, error));
    merge_batches(context);
    TRY(check_batches(context, error));
    context->sweep.facts.train_samples = context->runner.session.train_part.size;
    choose_metric(context);
    context->data_xxh3 = study_runner_data_hash(&context->runner);
    return comm_agree(comm, rank_agreement_check_data(&context->runner.session.job, error), error);
}

/* Creates the directory of the sweep, after all checks. Rank 0 only. */
static enum status begin(struct sweep_context *context, struct error *error)
{
    context->peaks = peak_rss_reset();
    return study_runner_begin(&context->runner, context->data_xxh3, error);
}

/* --- a run --------------------------------------------------------------------------------- */

static void print_position(const struct sweep_context *context, const struct sweep_run *run)
{
    char rate[32];
    fprintf(stderr, "[%d/%d] B = %s, rate %s, seed %" PRId64 ": ", context->sweep.runs + 1,
        context->sweep.runs_planned, GROUPED(run->batch), text_from_float((float)run->lr, rate),
        run->seed);
}

/* Returns the head of sweep.json: the request and the machine. */
static struct json *head_json(const struct sweep_context *context)
{
    const struct options *options = context->runner.options;
    const struct session *session = &context->runner.session;
    const struct sweep_facts *facts = &context->sweep.facts;
    const struct mlp *mlp = &session->job.settings.mlp;
    char network[NETWORK_TEXT], metric[METRIC_NAME_MAX];
    struct json *json = js_object(), *grid = js_array(), *machine = js_object(), *target = NULL;
    struct json *merged = js_array();
    js_set_text(json, "kind", "sweep");
    row_set_version(json);
    js_set_text(json, "command", context->runner.invocation.command_line);
    js_set_text(json, "data", options->data);
    row_set_hash(json, "data_xxh3", context->data_xxh3);
    js_set_int(json, "train_samples", session->train_part.size);
    row_set_count(json, "val_samples", session->validation_part.size);
    js_set_int(json, "features", session->train.features);
    row_set_count(json, "classes", session->train.classes);
    js_set_int(json, "parameters", mlp->parameters);
    js_set_text(json, "optimizer", optimizer_words[options->optimizer.kind]);
    js_set_text(json, "schedule", schedule_words[options->schedule.kind]);
    row_set_count(json, "epochs", session->options.epochs);
    row_set_count(json, "max_steps", options->max_steps);
    js_set_int(json, "seeds", options->seeds);
    js_set_text(json, "lr_scale", facts->lr_scale);
    js_set_int(json, "base_batch", options->base_batch);
    js_set_text(json, "network", network_text(mlp, network));
    js_set_text(json, "budget", facts->equal_steps ? "steps" : "epochs");
    js_set_text(json, "rates", facts->rates > 0 ? "grid" : "rule");
    for (int i = 0; i < facts->rates; i++)
        js_append_real(grid, facts->rate[i]);
    js_set(json, "grid", grid);
    for (int i = 0; i < context->merged.n; i++)
        js_append_int(merged, context->merged.item[i]);
    js_set(json, "batches_merged", merged);
    js_set_text(json, "metric", metric_choice_name(facts->metric, metric));
    if (facts->has_target) {
        target = js_object();
        js_set_text(target, "metric", metric);
        js_set_real(target, "value", facts->goal);
    }
    js_set(json, "target", target);
    js_set_int(machine, "hosts", context->runner.comm->hosts);
    js_set_int(machine, "teams", session->base.teams->count);
    js_set_int(machine, "ranks", context->runner.comm->size);
    js_set_int(machine, "threads", session->base.affinity.threads);
    js_set_text(machine, "kernel", session->job.settings.kernel.name);
    js_set_text(machine, "mpi", world_library());
    js_set(json, "machine", machine);
    return json;
}

static enum status write_results(const struct sweep_context *context, struct error *error)
{
    const struct directory *place = &context->runner.place;
    TRY(row_write(sweep_json(head_json(context), &context->sweep), place, SWEEP_JSON, error));
    return sweep_write_csv(place, SWEEP_CSV, &context->sweep, error);
}

/* Records a run that has ended. Rank 0 only. */
static enum status note_run(struct sweep_context *context, struct sweep_run *run,
    const char *directory, bool before, struct error *error)
{
    struct sweep *sweep = &context->sweep;
    TRY(sweep_run_read(run, directory, &sweep->facts, context->peaks, error));
    if (context->runner.prints) {
        print_position(context, run);
        sweep_print_run(stderr, run, &sweep->facts);
        fprintf(stderr, "%s; %d to go\n", before ? " (done before)" : "",
            sweep->runs_planned - sweep->runs - 1);
    }
    sweep->run[sweep->runs++] = *run;
    TRY(sweep_summarise(sweep, error));
    sweep_advise(sweep);
    return before ? STATUS_OK : write_results(context, error);
}

/* Prepares and trains or continues a run. Collective. */
static enum status train_one(struct sweep_context *context, const struct sweep_run *run,
    const char *directory, enum study_run_state state, struct error *error)
{
    struct session *session = &context->runner.session;
    bool resumes = state == STUDY_RUN_BEGUN;
    struct options train =
        sweep_run_options(context->runner.options, run, directory, session->train_part.size);
    if (resumes)
        train.resume = train.out;
    if (context->runner.prints) {
        print_position(context, run);
        fprintf(stderr, "%s\n", resumes ? "continues" : "begins");
    }
    peak_rss_reset();
    TRY(session_renew(session, &train, error));
    return study_runner_train(&context->runner, state, error);
}

static enum status do_run(
    struct sweep_context *context, int64_t batch, double rate, int64_t seed, struct error *error)
{
    struct sweep_run run = sweep_run_make(context->runner.options, batch, rate, seed);
    char directory[FILE_PATH_MAX];
    enum study_run_state state;
    if (context->runner.leads)
        run.give_up_steps = sweep_give_up_steps(&context->sweep, batch);
    TRY(study_runner_find(
        &context->runner, run.directory, &run.give_up_steps, directory, &state, error));
    if (state != STUDY_RUN_DONE)
        TRY(train_one(context, &run, directory, state, error));
    bool done = state == STUDY_RUN_DONE;
    return comm_agree(context->runner.comm,
        context->runner.leads ? note_run(context, &run, directory, done, error) : STATUS_OK, error);
}

/* --- all runs ------------------------------------------------------------------------------ */

/* Trains every rate with the seeds that choose, then the best rate with the others. */
static enum status do_batch(struct sweep_context *context, int64_t batch, struct error *error)
{
    const struct options *options = context->runner.options;
    const struct sweep_facts *facts = &context->sweep.facts;
    for (int64_t s = options->seed; s < options->seed + options->seeds; s++)
        for (int r = 0; sweep_seed_chooses(facts, s) && r < context->n_rates; r++)
            TRY(do_run(context, batch, context->rate[r], s, error));
    double best = context->runner.leads ? sweep_best_rate(&context->sweep, batch) : 0;
    comm_broadcast(context->runner.comm, &best, sizeof best);
    for (int64_t s = options->seed; s < options->seed + options->seeds; s++)
        if (!sweep_seed_chooses(facts, s))
            TRY(do_run(context, batch, best, s, error));
    return STATUS_OK;
}

/* Writes and prints the results of all runs. Rank 0 only. */
static enum status finish(const struct sweep_context *context, struct error *error)
{
    TRY(write_results(context, error));
    struct json *json = sweep_json(head_json(context), &context->sweep);
    sweep_print(stdout, json, context->runner.options->out);
    js_destroy(json);
    return STATUS_OK;
}

static enum status sweep_all(struct sweep_context *context, struct error *error)
{
    struct comm *comm = context->runner.comm;
    bool leads = context->runner.leads;
    TRY(prepare(context, error));
    TRY(comm_agree(comm, leads ? begin(context, error) : STATUS_OK, error));
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < context->sweep.batches; i++)
        status = do_batch(context, context->sweep.batch[i].batch, error);
    TRY(study_runner_result(&context->runner, status, error));
    return comm_agree(comm, leads ? finish(context, error) : STATUS_OK, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct sweep_context context = {.peaks = false};
    study_runner_init(&context.runner, &study, options, invocation, comm);
    enum status status = sweep_all(&context, error);
    study_runner_close(&context.runner);
    free(context.sweep.run);
    free(context.sweep.batch);
    return status;
}

const struct command_row command_sweep = {
    .arguments = "--batch LIST --out DIR [options]",
    .summary = "train at several batch sizes, to find the largest that is worth it",
    .help =
        "  lockstep sweep --data fashion-mnist --val-split 0.1 --batch 32..8192 \\\n"
        "      --lr-grid 0.01..0.64 --seeds 5 --target val_accuracy=0.87 --out runs/sweep\n"
        "  mpirun -n 2 lockstep sweep --data table.csv --val-split 0.2 --batch 16..1024 \\\n"
        "      --lr 0.01 --lr-scale sqrt --budget steps --max-steps 2000 --out runs/rule\n"
        "  lockstep report runs/sweep\n"
        "\n"
        "sweep trains at every batch size of --batch, and chooses the rate of --lr-grid for each;\n"
        "all other options are those of train. It writes sweep.json, sweep.csv and a directory\n"
        "for each run into DIR. The same command continues a sweep that was stopped.\n",
    .watched = true,
    .stoppable = true,
    .run = run,
};
