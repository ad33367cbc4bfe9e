#include "comm/teams.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/split.h"
#include "base/text.h"
#include "comm/affinity.h"
#include "comm/barrier.h"
#include "comm/collective.h"
#include "comm/transport.h"

/* A shared window in use. */
struct block {
    struct block *next;
    void *start;
    struct window window;
};

/* The first memory that the ranks of a team share. */
struct common {
    struct barrier barrier;
    struct pulse pulse[]; /* [ranks of the team] */
};

static atomic_int injected;

void teams_inject_fault(enum teams_fault fault)
{
    atomic_store(&injected, fault);
}

/* --- dividing ranks into teams ------------------------------------------------------------- */

/* True if the two ranks are in one team. */
static bool together(
    const struct team_place *a, const struct team_place *b, struct team_request request)
{
    if (a->machine != b->machine)
        return false;
    switch (request.kind) {
    case TEAM_NODE:
        return true;
    case TEAM_NUMA:
        return a->domain == b->domain;
    case TEAM_RANKS:
        break;
    }
    return a->position / request.ranks == b->position / request.ranks;
}

int teams_divide(int *team, const struct team_place *place, int ranks, struct team_request request)
{
    int count = 0;
    for (int r = 0; r < ranks; r++) {
        int earlier = r - 1;
        while (earlier >= 0 && !together(&place[earlier], &place[r], request))
            earlier--;
        team[r] = earlier >= 0 ? team[earlier] : count++;
    }
    return count;
}

const char *team_name(struct team_request request, char out[16])
{
    static const char *const name[] = {"node", "numa", "rank"};
    if (request.kind == TEAM_RANKS && request.ranks > 1)
        snprintf(out, 16, "%d", request.ranks);
    else
        snprintf(out, 16, "%s", name[request.kind]);
    return out;
}

int teams_width(int ranks, struct team_request request)
{
    return request.kind == TEAM_RANKS && request.ranks < ranks ? request.ranks : ranks;
}

/* Divides the ranks into teams and lists them. */
static void divide(struct teams *teams, struct team_request request)
{
    int ranks = teams->comm->size, own = teams->comm->rank, *next = teams->list;
    teams->request = request;
    teams->count = teams_divide(teams->team_of, teams->place, ranks, request);
    for (int t = 0; t < teams->count; t++) {
        struct team_members *team = &teams->team[t];
        *team = (struct team_members){.ranks = next};
        for (int r = 0; r < ranks; r++) {
            if (teams->team_of[r] != t)
                continue;
            if (r == own) {
                teams->mine = t;
                teams->rank = team->size;
            }
            team->ranks[team->size++] = r;
        }
        team->here = teams->place[team->ranks[0]].machine == teams->place[own].machine;
        next += team->size;
    }
}

/* Finds the places of all ranks, and the hardware threads of those on this machine. */
static enum status find_places(struct teams *teams, struct error *error)
{
    struct place {
        struct team_place team;
        struct affinity_place affinity;
    } mine = {.team = {teams->comm->machine, teams->comm->local_rank, -1}}, *all;
    struct affinity_set cpus = {{0}};
    int ranks = teams->comm->size;
    affinity_place(&mine.affinity);
    mine.team.domain = mine.affinity.domain;
    TRY(comm_gather_new(teams->comm, &mine, sizeof mine, &all, "the ranks' places", error));
    for (int r = 0; r < ranks; r++) {
        teams->place[r] = all[r].team;
        if (all[r].team.machine == mine.team.machine)
            affinity_join(&cpus, &all[r].affinity.cpus);
    }
    teams->cpus = affinity_count(&cpus);
    free(all);
    return STATUS_OK;
}

struct teams_workers teams_count_workers(struct teams *teams, int threads)
{
    struct teams_workers workers = {0, 0, false};
    int own = teams->comm->rank, here = 0;
    comm_gather_all(teams->comm, &threads, sizeof threads, teams->threads);
    for (int t = 0; t < teams->count; t++) {
        struct team_members *team = &teams->team[t];
        team->workers = 0;
        for (int i = 0; i < team->size; i++) {
            if (team->ranks[i] == own)
                workers.first = team->workers;
            team->workers += teams->threads[team->ranks[i]];
        }
        here += team->here ? team->workers : 0;
    }
    workers.count = teams->team[teams->mine].workers;
    workers.crowded = teams->cpus > 0 && here > teams->cpus;
    return workers;
}

/* --- memory -------------------------------------------------------------------------------- */

/* Fails if there is not enough room for a window. MPI itself checks too late: if it finds no room
 * on one rank, the others wait forever, and if other processes take the room in the meantime, a
 * store kills the process. */
static enum status check_room(size_t bytes, struct error *error)
{
    const char *directory = transport_window_directory();
    struct statvfs there;
    if (statvfs(directory, &there) != 0)
        return fail(error, STATUS_NO_RESOURCE,
            "%s, where shared memory is allocated, cannot be read", directory);
    double room = (double)there.f_bavail * (double)there.f_frsize;
    double wanted = (double)bytes * 17 / 16 + TEAMS_SPACE_LEFT; /* MPI needs some for itself */
    if (atomic_load(&injected) == TEAMS_FAULT_SPACE)
        room = TEAMS_SPACE_LEFT;
    if (room < wanted)
        return fail(error, STATUS_NO_RESOURCE, "%s has %s free, %s are needed", directory,
            BYTES(room), BYTES(wanted));
    return STATUS_OK;
}

/* Zeroes this rank's part of a block. Each part consists of whole pages, so the system spreads the
 * pages over the ranks' NUMA domains. First asks the system for the pages, because a store to a
 * page that it cannot provide kills the process. */
static enum status touch(struct teams *teams, char *start, size_t bytes, struct error *error)
{
    int64_t page = sysconf(_SC_PAGESIZE);
    struct range part =
        split_aligned((int64_t)bytes, page, teams->inside->size, teams->inside->rank);
    if (range_size(part) == 0)
        return STATUS_OK;
#ifdef MADV_POPULATE_WRITE
    uintptr_t first = (uintptr_t)(start + part.first) / (uintptr_t)page * (uintptr_t)page;
    uintptr_t end = (uintptr_t)(start + part.end);
    if (madvise((void *)first, end - first, MADV_POPULATE_WRITE) != 0 && errno != EINVAL)
        return fail(
            error, STATUS_NO_RESOURCE, "other processes have used up the space in the meantime");
#else
    (void)error;
#endif
    memset(start + part.first, 0, (size_t)range_size(part));
    return STATUS_OK;
}

static enum status take_window(
    struct teams *teams, void *block_out, size_t bytes, struct error *error)
{
    struct block *block = NULL;
    enum status status = memory_take(&block, 1, sizeof *block, "a shared block", error);
    if (!status && teams->rank == 0) /* the window is rank 0's memory */
        status = check_room(bytes, error);
    if (!status && atomic_load(&injected) == TEAMS_FAULT_WINDOW)
        status = fail(error, STATUS_NO_RESOURCE, "windows are refused");
    status = comm_agree_unnamed(teams->inside, status, error);
    if (!status) { /* a window that only some ranks got is lost: freeing it is collective */
        heartbeat_wait("in allocating shared memory", -1);
        status =
            transport_window_take(&block->window, teams->inside, bytes + MEMORY_ALIGNMENT, error);
        heartbeat_wait_over();
        status = comm_agree_unnamed(teams->inside, status, error);
    }
    if (status) {
        free(block);
        return status;
    }
    uintptr_t base = (uintptr_t)block->window.base;
    block->start = (char *)block->window.base + (MEMORY_ALIGNMENT - base % MEMORY_ALIGNMENT);
    status = comm_agree_unnamed(teams->inside, touch(teams, block->start, bytes, error), error);
    if (status) {
        transport_window_give(&block->window);
        free(block);
        return status;
    }
    block->next = teams->blocks;
    teams->blocks = block;
    memcpy(block_out, &block->start, sizeof block->start);
    return STATUS_OK;
}

enum status teams_take_at(struct comm_call call, struct teams *teams, void *block_out, size_t n,
    size_t size, const char *what, struct error *error)
{
    size_t bytes;
    struct error why;
    if (teams->team[teams->mine].size == 1)
        return memory_take(block_out, n, size, what, error);
    collective_enter(teams->inside, call);
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX / 2)
        return fail(error, STATUS_NO_RESOURCE,
            "cannot allocate shared memory for %s: %zu items of %zu bytes exceed the address space",
            what, n, size);
    if (take_window(teams, block_out, bytes, &why) == STATUS_OK)
        return STATUS_OK;
    return fail(error, STATUS_NO_RESOURCE,
        "cannot allocate shared memory for %s, %zu bytes: %.600s; enlarge it (in a container: "
        "--shm-size), or use --team rank",
        what, bytes, why.text);
}

enum status teams_carve_at(struct comm_call call, struct teams *teams, void *block_out,
    placement *place, void *object, const char *what, struct error *error)
{
    struct carver carver = {NULL, 0};
    size_t bytes = (size_t)memory_measure(place, object);
    if (bytes > 0) {
        TRY(teams_take_at(call, teams, &carver.block, bytes, 1, what, error));
        place(object, &carver);
    }
    memcpy(block_out, &carver.block, sizeof carver.block);
    return STATUS_OK;
}

void teams_give_at(struct comm_call call, struct teams *teams, void *block)
{
    if (!block)
        return;
    if (teams->team[teams->mine].size == 1) {
        free(block);
        return;
    }
    collective_enter(teams->inside, call);
    struct block **link = &teams->blocks;
    while ((*link)->start != block)
        link = &(*link)->next;
    struct block *taken = *link;
    *link = taken->next;
    transport_window_give(&taken->window);
    free(taken);
}

/* --- creating and destroying teams --------------------------------------------------------- */

/* Connects the ranks of each team and allocates their barrier, the first memory they share. On
 * failure, the error holds only the reason. */
static enum status open_inside(struct teams *teams, struct error *error)
{
    enum status status = comm_split(&teams->inside, teams->comm, teams->mine, error);
    if (status)
        teams->inside = comm_self();
    status = comm_agree_unnamed(teams->comm, status, error);
    size_t ranks = (size_t)teams->team[teams->mine].size;
    if (!status && ranks > 1)
        status = take_window(teams, &teams->common,
            sizeof *teams->common + ranks * sizeof *teams->common->pulse, error);
    status = comm_agree_unnamed(teams->comm, status, error);
    if (!status && teams->common)
        heartbeat_join(
            teams->common->pulse, teams->team[teams->mine].ranks, (int)ranks, teams->rank);
    teams->barrier = teams->common ? &teams->common->barrier : NULL;
    return status;
}

static void close_inside(struct teams *teams)
{
    if (teams->common) {
        heartbeat_leave(teams->common->pulse);
        teams_give(teams, teams->common);
    }
    teams->common = NULL;
    teams->barrier = NULL;
    comm_destroy(teams->inside);
    teams->inside = comm_self();
}

static void place_tables(void *object, struct carver *carver)
{
    struct teams *teams = object;
    size_t ranks = (size_t)teams->comm->size;
    teams->team = carve(carver, ranks, sizeof *teams->team);
    teams->place = carve(carver, ranks, sizeof *teams->place);
    teams->team_of = carve(carver, ranks, sizeof *teams->team_of);
    teams->list = carve(carver, ranks, sizeof *teams->list);
    teams->threads = carve(carver, ranks, sizeof *teams->threads);
}

/* Without windows every rank becomes a team of its own; this is not a failure. */
static void settle(struct teams *teams, struct team_request request)
{
    struct error why;
    divide(teams, request);
    if (teams->count == teams->comm->size || open_inside(teams, &why) == STATUS_OK)
        return;
    close_inside(teams);
    divide(teams, (struct team_request){TEAM_RANKS, 1});
    snprintf(teams->note, sizeof teams->note,
        "ranks of a node do not share memory: %s; continuing with --team rank", why.text);
}

enum status teams_create(
    struct teams **teams, struct comm *comm, struct team_request request, struct error *error)
{
    struct teams *made = NULL;
    *teams = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "the teams", error);
    if (!status) {
        made->comm = comm;
        made->inside = comm_self();
        status = memory_carve(&made->tables, place_tables, made, "the teams", error);
    }
    status = comm_agree(comm, status, error);
    if (!status && comm->size > 1)
        status = find_places(made, error);
    if (status) {
        teams_destroy(made);
        return status;
    }
    settle(made, request);
    *teams = made;
    return STATUS_OK;
}

void teams_destroy(struct teams *teams)
{
    if (!teams)
        return;
    close_inside(teams);
    free(teams->tables);
    free(teams);
}
