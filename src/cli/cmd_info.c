#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "commit.h"
#include "api/session_base.h"
#include "comm/machine.h"
#include "comm/world.h"
#include "report/rows.h"
#include "report/team_lines.h"

/* Facts about one rank. */
struct rank_facts {
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

static struct json *json_of(const struct session_base *base, const struct rank_facts *facts)
{
    const struct teams *teams = base->teams;
    const struct comm *comm = teams->comm;
    const char *note = teams->note;
    char cpu[128], kernels[128];
    machine_cpu(cpu);
    list_kernels(kernels);
    struct json *json = js_object(), *ranks = js_array();
    row_set_version(json);
    row_set_build(json);
    js_set_text(json, "mpi", world_library());
    js_set_text(json, "blas", kernel_library());
    js_set_text(json, "cpu", cpu);
    js_set_int(json, "cores", base->affinity.machine_cores);
    js_set_text(json, "kernel", base->kernel.name);
    js_set_text(json, "level", level_name(base->kernel.level));
    js_set_text(json, "kernels", kernels);
    js_set_int(json, "hosts", comm->hosts);
    for (int r = 0; r < comm->size; r++) {
        struct json *rank = js_object();
        js_set_int(rank, "rank", r);
        js_set_text(rank, "host", facts[r].host);
        js_set_text(rank, "binding", facts[r].mask);
        js_set_int(rank, "threads", facts[r].threads);
        js_append(ranks, rank);
    }
    js_set(json, "ranks", ranks);
    team_set_json(json, "team", teams->request);
    js_set_text(json, "team_note", note[0] ? note : NULL);
    js_set(json, "teams", team_json(teams));
    return json;
}

static void print(const struct session_base *base, const struct rank_facts *facts)
{
    const struct teams *teams = base->teams;
    const struct comm *comm = teams->comm;
    char cpu[128], kernels[128], name[16];
    machine_cpu(cpu);
    list_kernels(kernels);
    printf(
        "lockstep %s (%s), compiled by %s\n", LOCKSTEP_VERSION, LOCKSTEP_COMMIT, build_compiler());
    printf("mpi       %s\nblas      %s\n", world_library(), kernel_library());
    printf("cpu       %s, %d usable cores\n", cpu, base->affinity.machine_cores);
    printf("kernel    %s, elementwise code %s (this CPU can run: %s)\n", base->kernel.name,
        level_name(base->kernel.level), kernels);
    printf("ranks     %d on %d host%s\n", comm->size, comm->hosts, comm->hosts == 1 ? "" : "s");
    for (int r = 0; r < comm->size; r++)
        printf("  rank %d: %s, %s, %d thread%s (%s)\n", r, facts[r].host, facts[r].mask,
            facts[r].threads, facts[r].threads == 1 ? "" : "s", facts[r].reason);
    printf("teams     %d (--team %s)\n", teams->count, team_name(teams->request, name));
    team_lines_print(stdout, teams, NULL);
    if (base->affinity.warning[0])
        printf("warning: %s\n", base->affinity.warning);
    if (teams->note[0])
        printf("note: %s\n", teams->note);
    if (base->kernel_note[0])
        printf("note: %s\n", base->kernel_note);
}

/* Gathers the facts about all ranks, and prints them on rank 0. Collective. */
static enum status report(const struct options *options, const struct session_base *base,
    struct rank_facts *all, struct error *error)
{
    struct comm *comm = base->teams->comm;
    struct rank_facts mine = {.threads = base->affinity.threads};
    teams_count_workers(base->teams, mine.threads);
    gethostname(mine.host, sizeof mine.host - 1);
    affinity_mask(mine.mask);
    memcpy(mine.reason, base->affinity.reason, sizeof mine.reason);
    comm_gather_all(comm, &mine, sizeof mine, all);
    if (comm->rank == 0 && options->json)
        return row_print(json_of(base, all), error);
    if (comm->rank == 0)
        print(base, all);
    return STATUS_OK;
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct session_base base = {.teams = NULL};
    struct rank_facts *all = NULL;
    enum status status = session_base_open(&base, options, comm, false, error);
    if (!status)
        status = comm_agree(
            comm, memory_take(&all, (size_t)comm->size, sizeof *all, "the ranks", error), error);
    if (!status)
        status = report(options, &base, all, error);
    free(all);
    session_base_close(&base);
    return status;
}

const struct command_row command_info = {
    .arguments = "[--json]",
    .summary = "build, kernel, ranks, threads and binding",
    .help = "  mpirun -n 2 lockstep info\n",
    .run = run,
};
