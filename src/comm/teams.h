/* teams.h: groups ranks that share memory into teams, which work as one.
 *
 *     host a: ranks 0 2 4 5     host b: ranks 1 3
 *     node      team 0 = {0 2 4 5}   team 1 = {1 3}
 *     2 ranks   team 0 = {0 2}       team 1 = {1 3}    team 2 = {4 5}
 *
 * Teams are numbered in the order of their lowest ranks, and every rank knows all of them. Their
 * memory consists of MPI's shared windows, for which the system must have room (a container's
 * /dev/shm is often small). Where windows are not available, every rank becomes its own team, and a
 * note gives the reason. A team of one rank uses plain memory.
 *
 * Threads: the comm's thread. team_run (threads.h) runs work on a team.
 */
#pragma once

#include <stdbool.h>

#include "base/memory.h"
#include "comm/comm.h"

enum team_kind {
    TEAM_NODE, /* the ranks of a machine */
    TEAM_NUMA, /* the ranks of a NUMA domain; those not bound to one domain are a team of their own */
    TEAM_RANKS /* every `ranks` consecutive ranks of a machine; the last team may have fewer */
};

struct team_request {
    enum team_kind kind;
    int ranks; /* for TEAM_RANKS, at least 1 */
};

/* One team, as every rank knows it. */
struct team_members {
    int *ranks, size; /* [size] ranks of the comm, ascending */
    int workers;      /* as last counted */
    bool here;        /* on this rank's machine */
};

/* Filled by teams_create() and teams_count_workers(); others only read it. */
struct teams {
    struct comm *comm;           /* as passed to teams_create() */
    struct comm *inside;         /* the ranks of this rank's team */
    struct team_request request; /* in force: as passed, or {TEAM_RANKS, 1} after a fallback */
    char note[1200];             /* the reason for a fallback, or "" */
    int count;
    struct team_members *team; /* [count] */
    int mine, rank;            /* the number of this rank's team; this rank within it */
    int *threads;              /* [ranks of the comm]: the threads of each, as last counted */
    struct barrier *barrier;   /* for team_run; NULL in a team of one rank */

    /* for teams.c only */
    void *tables; /* the block of all arrays */
    struct team_place *place;
    int *team_of, *list; /* [ranks]: the team of each; all ranks, team by team */
    int cpus;            /* hardware threads available to the ranks of this machine together */
    struct block *blocks;
    struct common *common; /* NULL in a team of one rank */
};

/* Divides the ranks of `comm` into teams; `comm` still belongs to the caller and must outlive them.
 * Collective: all ranks pass the same request and succeed or fail together. STATUS_NO_RESOURCE. */
enum status teams_create(
    struct teams **teams, struct comm *comm, struct team_request request, struct error *error);

/* Destroys the teams; accepts NULL. All memory must have been freed. Collective. */
void teams_destroy(struct teams *teams);

/* Returns the value of --team that makes this request: "node", "numa", "rank" or, e.g., "3". */
const char *team_name(struct team_request request, char out[16]);

/* Allocates n items that all ranks of the team share, at an address that may differ from rank to
 * rank: zeroed, 64-byte aligned, freed by teams_give(). Collective over the team, with equal n and
 * size. All ranks of the team get the same status; the callers must agree on it over the comm.
 * STATUS_NO_RESOURCE, naming `what` and the space available. */
enum status teams_take_at(struct comm_call call, struct teams *teams, void *block_out, size_t n,
    size_t size, const char *what, struct error *error);
#define teams_take(...) teams_take_at(COMM_CALL("teams_take"), __VA_ARGS__)

/* Does the same for the parts of a placement (base/memory.h). */
enum status teams_carve_at(struct comm_call call, struct teams *teams, void *block_out,
    placement *place, void *object, const char *what, struct error *error);
#define teams_carve(...) teams_carve_at(COMM_CALL("teams_carve"), __VA_ARGS__)

/* Frees a block; accepts NULL (on all ranks of the team). Collective over the team. */
void teams_give_at(struct comm_call call, struct teams *teams, void *block);
#define teams_give(...) teams_give_at(COMM_CALL("teams_give"), __VA_ARGS__)

/* --- the arithmetic ------------------------------------------------------------------------ */

struct team_place {
    int machine;  /* equal for ranks of one machine */
    int position; /* among the ranks of the machine, from 0 */
    int domain;   /* NUMA domain; -1: not bound to a single one */
};

/* Writes the team of each rank; returns the number of teams. */
int teams_divide(int *team, const struct team_place *place, int ranks, struct team_request request);

/* Returns the number of ranks per team on a machine with `ranks` ranks; the last team may have
 * fewer. For TEAM_NUMA, the machine counts as one domain. */
int teams_width(int ranks, struct team_request request);

/* --- for team_run -------------------------------------------------------------------------- */

struct teams_workers {
    int first, count; /* this rank's first worker; workers of the whole team */
    bool crowded;     /* the workers of this machine outnumber its hardware threads */
};

/* Counts the workers of all ranks. `threads`: those of this rank. Collective over the comm. */
struct teams_workers teams_count_workers(struct teams *teams, int threads);

/* --- for tests ----------------------------------------------------------------------------- */

/* Injects a fault on this rank: from now on windows are refused, or only TEAMS_SPACE_LEFT bytes are
 * left for them. */
enum teams_fault { TEAMS_NO_FAULT, TEAMS_FAULT_WINDOW, TEAMS_FAULT_SPACE };
enum { TEAMS_SPACE_LEFT = 64 << 10 };
void teams_inject_fault(enum teams_fault fault);
