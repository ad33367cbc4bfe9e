#include "study/measure_message.h"

#include <stdlib.h>
#include <unistd.h>

enum status message_pair_open(
    struct message_pair *pair, struct comm *comm, bool member, struct error *error)
{
    pair->all = comm;
    pair->member = member;
    return comm_agree(comm, comm_split(&pair->part, comm, member ? 0 : 1, error), error);
}

void message_pair_close(struct message_pair *pair)
{
    if (pair->part != comm_self())
        comm_destroy(pair->part);
}

/* One end of a pair. Sent as bytes. */
struct message_end {
    char host[64];
    int machine;
};

static enum status describe_ends(
    struct json *row, const struct message_pair *pair, struct error *error)
{
    struct message_end mine = {.machine = pair->all->machine}, *end = NULL;
    gethostname(mine.host, sizeof mine.host - 1);
    TRY(comm_gather_new(pair->part, &mine, sizeof mine, &end, "the ends of messages", error));
    js_set_text(row, "from", end[0].host);
    js_set_text(row, "to", end[1].host);
    js_set_bool(row, "same_host", end[0].machine == end[1].machine);
    free(end);
    return STATUS_OK;
}

enum status message_pair_describe(
    struct json *row, const struct message_pair *pair, struct error *error)
{
    enum status status = pair->member ? describe_ends(row, pair, error) : STATUS_OK;
    return comm_agree(pair->all, status, error);
}

static void run_ping(const struct worker *worker, int64_t turns, void *context)
{
    struct ping *ping = context;
    struct comm *comm = ping->pair->part;
    const struct message out = {1 - comm->rank, ping->out, ping->n, false},
                         in = {1 - comm->rank, ping->in, ping->n, false};
    (void)worker;
    for (int64_t t = 0; t < turns; t++) {
        if (comm->rank == 0)
            comm_exchange_floats(comm, &out, 1, NULL, 0);
        comm_exchange_floats(comm, NULL, 0, &in, 1);
        if (comm->rank == 1)
            comm_exchange_floats(comm, &out, 1, NULL, 0);
    }
}

void ping_open(struct ping *ping, const struct message_pair *pair, int64_t n, float *out, float *in,
    double seconds)
{
    const struct bench_timer one = {pair->part, 1};
    *ping = (struct ping){.pair = pair, .n = n, .out = out, .in = in};
    if (pair->member)
        ping->workload = workload_of(one, run_ping, ping, 1, seconds);
}

void ping_measure(struct ping *ping, struct json *row, const char *key)
{
    if (ping->pair->member)
        js_push_real(row, key, workload_seconds(&ping->workload) / 2);
    comm_rest(ping->pair->all);
}
