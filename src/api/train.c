#include "api/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/floatmode.h"
#include "base/heartbeat.h"
#include "base/shown.h"
#include "api/resumption.h"
#include "api/run_directory.h"
#include "api/session.h"
#include "api/session_memory.h"
#include "options/options_read.h"
#include "report/banner.h"
#include "report/log/log_csv.h"
#include "report/log/metrics_log.h"
#include "report/log/tensorboard.h"
#include "report/progress.h"
#include "report/rate_warning.h"
#include "report/shown_streams.h"
#include "report/summary.h"
#include "model/model.h"
#include "run/run_files.h"

/* The files and progress of a run on rank 0: the context of the observer. */
struct run_outputs {
    struct directory place; /* locked; descriptor -1: none */
    char log_path[FILE_PATH_MAX];
    struct metrics_log log;
    struct log_csv csv;
    struct tensorboard board;
    struct progress progress;
};

/* --- the observer -------------------------------------------------------------------------- */

static enum status on_step(void *context, const struct step_record *record, struct error *error)
{
    struct run_outputs *outputs = context;
    progress_step(&outputs->progress, record);
    return metrics_log_step(&outputs->log, record, error);
}

static enum status on_evaluation(
    void *context, const struct evaluation_record *record, struct error *error)
{
    struct run_outputs *outputs = context;
    progress_evaluation(&outputs->progress, record);
    return metrics_log_evaluation(&outputs->log, record, error);
}

static enum status on_epoch(void *context, const struct epoch_record *record, struct error *error)
{
    struct run_outputs *outputs = context;
    progress_epoch(&outputs->progress, record);
    return metrics_log_epoch(&outputs->log, record, error);
}

static enum status on_checkpoint(
    void *context, const struct checkpoint_record *record, struct error *error)
{
    struct run_outputs *outputs = context;
    return metrics_log_checkpoint(&outputs->log, record, error);
}

static enum status on_warning(void *context, int64_t step, const char *text, struct error *error)
{
    struct run_outputs *outputs = context;
    progress_warning(&outputs->progress, text);
    return metrics_log_warning(&outputs->log, step, text, error);
}

/* Prints the warning of the log; the log has it already. */
static void show_warning(void *context, const char *text)
{
    struct run_outputs *outputs = context;
    progress_warning(&outputs->progress, text);
}

static int64_t log_bytes(void *context)
{
    const struct run_outputs *outputs = context;
    return metrics_log_bytes(&outputs->log);
}

/* --- before and after ---------------------------------------------------------------------- */

void train_tell_warnings(const struct session *session)
{
    const struct plan *plan = &session->job.settings.plan;
    const struct messages *messages = &session->base.messages;
    char text[RATE_WARNING_TEXT], cure[RATE_WARNING_TEXT];
    session_base_tell_notes(&session->base);
    if (plan->stage[0].clamped)
        messages_tell(messages,
            "warning: --batch %lld is larger than the training set of %lld samples; every step "
            "uses all of them",
            (long long)plan->request.batch, (long long)plan->samples);
    if (rate_warning(&session->job.run.schedule, session->options.optimizer.kind, text, cure))
        messages_tell(messages, "warning: %s (%s)", text, cure);
}

static void print_banner(const struct options *options, const struct session *session,
    const struct resumption *resumption, const char *out)
{
    const struct run_state *state = &resumption->start.state;
    const struct run_memory memory = session_memory(session);
    train_tell_warnings(session);
    if (options->progress == PROGRESS_OFF)
        return;
    const struct banner banner = {.job = &session->job,
        .teams = session->base.teams,
        .memory = &memory,
        .threads_reason = session->base.affinity.reason,
        .out = out,
        .verbose = options->verbose};
    banner_print(stderr, &banner, progress_form_of(options->progress).line_most);
    if (resumption->resumes)
        fprintf(stderr, "resumed from %s: epoch %lld, iteration %lld, after %.2f s of training\n",
            SHOWN(resumption->path), (long long)state->epoch, (long long)state->iteration,
            state->seconds);
}

/* Opens the event file. Each run of a study has a directory of its own, named as the run is. */
static enum status open_board(struct run_outputs *outputs, const struct options *record,
    const struct run_state *state, const struct invocation *invocation, struct error *error)
{
    char directory[FILE_PATH_MAX], *config;
    const char *slash = strrchr(record->out, '/');
    snprintf(directory, sizeof directory, "%s", record->tensorboard);
    if (invocation->within)
        TRY(file_path(directory, record->tensorboard, slash ? slash + 1 : record->out, error));
    TRY(options_to_text(record, TEXT_RECORD, &config, error));
    enum status status = tensorboard_open(
        &outputs->board, directory, config, state, &outputs->log, outputs->place.path, error);
    free(config);
    return status;
}

/* Opens the further files of the log. Rank 0 only. */
static enum status open_sinks(struct run_outputs *outputs, const struct options *record,
    const struct session *session, const struct run_state *state,
    const struct invocation *invocation, struct error *error)
{
    outputs->log.warn = show_warning;
    outputs->log.warn_context = outputs;
    if (record->tensorboard[0])
        TRY(open_board(outputs, record, state, invocation, error));
    if (record->log_csv[0])
        TRY(log_csv_open(&outputs->csv, record->log_csv, &session->job, &outputs->log,
            outputs->place.path, error));
    return STATUS_OK;
}

/* A failure to close one of them is a warning, as a failure to write to it is. */
static void close_sinks(struct run_outputs *outputs)
{
    struct error error;
    if (log_csv_close(&outputs->csv, &error))
        progress_warning(&outputs->progress, error.text);
    if (tensorboard_close(&outputs->board, &error))
        progress_warning(&outputs->progress, error.text);
}

/* Opens the directory and log of the run, before the first step. Rank 0 only. */
static enum status open_outputs(struct run_outputs *outputs, const struct options *options,
    const struct session *session, const struct resumption *resumption,
    const struct invocation *invocation, struct error *error)
{
    struct directory *place = &outputs->place;
    const struct plan *plan = &session->job.settings.plan;
    const struct run_state *state = resumption->resumes ? &resumption->start.state : NULL;
    struct options record;
    FILE *file = NULL;
    double begun_s = state ? state->seconds : 0;
    outputs->progress = (struct progress){.form = progress_form_of(options->progress),
        .epochs = invocation->silent || shown_streams_on_terminal() ? NULL : stdout,
        .plan = plan,
        .log_every = options->log_every,
        .drawn_s = begun_s,
        .rate_s = begun_s};
    TRY(options_resolve(&record, options, session, error));
    TRY(run_directory_create(place, &record, state, invocation->within, error));
    TRY(directory_open_file(place, RUN_LOG, state ? "r+" : "w+", &file, error));
    directory_path(outputs->log_path, place, RUN_LOG);
    TRY(metrics_log_open(
        &outputs->log, file, outputs->log_path, plan, options->log_every, state, error));
    return open_sinks(outputs, &record, session, state, invocation, error);
}

/* Keeps the first of several failures. */
static void keep_first(
    enum status *first, struct error *kept, enum status status, const struct error *error)
{
    if (*first || !status)
        return;
    *first = status;
    *kept = *error;
}

/* Writes the results after the last step. Each file is written independently, so a failure to write
 * one file does not prevent the others; the first failure is reported. The summary is written last,
 * since it marks the run as ended. Rank 0 only. */
static enum status write_results(struct run_outputs *outputs, const struct session *session,
    const struct summary *summary, bool silent, struct error *error)
{
    const struct directory *place = &outputs->place;
    heartbeat_doing("writing the results");
    enum status first = STATUS_OK;
    struct error trouble;
    struct model model = session_model(session);
    bool corrupted = summary->result->stopped_by == STOP_CORRUPTED;
    if (!corrupted)
        keep_first(&first, error, model_write(place, RUN_MODEL, &model, &trouble), &trouble);
    keep_first(&first, error, metrics_log_end(&outputs->log, summary->result, &trouble), &trouble);
    keep_first(&first, error, metrics_log_close(&outputs->log, &trouble), &trouble);
    keep_first(&first, error, summary_write(place, RUN_SUMMARY, summary, &trouble), &trouble);
    if (!first && !silent && !corrupted)
        summary_print(stdout, summary, place->path);
    return first;
}

/* Trains and writes the results. If the results cannot be written, returns that failure even if a
 * signal or divergence ended the run. */
static enum status train_and_write(struct trainer *trainer, struct run_outputs *outputs,
    const struct session *session, const struct invocation *invocation, struct comm *comm,
    struct result *result, struct error *error)
{
    struct error trouble = {0};
    bool timed = invocation->started_s > 0 && !invocation->silent;
    double setup_s = timed ? clock_now_s() - invocation->started_s : (double)NAN;
    enum status written = STATUS_OK, status = trainer_run(trainer, result, error);
    progress_end(&outputs->progress);
    struct summary summary = {.command = invocation->command_line,
        .teams = session->base.teams,
        .job = &session->job,
        .result = result,
        .setup_s = setup_s};
    if (comm->rank == 0) /* without memory, some causes are missing, but not the results */
        comparison_of_run(&summary.comparison, &session->job, result, &trouble);
    if (comm->rank == 0)
        written = write_results(outputs, session, &summary, invocation->silent, &trouble);
    written = comm_agree(comm, written, &trouble);
    bool failed = status && status != STATUS_DIVERGED && status != STATUS_STOPPED;
    if (!written || failed)
        return status;
    *error = trouble;
    return written;
}

/* Refuses early what would only be found once the data have been read. Rank 0 only. */
static enum status check_outputs(const struct options *options, struct error *error)
{
    TRY(run_directory_check(options, error));
    if (!options->log_csv[0])
        return STATUS_OK;
    return log_csv_check(options->log_csv, options->overwrite || options->resume[0], error);
}

/* Trains a prepared session and writes its results. */
static enum status train_from(struct session *session, const struct invocation *invocation,
    struct resumption *resumption, struct comm *comm, struct result *result, struct error *error)
{
    const struct options *options = &session->options;
    struct trainer *trainer = NULL;
    struct run_outputs outputs = {
        .place.descriptor = -1, .csv.output.descriptor = -1, .board.output.descriptor = -1};
    struct job *job = &session->job;
    const struct model model = session_model(session);
    job->observer = (struct observer){
        &outputs, on_step, on_evaluation, on_epoch, on_checkpoint, on_warning, log_bytes};
    job->stop_signal = invocation->stop_signal;
    job->resume = resumption->resumes ? &resumption->start : NULL;
    job->checkpoints = (struct checkpoints){.every = options->checkpoint_every,
        .keep = (int)options->keep,
        .run = &outputs.place,
        .identity = &resumption->identity,
        .model = &model};
    enum status status = trainer_create(&trainer, job, session->base.teams, error);
    checkpoint_drop_arrays(&resumption->start);
    if (!status) {
        if (comm->rank == 0)
            status = open_outputs(&outputs, options, session, resumption, invocation, error);
        if (comm->rank == 0 && !status && !invocation->silent)
            print_banner(options, session, resumption, outputs.place.path);
        struct directory *place = &outputs.place;
        comm_broadcast(comm, place->path, sizeof place->path);
        heartbeat_run(place->path);
        if (comm->rank == 0 && resumption->resumes)
            heartbeat_saved(resumption->start.state.step);
        status = comm_agree(comm, status, error);
    }
    if (!status)
        status = train_and_write(trainer, &outputs, session, invocation, comm, result, error);
    if (outputs.log.file)
        fclose(outputs.log.file); /* still open only if opening the outputs failed */
    close_sinks(&outputs);
    directory_close(&outputs.place);
    trainer_destroy(trainer);
    return status;
}

enum status train_session(struct session *session, const struct invocation *invocation,
    struct result *result, struct error *error)
{
    struct resumption resumption;
    enum status status = resumption_prepare(&resumption, session, error);
    if (!status && resumption.nothing_left)
        result->steps_done = resumption.start.state.step;
    else if (!status)
        status =
            train_from(session, invocation, &resumption, session->base.teams->comm, result, error);
    resumption_clear(&resumption);
    return status;
}

static enum status train(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct result *result, struct error *error)
{
    struct session session;
    bool leads = comm->rank == 0;
    TRY(comm_agree(comm, leads ? check_outputs(options, error) : STATUS_OK, error));
    enum status status = session_prepare(&session, options, comm, error);
    if (!status)
        status = train_session(&session, invocation, result, error);
    session_clear(&session);
    return status;
}

/* Initial weights and scaling are computed in the same floating-point mode as on the workers. */
enum status train_by_options(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct result *result, struct error *error)
{
    uint64_t mode = floatmode_enter();
    enum status status = train(options, invocation, comm, result, error);
    floatmode_leave(mode);
    return status;
}
