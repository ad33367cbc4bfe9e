/* step_memory.h: allocates the memory of a step, and computes its size before the step exists.
 *
 * Threads: any. Collective: where noted below.
 */
#pragma once

#include "base/status.h"
#include "comm/link.h"
#include "step/settings.h"

/* The memory of a step in one team, in bytes, including the memory of each of its ranks. */
struct step_memory {
    int64_t weights, optimizer;     /* in panels, with their average; state of owned parameters */
    int64_t activations, pass_rows; /* of the largest pass, with labels and losses; its rows */
    int64_t partial_sums, received; /* its own, and those that other teams send */
};
struct step_memory step_memory_of(const struct settings *settings, int team, int workers);

/* The messages between teams in a step of the first stage, with the ordered sum. */
struct step_messages {
    int64_t sent, received, both; /* bytes: the most of any team */
    struct path path;
    int buckets;       /* that travel one after the other (comm/route.h) */
    int64_t pass_rows; /* of a team's largest pass */
};
struct step_messages step_messages_of(const struct settings *settings);

/* Replaces the route ROUTE_AUTO by the one that takes less time on settings->link; after a failure,
 * by ROUTE_HALVING. STATUS_NO_RESOURCE. */
enum status step_choose_route(struct settings *settings, struct error *error);

/* Completes a step whose settings, teams and start are set: computes sizes, allocates memory, sets
 * initial weights and state. After a failure, step_give_memory() frees what was allocated.
 * STATUS_NO_RESOURCE. Collective. */
struct step;
enum status step_take_memory(struct step *step, struct error *error);
void step_give_memory(struct step *step);
