/* run_estimate.h: estimates, before a run starts, all figures that follow from its plan.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "optim/schedule.h"
#include "step/step_memory.h"
#include "study/run_memory.h"

/* The input common to all batch sizes. */
struct estimate_input {
    bool network;             /* settings.mlp and the settings that depend on it are known */
    struct settings settings; /* except plan and schedule, which each estimate has */
    struct run_sets sets;
    int machines;        /* at least 1; the ranks are divided evenly among them */
    int64_t memory_room; /* bytes per machine; 0: not known */
    bool one_host;       /* times per step were measured on a single machine */
};

/* The largest runs that are estimated. Memory and messages are counted block by block and team by
 * team, which would take too long beyond these limits. */
#define RUN_ESTIMATE_BATCH_MAX (INT64_C(1) << 32)
enum { RUN_ESTIMATE_TEAMS_MAX = 4096 };

/* The estimate for a run. Bytes are those of the first machine, whose ranks write the
 * checkpoints. */
struct run_estimate {
    struct plan plan;
    struct schedule schedule;
    enum optimizer_kind optimizer;
    bool network; /* false: the members below are not known, e.g. beyond RUN_ESTIMATE_..._MAX */
    struct run_memory memory; /* with the actual passes of the run */
    struct run_memory whole;  /* with every batch as one pass */
    int64_t machine_ranks;
    double sample_flops;
    bool exchanges; /* teams exchange messages of known size (not with MPI_Allreduce) */
    struct step_messages messages;
    struct link link; /* between the teams */
    double step_s;    /* NaN: not measured */
};

/* Estimates a run with this plan and the schedule made for it. */
struct run_estimate run_estimate_make(
    const struct estimate_input *input, const struct plan *plan, const struct schedule *schedule);

/* A turning point of a schedule: a step after which the rate changes in a different way. */
struct turn {
    const char *what; /* "warm-up ends", "falls", "highest", "ends" */
    int64_t step;     /* the last step before the change */
    double epochs;    /* epochs completed after that step */
    double lr;        /* the rate of the step after it, or of the run's last step */
};
enum { RUN_ESTIMATE_TURNS_MAX = 64 };

/* Lists the turning points of the schedule and returns their number. Only the first
 * RUN_ESTIMATE_TURNS_MAX are written. */
int64_t run_estimate_turns(
    const struct run_estimate *estimate, struct turn turn[RUN_ESTIMATE_TURNS_MAX]);
