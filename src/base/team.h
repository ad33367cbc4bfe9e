/* team.h: the workers that share memory, as the step sees them.
 *
 * A team is an index, a count and a barrier; how its workers came to be (threads of one rank today)
 * is the business of comm/. Between two barriers each worker writes only what is its own; after
 * the barrier all see it.
 */
#ifndef BASE_TEAM_H
#define BASE_TEAM_H

#include <stdbool.h>

#include "base/split.h"

struct team; /* comm/threads.h makes one */

struct worker {
    struct team *team;
    int index; /* 0 ... count-1, over all ranks of the team */
    int count;
    int thread; /* within its rank; thread 0 is the one that may talk to other ranks */
};

/* Waits until every worker of the team has come. Orders memory. Call from all workers. */
void team_barrier(const struct worker *worker);

static inline bool worker_leads(const struct worker *worker)
{
    return worker->index == 0;
}

static inline bool worker_speaks(const struct worker *worker)
{
    return worker->thread == 0;
}

/* This worker's part of n things, in multiples of `unit`. */
static inline struct range worker_share(const struct worker *worker, int64_t n, int64_t unit)
{
    return split_aligned(n, unit, worker->count, worker->index);
}

#endif
