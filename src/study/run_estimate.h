/* run_estimate.h: figures about a run that follow from its plan, before it runs.
 *
 * Threads: any. Collective: no.
 */
#ifndef STUDY_RUN_ESTIMATE_H
#define STUDY_RUN_ESTIMATE_H

#include "optim/schedule.h"
#include "study/run_memory.h"

/* The input that all batch sizes share. */
struct estimate_input {
    bool network;             /* the network is known, so settings are valid */
    struct settings settings; /* except the plan and the schedule, which each estimate has */
    struct run_sets sets;
    int machines;        /* at least 1; the ranks are spread evenly over them */
    int64_t memory_room; /* bytes per machine; 0: unknown */
};

/* Limits of the estimates of memory and messages, which are counted block by block and team by team. */
#define RUN_ESTIMATE_BATCH_MAX (INT64_C(1) << 32)
enum { RUN_ESTIMATE_TEAMS_MAX = 4096 };

/* Bytes are per machine, for the first one, whose ranks keep the checkpoints. */
struct run_estimate {
    struct plan plan;
    struct schedule schedule;
    bool network; /* false: the figures below are unknown, as beyond RUN_ESTIMATE_..._MAX */
    struct run_memory memory; /* of the run, which computes in passes */
    struct run_memory whole;  /* if each batch were one pass */
    int64_t machine_ranks;
    double sample_flops;
    bool exchanges; /* teams exchange messages that are counted (not MPI_Allreduce) */
    int64_t
        exchanged; /* maximum bytes that a team sends and receives per step in the first stage */
    double step_s; /* NaN: not measured */
};

/* The schedule must be for this plan. */
struct run_estimate run_estimate_make(
    const struct estimate_input *input, const struct plan *plan, const struct schedule *schedule);

/* A turn of a schedule: a step after which the rate follows another rule. */
struct turn {
    const char *what; /* "warm-up ends", "falls", "highest", "ends" */
    int64_t step;     /* the last step before the change */
    double epochs;    /* epochs completed by then */
    double lr;        /* rate of the next step, or of the last */
};
enum { RUN_ESTIMATE_TURNS_MAX = 64 };

/* Returns the number of turns; writes the first RUN_ESTIMATE_TURNS_MAX. */
int64_t run_estimate_turns(
    const struct run_estimate *estimate, struct turn turn[RUN_ESTIMATE_TURNS_MAX]);

#endif
