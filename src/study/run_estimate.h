/* run_estimate.h: what a run comes to, before it runs: all figures that follow from its plan.
 *
 * Threads: any. Collective: no.
 */
#ifndef STUDY_RUN_ESTIMATE_H
#define STUDY_RUN_ESTIMATE_H

#include "optim/schedule.h"
#include "study/run_memory.h"

/* What all batch sizes have in common. */
struct estimate_input {
    bool network;             /* settings.mlp and what lies beside it are known */
    struct settings settings; /* of which the plan and the schedule are each forecast's own */
    struct run_sets sets;
    int machines;        /* on which the ranks are spread evenly, at least 1 */
    int64_t memory_room; /* bytes of a machine; 0: not known */
};

/* Memory and messages are counted block by block and team by team, so not for more than these. */
#define RUN_ESTIMATE_BATCH_MAX (INT64_C(1) << 32)
enum { RUN_ESTIMATE_TEAMS_MAX = 4096 };

/* Bytes are those of the first machine, whose ranks keep the checkpoints. */
struct run_estimate {
    struct plan plan;
    struct schedule schedule;
    bool network; /* if not, what follows is not known; nor is it beyond FORECAST_..._MAX */
    struct run_memory memory; /* by passes, as the run has it */
    struct run_memory whole;  /* if every batch were one pass */
    int64_t machine_ranks;
    double sample_flops;
    bool exchanges;    /* between teams, in messages whose bytes we count (not MPI_Allreduce's) */
    int64_t exchanged; /* that a team sends and receives in a step of the first stage, at most */
    double step_s;     /* NaN: not measured */
};

/* The schedule is of a run by this plan. */
struct run_estimate run_estimate_make(
    const struct estimate_input *input, const struct plan *plan, const struct schedule *schedule);

/* Where a schedule turns: a step whose rate is the first of another kind than before. */
struct turn {
    const char *what; /* "warm-up ends", "falls", "highest", "ends" */
    int64_t step;     /* the last one before it changes */
    double epochs;    /* that are then over */
    double lr;        /* of the step after, or of the last */
};
enum { RUN_ESTIMATE_TURNS_MAX = 64 };

/* Returns how many there are; the first RUN_ESTIMATE_TURNS_MAX of them are written. */
int64_t run_estimate_turns(
    const struct run_estimate *estimate, struct turn turn[RUN_ESTIMATE_TURNS_MAX]);

#endif
