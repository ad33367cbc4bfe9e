#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floatmode.h"
#include "base/resident.h"
#include "base/text.h"
#include "cli/sweep_runs.h"
#include "cli/sweeper.h"
#include "report/sweep_report.h"

/* --- before the first run ------------------------------------------------------------------ */

static struct options options_of_run(
    const struct sweeper *sweeper, const struct sweep_key *key, const char *directory)
{
    struct options run;
    sweep_run_options(&run, sweeper->options, key, directory, sweeper->session.train_part.size);
    return run;
}

/* A batch size that cannot be trained with shows before the others have trained for hours. */
static enum status check_batches(struct sweeper *sweeper, struct error *error)
{
    int64_t samples = sweeper->session.train_part.size;
    enum status status = STATUS_OK;
    for (int i = sweeper->sweep.batches - 1; i >= 0 && !status; i--) {
        struct sweep_key key = sweep_key_make(
            sweeper->options, sweeper->batch[i], sweeper->rate[0], sweeper->options->seed);
        struct options run = options_of_run(sweeper, &key, sweeper->options->out);
        if (key.batch > samples)
            return fail(error, STATUS_USAGE,
                "--batch %" PRId64 ": there are %" PRId64
                " training samples, and no step can take more",
                key.batch, samples);
        status = session_renew(&sweeper->session, &run, error);
    }
    return status;
}

/* The session of the first run, for the data and what they say. Collective. */
static enum status prepare(struct sweeper *sweeper, struct error *error)
{
    const struct options *options = sweeper->options;
    struct options first;
    struct sweep_key key =
        sweep_key_make(options, sweeper->batch[0], sweeper->rate[0], options->seed);
    enum status status = STATUS_OK;
    if (sweeper->leads)
        status = sweep_place_check(options, error);
    status = comm_agree(sweeper->comm, status, error);
    sweep_run_options(&first, options, &key, options->out, 1); /* not yet known how many */
    if (!status)
        status = session_prepare(&sweeper->session, &first, sweeper->comm, error);
    if (!status)
        status = comm_agree(sweeper->comm, sweeper_take_records(sweeper, error), error);
    if (!status)
        status = check_batches(sweeper, error);
    if (!status)
        status = sweeper_note_facts(sweeper, error);
    return status;
}

/* Rank 0, once nothing is left to refuse. */
static enum status begin(struct sweeper *sweeper, struct error *error)
{
    enum status status = STATUS_OK;
    if (!sweeper->options->overwrite)
        status = sweep_place_check_data(sweeper->options, sweeper->sweep.facts.data_xxh3, error);
    if (status)
        return status;
    sweeper->peaks = resident_forget_peak();
    if (sweeper->session.affinity.warning[0])
        fprintf(stderr, "lockstep: warning: %s\n", sweeper->session.affinity.warning);
    session_print_notes(stderr, &sweeper->session);
    return sweep_place_create(&sweeper->place, sweeper->options, error);
}

/* --- a run --------------------------------------------------------------------------------- */

static void print_place(const struct sweeper *sweeper, const struct sweep_key *key)
{
    char batch[32], rate[32];
    fprintf(stderr, "[%d/%d] B = %s, rate %s, seed %" PRId64 ": ", sweeper->sweep.runs + 1,
        sweeper->sweep.runs_planned, text_grouped(key->batch, batch),
        text_from_float((float)key->lr, rate), key->seed);
}

static enum status write_results(const struct sweeper *sweeper, struct error *error)
{
    const struct directory *place = &sweeper->place.place;
    enum status status = sweep_write_json(place, sweep_json, &sweeper->sweep, error);
    return status ? status : sweep_write_csv(place, sweep_csv, &sweeper->sweep, error);
}

/* Rank 0, of a run that is over. */
static enum status note_run(struct sweeper *sweeper, const struct sweep_key *key,
    const char *directory, bool before, struct error *error)
{
    struct sweep *sweep = &sweeper->sweep;
    struct sweep_run *run = &sweep->run[sweep->runs];
    enum status status = sweep_run_read(run, key, directory, &sweep->facts, sweeper->peaks, error);
    if (status)
        return status;
    if (sweeper->tells) {
        print_place(sweeper, key);
        sweep_print_run(stderr, run, &sweep->facts);
        fprintf(stderr, "%s; %d to go\n", before ? " (done before)" : "",
            sweep->runs_planned - sweep->runs - 1);
    }
    sweep->runs++;
    sweep_judge(sweep);
    return before ? STATUS_OK : write_results(sweeper, error);
}

/* Trains, or goes on. One that diverges is a result like any other. Collective. */
static enum status train_one(struct sweeper *sweeper, const struct sweep_key *key,
    const char *directory, bool resumes, struct error *error)
{
    struct options run = options_of_run(sweeper, key, directory);
    struct result result;
    if (resumes)
        memcpy(run.resume, run.out, sizeof run.resume);
    if (sweeper->tells) {
        print_place(sweeper, key);
        fprintf(stderr, "%s\n", resumes ? "goes on" : "begins");
    }
    resident_forget_peak();
    enum status status = session_renew(&sweeper->session, &run, error);
    if (!status)
        status = train_session(&sweeper->session, &run, &sweeper->invocation, &result, error);
    return status == STATUS_DIVERGED ? STATUS_OK : status;
}

/* Any rank may have got a signal between runs. Collective. */
static enum status check_signal(const struct sweeper *sweeper, struct error *error)
{
    const atomic_int *signal = sweeper->invocation.stop_signal;
    enum status status = STATUS_OK;
    if (signal && atomic_load(signal))
        status = fail(error, STATUS_STOPPED, "stopped by a signal");
    return comm_agree_unnamed(sweeper->comm, status, error);
}

static enum status do_run(struct sweeper *sweeper, const struct sweep_key *key, struct error *error)
{
    char directory[FILE_PATH_MAX], runs[FILE_PATH_MAX];
    enum sweep_run_state state = SWEEP_RUN_OPEN;
    enum status status = check_signal(sweeper, error);
    if (!status)
        status = file_path(runs, sweeper->options->out, "runs", error);
    if (!status)
        status = file_path(directory, runs, key->name, error);
    if (status)
        return status;
    if (sweeper->leads)
        state = sweep_run_look(directory);
    comm_broadcast(sweeper->comm, &state, sizeof state);
    if (state != SWEEP_RUN_DONE)
        status = train_one(sweeper, key, directory, state == SWEEP_RUN_BEGUN, error);
    if (status)
        return status;
    if (sweeper->leads)
        status = note_run(sweeper, key, directory, state == SWEEP_RUN_DONE, error);
    return comm_agree(sweeper->comm, status, error);
}

/* --- all runs ------------------------------------------------------------------------------ */

/* Every rate with the first seed, then the best with the others. */
static enum status do_batch(struct sweeper *sweeper, int64_t batch, struct error *error)
{
    const struct options *options = sweeper->options;
    enum status status = STATUS_OK;
    for (int r = 0; r < sweeper->n_rates && !status; r++) {
        struct sweep_key key = sweep_key_make(options, batch, sweeper->rate[r], options->seed);
        status = do_run(sweeper, &key, error);
    }
    double best = sweeper->leads && !status ? sweep_best_rate(&sweeper->sweep, batch) : 0;
    comm_broadcast(sweeper->comm, &best, sizeof best);
    for (int64_t s = 1; s < options->seeds && !status; s++) {
        struct sweep_key key = sweep_key_make(options, batch, best, options->seed + s);
        status = do_run(sweeper, &key, error);
    }
    return status;
}

static enum status sweep_all(struct sweeper *sweeper, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < sweeper->sweep.batches && !status; i++)
        status = do_batch(sweeper, sweeper->batch[i], error);
    if (status == STATUS_STOPPED)
        return fail(error, STATUS_STOPPED,
            "stopped by a signal; the same command goes on from there, and what is known is in %s",
            sweeper->options->out);
    if (status)
        return status;
    if (sweeper->leads)
        status = write_results(sweeper, error);
    if (sweeper->leads && !status)
        sweep_print(stdout, &sweeper->sweep, sweeper->options->out);
    return comm_agree(sweeper->comm, status, error);
}

enum status command_sweep(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct sweeper sweeper = {.options = options,
        .invocation = *invocation,
        .comm = comm,
        .leads = comm_rank(comm) == 0,
        .place = {.place.descriptor = -1, .runs.descriptor = -1}};
    uint64_t mode = floatmode_enter();
    sweeper.tells = sweeper.leads && options->progress != PROGRESS_OFF;
    sweeper.invocation.silent = true;
    sweeper.invocation.within = &sweeper.place.runs;
    sweeper_order(&sweeper);
    enum status status = prepare(&sweeper, error);
    if (!status)
        status = comm_agree(comm, sweeper.leads ? begin(&sweeper, error) : STATUS_OK, error);
    if (!status)
        status = sweep_all(&sweeper, error);
    session_clear(&sweeper.session);
    sweep_place_leave(&sweeper.place);
    free(sweeper.sweep.run);
    free(sweeper.sweep.batch);
    floatmode_leave(mode);
    return status;
}
