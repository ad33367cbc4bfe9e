/* measure_message.h: measures messages between two ranks of a job, while all others sleep.
 *
 * Collective over all ranks of the job, except for ping_open().
 */
#pragma once

#include "base/json.h"
#include "study/bench_timer.h"

struct message_pair {
    struct comm *all;
    struct comm *part; /* the two ranks, on each of them; on any other rank, the comm of the rest */
    bool member;
};

/* `member`: this rank is one of the two, of which rank 0 is the other. */
enum status message_pair_open(
    struct message_pair *pair, struct comm *comm, bool member, struct error *error);
void message_pair_close(struct message_pair *pair);

/* Sets the host names "from" and "to", and "same_host"; complete on the two ranks. */
enum status message_pair_describe(
    struct json *row, const struct message_pair *pair, struct error *error);

/* n floats that go to the other rank and come back. */
struct ping {
    const struct message_pair *pair;
    int64_t n;
    float *out, *in; /* [n] */
    struct workload workload;
};

/* Prepares a measurement of about `seconds`; the vectors still belong to the caller. */
void ping_open(struct ping *ping, const struct message_pair *pair, int64_t n, float *out, float *in,
    double seconds);

/* Measures once and adds the seconds of one way to the samples under a key. */
void ping_measure(struct ping *ping, struct json *row, const char *key);
