#include "cli/study_runner.h"

#include <stdio.h>

#include "base/floatmode.h"
#include "base/hash.h"
#include "run/rank_agreement.h"

void study_runner_init(struct study_runner *runner, const struct study *study,
    const struct options *options, const struct invocation *invocation, struct comm *comm)
{
    bool leads = comm->rank == 0;
    *runner = (struct study_runner){.study = study,
        .options = options,
        .invocation = *invocation,
        .comm = comm,
        .leads = leads,
        .prints = leads && options->progress != PROGRESS_OFF,
        .mode = floatmode_enter(),
        .place.descriptor = -1,
        .runs.descriptor = -1};
    runner->invocation.silent = true;
    runner->invocation.within = &runner->runs;
}

void study_runner_close(struct study_runner *runner)
{
    session_clear(&runner->session);
    directory_close(&runner->runs);
    directory_close(&runner->place);
    floatmode_leave(runner->mode);
}

enum status study_runner_prepare(
    struct study_runner *runner, const struct options *first, struct error *error)
{
    enum status status =
        runner->leads ? study_place_check(runner->study, runner->options, error) : STATUS_OK;
    TRY(comm_agree(runner->comm, status, error));
    return session_prepare(&runner->session, first, runner->comm, error);
}

uint64_t study_runner_data_hash(const struct study_runner *runner)
{
    const struct job *job = &runner->session.job;
    const uint64_t each[] = {rank_agreement_set_hash(&job->train, 0),
        rank_agreement_set_hash(job->validation, 0), rank_agreement_set_hash(job->test, 0)};
    return hash_bytes(each, sizeof each, 0);
}

enum status study_runner_begin(struct study_runner *runner, uint64_t data_xxh3, struct error *error)
{
    session_base_tell_notes(&runner->session.base);
    return study_place_create(
        &runner->place, &runner->runs, runner->study, runner->options, data_xxh3, error);
}

/* Checks between runs if a signal has reached any rank. Collective. */
static enum status check_signal(const struct study_runner *runner, struct error *error)
{
    const atomic_int *signal = runner->invocation.stop_signal;
    enum status status = STATUS_OK;
    if (signal && atomic_load(signal))
        status = fail(error, STATUS_STOPPED, "stopped by a signal");
    return comm_agree_unnamed(runner->comm, status, error);
}

enum status study_runner_find(struct study_runner *runner, const char *name, int64_t *give_up_steps,
    char directory[FILE_PATH_MAX], enum study_run_state *state, struct error *error)
{
    char runs[FILE_PATH_MAX];
    TRY(check_signal(runner, error));
    TRY(file_path(runs, runner->options->out, STUDY_RUNS, error));
    TRY(file_path(directory, runs, name, error));
    if (runner->leads)
        *state = study_run_state_of(directory, *give_up_steps);
    comm_broadcast(runner->comm, state, sizeof *state);
    comm_broadcast(runner->comm, give_up_steps, sizeof *give_up_steps);
    return STATUS_OK;
}

enum status study_runner_train(
    struct study_runner *runner, enum study_run_state state, struct error *error)
{
    struct result result;
    if (state == STUDY_RUN_DONE)
        return STATUS_OK;
    enum status status = train_session(&runner->session, &runner->invocation, &result, error);
    return status == STATUS_DIVERGED ? STATUS_OK : status;
}

enum status study_runner_result(
    const struct study_runner *runner, enum status status, struct error *error)
{
    if (status != STATUS_STOPPED)
        return status;
    return fail(error, STATUS_STOPPED,
        "stopped by a signal; the same command continues the %s; the results so far are in %s",
        runner->study->noun, runner->options->out);
}
