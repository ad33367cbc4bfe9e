#include "comm/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/floatmode.h"
#include "base/memory.h"

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
    struct worker worker = {team, index, team->count, index};
    uint64_t mode = floatmode_enter();
    work(&worker, argument);
    floatmode_leave(mode);
}

#ifdef _OPENMP
enum status team_run(int count, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error)
{
    struct team team = {.count = count};
    int started = 0, dynamic = omp_get_dynamic();
    omp_set_dynamic(0);
#pragma omp parallel num_threads(count)
    {
#pragma omp single
        started = omp_get_num_threads();
        if (started == count)
            run_worker(&team, omp_get_thread_num(), work, argument);
    }
    omp_set_dynamic(dynamic);
    if (started != count)
        return fail(error, STATUS_NO_RESOURCE,
            "%d threads asked for, %d to be had; see OMP_THREAD_LIMIT, or use --threads", count,
            started);
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

/* --- before the first team ----------------------------------------------------------------- */

enum { STACK_BYTES = 512 << 10 };

/* Waits until the prober has started all that it wants to have at once. */
static void *wait_for_others(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

static enum status start_threads(int count, struct error *error)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *thread;
    int started = 0;
    enum status status = memory_take(&thread, (size_t)count, sizeof *thread, "threads", error);
    if (status)
        return status;
    pthread_mutex_lock(&gate);
    while (
        started < count - 1 && pthread_create(&thread[started], NULL, wait_for_others, &gate) == 0)
        started++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    free(thread);
    if (started < count - 1)
        return fail(error, STATUS_NO_RESOURCE,
            "%d threads asked for, the system gives %d; see ulimit -u, or use --threads", count,
            started + 1);
    return STATUS_OK;
}

static size_t own_stack_bytes(void)
{
    pthread_attr_t attributes;
    size_t bytes = STACK_BYTES;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return bytes; /* cannot say */
    pthread_attr_getstacksize(&attributes, &bytes);
    pthread_attr_destroy(&attributes);
    return bytes;
}

static void find_smallest_stack(const struct worker *worker, void *argument)
{
    atomic_size_t *smallest = argument;
    size_t mine = own_stack_bytes(), seen = atomic_load(smallest);
    (void)worker;
    while (mine < seen && !atomic_compare_exchange_weak(smallest, &seen, mine))
        ;
}

enum status team_probe(int count, struct error *error)
{
    atomic_size_t smallest = SIZE_MAX;
    enum status status = start_threads(count, error);
    if (!status)
        status = team_run(count, find_smallest_stack, &smallest, error);
    if (!status && smallest < STACK_BYTES)
        return fail(error, STATUS_NO_RESOURCE,
            "a thread's stack of %zu KiB is too small, %d are needed; use OMP_STACKSIZE=2M, or "
            "ulimit -s 8192",
            (size_t)smallest >> 10, STACK_BYTES >> 10);
    return status;
}
