/* link.h: how fast messages travel between two teams, and how long an exchange takes at that speed.
 *
 *     seconds = rounds * latency + messages * overhead + floats / speed
 *
 * Only rank 0's measurement counts, so that all ranks draw the same conclusions from it. It never
 * affects the bits.
 */
#pragma once

#include "comm/teams.h"

struct link {
    double latency_s;   /* of a short message */
    double overhead_s;  /* of each further short message that leaves at the same time */
    double bytes_per_s; /* in each direction, with both in use */
};

/* Returns the assumption for machines that are not there to be measured: 10 Gbit/s, 20 us. */
struct link link_assumed(void);

/* Measures the link between rank 0 and the first rank of another team, preferably on another
 * machine; takes a few milliseconds. With a single team, leaves the link as it is. Collective over
 * teams->comm. STATUS_NO_RESOURCE. */
enum status link_measure(struct link *link, const struct teams *teams, struct error *error);

/* The messages of an exchange and a publication, on the way that takes longest. */
struct path {
    int rounds;     /* one after the other */
    int messages;   /* most that a team sends */
    int64_t floats; /* sum over the rounds of the most that a team sends or receives in each */
};

double link_seconds(const struct link *link, const struct path *path);
