#include "cli/plan_subject.h"

#include "cli/endless.h"
#include "cli/recipe.h"
#include "cli/session_memory.h"
#include "comm/machine.h"
#include "net/cost.h"

/* Of all samples together, so that bytes can be counted. */
static const int64_t MOST_NUMBERS = INT64_C(1) << 56;

/* --- without data ----------------------------------------------------------------------------- */

/* Values are counted as float32, which most become when they are read. */
static struct run_sets assumed_sets(const struct options *options, int64_t n_validation)
{
    bool classes = recipe_task(options) != TASK_VALUES;
    int64_t floats = options->features + (classes ? 1 : options->outputs);
    return (struct run_sets){.bytes = options->samples * floats * (int64_t)sizeof(float),
        .largest = options->samples * floats * (int64_t)sizeof(float),
        .numbers = n_validation > 0 ? options->samples * (int64_t)sizeof(int64_t) : 0,
        .validation = n_validation,
        .checkpoints = true};
}

static enum status assume(
    struct plan_subject *subject, const struct options *options, struct error *error)
{
    struct settings *settings = &subject->figures.settings;
    struct machine machine;
    char note[KERNEL_NOTE_MAX];
    enum status status = options_split(options, options->samples, &subject->n_validation, error);
    subject->samples = options->samples;
    if (status || options->features == 0)
        return status;
    if (options->samples > MOST_NUMBERS / (options->features + options->outputs))
        return fail(error, STATUS_USAGE,
            "--samples %lld and --features %lld: no machine has memory for so many numbers",
            (long long)options->samples, (long long)options->features);
    subject->figures.network = true;
    subject->figures.sets = assumed_sets(options, subject->n_validation);
    status = common_kernel_choose(options->kernel, comm_self(), &settings->kernel, note, error);
    if (!status)
        status = mlp_init(&settings->mlp, options->features, options->hidden.item,
            options->hidden.n, options->outputs, error);
    machine_read(&machine);
    settings->cache_bytes = machine.l2_bytes;
    settings->criterion.kind = options->loss != LOSS_CHOICE_AUTO
                                   ? (enum loss_kind)(options->loss - 1)
                                   : LOSS_CROSS_ENTROPY;
    recipe_settings(options, settings);
    return status;
}

/* --- with data -------------------------------------------------------------------------------- */

/* What is read is kept for measurements, or its figures alone. */
static enum status look(struct plan_subject *subject, const struct options *options,
    struct comm *comm, struct error *error)
{
    struct options run = options->measure ? endless(options) : *options;
    struct session *session = &subject->session;
    run.warmup = (struct length){0, 0};
    enum status status = session_prepare(session, &run, comm, error);
    if (status)
        return status;
    subject->samples = session->train.samples;
    subject->n_validation = session->train.samples - session->train_part.size;
    subject->figures.network = true;
    subject->figures.settings = session->job.settings;
    subject->figures.settings.criterion.class_weight = NULL;
    subject->figures.sets = session_sets(session);
    subject->measurable = options->measure;
    if (!options->measure)
        session_clear(session);
    return STATUS_OK;
}

/* --- ranks ------------------------------------------------------------------------------------ */

/* As many teams on every host. */
static enum status count_ranks(
    struct plan_request *request, const struct options *options, struct error *error)
{
    long long ranks = options->ranks, hosts = options->hosts;
    if (ranks % hosts != 0)
        return fail(error, STATUS_USAGE,
            "--ranks %lld and --hosts %lld: the ranks cannot be spread evenly; take a multiple of "
            "%lld",
            ranks, hosts, hosts);
    int64_t of_host = options->ranks / options->hosts;
    request->team_ranks = teams_width((int)of_host, options->team);
    if (hosts > 1 && of_host % request->team_ranks != 0)
        return fail(error, STATUS_USAGE,
            "--team %d and --hosts %lld: the %lld ranks of a host are no multiple of a team's",
            request->team_ranks, hosts, (long long)of_host);
    request->ranks = (int)options->ranks;
    request->teams = (int)(options->hosts * divide_up(of_host, request->team_ranks));
    request->threads = options->threads > 0 ? (int)options->threads : 1;
    return STATUS_OK;
}

/* Those that are there. */
static enum status take_ranks(struct plan_request *request, const struct options *options,
    const struct session *session, struct error *error)
{
    struct comm *comm = teams_comm(session->teams);
    if (options->ranks > 1 && options->ranks != comm_size(comm))
        return fail(error, STATUS_USAGE,
            "--measure and --ranks %lld: there are %d; start that many with mpirun, or leave "
            "--ranks out",
            (long long)options->ranks, comm_size(comm));
    request->ranks = comm_size(comm);
    request->team_ranks = teams_size(session->teams, 0);
    request->teams = teams_count(session->teams);
    request->threads = session->affinity.threads;
    return STATUS_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

/* What a measured session has otherwise than the run. */
static void complete(struct plan_subject *subject, const struct options *options)
{
    struct subject *figures = &subject->figures;
    figures->sets.evaluates = options->eval_every.unit != EVAL_NEVER;
    figures->sets.keeps_best = options->early_stop[0] != '\0';
    figures->machines =
        subject->measurable ? comm_hosts(teams_comm(subject->session.teams)) : (int)options->hosts;
    figures->memory_room = options->host_memory > 0 ? options->host_memory : machine_memory();
    subject->request.samples = subject->samples - subject->n_validation;
    subject->request.epochs = options->epochs;
    subject->request.max_steps = options->max_steps;
    subject->request.drop_last = options->drop_last;
    subject->request.slices = options->slices;
    subject->request.sample_flops = figures->network ? cost_train_flops(&figures->settings.mlp) : 0;
    recipe_batches(options, &subject->request);
}

enum status plan_subject_find(struct plan_subject *subject, const struct options *options,
    struct comm *comm, struct error *error)
{
    *subject = (struct plan_subject){.measurable = false};
    enum status status = options->samples > 0 ? assume(subject, options, error)
                                              : look(subject, options, comm, error);
    if (!status && subject->measurable)
        status = take_ranks(&subject->request, options, &subject->session, error);
    else if (!status)
        status = count_ranks(&subject->request, options, error);
    if (status)
        plan_subject_clear(subject);
    else
        complete(subject, options);
    return status;
}

void plan_subject_clear(struct plan_subject *subject)
{
    if (subject->measurable)
        session_clear(&subject->session);
    subject->measurable = false;
}
