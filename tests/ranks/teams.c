/* teams.c: ranks that share memory: they come together, see the same memory, and wait for each
 * other; and where there is no such memory, all of them know. */
#include "comm/teams.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/heartbeat.h"
#include "comm/threads.h"
#include "support/ranks.h"

enum { THREADS_MAX = 3, ROUNDS = 400, LINE = 16 };

static const struct team_request shapes[] = {
    {TEAM_NODE, 0}, {TEAM_NUMA, 0}, {TEAM_RANKS, 1}, {TEAM_RANKS, 2}, {TEAM_RANKS, 3}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

static struct teams *create(struct team_request request)
{
    struct teams *teams;
    struct error error = {0};
    enum status status = teams_create(&teams, world, request, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    return teams;
}

/* This machine is one node, and here perhaps of one NUMA domain. */
TEST(test_who_is_together)
{
    int size = world->size, rank = world->rank;
    for (int s = 0; s < N_SHAPES; s++) {
        if (shapes[s].kind == TEAM_NUMA)
            continue; /* depends on the machine; its arithmetic is a unit test's */
        struct teams *teams = create(shapes[s]);
        int width = shapes[s].ranks > 0 ? shapes[s].ranks : 1 << 20; /* all */
        int mine = teams->mine, all = 0;
        bool right = teams->count == (size + width - 1) / width && mine == rank / width &&
                     teams->rank == rank % width && teams->request.kind == shapes[s].kind &&
                     teams->comm == world;
        for (int t = 0; t < teams->count; t++) {
            right &= teams->team[t].here; /* a test has one machine */
            for (int i = 0; i < teams->team[t].size; i++)
                right &= teams->team[t].ranks[i] == all++;
        }
        right &= all == size;
        right &=
            teams->inside->size == teams->team[mine].size && teams->inside->rank == teams->rank;
        assert_ranks(right, "shape %d: the wrong teams", s);
        assert_ranks(strcmp(teams->note, "") == 0, "shape %d: %s", s, teams->note);
        teams_destroy(teams);
    }
}

/* --- memory -------------------------------------------------------------------------------- */

/* Every rank writes what is its own; all see all of it, in memory that was zero. */
static bool memory_is_shared(struct teams *teams, size_t n)
{
    struct comm *inside = teams->inside;
    int mine = teams->mine, size = teams->team[mine].size;
    uint32_t *block;
    struct error error = {0};
    if (teams_take(teams, &block, n, sizeof *block, "a test", &error))
        return false;
    bool right = (uintptr_t)block % 64 == 0;
    for (size_t i = 0; i < n; i++)
        right &= block[i] == 0;
    comm_barrier(inside);
    for (size_t i = (size_t)teams->rank; i < n; i += (size_t)size)
        block[i] = (uint32_t)(1000000 * mine + (int)i + 1);
    comm_barrier(inside);
    for (size_t i = 0; i < n; i++)
        right &= block[i] == (uint32_t)(1000000 * mine + (int)i + 1);
    comm_barrier(inside);
    teams_give(teams, block);
    return right;
}

TEST(test_memory_is_seen_by_the_team_alone)
{
    static const size_t sizes[] = {1, 17, 1000, 100003, 0};
    for (int s = 0; s < N_SHAPES; s++) {
        struct teams *teams = create(shapes[s]);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            bool right = memory_is_shared(teams, sizes[i]);
            assert_ranks(right, "shape %d, %zu items", s, sizes[i]);
        }
        teams_give(teams, NULL);
        teams_destroy(teams);
    }
}

/* Several blocks at once, given back in another order. */
TEST(test_blocks_are_apart)
{
    enum { BLOCKS = 5, N = 3000 };
    char *block[BLOCKS];
    struct error error = {0};
    for (int s = 0; s < N_SHAPES; s++) {
        struct teams *teams = create(shapes[s]);
        bool right = true;
        for (int b = 0; b < BLOCKS; b++) {
            enum status status = teams_take(teams, &block[b], N, 1, "a block", &error);
            assert_ranks(status == STATUS_OK, "%s", error.text);
            if (teams->rank == 0)
                memset(block[b], b + 1, N);
        }
        comm_barrier(teams->inside);
        for (int b = 0; b < BLOCKS; b++)
            for (int i = 0; i < N; i++)
                right &= block[b][i] == b + 1;
        comm_barrier(teams->inside);
        for (int b = 0; b < BLOCKS; b++)
            teams_give(teams, block[(2 * b + 1) % BLOCKS]);
        assert_ranks(right, "shape %d: blocks overlap", s);
        teams_destroy(teams);
    }
}

struct parts {
    size_t n;
    int32_t *first;
    char *last;
};

static void place_parts(void *object, struct carver *carver)
{
    struct parts *parts = object;
    parts->first = carve(carver, parts->n, sizeof *parts->first);
    parts->last = carve(carver, parts->n, sizeof *parts->last);
}

/* Every rank places the parts at its own address of the block, and all see the same. */
TEST(test_parts_of_a_block)
{
    const size_t sizes[] = {0, 1, 100, 70000};
    for (int s = 0; s < N_SHAPES; s++) {
        struct teams *teams = create(shapes[s]);
        for (int i = 0; i < 4; i++) {
            struct parts parts = {sizes[i], NULL, NULL};
            struct error error = {0};
            void *block;
            bool right = true;
            enum status status = teams_carve(teams, &block, place_parts, &parts, "a block", &error);
            assert_ranks(status == STATUS_OK, "%s", error.text);
            for (size_t k = 0; k < parts.n && teams->rank == 0; k++) {
                right &= parts.first[k] == 0 && parts.last[k] == 0;
                parts.first[k] = (int32_t)k;
                parts.last[k] = (char)(k % 101);
            }
            comm_barrier(teams->inside);
            for (size_t k = 0; k < parts.n; k++)
                right &= parts.first[k] == (int32_t)k && parts.last[k] == (char)(k % 101);
            comm_barrier(teams->inside);
            teams_give(teams, block);
            assert_ranks(right, "shape %d, %zu items", s, parts.n);
        }
        teams_destroy(teams);
    }
}

/* --- what cannot be had -------------------------------------------------------------------- */

static void assert_refused(struct teams *teams, size_t n, size_t size, const char *names)
{
    struct error error = {0};
    char *block;
    bool alone = teams->team[teams->mine].size == 1;
    enum status status = teams_take(teams, &block, n, size, "the great block", &error);
    bool said = strstr(error.text, "the great block") != NULL &&
                (alone || (strstr(error.text, names) && error.text[0]));
    assert_ranks(status == STATUS_NO_RESOURCE && error.status == status && said, "status %d: '%s'",
        (int)status, error.text);
}

TEST(test_too_much_memory_is_refused_on_all)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct teams *teams = create(shapes[s]);
        assert_refused(teams, SIZE_MAX / 2, 4, "address space");
        assert_refused(teams, (size_t)1 << 60, 1, "--team rank");
        assert_refused(teams, (size_t)1 << 50, 1, "--team rank");
        assert_refused(teams, (size_t)1 << 50, 1, "/dev/shm");
        assert_ranks(memory_is_shared(teams, 1000), "a refusal spoils what follows");
        teams_destroy(teams);
    }
}

/* The same when it shows only once the teams are made, and on the last rank alone: no other one may
 * wait for it. */
TEST(test_a_late_refusal_is_agreed)
{
    int last = world->size - 1;
    if (last == 0)
        return; /* nobody to agree with */
    struct teams *teams = create((struct team_request){TEAM_NODE, 0});
    if (world->rank == last)
        teams_inject_fault(TEAMS_FAULT_WINDOW);
    assert_refused(teams, 1000, 4, "windows are refused");
    teams_inject_fault(TEAMS_FAULT_SPACE);
    assert_refused(teams, 1000, 4, "/dev/shm has 64.0 KiB free");
    teams_inject_fault(TEAMS_NO_FAULT);
    assert_ranks(memory_is_shared(teams, 1000), "a refusal spoils what follows");
    teams_destroy(teams);
}

/* Windows that cannot be had on one rank make teams of one rank everywhere, with one note. */
static void check_fallback(enum teams_fault fault, int on, const char *names)
{
    int size = world->size, rank = world->rank;
    for (int s = 0; s < N_SHAPES; s++) {
        bool alone = size == 1 || (shapes[s].kind == TEAM_RANKS && shapes[s].ranks == 1);
        struct error error = {0};
        struct teams *teams;
        if (rank == on)
            teams_inject_fault(fault);
        enum status status = teams_create(&teams, world, shapes[s], &error);
        teams_inject_fault(TEAMS_NO_FAULT);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        const char *note = teams->note;
        char common[sizeof teams->note];
        memcpy(common, note, sizeof common);
        comm_broadcast(world, common, sizeof common);
        assert_ranks(strcmp(note, common) == 0, "'%s', elsewhere '%s'", note, common);
        if (shapes[s].kind != TEAM_NUMA) {
            assert_ranks(
                alone ? note[0] == '\0' : strstr(note, names) && strstr(note, "--team rank"),
                "shape %d: '%s' lacks '%s'", s, note, names);
            bool right = teams->count == size && teams->mine == rank &&
                         (alone || teams->request.kind == TEAM_RANKS);
            assert_ranks(right, "shape %d: %d teams", s, teams->count);
        }
        assert_ranks(memory_is_shared(teams, 1000), "shape %d: no memory", s);
        teams_destroy(teams);
    }
}

TEST(test_refused_windows_make_teams_of_one)
{
    check_fallback(TEAMS_FAULT_WINDOW, 0, "windows are refused");
}

TEST(test_a_full_directory_makes_teams_of_one)
{
    check_fallback(TEAMS_FAULT_SPACE, 0, "/dev/shm has 64.0 KiB free");
}

/* --- the barrier --------------------------------------------------------------------------- */

/* In the team's memory, each worker's count in a cache line of its own. Not atomic: only the
 * barrier orders it. */
struct hammer {
    int32_t *count;
    int32_t bad[THREADS_MAX];
    int32_t workers, threads_seen, first;
    bool dawdle;
    atomic_int calls;
};

static void count_and_look(const struct worker *worker, void *argument)
{
    struct hammer *hammer = argument;
    int rounds = hammer->dawdle ? ROUNDS / 20 : ROUNDS;
    atomic_fetch_add(&hammer->calls, 1);
    if (worker_speaks(worker)) {
        hammer->workers = worker->count;
        hammer->first = worker->index;
    }
    hammer->bad[worker->thread] += worker_leads(worker) != (worker->index == 0);
    for (int round = 1; round <= rounds; round++) {
        if (hammer->dawdle && round % worker->count == worker->index) { /* the others find sleep */
            const struct timespec pause = {.tv_nsec = 12000000};
            nanosleep(&pause, NULL);
        }
        hammer->count[LINE * worker->index]++;
        team_barrier(worker);
        for (int i = 0; i < worker->count; i++)
            hammer->bad[worker->thread] += hammer->count[LINE * i] != round;
        team_barrier(worker);
    }
}

/* `threads` of this rank, which may differ from rank to rank. */
static void hammer_team(struct teams *teams, int threads, int workers, int first, bool dawdle)
{
    struct hammer hammer = {.dawdle = dawdle};
    struct error error = {0};
    enum status status =
        teams_take(teams, &hammer.count, (size_t)workers * LINE, sizeof(int32_t), "counts", &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    status = team_run(teams, threads, count_and_look, &hammer, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    int bad = 0;
    for (int t = 0; t < threads; t++)
        bad += hammer.bad[t];
    assert_ranks(bad == 0, "%d looks through a barrier", bad);
    assert_ranks(
        hammer.workers == workers && hammer.first == first && atomic_load(&hammer.calls) == threads,
        "%d workers from %d, expected %d from %d", hammer.workers, hammer.first, workers, first);
    teams_give(teams, hammer.count);
}

TEST(test_nobody_passes_a_barrier_before_all_have_come)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct teams *teams = create(shapes[s]);
        int size = teams->team[teams->mine].size, rank = teams->rank;
        int most = TEAMS_HAVE_THREADS ? THREADS_MAX : 1;
        for (int threads = 1; threads <= most; threads++)
            hammer_team(teams, threads, size * threads, rank * threads, false);
        hammer_team(teams, 1, size, rank, true);
        teams_destroy(teams);
    }
}

TEST(test_ranks_may_bring_different_threads)
{
    if (!TEAMS_HAVE_THREADS)
        return;
    for (int s = 0; s < N_SHAPES; s++) {
        struct teams *teams = create(shapes[s]);
        const int *ranks = teams->team[teams->mine].ranks;
        int workers = 0, first = 0;
        for (int i = 0; i < teams->team[teams->mine].size; i++) {
            first += i < teams->rank ? 1 + ranks[i] % 2 : 0;
            workers += 1 + ranks[i] % 2;
        }
        hammer_team(teams, 1 + world->rank % 2, workers, first, false);
        teams_destroy(teams);
    }
}

/* --- waiting ------------------------------------------------------------------------------- */

struct nap {
    double used_s;
};

static double seconds_of_work(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* The first worker is long in coming. */
static void wait_for_the_first(const struct worker *worker, void *argument)
{
    const struct timespec pause = {.tv_nsec = 500 * 1000 * 1000};
    struct nap *nap = argument;
    team_barrier(worker);
    double before_s = seconds_of_work();
    if (worker_leads(worker))
        nanosleep(&pause, NULL);
    team_barrier(worker);
    if (worker_speaks(worker))
        nap->used_s = seconds_of_work() - before_s;
}

TEST(test_a_long_wait_is_slept_through)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct nap nap = {0};
        struct error error = {0};
        struct teams *teams = create(shapes[s]);
        enum status status =
            team_run(teams, TEAMS_HAVE_THREADS ? 2 : 1, wait_for_the_first, &nap, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        assert_ranks(nap.used_s < 0.25, "%g s of work in 0.5 s of waiting: it spins", nap.used_s);
        teams_destroy(teams);
    }
}

/* One worker waits at the barrier, the others only look whether it is over. For the watchdog, nobody is
 * late afterwards. */
static void wait_or_look(const struct worker *worker, void *argument)
{
    enum { MEETINGS = 50 };
    struct heartbeat_view view;
    int *late = argument;
    for (int i = 0; i < MEETINGS; i++) {
        unsigned round = team_arrive(worker);
        while (!team_met(worker, round, worker->index == 0))
            sched_yield();
    }
    team_barrier(worker);
    if (worker_speaks(worker)) {
        heartbeat_meet();
        heartbeat_look(&view);
        heartbeat_wait_over();
        *late = view.n_late;
    }
    team_barrier(worker);
}

TEST(test_looking_is_meeting)
{
    for (int s = 0; s < N_SHAPES; s++) {
        int late = 0;
        struct error error = {0};
        struct teams *teams = create(shapes[s]);
        enum status status =
            team_run(teams, TEAMS_HAVE_THREADS ? 2 : 1, wait_or_look, &late, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        assert_ranks(late == 0, "shape %d: %d ranks are late", s, late);
        teams_destroy(teams);
    }
}

/* Each rank's calling thread talks to its neighbour, of its own team or of another, while the rest
 * of its team waits: messages that need both ends inside MPI. */
enum { LONG = 200000 };
struct talk {
    float *data;
    bool right;
};

static void talk(const struct worker *worker, void *argument)
{
    struct talk *talk = argument;
    int rank = world->rank, other = rank ^ 1;
    team_barrier(worker);
    if (worker_speaks(worker) && other < world->size) {
        struct message out = {other, talk->data, LONG, false};
        struct message in = {other, talk->data + LONG, LONG, false};
        for (int i = 0; i < LONG; i++)
            talk->data[i] = (float)(rank + i % 1000);
        comm_exchange_floats(world, &out, 1, &in, 1);
        talk->right = true;
        for (int i = 0; i < LONG; i++)
            talk->right &= talk->data[LONG + i] == (float)(other + i % 1000);
    } else if (worker_speaks(worker)) {
        talk->right = true;
    }
    team_barrier(worker);
}

TEST(test_teams_talk_between_barriers)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct talk spoken = {.data = malloc(2 * LONG * sizeof(float))};
        struct error error = {0};
        struct teams *teams = create(shapes[s]);
        enum status status = team_run(teams, TEAMS_HAVE_THREADS ? 2 : 1, talk, &spoken, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        assert_ranks(spoken.right, "shape %d: a message was lost", s);
        free(spoken.data);
        teams_destroy(teams);
    }
}
