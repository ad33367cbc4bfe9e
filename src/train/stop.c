#include "train/stop.h"

#include <string.h>

void stop_begin(const struct stop_rules *rules, struct stop_state *state)
{
    const char *name = rules->early ? rules->watched.name : "";
    if (strcmp(state->metric, name) == 0)
        return;
    memset(state, 0, sizeof *state);
    memcpy(state->metric, name, strlen(name));
}

static bool reached(const struct metric *metric, double value, double goal)
{
    return metric->rising ? value >= goal : value <= goal;
}

static bool improves(const struct stop_rules *rules, const struct stop_state *state, double value)
{
    if (state->best_step == 0)
        return value == value; /* not NaN */
    return rules->watched.rising ? value - state->best > rules->min_delta
                                 : state->best - value > rules->min_delta;
}

struct stop_outcome stop_look(const struct stop_rules *rules, const struct stop_state *state,
    const struct evaluation_record *evaluation)
{
    struct stop_outcome outcome = {.reason = STOP_EARLY};
    if (rules->early)
        outcome.over = state->since > 0 && state->since >= rules->patience;
    if (rules->aims && reached(&rules->target, metric_of(&rules->target, evaluation), rules->goal))
        outcome = (struct stop_outcome){.over = true, .reason = STOP_TARGET};
    return outcome;
}

struct stop_outcome stop_step(const struct stop_rules *rules, struct stop_state *state,
    const struct evaluation_record *evaluation)
{
    double value = rules->early ? metric_of(&rules->watched, evaluation) : 0;
    bool improved = rules->early && improves(rules, state, value);
    if (improved) {
        state->best_step = evaluation->step;
        state->best = value;
        state->since = 0;
    } else if (rules->early)
        state->since++;
    struct stop_outcome outcome = stop_look(rules, state, evaluation);
    outcome.improved = improved;
    return outcome;
}
