/* threads.c: a team of threads: who runs, what a barrier orders, in which arithmetic.
 *
 * An assertion that fails jumps, which a worker must not: workers keep verdicts, the test asserts.
 */
#include "comm/threads.h"

#include <fenv.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/unit.h"

enum { WORKERS_MAX = TEAMS_HAVE_THREADS ? 4 : 1, ROUNDS = 500 };

static void run(
    int count, void (*work)(const struct worker *worker, void *argument), void *argument)
{
    struct error error = {0};
    if (threads_run(count, work, argument, &error))
        fail_msg("%d workers: %s", count, error.text);
}

/* --- who runs ------------------------------------------------------------------------------ */

struct presence {
    pthread_t caller;
    int calls[WORKERS_MAX], counts[WORKERS_MAX], threads[WORKERS_MAX];
    bool leads[WORKERS_MAX], speaks[WORKERS_MAX], is_caller[WORKERS_MAX];
};

static void be_present(const struct worker *worker, void *argument)
{
    struct presence *presence = argument;
    presence->calls[worker->index]++;
    presence->counts[worker->index] = worker->count;
    presence->threads[worker->index] = worker->thread;
    presence->leads[worker->index] = worker_leads(worker);
    presence->speaks[worker->index] = worker_speaks(worker);
    presence->is_caller[worker->index] = pthread_equal(pthread_self(), presence->caller) != 0;
}

TEST(each_worker_runs_once_and_the_caller_is_worker_0)
{
    for (int count = 1; count <= WORKERS_MAX; count++) {
        struct presence presence = {.caller = pthread_self()};
        run(count, be_present, &presence);
        for (int i = 0; i < WORKERS_MAX; i++) {
            assert_int_equal(presence.calls[i], i < count);
            assert_int_equal(presence.counts[i], i < count ? count : 0);
            assert_int_equal(presence.threads[i], i < count ? i : 0);
            assert_int_equal(presence.leads[i], i == 0);
            assert_int_equal(presence.speaks[i], i == 0);
            assert_int_equal(presence.is_caller[i], i == 0);
        }
    }
}

/* --- the barrier --------------------------------------------------------------------------- */

/* Plain memory, in cache lines of its own: only the barrier orders it, which is what the thread
 * sanitizer sees to. */
struct counters {
    struct {
        _Alignas(64) int64_t count;
    } of[WORKERS_MAX];
    int64_t total;            /* worker 0's */
    int64_t bad[WORKERS_MAX]; /* what a worker saw that it should not have */
};

/* Each counts for itself; then all look at all. */
static void count_and_look(const struct worker *worker, void *argument)
{
    struct counters *counters = argument;
    for (int64_t round = 1; round <= ROUNDS; round++) {
        counters->of[worker->index].count++;
        team_barrier(worker);
        for (int i = 0; i < worker->count; i++)
            counters->bad[worker->index] += counters->of[i].count != round;
        team_barrier(worker);
    }
}

/* Worker 0 sums what the others made, and they wait for it: two hand-overs a round, as in a
 * step. */
static void count_and_sum(const struct worker *worker, void *argument)
{
    struct counters *counters = argument;
    for (int64_t round = 1; round <= ROUNDS; round++) {
        counters->of[worker->index].count += worker->index + 1;
        team_barrier(worker);
        if (worker_leads(worker)) {
            counters->total = 0;
            for (int i = 0; i < worker->count; i++)
                counters->total += counters->of[i].count;
        }
        team_barrier(worker);
        int64_t want = round * worker->count * (worker->count + 1) / 2;
        counters->bad[worker->index] += counters->total != want;
    }
}

/* Worker i comes late in every count-th round, so that all find the others waiting. */
static void count_and_dawdle(const struct worker *worker, void *argument)
{
    struct counters *counters = argument;
    for (int64_t round = 1; round <= ROUNDS / 10; round++) {
        for (volatile int i = 0; round % worker->count == worker->index && i < 20000; i++)
            ;
        counters->of[worker->index].count++;
        team_barrier(worker);
        for (int i = 0; i < worker->count; i++)
            counters->bad[worker->index] += counters->of[i].count != round;
        team_barrier(worker);
    }
}

TEST(nobody_passes_a_barrier_before_all_have_come)
{
    void (*const works[])(const struct worker *worker, void *argument) = {
        count_and_look, count_and_sum, count_and_dawdle};
    for (int w = 0; w < 3; w++)
        for (int count = 1; count <= WORKERS_MAX; count++) {
            struct counters counters = {0};
            run(count, works[w], &counters);
            for (int i = 0; i < count; i++) {
                assert_int_equal(counters.bad[i], 0);
                assert_true(counters.of[i].count >= ROUNDS / 10);
            }
        }
}

/* --- shares -------------------------------------------------------------------------------- */

struct shares {
    int64_t n, unit;
    struct range of[8]; /* at least WORKERS_MAX */
};

static void take_share(const struct worker *worker, void *argument)
{
    struct shares *shares = argument;
    shares->of[worker->index] = worker_share(worker, shares->n, shares->unit);
}

TEST(shares_cover_in_order_in_whole_units)
{
    static const int64_t units[] = {1, 4, 16};
    for (int u = 0; u < 3; u++)
        for (int64_t n = 0; n <= 70; n++)
            for (int count = 1; count <= WORKERS_MAX; count++) {
                struct shares shares = {.n = n, .unit = units[u]};
                int64_t most = 0, least = n + 1;
                run(count, take_share, &shares);
                for (int i = 0; i < count; i++) {
                    int64_t size = range_size(shares.of[i]);
                    assert_int_equal(shares.of[i].first, i ? shares.of[i - 1].end : 0);
                    assert_true(size >= 0);
                    if (i > 0 && shares.of[i].first < n)
                        assert_int_equal(shares.of[i].first % units[u], 0);
                    most = size > most ? size : most;
                    least = size < least ? size : least;
                }
                assert_int_equal(shares.of[count - 1].end, n);
                assert_true(most - least <= 2 * units[u]);
            }
}

/* --- arithmetic ---------------------------------------------------------------------------- */

/* volatile: computed at run time, in the mode of that moment */
static bool keeps_subnormals(void)
{
    volatile float tiny = 0x1p-126f, half = 0.5f;
    return tiny * half != 0;
}

static float third(void)
{
    volatile float one = 1, three = 3;
    return one / three;
}

struct arithmetic {
    bool subnormals[WORKERS_MAX];
    float third[WORKERS_MAX];
};

static void compute(const struct worker *worker, void *argument)
{
    struct arithmetic *arithmetic = argument;
    arithmetic->subnormals[worker->index] = keeps_subnormals();
    arithmetic->third[worker->index] = third();
}

TEST(workers_compute_in_one_mode_and_the_caller_keeps_its_own)
{
    float nearest = third();
    for (int count = 1; count <= WORKERS_MAX; count++) {
        struct arithmetic arithmetic = {{false}, {0}};
        struct error error;
        assert_int_equal(fesetround(FE_UPWARD), 0);
        enum status status = threads_run(count, compute, &arithmetic, &error);
        int rounding = fegetround();
        bool subnormals = keeps_subnormals();
        fesetround(FE_TONEAREST);
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(rounding, FE_UPWARD);
        assert_true(subnormals);
        for (int i = 0; i < count; i++) {
            assert_false(arithmetic.subnormals[i]);
            assert_true(arithmetic.third[i] == nearest);
        }
    }
}

/* OpenMP keeps its threads for the embedding program's own parallel regions, whose arithmetic
 * must be as before. */
TEST(other_threads_get_their_mode_back)
{
    struct arithmetic arithmetic = {{false}, {0}};
    int with = 0, all = 0;
    run(WORKERS_MAX, compute, &arithmetic);
#pragma omp parallel num_threads(WORKERS_MAX) reduction(+ : with, all)
    {
        with += keeps_subnormals();
        all++;
    }
    assert_true(all >= 1);
    assert_int_equal(with, all);
}

/* --- fork ----------------------------------------------------------------------------------- */

/* The child's OpenMP runtime would wait for threads that only the parent has: 2 is refused, 1 works. */
TEST(a_fork_of_a_process_with_threads_gets_one)
{
    struct presence presence = {.caller = pthread_self()};
    struct error error = {0};
    int ended;
    if (WORKERS_MAX == 1)
        skip(); /* a build without OpenMP */
    run(WORKERS_MAX, be_present, &presence);
    pid_t child = fork();
    if (child == 0) {
        alarm(20); /* in place of waiting for ever */
        enum status several = threads_run(2, be_present, &presence, &error);
        enum status one = threads_run(1, be_present, &presence, NULL);
        bool clear = strstr(error.text, "fork") != NULL;
        _exit(several == STATUS_USAGE && one == STATUS_OK && clear ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    run(WORKERS_MAX, be_present, &presence);
}
