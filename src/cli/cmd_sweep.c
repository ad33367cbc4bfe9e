#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "base/peak_rss.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/sweep_run_read.h"
#include "run/run_files.h"
#include "study/sweep_advice.h"
#include "cli/sweep_context.h"
#include "report/rows.h"
#include "report/sweep_report.h"
#include "report/sweep_text.h"

/* --- before the first run ------------------------------------------------------------------ */

static struct options options_of_run(
    const struct sweep_context *context, const struct sweep_key *key, const char *directory)
{
    struct options run;
    sweep_run_options(&run, context->options, key, directory, context->session.train_part.size);
    return run;
}

/* A batch size that cannot be trained with shows before the others have trained for hours. */
static enum status check_batches(struct sweep_context *context, struct error *error)
{
    int64_t samples = context->session.train_part.size;
    enum status status = STATUS_OK;
    for (int i = context->sweep.batches - 1; i >= 0 && !status; i--) {
        struct sweep_key key = sweep_key_make(
            context->options, context->batch[i], context->rate[0], context->options->seed);
        struct options run = options_of_run(context, &key, context->options->out);
        if (key.batch > samples)
            return fail(error, STATUS_USAGE,
                "--batch %" PRId64 ": there are %" PRId64
                " training samples, and no step can take more",
                key.batch, samples);
        status = session_renew(&context->session, &run, error);
    }
    return status;
}

/* The session of the first run, for the data and what they say. Collective. */
static enum status prepare(struct sweep_context *context, struct error *error)
{
    const struct options *options = context->options;
    struct options first;
    struct sweep_key key =
        sweep_key_make(options, context->batch[0], context->rate[0], options->seed);
    enum status status = STATUS_OK;
    if (context->is_first_rank)
        status = sweep_place_check(options, error);
    status = comm_agree(context->comm, status, error);
    sweep_run_options(&first, options, &key, options->out, 1); /* not yet known how many */
    if (!status)
        status = session_prepare(&context->session, &first, context->comm, error);
    if (!status)
        status = comm_agree(context->comm, sweep_context_take_records(context, error), error);
    if (!status)
        status = check_batches(context, error);
    if (!status)
        status = sweep_context_note_facts(context, error);
    return status;
}

/* Rank 0, once nothing is left to refuse. */
static enum status begin(struct sweep_context *context, struct error *error)
{
    enum status status = STATUS_OK;
    if (!context->options->overwrite)
        status = sweep_place_check_data(context->options, context->sweep.facts.data_xxh3, error);
    if (status)
        return status;
    context->peaks = peak_rss_reset();
    session_base_print_notes(stderr, &context->session.base);
    return sweep_place_create(&context->place, context->options, error);
}

/* --- a run --------------------------------------------------------------------------------- */

static void print_place(const struct sweep_context *context, const struct sweep_key *key)
{
    char batch[32], rate[32];
    fprintf(stderr, "[%d/%d] B = %s, rate %s, seed %" PRId64 ": ", context->sweep.runs + 1,
        context->sweep.runs_planned, text_grouped(key->batch, batch),
        text_from_float((float)key->lr, rate), key->seed);
}

static enum status write_results(const struct sweep_context *context, struct error *error)
{
    const struct directory *place = &context->place.place;
    enum status status = row_write(sweep_json(&context->sweep), place, SWEEP_JSON, error);
    return status ? status : sweep_write_csv(place, SWEEP_CSV, &context->sweep, error);
}

/* Rank 0, of a run that is over. */
static enum status note_run(struct sweep_context *context, const struct sweep_key *key,
    const char *directory, bool before, struct error *error)
{
    struct sweep *sweep = &context->sweep;
    struct sweep_run *run = &sweep->run[sweep->runs];
    enum status status = sweep_run_read(run, key, directory, &sweep->facts, context->peaks, error);
    if (status)
        return status;
    if (context->prints) {
        print_place(context, key);
        sweep_print_run(stderr, run, &sweep->facts);
        fprintf(stderr, "%s; %d to go\n", before ? " (done before)" : "",
            sweep->runs_planned - sweep->runs - 1);
    }
    sweep->runs++;
    sweep_summarise(sweep);
    sweep_advise(sweep);
    return before ? STATUS_OK : write_results(context, error);
}

/* Trains, or goes on. One that diverges is a result like any other. Collective. */
static enum status train_one(struct sweep_context *context, const struct sweep_key *key,
    const char *directory, bool resumes, struct error *error)
{
    struct options run = options_of_run(context, key, directory);
    struct result result;
    if (resumes)
        run.resume = run.out;
    if (context->prints) {
        print_place(context, key);
        fprintf(stderr, "%s\n", resumes ? "goes on" : "begins");
    }
    peak_rss_reset();
    enum status status = session_renew(&context->session, &run, error);
    if (!status)
        status = train_session(&context->session, &run, &context->invocation, &result, error);
    return status == STATUS_DIVERGED ? STATUS_OK : status;
}

/* Any rank may have got a signal between runs. Collective. */
static enum status check_signal(const struct sweep_context *context, struct error *error)
{
    const atomic_int *signal = context->invocation.stop_signal;
    enum status status = STATUS_OK;
    if (signal && atomic_load(signal))
        status = fail(error, STATUS_STOPPED, "stopped by a signal");
    return comm_agree_unnamed(context->comm, status, error);
}

static enum status do_run(
    struct sweep_context *context, const struct sweep_key *key, struct error *error)
{
    char directory[FILE_PATH_MAX], runs[FILE_PATH_MAX];
    enum sweep_run_state state = SWEEP_RUN_OPEN;
    enum status status = check_signal(context, error);
    if (!status)
        status = file_path(runs, context->options->out, SWEEP_RUNS, error);
    if (!status)
        status = file_path(directory, runs, key->name, error);
    if (status)
        return status;
    if (context->is_first_rank)
        state = sweep_run_state_of(directory);
    comm_broadcast(context->comm, &state, sizeof state);
    if (state != SWEEP_RUN_DONE)
        status = train_one(context, key, directory, state == SWEEP_RUN_BEGUN, error);
    if (status)
        return status;
    if (context->is_first_rank)
        status = note_run(context, key, directory, state == SWEEP_RUN_DONE, error);
    return comm_agree(context->comm, status, error);
}

/* --- all runs ------------------------------------------------------------------------------ */

/* Every rate with the first seed, then the best with the others. */
static enum status do_batch(struct sweep_context *context, int64_t batch, struct error *error)
{
    const struct options *options = context->options;
    enum status status = STATUS_OK;
    for (int r = 0; r < context->n_rates && !status; r++) {
        struct sweep_key key = sweep_key_make(options, batch, context->rate[r], options->seed);
        status = do_run(context, &key, error);
    }
    double best = context->is_first_rank && !status ? sweep_best_rate(&context->sweep, batch) : 0;
    comm_broadcast(context->comm, &best, sizeof best);
    for (int64_t s = 1; s < options->seeds && !status; s++) {
        struct sweep_key key = sweep_key_make(options, batch, best, options->seed + s);
        status = do_run(context, &key, error);
    }
    return status;
}

static void print_results(const struct sweep_context *context)
{
    struct json *json = sweep_json(&context->sweep);
    sweep_print(stdout, json, context->options->out);
    js_destroy(json);
}

static enum status sweep_all(struct sweep_context *context, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < context->sweep.batches && !status; i++)
        status = do_batch(context, context->batch[i], error);
    if (status == STATUS_STOPPED)
        return fail(error, STATUS_STOPPED,
            "stopped by a signal; the same command continues from there, and the results so far "
            "are in %s",
            context->options->out);
    if (status)
        return status;
    if (context->is_first_rank)
        status = write_results(context, error);
    if (context->is_first_rank && !status)
        print_results(context);
    return comm_agree(context->comm, status, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct sweep_context context = {.options = options,
        .invocation = *invocation,
        .comm = comm,
        .is_first_rank = comm_rank(comm) == 0,
        .place = {.place.descriptor = -1, .runs.descriptor = -1}};
    uint64_t mode = floatmode_enter();
    context.prints = context.is_first_rank && options->progress != PROGRESS_OFF;
    context.invocation.silent = true;
    context.invocation.within = &context.place.runs;
    sweep_context_order(&context);
    enum status status = prepare(&context, error);
    if (!status)
        status =
            comm_agree(comm, context.is_first_rank ? begin(&context, error) : STATUS_OK, error);
    if (!status)
        status = sweep_all(&context, error);
    session_clear(&context.session);
    sweep_place_leave(&context.place);
    free(context.sweep.run);
    free(context.sweep.batch);
    floatmode_leave(mode);
    return status;
}

const struct command_row command_sweep = {
    .arguments = "--batch LIST --out DIR [options]",
    .summary = "train at several batch sizes: how large a batch is still worth it",
    .help = "  lockstep sweep --data fashion-mnist --val-split 0.1 --batch 32..8192 \\\n"
            "      --lr-grid 0.01..0.64 --seeds 3 --target val_accuracy=0.87 --out runs/sweep\n"
            "  mpirun -n 2 lockstep sweep --data table.csv --val-split 0.2 --batch 16..1024 \\\n"
            "      --lr 0.01 --lr-scale sqrt --budget steps --max-steps 2000 --out runs/rule\n"
            "  lockstep report runs/sweep\n"
            "\n"
            "It trains at every batch size of --batch, with every rate of --lr-grid and, at the\n"
            "best of them, with --seeds seeds; all other options are those of train. DIR gets\n"
            "sweep.json, sweep.csv and the directory of each run. The same command continues a\n"
            "sweep that was stopped.\n",
    .watched = true,
    .stoppable = true,
    .run = run,
};
