#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "commit.h"
#include "comm/affinity.h"
#include "comm/machine.h"
#include "comm/threads.h"
#include "comm/world.h"
#include "report/rows.h"
#include "report/team_lines.h"
#include "step/common_kernel.h"

#ifdef __clang__
#define COMPILER __VERSION__ /* contains the word clang */
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The facts about one rank. */
struct place {
    char host[64];
    char mask[256];
    int threads;
    char reason[64];
};

static void list_kernels(char out[128])
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    size_t used = 0;
    for (int i = 0; i < n && used < 100; i++)
        used += (size_t)snprintf(out + used, 128 - used, i ? ", %s" : "%s", kernels[i].name);
}

static struct json *json_of(const struct kernel *kernel, const struct teams *teams,
    const struct place *place, const struct affinity *affinity)
{
    const struct comm *comm = teams_comm(teams);
    const char *note = teams_note(teams);
    char cpu[128], kernels[128];
    machine_cpu(cpu);
    list_kernels(kernels);
    struct json *json = js_object(), *ranks = js_array();
    js_set_text(json, "version", LOCKSTEP_VERSION);
    js_set_text(json, "commit", LOCKSTEP_COMMIT);
    js_set_text(json, "compiler", COMPILER);
    js_set_text(json, "mpi", world_library());
    js_set_text(json, "blas", kernel_library());
    js_set_text(json, "cpu", cpu);
    js_set_int(json, "cores", affinity->machine_cores);
    js_set_text(json, "kernel", kernel->name);
    js_set_text(json, "level", level_name(kernel->level));
    js_set_text(json, "kernels", kernels);
    js_set_int(json, "hosts", comm_hosts(comm));
    for (int r = 0; r < comm_size(comm); r++) {
        struct json *rank = js_object();
        js_set_int(rank, "rank", r);
        js_set_text(rank, "host", place[r].host);
        js_set_text(rank, "binding", place[r].mask);
        js_set_int(rank, "threads", place[r].threads);
        js_append(ranks, rank);
    }
    js_set(json, "ranks", ranks);
    team_set_json(json, "team", teams_request(teams));
    js_set_text(json, "team_note", note[0] ? note : NULL);
    js_set(json, "teams", team_json(teams));
    return json;
}

static void print(const struct kernel *kernel, const char *note, const struct teams *teams,
    const struct place *place, const struct affinity *affinity)
{
    const struct comm *comm = teams_comm(teams);
    char cpu[128], kernels[128], name[16];
    machine_cpu(cpu);
    list_kernels(kernels);
    printf("lockstep %s (%s), compiled by %s\n", LOCKSTEP_VERSION, LOCKSTEP_COMMIT, COMPILER);
    printf("mpi       %s\nblas      %s\n", world_library(), kernel_library());
    printf("cpu       %s, %d cores to be used\n", cpu, affinity->machine_cores);
    printf("kernel    %s, elementwise code %s (this CPU can run: %s)\n", kernel->name,
        level_name(kernel->level), kernels);
    printf("ranks     %d on %d host%s\n", comm_size(comm), comm_hosts(comm),
        comm_hosts(comm) == 1 ? "" : "s");
    for (int r = 0; r < comm_size(comm); r++)
        printf("  rank %d: %s, %s, %d thread%s (%s)\n", r, place[r].host, place[r].mask,
            place[r].threads, place[r].threads == 1 ? "" : "s", place[r].reason);
    printf("teams     %d (--team %s)\n", teams_count(teams), team_name(teams_request(teams), name));
    team_lines_print(stdout, teams, NULL);
    if (affinity->warning[0])
        printf("warning: %s\n", affinity->warning);
    if (teams_note(teams)[0])
        printf("note: %s\n", teams_note(teams));
    if (note[0])
        printf("note: %s\n", note);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct affinity affinity;
    struct kernel kernel;
    struct place mine = {.threads = 0}, *all = NULL;
    struct teams *teams = NULL;
    char note[KERNEL_NOTE_MAX];
    enum status status = affinity_settle(&affinity, comm, (int)options->threads, error);
    if (!status) {
        status = team_probe(1, error); /* the checks of the kernel need this much stack */
        if (!status)
            status = memory_take(&all, (size_t)comm_size(comm), sizeof *all, "the ranks", error);
        status = comm_agree(comm, status, error);
    }
    if (!status)
        status = common_kernel_choose(options->kernel, comm, &kernel, note, error);
    if (!status)
        status = teams_create(&teams, comm, options->team, error);
    if (!status) {
        teams_count_workers(teams, affinity.threads);
        gethostname(mine.host, sizeof mine.host - 1);
        affinity_mask(mine.mask);
        mine.threads = affinity.threads;
        memcpy(mine.reason, affinity.reason, sizeof mine.reason);
        comm_gather_all(comm, &mine, sizeof mine, all);
        if (comm_rank(comm) == 0 && options->json)
            status = row_print(json_of(&kernel, teams, all, &affinity), error);
        else if (comm_rank(comm) == 0)
            print(&kernel, note, teams, all, &affinity);
    }
    free(all);
    teams_destroy(teams);
    return status;
}

const struct command_row command_info = {
    .arguments = "[--json]",
    .summary = "build, kernel, ranks, threads and binding",
    .help = "  mpirun -n 2 lockstep info\n",
    .run = run,
};
