#include "cli/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/commands.h"
#include "options/option_find.h"
#include "comm/world.h"
#include "report/bench_table.h"
#include "report/rows.h"
#include "step/common_kernel.h"

/* --- before and after ---------------------------------------------------------------------- */

static struct repetitions repetitions_of(const struct options *options)
{
    bool trains = options->what == BENCH_STEP || options->what == BENCH_SCALING;
    double automatic = trains ? 2 : 0.1;
    return (struct repetitions){.seconds = options->seconds > 0 ? options->seconds : automatic,
        .repeats = (int)options->repeats};
}

/* Rank 0 says what it is at. */
static void set_listener(struct bench *bench)
{
    bench->progress = (struct bench_progress){
        .form = progress_form_of(bench->options->progress), .what = bench->head.what};
    bench->listener = (struct listener){&bench->progress, bench_progress_hear};
    if (bench->speaks)
        bench->head.repetitions.listener = &bench->listener;
}

bool bench_ends(struct bench *bench, enum status status)
{
    bench_progress_end(&bench->progress);
    return !status && bench->speaks;
}

static enum status bench_open(
    struct bench *bench, const struct invocation *invocation, struct error *error)
{
    const struct options *options = bench->options;
    struct bench_head *head = &bench->head;
    char mine[BINDING_MAX], note[KERNEL_NOTE_MAX];
    int ranks = comm_size(bench->comm);
    enum status status =
        affinity_settle(&bench->affinity, bench->comm, (int)options->threads, error);
    if (status)
        return status;
    status = memory_take(
        &bench->binding, (size_t)ranks, sizeof *bench->binding, "the ranks' masks", error);
    status = comm_agree(bench->comm, status, error);
    if (!status)
        status = common_kernel_choose(options->kernel, bench->comm, &head->kernel, note, error);
    if (status)
        return status;
    comm_gather_all(bench->comm, affinity_mask(mine), sizeof mine, bench->binding);
    machine_read(&head->machine);
    head->what = option_positional(COMMAND_BENCH)->words[options->what];
    head->command = invocation->command_line;
    head->mpi = world_library();
    head->blas = kernel_library();
    head->cores = bench->affinity.machine_cores;
    head->ranks = ranks;
    head->threads = bench->affinity.threads;
    head->hosts = comm_hosts(bench->comm);
    head->binding = (const char(*)[BINDING_MAX])bench->binding;
    head->repetitions = repetitions_of(options);
    set_listener(bench);
    if (bench->speaks && bench->affinity.warning[0])
        fprintf(stderr, "lockstep: warning: %s\n", bench->affinity.warning);
    bool trains =
        options->what == BENCH_STEP || options->what == BENCH_SCALING; /* says it itself */
    if (bench->speaks && note[0] && !trains)
        fprintf(stderr, "lockstep: note: %s\n", note);
    return STATUS_OK;
}

enum status bench_report(const struct bench *bench, struct json *results, struct error *error)
{
    struct json *json = bench_json(&bench->head, results);
    if (bench->options->json)
        return row_print(json, error);
    bench_print(stdout, json);
    js_destroy(json);
    return STATUS_OK;
}

/* --- what is measured ---------------------------------------------------------------------- */

static enum status bench_peak(struct bench *bench, struct error *error)
{
    struct peak_report report;
    struct bench_timer timer = {bench->comm, bench->affinity.threads};
    enum status status =
        measure_peak(&report, timer, &bench->head.machine, bench->head.repetitions, error);
    if (!bench_ends(bench, status))
        return status;
    return bench_report(bench, bench_peak_json(&report), error);
}

/* On rank 0; the others sleep. */
static enum status bench_kernel(struct bench *bench, struct error *error)
{
    struct kernel_report report;
    struct kernel kernel[KERNELS_MAX] = {bench->head.kernel};
    bool all = strcmp(bench->options->kernel, "auto") == 0;
    int n = all ? kernel_list(kernel) : 1;
    enum status status = STATUS_OK;
    if (bench->speaks)
        status = measure_kernels(&report, kernel, n, bench->head.repetitions, error);
    comm_rest(bench->comm);
    status = comm_agree(bench->comm, status, error);
    if (!bench_ends(bench, status))
        return status;
    return bench_report(bench, bench_kernel_json(&report), error);
}

static enum status bench_reduce(struct bench *bench, struct error *error)
{
    struct reduce_report report;
    enum status status = measure_reduce(
        &report, bench->comm, vector_of(bench->head.kernel.level), bench->head.repetitions, error);
    if (!bench_ends(bench, status))
        return status;
    return bench_report(bench, bench_reduce_json(&report), error);
}

static enum status measure(struct bench *bench, struct error *error)
{
    switch (bench->options->what) {
    case BENCH_PEAK:
        return bench_peak(bench, error);
    case BENCH_KERNEL:
        return bench_kernel(bench, error);
    case BENCH_REDUCE:
        return bench_reduce(bench, error);
    case BENCH_STEP:
        return bench_step(bench, error);
    case BENCH_SCALING:
        break;
    }
    return bench_scaling(bench, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct bench bench = {.options = options, .comm = comm, .speaks = comm_rank(comm) == 0};
    enum status status = bench_open(&bench, invocation, error);
    if (!status)
        status = measure(&bench, error);
    free(bench.binding);
    return comm_agree(comm, status, error);
}

const struct command_row command_bench = {
    .arguments = "WHAT [options]",
    .summary = "measure the machine and the program: peak, kernel, reduce, step, scaling",
    .help =
        "  lockstep bench peak       multiply-adds and bytes per second: one core, all workers\n"
        "  lockstep bench kernel     every kernel on one core, beside the peak; or --kernel\n"
        "  mpirun -n 2 lockstep bench reduce\n"
        "                            the ordered sum and MPI_Allreduce, 4 KiB to 64 MiB\n"
        "  lockstep bench step --data fashion-mnist --hidden 512,256 --batch 32,128,1024\n"
        "                            training: samples/s, GFLOP/s, share of the peak and of the\n"
        "                            kernel alone, phases\n"
        "  mpirun -n 2 lockstep bench scaling --layouts 1x1,1x2,2x1 --batch 1024\n"
        "                            the same on ranks x threads: speed-up at a fixed batch,\n"
        "                            and at a fixed batch per worker, which is another model\n"
        "\n"
        "Measurements that are compared alternate, and every figure is a median with its least\n"
        "and most. An option that a measurement does not use is refused on the command line,\n"
        "and ignored in the environment and in a config file. It makes no directory of a run.\n",
    .watched = true,
    .run = run,
};
