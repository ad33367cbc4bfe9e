/* comm.c: what ranks say to each other arrives, whole and in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/fill.h"
#include "support/ranks.h"

TEST(test_agree_takes_the_lowest_failing_rank)
{
    int size = world->size, rank = world->rank;
    for (int first = 0; first < size; first++) {
        struct error error = {0};
        enum status mine = STATUS_OK;
        if (rank >= first) /* all from `first` on fail, each with its own status and text */
            mine = (fail)(&error, rank == first ? STATUS_IO : STATUS_BUG, "trouble %d", rank);
        char wanted[64];
        snprintf(
            wanted, sizeof wanted, size > 1 ? "rank %d: trouble %d" : "trouble %d", first, first);
        enum status status = comm_agree(world, mine, &error);
        assert_ranks(status == STATUS_IO, "status %d, wanted %d", (int)status, STATUS_IO);
        assert_ranks(strcmp(error.text, wanted) == 0, "'%s', wanted '%s'", error.text, wanted);
    }
    struct error error = {0};
    enum status status = comm_agree(world, STATUS_OK, &error);
    assert_ranks(status == STATUS_OK, "agreement where nobody failed");
}

/* A rank whose program begins with comm_agree(), as lockstep did before it compared versions, once
 * left the others waiting for ever. Now it ends with their message and they know of it. */
TEST(test_greeting)
{
    int size = world->size, rank = world->rank;
    for (int old = -1; old < size && size > 1; old++) {
        struct error error = {.status = STATUS_BUG};
        int lowest = old == 0 ? 1 : 0;
        char wanted[32];
        snprintf(error.text, sizeof error.text, "I am %d", rank);
        snprintf(wanted, sizeof wanted, "I am %d", lowest);
        if (rank == old) {
            comm_check_collectives(world, false); /* the old program has no check */
            enum status status = comm_agree_unnamed(world, STATUS_OK, &error);
            comm_check_collectives(world, true);
            assert_ranks(status == STATUS_BUG, "status %d of the old program", (int)status);
        } else {
            int stranger = comm_greet(world, &error);
            assert_ranks(stranger == old, "stranger %d, wanted %d", stranger, old);
        }
        assert_ranks(strcmp(error.text, wanted) == 0, "'%s', wanted '%s'", error.text, wanted);
    }
    struct error error = {.status = STATUS_BUG, .text = "alone"};
    assert_ranks(size > 1 || comm_greet(world, &error) == -1, "a stranger on one rank");
}

TEST(test_broadcast_and_gather)
{
    int size = world->size, rank = world->rank;
    int64_t word = rank == 0 ? 0x123456789abcdef : 0;
    comm_broadcast(world, &word, sizeof word);
    assert_ranks(word == 0x123456789abcdef, "broadcast");
    int64_t mine[3] = {rank, 10 * rank, -rank}, all[3 * 64];
    comm_gather_all(world, mine, sizeof mine, all);
    bool right = true;
    for (int r = 0; r < size; r++)
        right &= all[3 * r] == r && all[3 * r + 1] == 10 * r && all[3 * r + 2] == -r;
    assert_ranks(right, "gather");
}

/* Parts of unequal size, some of them empty. */
TEST(test_share)
{
    int size = world->size, rank = world->rank;
    int64_t first[65] = {0};
    for (int r = 0; r < size; r++)
        first[r + 1] = first[r] + (r % 2 == 0 ? 0 : 7 * r);
    int64_t n = first[size];
    float *wanted = calloc((size_t)n + 1, sizeof *wanted);
    double *doubles = calloc((size_t)n + 1, sizeof *doubles);
    fill_uniform(wanted, n, 5);
    for (int64_t i = first[rank]; i < first[rank + 1]; i++)
        doubles[i] = (double)wanted[i];
    comm_share_doubles(world, doubles, first);
    bool right = true;
    for (int64_t i = 0; i < n; i++)
        right &= doubles[i] == (double)wanted[i];
    assert_ranks(right, "shared doubles differ");
    free(wanted);
    free(doubles);
}

/* Every rank sends every other two messages, which must not be mistaken for each other. */
TEST(test_exchange)
{
    enum { N = 1000 };
    int size = world->size, rank = world->rank, sends = 0, receives = 0;
    float(*out)[N] = calloc(2 * (size_t)size, sizeof *out),
    (*in)[N] = calloc(2 * (size_t)size, sizeof *in);
    struct message send[128] = {{0}}, receive[128] = {{0}};
    for (int r = 0; r < size; r++)
        for (int m = 0; m < 2 && r != rank; m++) {
            fill_uniform(out[2 * r + m], N, (uint64_t)(10000 * rank + 100 * r + m));
            send[sends++] = (struct message){r, out[2 * r + m], N - m, false};
            receive[receives++] = (struct message){r, in[2 * r + m], N - m, false};
        }
    comm_exchange_floats(world, send, sends, receive, receives);
    bool right = true;
    for (int r = 0; r < size; r++)
        for (int m = 0; m < 2 && r != rank; m++) {
            float wanted[N];
            fill_uniform(wanted, N, (uint64_t)(10000 * r + 100 * rank + m));
            right &= memcmp(wanted, in[2 * r + m], (size_t)(N - m) * sizeof(float)) == 0;
        }
    assert_ranks(right, "messages were lost or mixed up");
    free(out);
    free(in);
}

TEST(test_split)
{
    struct comm *part;
    struct error error = {0};
    int size = world->size, rank = world->rank, odd = rank % 2;
    enum status status = comm_split(&part, world, odd, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    bool right = part->rank == rank / 2 && part->size == (size + 1 - odd) / 2;
    int sum = 0, all[64];
    comm_gather_all(part, &rank, sizeof rank, all);
    for (int r = 0; r < part->size; r++)
        sum += all[r] == 2 * r + odd;
    assert_ranks(right && sum == part->size, "the wrong ranks came together");
    comm_destroy(part);
    assert_ranks(world->hosts == 1 && world->local_size == size, "one machine");
}

static double seconds_of_work(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* Nobody passes before the last one has come, and those who wait leave the cores alone. */
TEST(test_rest)
{
    const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
    int size = world->size, late = size - 1;
    struct timespec came = {0}, left = {0}, last;
    double before_s = seconds_of_work();
    if (world->rank == late) {
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &came);
    }
    comm_rest(world);
    clock_gettime(CLOCK_MONOTONIC, &left);
    double used_s = seconds_of_work() - before_s;
    struct timespec all[64];
    comm_gather_all(world, &came, sizeof came, all);
    last = all[late];
    bool after =
        left.tv_sec > last.tv_sec || (left.tv_sec == last.tv_sec && left.tv_nsec >= last.tv_nsec);
    assert_ranks(after, "passed before the last rank came");
    assert_ranks(used_s < 0.15, "%g s of work in 0.3 s of rest: it spins", used_s);
}
