#include "comm/threads.h"

#include <sched.h>
#include <stdatomic.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/floatmode.h"

/* A central barrier: the last to arrive opens the next round. The two counters lie in cache lines
 * of their own, so that those who wait do not slow down those who arrive. */
struct team {
    int count;
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint round;
};

enum { SPINS = 2000 }; /* some tens of microseconds, then the core is offered to others */

static inline void spin_once(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void team_barrier(const struct worker *worker)
{
    struct team *team = worker->team;
    if (team->count == 1)
        return;
    unsigned round = atomic_load_explicit(&team->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&team->arrived, 1, memory_order_acq_rel) == team->count - 1) {
        atomic_store_explicit(&team->arrived, 0, memory_order_relaxed);
        atomic_fetch_add_explicit(&team->round, 1, memory_order_release);
        return;
    }
    for (int i = 0; atomic_load_explicit(&team->round, memory_order_acquire) == round; i++) {
        if (i < SPINS)
            spin_once();
        else
            sched_yield();
    }
}

static void run_worker(struct team *team, int index,
    void (*work)(const struct worker *worker, void *argument), void *argument)
{
    struct worker worker = {team, index, team->count};
    uint64_t mode = floatmode_enter();
    work(&worker, argument);
    floatmode_leave(mode);
}

#ifdef _OPENMP
enum status team_run(int count, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error)
{
    struct team team = {.count = count};
    int started = 0;
    omp_set_dynamic(0);
#pragma omp parallel num_threads(count)
    {
#pragma omp single
        started = omp_get_num_threads();
        if (started == count)
            run_worker(&team, omp_get_thread_num(), work, argument);
    }
    if (started != count)
        return fail(error, STATUS_NO_RESOURCE,
            "%d threads asked for, %d to be had; see OMP_THREAD_LIMIT, ulimit -u, or use --threads",
            count, started);
    return STATUS_OK;
}
#else
enum status team_run(int count, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error)
{
    struct team team = {.count = 1};
    if (count != 1)
        return fail(error, STATUS_USAGE,
            "--threads %d: this build has no OpenMP, so a rank is one "
            "thread",
            count);
    run_worker(&team, 0, work, argument);
    return STATUS_OK;
}
#endif
