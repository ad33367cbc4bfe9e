/* phases.h: measures how a worker's time is divided among the phases of a step. Each worker has its
 * own clock, in cache lines of its own.
 */
#pragma once

#include "base/clock.h"

enum phase {
    PHASE_LOAD,     /* gather and scale rows */
    PHASE_FORWARD,  /* forward, loss */
    PHASE_BACKWARD, /* derivatives with respect to the activations */
    PHASE_WEIGHTS,  /* gradient tiles */
    PHASE_REDUCE,   /* exchange, join, verdict, publish */
    PHASE_UPDATE,   /* optimizer */
    PHASE_WAIT,     /* at barriers */
    N_PHASES
};

static inline const char *phase_name(enum phase phase)
{
    static const char *const name[N_PHASES] = {
        "load", "forward", "backward", "weights", "reduce", "update", "wait"};
    return name[phase];
}

struct phase_clock {
    _Alignas(64) double seconds[N_PHASES];
    double last;
};

static inline void phase_start(struct phase_clock *clock)
{
    clock->last = clock_now_s();
}

/* Adds the time since the last call to `phase`. */
static inline void phase_end(struct phase_clock *clock, enum phase phase)
{
    double now = clock_now_s();
    clock->seconds[phase] += now - clock->last;
    clock->last = now;
}
