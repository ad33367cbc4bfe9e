/* crew.h: timing what all workers of all ranks do at once.
 *
 * A crew is `threads` workers on every rank of a comm. All calls are collective over the comm and
 * give every rank the same numbers.
 */
#ifndef TRAIN_CREW_H
#define TRAIN_CREW_H

#include "base/team.h"
#include "comm/comm.h"

struct crew {
    struct comm *comm;
    int threads; /* a rank */
};

/* Does the work `turns` times. Only worker 0 may talk to other ranks. */
typedef void crew_work(const struct worker *worker, int64_t turns, void *context);

/* Whether these threads can be had on all ranks. Call once, before the others. STATUS_NO_RESOURCE.
 */
enum status crew_check(const struct crew *crew, struct error *error);

/* Workers on all ranks, which may have different numbers of threads. */
int crew_workers(const struct crew *crew);

/* Seconds from the common start until the last worker is through. */
double crew_time(const struct crew *crew, crew_work *work, void *context, int64_t turns);

/* Turns, at least 1, that take about `seconds`. */
int64_t crew_turns(const struct crew *crew, crew_work *work, void *context, double seconds);

#endif
