#include "api/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "options/training_settings.h"
#include "options/resume_place.h"
#include "api/session_data.h"
#include "api/session_memory.h"
#include "api/shared_data.h"
#include "comm/machine.h"
#include "net/mlp.h"
#include "step/step_memory.h"

enum status session_plan(const struct session *session, const struct options *options,
    int64_t samples, struct settings *settings, struct error *error)
{
    struct plan_request request = training_settings_request(options, samples, &settings->mlp);
    session_base_set_ranks(&session->base, &request);
    return plan_make(&settings->plan, &request, error);
}

static enum status take_class_weights(struct session *session, struct error *error)
{
    const struct real_list *list = &session->options.class_weights;
    int64_t classes = session->train.classes;
    if (list->n == 0)
        return STATUS_OK;
    if (list->n > 0 && list->n != classes)
        return fail(error, STATUS_USAGE, "--class-weights: %lld weights, but %s has %lld classes",
            (long long)list->n, session->train.name, (long long)classes);
    TRY(memory_take(&session->class_weight, (size_t)classes, sizeof *session->class_weight,
        "the classes' weights", error));
    session->job.settings.criterion.class_weight = session->class_weight;
    for (int64_t c = 0; c < list->n; c++)
        session->class_weight[c] = (float)list->item[c];
    return list->n > 0 ? STATUS_OK
                       : balance_classes(
                             session->class_weight, &session->train, &session->train_part, error);
}

/* Early stopping and the plateau schedule count evaluations. If the run uses one of them, checks
 * that it evaluates at least once before its last step. */
static enum status check_evaluations(
    const struct plan *plan, const struct run_settings *run, struct error *error)
{
    bool plateau = run->schedule.kind == SCHEDULE_PLATEAU;
    int64_t steps = run->eval_every.count;
    if (run->eval_every.unit == EVAL_EPOCHS)
        steps = plan_steps_of(plan, steps);
    if (!(run->stop.early || plateau) || steps < plan->total_steps)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "--%s and --eval-every: the run has %lld steps, with no evaluation before the last",
        plateau ? "schedule plateau" : "early-stop", (long long)plan->total_steps);
}

/* Chooses the way of the sums between teams, and measures the network for that, once per session. A
 * way that the user chose is taken with the assumed network, so that its traffic is the planned one in
 * every run. A session that only plans leaves the choice to its estimates. Collective. */
static enum status choose_exchange(struct session *session, struct comm *comm, struct error *error)
{
    struct settings *settings = &session->job.settings;
    if (!session_trains(&session->options))
        return STATUS_OK;
    bool measures = session->options.exchange == ROUTE_AUTO;
    if (measures && session->base.link.bytes_per_s == 0)
        TRY(link_measure(&session->base.link, session->base.teams, error));
    settings->link = measures ? session->base.link : link_assumed();
    TRY(comm_agree(comm, step_choose_route(settings, error), error));
    comm_broadcast(comm, &settings->route, sizeof settings->route);
    return STATUS_OK;
}

static enum status settle(struct session *session, struct error *error)
{
    const struct options *options = &session->options;
    struct settings *settings = &session->job.settings;
    struct run_settings *run = &session->job.run;
    const struct dataset *train = &session->train;
    int64_t outputs = train->classes > 0 ? train->classes : train->outputs;
    TRY(session_split_data(session, error));
    TRY(training_settings_loss(options, train, &settings->criterion, error));
    TRY(take_class_weights(session, error));
    TRY(mlp_init(&settings->mlp, session->encoding.inputs, options->hidden.item, options->hidden.n,
        outputs, error));
    TRY(session_plan(session, options, session->train_part.size, settings, error));
    TRY(training_settings_schedule(options, &settings->plan, &run->schedule, error));
    training_settings_settings(options, settings);
    settings->weighted = train->weight != NULL;
    run->eval_every = options->eval_every;
    run->verify_every = options->verify_every;
    run->stop = options->stop;
    run->plateau = options->plateau;
    run->plateau_metric = options->plateau_metric;
    struct evaluated evaluated = {prediction_kind_of(settings->criterion.kind), outputs,
        session->validation_part.size > 0, session->test_part.size > 0};
    TRY(training_settings_check_metrics(options, &evaluated, error));
    return check_evaluations(&settings->plan, run, error);
}

/* Sends rank 0's cache size to all ranks, since the layout of a pass in shared memory depends on
 * it. Collective. */
static void share_cache_size(struct session *session, struct comm *comm)
{
    int64_t *bytes = &session->job.settings.cache_bytes;
    *bytes = machine_l2_bytes();
    comm_broadcast(comm, bytes, sizeof *bytes);
}

/* Writes the initial weights into the memory of each team, on one of its ranks. Collective. */
static enum status make_weights(struct session *session, struct comm *comm, struct error *error)
{
    const struct options *options = &session->options;
    struct teams *teams = session->base.teams;
    struct job *job = &session->job;
    const struct mlp *mlp = &job->settings.mlp;
    if (!session_trains(options) && !options->init_from[0])
        return STATUS_OK;
    enum status status = teams_take(
        teams, &job->parameters, (size_t)mlp->parameters, sizeof(float), "the weights", error);
    TRY(comm_agree(comm, status, error));
    if (resume_wanted(options)) /* the weights come from a checkpoint */
        return STATUS_OK;
    if (teams->rank == 0 && options->init_from[0])
        status = model_read_parameters(options->init_from, mlp, job->parameters, error);
    else if (teams->rank == 0)
        mlp_init_parameters(mlp, options->init, (uint64_t)options->seed, job->parameters);
    return comm_agree(comm, status, error);
}

static void link_loaders(struct session *session)
{
    const struct vector *vector = vector_of(session->job.settings.kernel.level);
    const struct encoding *encoding = &session->encoding;
    session->train_encoding = session->encoding;
    session->train_encoding.as_trained = true;
    const struct scale *targets = session->train.outputs > 0 ? &session->target_scale : NULL;
    bool own_validation = session->validation.samples > 0, own_test = session->test.samples > 0;
    session->job.train = (struct loader){
        &session->train, &session->train_part, &session->train_encoding, vector, targets};
    session->validation_loader =
        (struct loader){own_validation ? &session->validation : &session->train,
            &session->validation_part, encoding, vector, targets};
    session->test_loader = (struct loader){own_test ? &session->test : &session->train,
        &session->test_part, encoding, vector, targets};
    if (session->validation_part.size > 0)
        session->job.validation = &session->validation_loader;
    if (session->test_part.size > 0)
        session->job.test = &session->test_loader;
}

static enum status evaluate_baseline(const struct session *session, const struct loader *set,
    struct metrics *metrics, struct error *error)
{
    *metrics = metrics_none();
    return set ? baseline_evaluate(
                     metrics, session->baseline, &session->job.settings.criterion, set, error)
               : STATUS_OK;
}

/* Finds the prediction that ignores the inputs, and its metrics on all sets. */
static enum status find_baseline(struct session *session, struct error *error)
{
    struct job *job = &session->job;
    const struct mlp *mlp = &job->settings.mlp;
    TRY(memory_take(
        &session->baseline, (size_t)mlp->width[mlp->layers], sizeof(float), "the baseline", error));
    TRY(baseline_fit(session->baseline, &job->settings.criterion, &job->train, error));
    TRY(evaluate_baseline(session, &job->train, &job->baseline.train, error));
    TRY(evaluate_baseline(session, job->validation, &job->baseline.validation, error));
    return evaluate_baseline(session, job->test, &job->baseline.test, error);
}

/* Prepares one run after the data have been read. Collective. */
static enum status prepare_run(
    struct session *session, const struct options *options, struct comm *comm, struct error *error)
{
    heartbeat_doing("preparing the run");
    session->options = *options;
    TRY(comm_agree(comm, settle(session, error), error));
    TRY(choose_exchange(session, comm, error));
    TRY(session_check_memory(session, error));
    TRY(make_weights(session, comm, error));
    link_loaders(session);
    if (options->command != COMMAND_TRAIN && options->command != COMMAND_SWEEP)
        return STATUS_OK;
    return comm_agree(comm, find_baseline(session, error), error);
}

enum status session_prepare(
    struct session *session, const struct options *options, struct comm *comm, struct error *error)
{
    return session_prepare_with(
        session, options, &(struct session_sources){.set = {NULL}}, comm, error);
}

enum status session_prepare_with(struct session *session, const struct options *options,
    const struct session_sources *sources, struct comm *comm, struct error *error)
{
    memset(session, 0, sizeof *session);
    session->base.messages = sources->messages;
    TRY(session_base_open(&session->base, options, comm, false, error));
    session->job.settings.kernel = session->base.kernel;
    share_cache_size(session, comm);
    TRY(session_read_data(session, options, sources, comm, error));
    return prepare_run(session, options, comm, error);
}

/* Clears everything that depends on the run. Collective over each team. */
static void clear_run(struct session *session)
{
    subset_clear(&session->train_part);
    subset_clear(&session->validation_part);
    subset_clear(&session->test_part);
    encoding_clear(&session->encoding);
    scale_clear(&session->target_scale);
    free(session->class_weight);
    free(session->baseline);
    session->class_weight = session->baseline = NULL;
    if (session->base.teams)
        teams_give(session->base.teams, session->job.parameters);
    session->job = (struct job){.settings = {.kernel = session->job.settings.kernel,
                                    .cache_bytes = session->job.settings.cache_bytes}};
}

enum status session_renew(
    struct session *session, const struct options *options, struct error *error)
{
    clear_run(session);
    return prepare_run(session, options, session->base.teams->comm, error);
}

void session_clear(struct session *session)
{
    dataset_unshare(&session->train, session->base.teams);
    dataset_unshare(&session->validation, session->base.teams);
    dataset_unshare(&session->test, session->base.teams);
    clear_run(session);
    session_base_close(&session->base);
    memset(session, 0, sizeof *session);
}

/* Returns the name of the column of weights in a header, or NULL. */
static const char *weight_name(const struct dataset *dataset)
{
    for (int64_t i = 0; i < dataset->others && dataset->feature_name; i++)
        if (strcmp(dataset->other[2 * i], "weight") == 0)
            return dataset->other[2 * i + 1];
    return NULL;
}

struct model session_model(const struct session *session)
{
    return (struct model){.mlp = session->job.settings.mlp,
        .criterion = session->job.settings.criterion,
        .feature_name = session->train.feature_name,
        .output_name =
            session->train.classes > 0 ? session->train.class_name : session->train.label_name,
        .baseline = session->baseline,
        .label_name = session->train.classes > 0 ? session->train.label_name : NULL,
        .missing = session->options.missing,
        .weight_name = weight_name(&session->train),
        .input = session->encoding,
        .target = session->target_scale,
        .parameters = session->job.parameters};
}
