#include "comm/threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/floatmode.h"
#include "base/heartbeat.h"
#include "base/memory.h"
#include "comm/barrier.h"
#include "comm/transport.h"

/* A team as seen by one rank. */
struct team {
    struct barrier *barrier; /* `own`, or the one in the memory that the team's ranks share */
    struct barrier own;
    int count, first; /* workers of the team; the first worker of this rank */
    bool crowded;
    struct comm *serve; /* NULL if no other team waits for messages */
    void (*work)(const struct worker *worker, void *argument);
    void *argument;
};

/* If a thread of another process opens the barrier, the thread sanitizer does not see that the
 * barrier orders the threads of this process, so they announce it. */
#ifdef LOCKSTEP_SANITIZE_THREAD
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define ANNOUNCE_ARRIVAL(team) __tsan_release(&(team)->count)
#define ANNOUNCE_RELEASE(team) __tsan_acquire(&(team)->count)
#else
#define ANNOUNCE_ARRIVAL(team) (void)0
#define ANNOUNCE_RELEASE(team) (void)0
#endif

static bool of_several_ranks(const struct team *team)
{
    return team->barrier != &team->own;
}

unsigned team_arrive(const struct worker *worker)
{
    struct team *team = worker->team;
    if (team->count == 1)
        return 0;
    if (of_several_ranks(team)) {
        ANNOUNCE_ARRIVAL(team);
        if (worker_speaks(worker))
            heartbeat_arrive();
    }
    return barrier_arrive(team->barrier, team->count);
}

static void wait_for_others(struct team *team, bool speaks, unsigned round)
{
    bool watched = speaks && of_several_ranks(team);
    if (watched)
        heartbeat_meet();
    barrier_wait(team->barrier, round, team->crowded, speaks ? team->serve : NULL);
    if (watched)
        heartbeat_wait_over();
}

bool team_met(const struct worker *worker, unsigned round, bool wait)
{
    struct team *team = worker->team;
    if (team->count == 1)
        return true;
    if (wait)
        wait_for_others(team, worker_speaks(worker), round);
    else if (!barrier_is_over(team->barrier, round)) {
        if (worker_speaks(worker) && team->serve)
            transport_progress(team->serve);
        return false;
    }
    if (of_several_ranks(team))
        ANNOUNCE_RELEASE(team);
    return true;
}

void team_barrier(const struct worker *worker)
{
    team_met(worker, team_arrive(worker), true);
}

static void run_worker(struct team *team, int thread)
{
    struct worker worker = {team, team->first + thread, team->count, thread};
    uint64_t mode = floatmode_enter();
    team->work(&worker, team->argument);
    floatmode_leave(mode);
}

/* Called by thread 0 when this rank's threads have started: agrees with the other ranks that all
 * threads have started, and fills in the team that they form. `teams` is NULL for a single rank. */
static enum status form_team(
    struct team *team, struct teams *teams, int threads, enum status status, struct error *error)
{
    team->count = threads;
    team->barrier = &team->own;
    if (!teams)
        return status;
    TRY(comm_agree(teams->comm, status, error));
    struct teams_workers workers = teams_count_workers(teams, threads);
    team->first = workers.first;
    team->count = workers.count;
    team->crowded |= workers.crowded;
    if (teams->barrier)
        team->barrier = teams->barrier;
    if (teams->count > 1)
        team->serve = teams->comm;
    return STATUS_OK;
}

#ifdef _OPENMP
/* The process whose OpenMP runtime has started threads; 0: none has. After fork(), the child's
 * runtime would wait for ever for these threads, which exist in the parent only. */
static atomic_int threads_of;

static enum status check_fork(int threads, struct error *error)
{
    int self = (int)getpid(), owner = atomic_load(&threads_of);
    if (threads == 1)
        return STATUS_OK;
    if (owner != 0 && owner != self)
        return fail(error, STATUS_USAGE,
            "%d threads requested in process %d, a fork of process %d, which had already used "
            "several: OpenMP threads do not survive fork(); use 1 thread, or start the process "
            "otherwise (spawn)",
            threads, self, owner);
    atomic_store(&threads_of, self);
    return STATUS_OK;
}

static enum status start(struct team *team, struct teams *teams, int threads, struct error *error)
{
    enum status status = check_fork(threads, error);
    int dynamic = omp_get_dynamic();
    team->crowded = threads > omp_get_num_procs();
    omp_set_dynamic(0);
#pragma omp parallel num_threads(status ? 1 : threads)
    {
        if (omp_get_thread_num() == 0) {
            int started = omp_get_num_threads();
            if (!status && started != threads)
                status = fail(error, STATUS_NO_RESOURCE,
                    "%d threads requested, %d available; see OMP_THREAD_LIMIT, or use --threads",
                    threads, started);
            status = form_team(team, teams, threads, status, error);
        }
/* No thread begins its work before the threads of all ranks are known to have started. */
#pragma omp barrier
        if (!status)
            run_worker(team, omp_get_thread_num());
    }
    omp_set_dynamic(dynamic);
    return status;
}
#else
static enum status start(struct team *team, struct teams *teams, int threads, struct error *error)
{
    enum status status = STATUS_OK;
    if (threads != 1)
        status = fail(error, STATUS_USAGE,
            "--threads %d: this build has no OpenMP, so a rank is one thread", threads);
    status = form_team(team, teams, threads, status, error);
    if (!status)
        run_worker(team, 0);
    return status;
}
#endif

enum status team_run(struct teams *teams, int threads,
    void (*work)(const struct worker *worker, void *argument), void *argument, struct error *error)
{
    struct team team = {.work = work, .argument = argument};
    return start(&team, teams, threads, error);
}

enum status threads_run(int threads, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error)
{
    struct team team = {.work = work, .argument = argument};
    return start(&team, NULL, threads, error);
}

/* --- before the first team ----------------------------------------------------------------- */

/* The calling thread needs the most: 110 KiB for the checks of the kernel (kernel.h), on top of the
 * 80 KiB of a command. */
enum { STACK_BYTES = 320 << 10 };

/* Waits until start_threads() has created all threads, so that they exist at the same time. */
static void *wait_at_gate(void *gate)
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
    TRY(memory_take(&thread, (size_t)count, sizeof *thread, "threads", error));
    pthread_mutex_lock(&gate);
    while (started < count - 1 && pthread_create(&thread[started], NULL, wait_at_gate, &gate) == 0)
        started++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    free(thread);
    if (started < count - 1)
        return fail(error, STATUS_NO_RESOURCE,
            "%d threads requested, the system allows %d; see ulimit -u, or use --threads", count,
            started + 1);
    return STATUS_OK;
}

static size_t find_own_stack(void)
{
    pthread_attr_t attributes;
    size_t bytes = STACK_BYTES;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return bytes; /* unknown */
    pthread_attr_getstacksize(&attributes, &bytes);
    pthread_attr_destroy(&attributes);
    return bytes;
}

/* Asks once per thread: for the first thread of a process, the C library reads all its mappings. */
static size_t own_stack_bytes(void)
{
    static _Thread_local size_t known;
    if (known == 0)
        known = find_own_stack();
    return known;
}

static void find_smallest_stack(const struct worker *worker, void *argument)
{
    atomic_size_t *smallest = argument;
    size_t mine = own_stack_bytes(), seen = atomic_load(smallest);
    (void)worker;
    while (mine < seen && !atomic_compare_exchange_weak(smallest, &seen, mine))
        ;
}

enum status team_probe(int threads, struct error *error)
{
    atomic_size_t smallest = SIZE_MAX;
    TRY(start_threads(threads, error));
    TRY(threads_run(threads, find_smallest_stack, &smallest, error));
    if (smallest < STACK_BYTES)
        return fail(error, STATUS_NO_RESOURCE,
            "a thread's stack of %zu KiB is too small, %d are needed; use OMP_STACKSIZE=2M, or "
            "ulimit -s 8192",
            (size_t)smallest >> 10, STACK_BYTES >> 10);
    return STATUS_OK;
}
