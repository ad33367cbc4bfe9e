#include "comm/link.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

/* Floats of a short measurement of the speed, and of one on a fast link. */
enum { SHORT = 1 << 16, LONG = 1 << 20 };
enum { BURST = 16 };

struct link link_assumed(void)
{
    return (struct link){.latency_s = 20e-6, .overhead_s = 2e-6, .bytes_per_s = 1.25e9};
}

/* Returns the rank that measures with rank 0. */
static int partner_of(const struct teams *teams)
{
    int partner = teams->team[1].ranks[0];
    for (int t = teams->count - 1; t > 0; t--)
        if (!teams->team[t].here) /* as rank 0 sees it; only its answer is used */
            partner = teams->team[t].ranks[0];
    return partner;
}

/* Rank 0 sends short messages and the other rank answers with one; returns the shortest time of a few
 * turns. */
static double ping_s(struct comm *comm, int other, float *x, int messages, int turns)
{
    struct message ping[BURST], pong = {other, x + BURST, 1, false};
    double shortest = 0;
    for (int i = 0; i < messages; i++)
        ping[i] = (struct message){other, x + i, 1, false};
    for (int turn = 0; turn < turns; turn++) {
        double start = clock_now_s();
        if (comm->rank == 0)
            comm_exchange_floats(comm, ping, messages, NULL, 0);
        else
            comm_exchange_floats(comm, NULL, 0, ping, messages);
        if (comm->rank == 0)
            comm_exchange_floats(comm, NULL, 0, &pong, 1);
        else
            comm_exchange_floats(comm, &pong, 1, NULL, 0);
        double seconds = clock_now_s() - start;
        shortest = turn == 0 || seconds < shortest ? seconds : shortest;
    }
    return shortest;
}

/* Both ranks send n floats at the same time. */
static double exchange_s(struct comm *comm, int other, float *x, int64_t n, int turns)
{
    struct message send = {other, x, n, false}, receive = {other, x + n, n, false};
    double shortest = 0;
    for (int turn = 0; turn < turns; turn++) {
        ping_s(comm, other, x, 1, 1); /* so that both begin together */
        double start = clock_now_s();
        comm_exchange_floats(comm, &send, 1, &receive, 1);
        double seconds = clock_now_s() - start;
        shortest = turn == 0 || seconds < shortest ? seconds : shortest;
    }
    return shortest;
}

/* Measures everything but the speed of long messages. */
static void measure_short(struct link *link, struct comm *comm, int other, float *x)
{
    enum { TURNS = 15 };
    double one_s = ping_s(comm, other, x, 1, TURNS), burst_s = ping_s(comm, other, x, BURST, TURNS);
    link->latency_s = one_s / 2;
    link->overhead_s = burst_s > one_s ? (burst_s - one_s) / (BURST - 1) : 0;
}

static void measure_speed(struct link *link, struct comm *comm, int other, float *x, int64_t n)
{
    double seconds = exchange_s(comm, other, x, n, 3), bytes = (double)n * sizeof *x;
    bool long_enough = seconds > 2 * link->latency_s;
    link->bytes_per_s = bytes / (long_enough ? seconds - link->latency_s : seconds / 2);
}

enum status link_measure(struct link *link, const struct teams *teams, struct error *error)
{
    struct comm *comm = teams->comm;
    float *x = NULL;
    int partner = 0;
    if (teams->count == 1)
        return STATUS_OK;
    partner = partner_of(teams);
    comm_broadcast(comm, &partner, sizeof partner);
    bool measures = comm->rank == 0 || comm->rank == partner;
    int other = comm->rank == 0 ? partner : 0;
    enum status status = STATUS_OK;
    if (measures)
        status =
            memory_take(&x, (size_t)2 * LONG, sizeof *x, "the measurement of the network", error);
    TRY(comm_agree(comm, status, error));
    if (measures) {
        measure_short(link, comm, other, x);
        measure_speed(link, comm, other, x, SHORT);
    }
    comm_broadcast(comm, link, sizeof *link);
    bool fast = link->bytes_per_s > SHORT * sizeof *x / 1e-3; /* it took less than 1 ms */
    if (measures && fast)
        measure_speed(link, comm, other, x, LONG);
    comm_broadcast(comm, link, sizeof *link);
    free(x);
    return STATUS_OK;
}

double link_seconds(const struct link *link, const struct path *path)
{
    int further = path->messages > path->rounds ? path->messages - path->rounds : 0;
    return path->rounds * link->latency_s + further * link->overhead_s +
           (double)path->floats * sizeof(float) / link->bytes_per_s;
}
