#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/session.h"
#include "base/clock.h"
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

/* Sets the layouts to compare, which are rank 0's, since the hosts may differ in cores. If each
 * layout binds the ranks to CPUs anew, their present CPU masks do not limit the number of threads.
 * Collective. */
static enum status choose_layouts(
    struct layout_list *list, const struct bench *bench, struct error *error)
{
    struct comm *comm = bench->comm;
    const struct affinity *affinity = &bench->session.base.affinity;
    bool rebinds = bench->options->bind == BIND_AUTO && bench->options->threads == 0;
    int cores = affinity->machine_cores, share = cores / comm->local_size, *machine;
    *list = bench->options->layouts;
    if (list->n > 0)
        return STATUS_OK;
    TRY(comm_gather_new(
        comm, &comm->machine, sizeof *machine, &machine, "the ranks' machines", error));
    if (rebinds)
        layouts_default(list, machine, comm->size, cores, share > 1 ? share : 1);
    else
        layouts_default(list, machine, comm->size, affinity->threads, affinity->threads);
    free(machine);
    comm_broadcast(comm, list, sizeof *list);
    return STATUS_OK;
}

static enum status bench_scaling(struct bench *bench, struct error *error)
{
    struct session *session = &bench->session;
    const struct int_list *batch = &session->options.batch;
    struct layout_list list;
    TRY(choose_layouts(&list, bench, error));
    return measure_scaling(bench->results, set_network(bench), &session->job, session->base.teams,
        batch->item, batch->n, &list, bench->options->bind == BIND_AUTO, &bench->repetitions,
        error);
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

/* The place of a rank. Sent as bytes. */
struct bench_rank {
    char host[64], mask[256];
    int machine;
};

/* Records the names of the hosts, and the CPU masks of all ranks. Collective. */
static enum status set_places(struct json *report, struct comm *comm, struct error *error)
{
    struct bench_rank mine = {.machine = comm->machine}, *all;
    struct json *hosts = js_array(), *binding = js_array();
    js_set(report, "host_names", hosts);
    js_set(report, "binding", binding);
    gethostname(mine.host, sizeof mine.host - 1);
    affinity_mask(mine.mask);
    TRY(comm_gather_new(comm, &mine, sizeof mine, &all, "the ranks' places", error));
    for (int r = 0; r < comm->size; r++) {
        if (all[r].machine == r)
            js_append_text(hosts, all[r].host);
        js_append_text(binding, all[r].mask);
    }
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
    row_set_build(report);
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
    TRY(set_places(report, bench->comm, error));
    js_set_real(report, "seconds", bench->repetitions.seconds);
    js_set_int(report, "repeats", bench->repetitions.repeats);
    js_set_real(report, "start_up_s", clock_now_s() - invocation->started_s);
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
        session_base_tell_notes(&session->base);
    return STATUS_OK;
}

/* STATUS_BUG if the report contains wrong results. */
static enum status verdict_of(const struct json *report, struct error *error)
{
    const struct json *verification = row_value(report, "results.verification");
    bool verified;
    if (!js_as_bool(js_get(verification, "verified"), &verified) || verified)
        return STATUS_OK;
    return fail(error, STATUS_BUG,
        "NOT VERIFIED: %s; all strong layouts should have the same bits: check memory and network "
        "of these hosts with --verify-every 1 of lockstep train",
        row_text(verification, "why"));
}

/* Prints the report and frees it. STATUS_BUG if it contains wrong results. */
static enum status print_report(
    struct json *report, const struct options *options, struct error *error)
{
    enum status verdict = verdict_of(report, error);
    if (options->json)
        TRY(row_print(report, error));
    else {
        if (options->csv)
            bench_csv(stdout, report);
        else
            bench_print(stdout, report);
        js_destroy(report);
    }
    return verdict;
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
        status = print_report(report, options, error);
    else
        js_destroy(report);
    return comm_agree_unnamed(comm, status, error);
}

const struct command_row command_bench = {
    .arguments = "WHAT [options]",
    .summary = "measure the machine and the program: peak, kernel, reduce, step, scaling",
    .help =
        "  lockstep bench peak       multiply-adds and bytes per second: one core, all workers\n"
        "  lockstep bench kernel     every kernel, or only --kernel, on one core; also the peak\n"
        "  mpirun -n 2 lockstep bench reduce\n"
        "                            a message between two ranks, the ordered sum, MPI_Allreduce:\n"
        "                            4 KiB to 64 MiB, several numbers of ranks and slices\n"
        "  lockstep bench step --data fashion-mnist --hidden 512,256 --batch 32,128,1024\n"
        "                            training: samples/s, GFLOP/s, share of the peak and of the\n"
        "                            kernel alone, phases\n"
        "  mpirun -n 2 lockstep bench scaling --layouts 1x1,1x2,2x1 --batch 1024\n"
        "                            the same on ranks x threads: speed-up at a fixed batch,\n"
        "                            and at a fixed batch per worker, which trains another model\n"
        "\n"
        "scaling first trains ten steps in every layout, and ends with VERIFIED if all weights "
        "are\n"
        "equal bit for bit, or NOT VERIFIED and exit code 70. The line FOM = X samples/s is the\n"
        "speed of the layout with the most workers. Its efficiencies are POP's metrics "
        "(pop-coe.eu),\n"
        "where a worker computes in all phases except reduce and wait:\n"
        "  load balance              mean / most computing time of the workers\n"
        "  communication efficiency  most computing time of a worker / run time\n"
        "  parallel efficiency       load balance x communication efficiency\n"
        "  computation scaling       computing time per sample, of the first layout / of this one\n"
        "  global efficiency         parallel efficiency x computation scaling\n"
        "\n"
        "Measurements to be compared alternate, and every figure is a median with minimum and\n"
        "maximum. An option that a measurement does not use is refused on the command line, and\n"
        "ignored in the environment and in a config file. bench creates no run directory.\n",
    .watched = true,
    .run = run,
};
