#include "cli/plan_input.h"

#include "options/benchmark_options.h"
#include "options/training_settings.h"
#include "api/session_memory.h"
#include "comm/machine.h"
#include "net/mlp.h"

/* The maximum number of values in all samples; it keeps their size in bytes from overflowing. */
static const int64_t MOST_NUMBERS = INT64_C(1) << 56;

/* --- without data ----------------------------------------------------------------------------- */

/* Returns the sets for data that do not exist yet. Their values are counted as float32, since most
 * data are converted to float32 on reading. */
static struct run_sets assumed_sets(const struct options *options, int64_t n_validation)
{
    bool classes = training_settings_task(options) != TASK_VALUES;
    int64_t floats = options->features + (classes ? 1 : options->outputs);
    return (struct run_sets){.bytes = options->samples * floats * (int64_t)sizeof(float),
        .largest = options->samples * floats * (int64_t)sizeof(float),
        .numbers = n_validation > 0 ? options->samples * (int64_t)sizeof(int64_t) : 0,
        .validation = n_validation,
        .checkpoints = true};
}

static enum status assume_data(
    struct plan_input *input, const struct options *options, struct error *error)
{
    struct settings *settings = &input->figures.settings;
    struct machine machine;
    char note[KERNEL_NOTE_MAX];
    TRY(options_split(options, options->samples, &input->n_validation, error));
    input->samples = options->samples;
    if (options->features == 0)
        return STATUS_OK;
    if (options->samples > MOST_NUMBERS / (options->features + options->outputs))
        return fail(error, STATUS_USAGE,
            "--samples %lld and --features %lld: no machine has enough memory for these data",
            (long long)options->samples, (long long)options->features);
    input->figures.network = true;
    input->figures.sets = assumed_sets(options, input->n_validation);
    TRY(common_kernel_choose(options->kernel, comm_self(), &settings->kernel, note, error));
    TRY(mlp_init(&settings->mlp, options->features, options->hidden.item, options->hidden.n,
        options->outputs, error));
    machine_read(&machine);
    settings->cache_bytes = machine.l2_bytes;
    settings->criterion.kind = options->loss != LOSS_AUTO ? options->loss : LOSS_CROSS_ENTROPY;
    training_settings_settings(options, settings);
    return STATUS_OK;
}

/* --- with data -------------------------------------------------------------------------------- */

/* Reads the data. Keeps them if they are needed for measurements; if not, keeps only their
 * figures. */
static enum status read_data(
    struct plan_input *input, const struct options *options, struct comm *comm, struct error *error)
{
    struct options run = options->measure ? benchmark_options(options) : *options;
    struct session *session = &input->session;
    run.warmup = (struct length){0, 0};
    TRY(session_prepare(session, &run, comm, error));
    input->samples = session->train.samples;
    input->n_validation = session->train.samples - session->train_part.size;
    input->figures.network = true;
    input->figures.settings = session->job.settings;
    input->figures.settings.criterion.class_weight = NULL;
    input->figures.sets = session_sets(session);
    input->measurable = options->measure;
    if (!options->measure)
        session_clear(session);
    return STATUS_OK;
}

/* --- ranks ------------------------------------------------------------------------------------ */

/* Sets the planned ranks and teams, with the same number of teams on every host. */
static enum status count_ranks(
    struct plan_request *request, const struct options *options, struct error *error)
{
    long long ranks = options->ranks, hosts = options->hosts;
    if (ranks % hosts != 0)
        return fail(error, STATUS_USAGE,
            "--ranks %lld and --hosts %lld: the ranks cannot be spread evenly; use a multiple of "
            "%lld",
            ranks, hosts, hosts);
    int64_t of_host = options->ranks / options->hosts;
    request->team_ranks = teams_width((int)of_host, options->team);
    if (hosts > 1 && of_host % request->team_ranks != 0)
        return fail(error, STATUS_USAGE,
            "--team %d and --hosts %lld: the %lld ranks of a host are not a multiple of those of a "
            "team",
            request->team_ranks, hosts, (long long)of_host);
    request->ranks = (int)options->ranks;
    request->teams = (int)(options->hosts * divide_up(of_host, request->team_ranks));
    request->threads = options->threads > 0 ? (int)options->threads : 1;
    return STATUS_OK;
}

/* Sets the ranks, teams and threads to those of the running program. */
static enum status take_ranks(struct plan_request *request, const struct options *options,
    const struct session *session, struct error *error)
{
    struct comm *comm = session->base.teams->comm;
    if (options->ranks > 1 && options->ranks != comm->size)
        return fail(error, STATUS_USAGE,
            "--measure and --ranks %lld, but mpirun started %d; start %lld, or omit --ranks",
            (long long)options->ranks, comm->size, (long long)options->ranks);
    request->ranks = comm->size;
    request->team_ranks = session->base.teams->team[0].size;
    request->teams = session->base.teams->count;
    request->threads = session->base.affinity.threads;
    return STATUS_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

/* Sets the values that depend on the options of the run. A session for measurements has other
 * options, so its values do not apply. */
static void complete(struct plan_input *input, const struct options *options)
{
    struct estimate_input *figures = &input->figures;
    figures->sets.evaluates = options->eval_every.unit != EVAL_NEVER;
    figures->sets.keeps_best = options->stop.early;
    figures->machines =
        input->measurable ? input->session.base.teams->comm->hosts : (int)options->hosts;
    figures->memory_room = options->host_memory > 0 ? options->host_memory : machine_memory();
    input->request.samples = input->samples - input->n_validation;
    input->request.epochs = options->epochs;
    input->request.max_steps = options->max_steps;
    input->request.drop_last = options->drop_last;
    input->request.slices = options->slices;
    input->request.sample_flops = figures->network ? mlp_train_flops(&figures->settings.mlp) : 0;
    training_settings_batches(options, &input->request);
}

enum status plan_input_find(
    struct plan_input *input, const struct options *options, struct comm *comm, struct error *error)
{
    *input = (struct plan_input){.measurable = false};
    enum status status = options->samples > 0 ? assume_data(input, options, error)
                                              : read_data(input, options, comm, error);
    if (!status && input->measurable)
        status = take_ranks(&input->request, options, &input->session, error);
    else if (!status)
        status = count_ranks(&input->request, options, error);
    if (status)
        plan_input_clear(input);
    else
        complete(input, options);
    return status;
}

void plan_input_clear(struct plan_input *input)
{
    if (input->measurable)
        session_clear(&input->session);
    input->measurable = false;
}
