#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/session.h"
#include "cli/commands.h"
#include "comm/machine.h"
#include "comm/world.h"
#include "net/mlp.h"
#include "options/option_find.h"
#include "options/training_settings.h"
#include "report/bench_table.h"
#include "report/progress.h"
#include "report/rows.h"
#include "study/measure_peak.h"
#include "study/measure_reduce.h"
#include "study/measure_scaling.h"
#include "study/measure_step.h"

/* The state of one bench command. */
struct bench {
    const struct options *options;
    struct comm *comm;
    struct machine machine;
    struct repetitions repetitions;
    struct bench_progress progress;
    struct listener listener; /* draws the progress */
    struct session session;   /* measurements that do not train use only its base */
    struct json *results;
};

/* --- measurements; each is collective and sets the results -------------------------------- */

static enum status bench_peak(struct bench *bench, struct error *error)
{
    struct bench_timer timer = {bench->comm, bench->session.base.affinity.threads};
    return measure_peak(bench->results, timer, &bench->machine, &bench->repetitions, error);
}

/* Measures kernels on rank 0, while the other ranks sleep. */
static enum status bench_kernel(struct bench *bench, struct error *error)
{
    struct kernel kernel[KERNELS_MAX] = {bench->session.base.kernel};
    bool all = strcmp(bench->options->kernel, "auto") == 0;
    int n = all ? kernel_list(kernel) : 1;
    bool leads = bench->comm->rank == 0;
    enum status status =
        leads ? measure_kernels(bench->results, kernel, n, &bench->repetitions, error) : STATUS_OK;
    comm_rest(bench->comm);
    return comm_agree(bench->comm, status, error);
}

static enum status bench_reduce(struct bench *bench, struct error *error)
{
    return measure_reduce(bench->results, bench->comm, vector_of(bench->session.base.kernel.level),
        &bench->repetitions, error);
}

/* Records the network in the results. Returns the rows of the results, which are still empty. */
static struct json *set_network(struct bench *bench)
{
    const struct settings *settings = &bench->session.job.settings;
    const struct mlp *mlp = &settings->mlp;
    struct json *widths = js_array(), *rows = js_array();
    for (int l = 0; l <= mlp->layers; l++)
        js_append_int(widths, mlp->width[l]);
    js_set_text(bench->results, "data", bench->options->data);
    js_set_int(bench->results, "samples", settings->plan.samples);
    js_set(bench->results, "widths", widths);
    js_set_int(bench->results, "parameters", mlp->parameters);
    js_set_real(bench->results, "flops_per_sample", mlp_train_flops(mlp));
    js_set(bench->results, "rows", rows);
    return rows;
}

static enum status bench_step(struct bench *bench, struct error *error)
{
    struct session *session = &bench->session;
    const struct int_list *batch = &session->options.batch;
    return measure_step(set_network(bench), &session->job, session->base.teams, batch->item,
        batch->n, &bench->repetitions, error);
}

/* Returns the layouts to compare. If each layout binds the ranks to CPUs anew, their present CPU
 * masks do not limit the number of threads. */
static struct layout_list layouts_of(const struct bench *bench)
{
    struct layout_list list = bench->options->layouts;
    const struct affinity *affinity = &bench->session.base.affinity;
    bool rebinds = bench->options->bind == BIND_AUTO && bench->options->threads == 0;
    int cores = affinity->machine_cores, share = cores / bench->comm->local_size;
    if (list.n == 0 && rebinds)
        scaling_default_layouts(&list, bench->comm->size, cores, share > 1 ? share : 1);
    else if (list.n == 0)
        scaling_default_layouts(&list, bench->comm->size, affinity->threads, affinity->threads);
    return list;
}

static enum status bench_scaling(struct bench *bench, struct error *error)
{
    struct session *session = &bench->session;
    const struct int_list *batch = &session->options.batch;
    struct layout_list list = layouts_of(bench);
    comm_broadcast(bench->comm, &list, sizeof list); /* the hosts may differ in cores */
    return measure_scaling(set_network(bench), &session->job, session->base.teams, batch->item,
        batch->n, &list, bench->options->bind == BIND_AUTO, &bench->repetitions, error);
}

typedef enum status bench_measurement(struct bench *bench, struct error *error);

static const struct {
    bench_measurement *measure;
    bool trains;
    double seconds; /* default duration of a measurement */
} kinds[] = {
    [BENCH_PEAK] = {bench_peak, false, 0.1},
    [BENCH_KERNEL] = {bench_kernel, false, 0.1},
    [BENCH_REDUCE] = {bench_reduce, false, 0.1},
    [BENCH_STEP] = {bench_step, true, 2},
    [BENCH_SCALING] = {bench_scaling, true, 2},
};

/* --- before and after ------------------------------------------------------------------------ */

/* Sets the repetitions; rank 0 reports their progress. */
static void set_repetitions(struct bench *bench, const char *what)
{
    const struct options *options = bench->options;
    double seconds = options->seconds > 0 ? options->seconds : kinds[options->what].seconds;
    bench->progress =
        (struct bench_progress){.form = progress_form_of(options->progress), .what = what};
    bench->listener = (struct listener){&bench->progress, bench_progress_hear};
    bench->repetitions = (struct repetitions){.seconds = seconds,
        .repeats = (int)options->repeats,
        .listener = bench->comm->rank == 0 ? &bench->listener : NULL};
}

/* Records the CPU masks of all ranks. Collective. */
static enum status set_binding(struct json *report, struct comm *comm, struct error *error)
{
    enum { MASK_TEXT = 256 };
    char mine[MASK_TEXT] = "", (*all)[MASK_TEXT];
    struct json *binding = js_array();
    js_set(report, "binding", binding);
    affinity_mask(mine);
    TRY(comm_gather_new(comm, mine, sizeof mine, &all, "the ranks' masks", error));
    for (int r = 0; r < comm->size; r++)
        js_append_text(binding, all[r]);
    free(all);
    return STATUS_OK;
}

/* Records the conditions of the measurements. Collective. */
static enum status set_head(struct json *report, struct bench *bench,
    const struct invocation *invocation, const char *what, struct error *error)
{
    machine_read(&bench->machine);
    js_set_text(report, "bench", what);
    row_set_version(report);
    js_set_text(report, "command", invocation->command_line);
    js_set_text(report, "cpu", bench->machine.cpu);
    js_set_int(report, "cores", bench->session.base.affinity.machine_cores);
    js_set_int(report, "l1_bytes", bench->machine.l1_bytes);
    js_set_int(report, "l2_bytes", bench->machine.l2_bytes);
    js_set_int(report, "l3_bytes", bench->machine.l3_bytes);
    js_set_text(report, "mpi", world_library());
    js_set_text(report, "blas", kernel_library());
    js_set_text(report, "kernel", bench->session.base.kernel.name);
    js_set_int(report, "ranks", bench->comm->size);
    js_set_int(report, "threads", bench->session.base.affinity.threads);
    js_set_int(report, "hosts", bench->comm->hosts);
    TRY(set_binding(report, bench->comm, error));
    js_set_real(report, "seconds", bench->repetitions.seconds);
    js_set_int(report, "repeats", bench->repetitions.repeats);
    return STATUS_OK;
}

/* Prepares the session and begins the report. Collective. */
static enum status bench_open(struct bench *bench, struct json *report,
    const struct invocation *invocation, struct error *error)
{
    const struct options *options = bench->options;
    const char *what = option_positional(COMMAND_BENCH)->words[options->what];
    struct session *session = &bench->session;
    struct options run = training_settings_endless(options);
    TRY(kinds[options->what].trains
            ? session_prepare(session, &run, bench->comm, error)
            : session_base_open(&session->base, options, bench->comm, false, error));
    set_repetitions(bench, what);
    TRY(set_head(report, bench, invocation, what, error));
    bench->results = js_object();
    js_set(report, "results", bench->results);
    if (bench->comm->rank == 0)
        session_base_print_notes(stderr, &session->base);
    return STATUS_OK;
}

/* Prints the report and frees it. */
static enum status print_report(struct json *report, bool as_json, struct error *error)
{
    if (as_json)
        return row_print(report, error);
    bench_print(stdout, report);
    js_destroy(report);
    return STATUS_OK;
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct bench bench = {.options = options, .comm = comm};
    struct json *report = js_object();
    enum status status = bench_open(&bench, report, invocation, error);
    if (!status)
        status = kinds[options->what].measure(&bench, error);
    bench_progress_end(&bench.progress);
    session_clear(&bench.session);
    if (!status && comm->rank == 0)
        status = print_report(report, options->json, error);
    else
        js_destroy(report);
    return comm_agree(comm, status, error);
}

const struct command_row command_bench = {
    .arguments = "WHAT [options]",
    .summary = "measure the machine and the program: peak, kernel, reduce, step, scaling",
    .help =
        "  lockstep bench peak       multiply-adds and bytes per second: one core, all workers\n"
        "  lockstep bench kernel     every kernel, or only --kernel, on one core; also the peak\n"
        "  mpirun -n 2 lockstep bench reduce\n"
        "                            the ordered sum and MPI_Allreduce, 4 KiB to 64 MiB\n"
        "  lockstep bench step --data fashion-mnist --hidden 512,256 --batch 32,128,1024\n"
        "                            training: samples/s, GFLOP/s, share of the peak and of the\n"
        "                            kernel alone, phases\n"
        "  mpirun -n 2 lockstep bench scaling --layouts 1x1,1x2,2x1 --batch 1024\n"
        "                            the same on ranks x threads: speed-up at a fixed batch,\n"
        "                            and at a fixed batch per worker, which trains another model\n"
        "\n"
        "Measurements to be compared alternate, and every figure is a median with minimum and\n"
        "maximum. An option that a measurement does not use is refused on the command line, and\n"
        "ignored in the environment and in a config file. bench creates no run directory.\n",
    .watched = true,
    .run = run,
};
