#include "comm/barrier.h"

#include <sched.h>
#include <stddef.h>
#include <time.h>

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "comm/transport.h"

/* The counters are shared between processes, and the system reads the round as a futex word. */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && sizeof(atomic_uint) == 4, "a lock-free 32-bit word");

/* Tens of microseconds of spinning, then a few milliseconds of yielding the core. */
enum { SPINS = 2000, YIELDS = 5000 };
enum { CROWDED_SPINS = 100, CROWDED_YIELDS = 2 };

/* The intervals at which a waiting worker serves its comm, and the longest times for which it
 * sleeps. */
enum { SPINS_PER_LOOK = 256, YIELDS_PER_LOOK = 16, NAP_NS = 20000000, NAP_SERVING_NS = 500000 };

static inline void spin_once(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static void serve_comm(struct comm *comm)
{
    if (comm)
        transport_progress(comm);
}

#ifdef __linux__

/* Does not use FUTEX_PRIVATE_FLAG, because the sleepers may belong to several processes. */
static void sleep_through(struct barrier *barrier, unsigned round, long most_ns)
{
    const struct timespec most = {.tv_nsec = most_ns};
    /* The sleeper announces itself before the system compares the round, and the last worker to
     * arrive reads the count after it has changed the round. So this call either does not sleep or
     * is woken. */
    atomic_fetch_add(&barrier->sleepers, 1);
    syscall(SYS_futex, &barrier->round, FUTEX_WAIT, round, &most, NULL, 0);
    atomic_fetch_sub(&barrier->sleepers, 1);
}

static void wake_all(struct barrier *barrier)
{
    syscall(SYS_futex, &barrier->round, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

#else

/* Without futexes nobody wakes a sleeper, so it takes short naps. */
static void sleep_through(struct barrier *barrier, unsigned round, long most_ns)
{
    const struct timespec nap = {.tv_nsec = 50000};
    (void)barrier, (void)round, (void)most_ns;
    nanosleep(&nap, NULL);
}

static void wake_all(struct barrier *barrier)
{
    (void)barrier;
}

#endif

bool barrier_is_over(struct barrier *barrier, unsigned round)
{
    return atomic_load_explicit(&barrier->round, memory_order_acquire) != round;
}

void barrier_wait(struct barrier *barrier, unsigned round, bool crowded, struct comm *serve)
{
    int spins = crowded ? CROWDED_SPINS : SPINS, yields = crowded ? CROWDED_YIELDS : YIELDS;
    for (int i = 1; i <= spins; i++) {
        if (barrier_is_over(barrier, round))
            return;
        spin_once();
        if (i % SPINS_PER_LOOK == 0)
            serve_comm(serve);
    }
    for (int i = 1; i <= yields; i++) {
        if (barrier_is_over(barrier, round))
            return;
        sched_yield();
        if (i % YIELDS_PER_LOOK == 0)
            serve_comm(serve);
    }
    while (!barrier_is_over(barrier, round)) {
        serve_comm(serve);
        sleep_through(barrier, round, serve ? NAP_SERVING_NS : NAP_NS);
    }
}

unsigned barrier_arrive(struct barrier *barrier, int count)
{
    /* Read before this worker arrives: until then the round cannot end. */
    unsigned round = atomic_load_explicit(&barrier->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&barrier->arrived, 1, memory_order_acq_rel) < count - 1)
        return round;
    /* Reset before the round ends: a released worker may arrive for the next round at once. */
    atomic_store_explicit(&barrier->arrived, 0, memory_order_relaxed);
    atomic_fetch_add(&barrier->round, 1);
    if (atomic_load(&barrier->sleepers) > 0)
        wake_all(barrier);
    return round;
}
