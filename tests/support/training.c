#include "support/training.h"

#include <string.h>

#include "data/encoding_fit.h"

struct losses {
    double *loss;
};

static enum status keep_loss(void *context, const struct step_record *record, struct error *error)
{
    struct losses *losses = context;
    (void)error;
    if (losses->loss)
        losses->loss[record->batch.step - 1] = record->loss;
    return STATUS_OK;
}

static enum status settle(const struct reference_problem *problem, const struct way *way,
    const struct teams *teams, struct settings *settings, struct run_settings *run,
    struct error *error)
{
    struct plan_request request = {.samples = problem->samples,
        .batch = problem->batch,
        .max_steps = problem->steps,
        .drop_last = problem->drop_last,
        .slices = problem->slices,
        .teams = teams->count,
        .threads = way->threads};
    request.changes = problem->changes;
    for (int i = 0; i < problem->changes; i++)
        request.change[i] =
            (struct batch_change){problem->change[i].batch, problem->change[i].after_epochs};
    enum status status = plan_make(&settings->plan, &request, error);
    if (!status)
        status = mlp_init(&settings->mlp, problem->width[0], problem->width + 1,
            problem->layers - 1, problem->width[problem->layers], error);
    settings->kernel = way->kernel;
    if (!status && !way->kernel.name)
        status = kernel_choose("auto", &settings->kernel, error);
    if (!status)
        reference_describe(problem, &settings->mlp, &settings->criterion);
    settings->reduce = way->reduce;
    settings->buckets = way->buckets;
    settings->optimizer = (struct optimizer_settings){.kind = problem->optimizer,
        .momentum = problem->momentum,
        .dampening = problem->dampening,
        .nesterov = problem->nesterov,
        .beta1 = problem->beta1,
        .beta2 = problem->beta2,
        .alpha = problem->alpha,
        .eps = problem->eps,
        .weight_decay = problem->weight_decay};
    if (problem->half_life > 0) {
        settings->optimizer.average = optimizer_average_share(problem->half_life);
        run->stop.final_weights = FINAL_EMA;
    }
    settings->clip = (struct clip){problem->clip_value, problem->clip_norm};
    run->schedule = problem->schedule ? *problem->schedule : (struct schedule){.lr = problem->lr};
    settings->seed = problem->seed;
    settings->shuffle = problem->shuffle;
    settings->weighted = problem->weight != NULL;
    settings->pass_rows = way->pass_rows;
    settings->cache_bytes = way->cache_bytes;
    run->eval_every.unit = EVAL_NEVER;
    settings->noise_scale = way->noise_scale;
    run->verify_every = way->verify_every;
    return status;
}

enum status training_run(const struct reference_problem *problem, const struct way *way,
    struct comm *comm, float *parameters, double *losses, struct result *result,
    struct error *error)
{
    struct losses kept = {losses};
    struct observer observer = {.context = &kept, .on_step = keep_loss};
    return training_observe(problem, way, comm, parameters, &observer, result, error);
}

/* Runs a job whose weights are in the memory of each team, as the trainer needs them: a copy of
 * job->parameters, whose result is then copied back on every rank. */
static enum status with_team_weights(struct job *job, struct teams *teams,
    enum status (*run)(void *context, struct job *job, struct teams *teams, struct error *error),
    void *context, struct error *error)
{
    float *own = job->parameters;
    size_t n = (size_t)job->settings.mlp.parameters;
    job->parameters = NULL;
    enum status status =
        teams_take(teams, &job->parameters, n, sizeof *own, "the weights of a team", error);
    status = comm_agree(teams->comm, status, error);
    if (!status) {
        if (teams->rank == 0)
            memcpy(job->parameters, own, n * sizeof *own);
        comm_barrier(teams->comm);
        status = run(context, job, teams, error);
        memcpy(own, job->parameters, n * sizeof *own);
    }
    teams_give(teams, job->parameters);
    job->parameters = own;
    return status;
}

static enum status run_trainer(
    void *context, struct job *job, struct teams *teams, struct error *error)
{
    struct result *result = context;
    struct trainer *trainer;
    enum status status = trainer_create(&trainer, job, teams, error);
    memset(result, 0, sizeof *result);
    if (!status)
        status = trainer_run(trainer, result, error);
    trainer_destroy(trainer);
    return status;
}

struct observed {
    const struct observer *observer;
    struct result *result;
};

static enum status run_observed(
    void *context, struct job *job, struct teams *teams, struct error *error)
{
    const struct observed *observed = context;
    job->observer = *observed->observer;
    return run_trainer(observed->result, job, teams, error);
}

enum status training_observe(const struct reference_problem *problem, const struct way *way,
    struct comm *comm, float *parameters, const struct observer *observer, struct result *result,
    struct error *error)
{
    memset(result, 0, sizeof *result);
    struct observed observed = {observer, result};
    return training_with(problem, way, comm, parameters, run_observed, &observed, error);
}

enum status training_with(const struct reference_problem *problem, const struct way *way,
    struct comm *comm, float *parameters,
    enum status (*run)(void *context, struct job *job, struct teams *teams, struct error *error),
    void *context, struct error *error)
{
    int64_t outputs = problem->width[problem->layers];
    bool classes = problem->loss == LOSS_CROSS_ENTROPY;
    /* The library only reads these; its own datasets are written once, by their readers. */
    struct dataset dataset = {.name = "test",
        .samples = problem->samples,
        .features = problem->width[0],
        .type = VALUE_F32,
        .values = (void *)(uintptr_t)problem->x,
        .classes = classes ? outputs : 0,
        .labels = (int32_t *)(uintptr_t)problem->label,
        .outputs = classes ? 0 : outputs,
        .targets = (float *)(uintptr_t)problem->target,
        .weight = (float *)(uintptr_t)problem->weight};
    struct subset all = {.size = problem->samples};
    struct encoding encoding = {0};
    struct job job = {.parameters = parameters};
    struct teams *teams;
    enum status status = teams_create(&teams, comm, way->team, error);
    if (status)
        return status;
    status = settle(problem, way, teams, &job.settings, &job.run, error);
    if (!status)
        status = encoding_fit(
            &encoding, &(struct encoding_choice){.scale = SCALE_NONE}, &dataset, &all, error);
    if (!status && problem->initial)
        memcpy(
            parameters, problem->initial, (size_t)job.settings.mlp.parameters * sizeof *parameters);
    else if (!status)
        mlp_init_parameters(&job.settings.mlp, problem->init, problem->seed, parameters);
    job.train =
        (struct loader){&dataset, &all, &encoding, vector_of(job.settings.kernel.level), NULL};
    status = comm_agree(comm, status, error);
    if (!status)
        status = with_team_weights(&job, teams, run, context, error);
    encoding_clear(&encoding);
    teams_destroy(teams);
    return status;
}

enum status train_job(
    struct job *job, struct teams *teams, struct result *result, struct error *error)
{
    return with_team_weights(job, teams, run_trainer, result, error);
}

enum status train_job_by_ranks(
    struct job *job, struct comm *comm, struct result *result, struct error *error)
{
    struct teams *teams;
    enum status status = teams_create(&teams, comm, (struct team_request){TEAM_RANKS, 1}, error);
    if (!status)
        status = train_job(job, teams, result, error);
    teams_destroy(teams);
    return status;
}
