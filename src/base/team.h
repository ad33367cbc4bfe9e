/* team.h: a team of workers that share memory, as the training step sees it.
 *
 * To a step, a team is an index, a count and a barrier; comm/ decides which threads are its workers
 * (those of one rank, or of several that share memory). Between two barriers each worker writes
 * only its own part; after the barrier all workers see it.
 */
#pragma once

#include <stdbool.h>

#include "base/split.h"

struct team; /* created by comm/threads.h */

/* A team of 2 ranks x 3 threads:    index   0 1 2   3 4 5     leads: 0
 *                                   thread  0 1 2   0 1 2     speak: 0 and 3 */
struct worker {
    struct team *team;
    int index; /* 0 ... count-1, over the whole team */
    int count;
    int thread; /* within its rank; 0: the calling thread */
};

/* Waits until every worker of the team has arrived. Also a memory barrier. Called by all
 * workers. */
void team_barrier(const struct worker *worker);

/* A barrier in two calls, between which a worker may do other work but not enter another barrier:
 * team_arrive() returns the round for team_met(), which is true once every worker has arrived; with
 * `wait` it waits for them. */
unsigned team_arrive(const struct worker *worker);
bool team_met(const struct worker *worker, unsigned round, bool wait);

/* True for the one worker that makes the team's decisions. */
static inline bool worker_leads(const struct worker *worker)
{
    return worker->index == 0;
}

/* True for the one worker of each rank that communicates: only the calling thread may call MPI
 * (comm/comm.h). */
static inline bool worker_speaks(const struct worker *worker)
{
    return worker->thread == 0;
}

/* Returns this worker's part of n items, in multiples of `unit`. */
static inline struct range worker_share(const struct worker *worker, int64_t n, int64_t unit)
{
    return split_aligned(n, unit, worker->count, worker->index);
}
