#include "lockstep/lockstep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "options/agreed_options.h"
#include "api/dataset_handle.h"
#include "api/model_handle.h"
#include "api/model_use.h"
#include "api/options_handle.h"
#include "api/session.h"
#include "api/train.h"
#include "base/floatmode.h"
#include "comm/world.h"
#include "run/trainer.h"
#include "commit.h"

const char *lockstep_version(void)
{
    return LOCKSTEP_VERSION;
}

const char *lockstep_mpi(void)
{
    return world_library();
}

void lockstep_free(void *memory)
{
    free(memory);
}

/* --- training on data in memory --------------------------------------------------------------- */

/* The state of lockstep_fit(). */
struct fit {
    const struct lockstep_callbacks *callbacks; /* not NULL */
    struct session session;
    struct lockstep_progress progress;
    double next_report_s; /* training time from which the next step is reported */
    struct result result;
    atomic_int stop; /* the callback's answer, in place of a signal's number */
    uint64_t mode;   /* the floating-point mode of the caller, in which its callbacks run */
};

static void tell(void *context, const char *line)
{
    const struct fit *fit = context;
    if (!fit->callbacks->message)
        return;
    floatmode_leave(fit->mode);
    fit->callbacks->message(fit->callbacks->context, line);
    floatmode_enter();
}

static void report(struct fit *fit)
{
    if (!fit->callbacks->progress)
        return;
    floatmode_leave(fit->mode);
    if (fit->callbacks->progress(fit->callbacks->context, &fit->progress))
        atomic_store(&fit->stop, 1);
    floatmode_enter();
}

static struct lockstep_metrics no_metrics(void)
{
    struct metrics none = metrics_none();
    return metrics_for_caller(&none);
}

static enum status on_step(void *context, const struct step_record *record, struct error *error)
{
    struct fit *fit = context;
    struct lockstep_progress *progress = &fit->progress;
    (void)error;
    progress->event = LOCKSTEP_AFTER_STEP;
    progress->step = record->batch.step;
    progress->epoch = plan_whole_epochs(&fit->session.job.settings.plan, progress->step);
    progress->seconds = record->elapsed_s;
    progress->loss = record->loss;
    progress->train_loss = (double)NAN;
    progress->validation = progress->test = no_metrics();
    if (progress->seconds >= fit->next_report_s) {
        fit->next_report_s = progress->seconds + fit->callbacks->interval;
        report(fit);
    }
    return STATUS_OK;
}

static enum status on_evaluation(
    void *context, const struct evaluation_record *record, struct error *error)
{
    struct fit *fit = context;
    struct lockstep_progress *progress = &fit->progress;
    (void)error;
    progress->event = LOCKSTEP_AFTER_EVALUATION;
    progress->validation = metrics_for_caller(&record->validation);
    progress->test = metrics_for_caller(&record->test);
    report(fit);
    return STATUS_OK;
}

static enum status on_epoch(void *context, const struct epoch_record *record, struct error *error)
{
    struct fit *fit = context;
    (void)error;
    fit->progress.event = LOCKSTEP_AFTER_EPOCH;
    fit->progress.train_loss = record->train_loss;
    report(fit);
    return STATUS_OK;
}

static enum status on_warning(void *context, int64_t step, const char *text, struct error *error)
{
    struct fit *fit = context;
    (void)step;
    (void)error;
    messages_tell(&fit->session.base.messages, "warning: %s", text);
    return STATUS_OK;
}

/* Trains a prepared session. The callback's answer arrives as a signal would, on which all ranks
 * agree, but is not a failure. */
static enum status run_fit(struct fit *fit, struct error *error)
{
    struct job *job = &fit->session.job;
    struct trainer *trainer = NULL;
    job->observer = (struct observer){.context = fit,
        .on_step = on_step,
        .on_evaluation = on_evaluation,
        .on_epoch = on_epoch,
        .on_warning = on_warning};
    job->stop_signal = &fit->stop;
    fit->progress.total_steps = job->settings.plan.total_steps;
    enum status status = trainer_create(&trainer, job, fit->session.base.teams, error);
    if (!status && fit->session.base.teams->comm->rank == 0)
        train_tell_warnings(&fit->session);
    if (!status)
        status = trainer_run(trainer, &fit->result, error);
    trainer_destroy(trainer);
    return status == STATUS_STOPPED ? STATUS_OK : status;
}

/* Returns the options of the datasets: rules about them must see that they exist. */
static int options_of_sets(const struct lockstep_sets *sets, const char *extra[2])
{
    int n = 0;
    if (sets->validation)
        extra[n++] = "--val-data=memory";
    if (sets->test)
        extra[n++] = "--test-data=memory";
    return n;
}

static const struct dataset *set_of(const struct lockstep_dataset *dataset)
{
    return dataset ? &dataset->set : NULL;
}

static enum status fit_on(struct lockstep_model **out, struct fit *fit,
    const struct lockstep_options *handle, const struct lockstep_sets *sets, struct comm *comm,
    struct error *error)
{
    struct options options = {0};
    const char *extra[2];
    int n = options_of_sets(sets, extra);
    const struct session_sources sources = {
        {set_of(sets->train), set_of(sets->validation), set_of(sets->test)}, {tell, fit}};
    enum status status = options_handle_read(
        &options, handle, (struct handle_command){"train", "memory", extra, n}, comm, error);
    options.noise_scale = NOISE_SCALE_OFF; /* no result has it */
    fit->mode = floatmode_enter();         /* as on the workers, for initial weights and scaling */
    if (!status)
        status = session_prepare_with(&fit->session, &options, &sources, comm, error);
    if (!status)
        status = run_fit(fit, error);
    floatmode_leave(fit->mode);
    if (!status) {
        struct model model = session_model(&fit->session);
        status = comm_agree(comm, model_handle_create(out, &model, error), error);
    }
    if (fit->session.base.teams)
        session_clear(&fit->session);
    options_clear(&options);
    return status;
}

static void fill_result(struct lockstep_fit_result *out, const struct fit *fit)
{
    const struct result *result = &fit->result;
    *out = (struct lockstep_fit_result){.steps = result->steps_done,
        .epochs = result->epochs_done,
        .seconds = result->seconds,
        .train_loss = result->train_loss,
        .validation = metrics_for_caller(&result->evaluation.validation),
        .test = metrics_for_caller(&result->evaluation.test),
        .weights_xxh3 = result->weights_xxh3};
    bool called = result->stopped_by == STOP_SIGNAL;
    if (result->steps_done > 0)
        snprintf(out->stopped_by, sizeof out->stopped_by, "%s",
            called ? "callback" : stop_reason_name(result->stopped_by));
}

static enum status check_arguments(
    struct lockstep_model **out, const struct lockstep_sets *sets, struct error *error)
{
    if (!out)
        return refuse_null("lockstep_fit", "out", error);
    *out = NULL;
    return sets && sets->train ? STATUS_OK
                               : refuse_null("lockstep_fit", sets ? "sets->train" : "sets", error);
}

static enum status fit_in(struct lockstep_model **out, struct fit *fit,
    const struct lockstep_options *options, const struct lockstep_sets *sets, const void *mpi_comm,
    struct error *error)
{
    struct comm *comm = comm_self();
    enum status status = check_arguments(out, sets, error);
    TRY(comm_create(&comm, mpi_comm, error));
    status = comm_agree(comm, status, error);
    if (!status)
        status = fit_on(out, fit, options, sets, comm, error);
    if (status && out) {
        lockstep_model_free(*out);
        *out = NULL;
    }
    comm_destroy(comm);
    return status;
}

int lockstep_fit(struct lockstep_model **out, const struct lockstep_options *options,
    const struct lockstep_sets *sets, const struct lockstep_callbacks *callbacks,
    const void *mpi_comm, struct lockstep_fit_result *result, struct lockstep_error *error)
{
    static const struct lockstep_callbacks none;
    struct error trouble;
    struct fit fit = {
        .callbacks = callbacks ? callbacks : &none, .result = {.train_loss = (double)NAN}};
    fit.result.evaluation.validation = fit.result.evaluation.test = metrics_none();
    enum status status = fit_in(out, &fit, options, sets, mpi_comm, &trouble);
    if (result)
        fill_result(result, &fit);
    return options_handle_end(status, &trouble, error);
}

/* --- a whole command -------------------------------------------------------------------------- */

/* Builds the arguments that main() would get. The caller still owns the strings. */
static enum status build_argv(int n, const char *const *argument, char ***argv, struct error *error)
{
    if (n < 0 || (n > 0 && !argument))
        return refuse_null("lockstep_train", "argument", error);
    for (int i = 0; i < n; i++)
        if (!argument[i])
            return fail(error, STATUS_USAGE, "lockstep_train(): argument[%d] is NULL", i);
    TRY(memory_take(argv, (size_t)n + 3, sizeof **argv, "the arguments", error));
    const char *fixed[] = {"lockstep", "train"};
    memcpy(*argv, fixed, sizeof fixed);
    if (n > 0)
        memcpy(*argv + 2, argument, (size_t)n * sizeof *argument);
    return STATUS_OK;
}

static enum status train(int n, const char *const *argument, struct comm *comm,
    struct result *result, struct error *error)
{
    struct options options = {0};
    struct invocation invocation = {.command_line = "(embedded)"};
    char **argv = NULL, warning[AGREED_WARNING];
    enum status status = comm_agree(comm, build_argv(n, argument, &argv, error), error);
    if (!status)
        status = agreed_options_read(&options, comm, n + 2, argv, NULL, warning, error);
    if (!status && options.command != COMMAND_TRAIN)
        status = fail(error, STATUS_USAGE, "lockstep_train() does not accept --help and --version");
    if (!status)
        status = train_by_options(&options, &invocation, comm, result, error);
    options_clear(&options);
    free(argv);
    return status;
}

int lockstep_train(
    int n, const char *const *argument, const void *mpi_comm, struct lockstep_result *out)
{
    struct error error = {0};
    struct result result = {.train_loss = (double)NAN};
    const struct metrics *test = &result.evaluation.test;
    struct comm *comm = comm_self();
    struct lockstep_result ignored = {0};
    enum status status = comm_create(&comm, mpi_comm, &error);
    out = out ? out : &ignored;
    if (!status)
        status = train(n, argument, comm, &result, &error);
    comm_destroy(comm);
    *out = (struct lockstep_result){.status = (int)status,
        .steps_done = result.steps_done,
        .seconds = result.seconds,
        .train_loss = result.train_loss,
        .test_loss = test->samples ? test->loss : (double)NAN,
        .test_accuracy = test->samples ? test->accuracy : (double)NAN,
        .weights_xxh3 = result.weights_xxh3};
    if (status)
        snprintf(out->message, sizeof out->message, "%s", error.text);
    return (int)status;
}
