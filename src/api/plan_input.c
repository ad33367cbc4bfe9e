#include "api/plan_input.h"

#include <stdio.h>

#include "options/data_defaults.h"
#include "options/training_settings.h"
#include "api/session_memory.h"
#include "comm/machine.h"
#include "net/mlp.h"
#include "report/number.h"
#include "report/progress.h"
#include "report/rows.h"
#include "run/run_reader.h"
#include "study/measure_step.h"

/* The maximum number of values in all samples; it keeps their size in bytes from overflowing. */
static const int64_t MOST_NUMBERS = INT64_C(1) << 56;

/* --- without data ----------------------------------------------------------------------------- */

/* Returns the sets for data that do not exist yet. Their values are counted as float32, since most
 * data are converted to float32 on reading. */
static struct run_sets assumed_sets(const struct options *options, const struct split_counts *split)
{
    bool classes = training_settings_task(options) != TASK_VALUES;
    int64_t floats = options->features + (classes ? 1 : options->outputs);
    return (struct run_sets){.bytes = options->samples * floats * (int64_t)sizeof(float),
        .largest = options->samples * floats * (int64_t)sizeof(float),
        .numbers =
            split->validation + split->test > 0 ? options->samples * (int64_t)sizeof(int64_t) : 0,
        .validation = split->validation,
        .test = split->test,
        .checkpoints = true};
}

static enum status assume_data(
    struct plan_input *input, const struct options *options, struct error *error)
{
    struct settings *settings = &input->figures.settings;
    char note[KERNEL_NOTE_MAX];
    input->samples = options->samples;
    TRY(options_split(options, options->samples, &input->split, error));
    struct data_facts facts = {.samples = plan_input_training(input),
        .table = true,
        .classes = training_settings_task(options) != TASK_VALUES};
    data_defaults_settle(&input->options, &facts);
    options = &input->options;
    settings->optimizer = options->optimizer;
    if (options->features == 0)
        return STATUS_OK;
    if (options->samples > MOST_NUMBERS / (options->features + options->outputs))
        return fail(error, STATUS_USAGE,
            "--samples %lld and --features %lld: no machine has enough memory for these data",
            (long long)options->samples, (long long)options->features);
    input->figures.network = true;
    input->figures.sets = assumed_sets(options, &input->split);
    TRY(common_kernel_choose(options->kernel, comm_self(), &settings->kernel, note, error));
    TRY(mlp_init(&settings->mlp, options->features, options->hidden.item, options->hidden.n,
        options->outputs, error));
    settings->cache_bytes = machine_l2_bytes();
    settings->criterion.kind = options->loss;
    training_settings_settings(options, settings);
    return STATUS_OK;
}

/* --- with data -------------------------------------------------------------------------------- */

/* Reads the data. Keeps them if they are needed for measurements; if not, keeps only their
 * figures. */
static enum status read_data(
    struct plan_input *input, const struct options *options, struct comm *comm, struct error *error)
{
    struct options run = options->measure ? training_settings_endless(options) : *options;
    struct session *session = &input->session;
    run.warmup = (struct length){.steps = 0};
    TRY(session_prepare(session, &run, comm, error));
    data_defaults_settle(&input->options, &session->facts);
    input->samples = session->train.samples;
    input->split.test = session->test.samples > 0 ? 0 : session->test_part.size;
    input->split.validation = session->train.samples - session->train_part.size - input->split.test;
    input->columns = session->train.features;
    input->figures.network = true;
    input->figures.settings = session->job.settings;
    input->figures.settings.criterion.class_weight = NULL;
    input->figures.sets = session_sets(session);
    input->measurable = options->measure;
    if (comm->rank == 0)
        dataset_tell_note(&session->base.messages, &session->train);
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
    session_base_set_ranks(&session->base, request);
    if (options->ranks > 1 && options->ranks != request->ranks)
        return fail(error, STATUS_USAGE,
            "--measure and --ranks %lld, but mpirun started %d; start %lld, or omit --ranks",
            (long long)options->ranks, request->ranks, (long long)options->ranks);
    return STATUS_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

/* Sets the values that depend on the options of the run. A session for measurements has other
 * options, so its values do not apply. */
static void complete(struct plan_input *input, const struct options *options)
{
    struct estimate_input *figures = &input->figures;
    figures->sets.evaluates = options->eval_every.unit != EVAL_NEVER;
    run_sets_keep(&figures->sets, &options->stop);
    figures->machines =
        input->measurable ? input->session.base.teams->comm->hosts : (int)options->hosts;
    struct link *link = &figures->settings.link;
    if (link->bytes_per_s == 0)
        *link = link_assumed();
    if (options->latency != OPTION_AUTO)
        link->latency_s = 1e-6 * options->latency;
    if (options->bandwidth != OPTION_AUTO)
        link->bytes_per_s = 1e9 / 8 * options->bandwidth;
    figures->memory_room = options->host_memory > 0 ? options->host_memory : machine_memory();
}

enum status plan_input_find(
    struct plan_input *input, const struct options *options, struct comm *comm, struct error *error)
{
    *input = (struct plan_input){.options = *options};
    TRY(options->samples > 0 ? assume_data(input, options, error)
                             : read_data(input, options, comm, error));
    options = &input->options;
    input->request = training_settings_request(options, plan_input_training(input),
        input->figures.network ? &input->figures.settings.mlp : NULL);
    TRY(input->measurable ? take_ranks(&input->request, options, &input->session, error)
                          : count_ranks(&input->request, options, error));
    complete(input, options);
    return STATUS_OK;
}

/* --- seconds per step: measured now ----------------------------------------------------------- */

static void take_rows(struct run_estimate *estimate, int n, const struct json *array)
{
    const struct rows rows = rows_of(array);
    for (int r = 0; r < rows.n; r++)
        for (int i = 0; i < n; i++)
            if ((double)estimate[i].plan.stage[0].batch == row_number(rows.row[r], "batch"))
                estimate[i].step_s = row_number(rows.row[r], "step_s");
}

/* The duration of a measurement, and a learning rate so small that no batch size diverges. */
static const double SECONDS = 0.3, RATE = 1e-9;
enum { ROUNDS = 3 };

enum status plan_input_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error)
{
    struct bench_progress progress = {.form = progress_form_of(options->progress), .what = "step"};
    progress.form.lines = false;
    struct listener listener = {&progress, bench_progress_hear};
    struct session *session = &input->session;
    int64_t batch[OPTION_LIST_MAX + PLAN_STAGES_MAX] = {0};
    struct repetitions repetitions = {.seconds = SECONDS, .repeats = ROUNDS};
    struct json *rows = js_array();
    if (session->base.teams->comm->rank == 0)
        repetitions.listener = &listener;
    session->job.run.schedule.lr = RATE;
    input->figures.one_host = session->base.teams->count == 1;
    for (int i = 0; i < n; i++)
        batch[i] = estimate[i].plan.stage[0].batch;
    enum status status =
        measure_step(rows, &session->job, session->base.teams, batch, n, &repetitions, error);
    bench_progress_end(&progress);
    if (!status)
        take_rows(estimate, n, rows);
    js_destroy(rows);
    return status;
}

/* --- seconds per step: measured before -------------------------------------------------------- */

/* Checks that a file is the output of `bench step --json`, for the planned network. */
static enum status check_measurement(
    const struct json *head, const struct plan_input *input, const char *path, struct error *error)
{
    const struct mlp *mlp = &input->figures.settings.mlp;
    const struct json *widths = row_value(head, "results.widths");
    if (!row_is(head, "bench", "step") || js_size(row_value(head, "results.rows")) == 0)
        return fail(error, STATUS_BAD_DATA,
            "--figures %s: not the output of lockstep bench step --json", path);
    bool same = js_size(widths) == (size_t)mlp->layers + 1;
    for (int l = 0; same && l <= mlp->layers; l++) {
        int64_t width = 0;
        same = js_as_int(js_item(widths, (size_t)l), &width) && width == mlp->width[l];
    }
    if (same || !input->figures.network)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "--figures %s: measured with a different network; run lockstep bench step --json with the "
        "same --data and --hidden",
        path);
}

static void compare_layouts(
    const struct json *head, const struct plan_input *input, char note[PLAN_INPUT_NOTE])
{
    double ranks = row_number(head, "ranks"), threads = row_number(head, "threads");
    const struct plan_request *request = &input->request;
    note[0] = '\0';
    if (ranks != request->ranks || threads != request->threads)
        snprintf(note, PLAN_INPUT_NOTE,
            "times were measured with %.0f rank%s of %.0f thread%s, not with the planned %d x %d",
            ranks, NUMBER_PLURAL(ranks), threads, NUMBER_PLURAL(threads), request->ranks,
            request->threads);
}

enum status plan_input_read_times(struct run_estimate *estimate, int n, struct plan_input *input,
    const char *path, char note[PLAN_INPUT_NOTE], struct error *error)
{
    struct json *head;
    TRY(run_read_json(path, &head, error));
    enum status status = check_measurement(head, input, path, error);
    if (!status) {
        compare_layouts(head, input, note);
        input->figures.one_host = row_number(head, "hosts") == 1;
        take_rows(estimate, n, row_value(head, "results.rows"));
    }
    js_destroy(head);
    return status;
}
