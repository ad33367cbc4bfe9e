#include "run/stop.h"

#include <math.h>
#include <string.h>

#include "run/run_state.h"

const char *stop_reason_name(enum stop_reason reason)
{
    static const char *const name[] = {"epochs", "max_steps", "signal", "diverged", "failed",
        "early_stop", "target", "time", "give_up", "corrupted"};
    return name[reason];
}

const char *const final_weights_words[] = {"auto", "last", "best", "ema", NULL};

bool stop_keeps_best(const struct stop_rules *rules)
{
    return rules->final_weights == FINAL_BEST ||
           (rules->final_weights == FINAL_AUTO && rules->early);
}

struct metric_choice stop_watched(const struct stop_rules *rules)
{
    return rules->watched.set == METRIC_TRAIN
               ? (struct metric_choice){METRIC_VALIDATION, METRIC_LOSS}
               : rules->watched;
}

/* True if the best evaluation is noted. */
static bool watches(const struct stop_rules *rules)
{
    return rules->early || stop_keeps_best(rules);
}

double stop_metric(struct metric_choice choice, const struct evaluation_record *evaluation)
{
    const struct metrics *const set[N_METRIC_SETS] = {
        [METRIC_VALIDATION] = &evaluation->validation,
        [METRIC_TEST] = &evaluation->test,
        [METRIC_VALIDATION_EMA] = &evaluation->validation_ema,
        [METRIC_TEST_EMA] = &evaluation->test_ema,
    };
    return choice.set == METRIC_TRAIN ? (double)NAN : metric_of(choice.metric, set[choice.set]);
}

double stop_loss_limit(const struct stop_rules *rules, const struct divergence *divergence)
{
    double known = fmax(divergence->first_loss, divergence->trivial_loss);
    return rules->divergence > 0 && known > 0 ? rules->divergence * known : (double)INFINITY;
}

void stop_begin(const struct stop_rules *rules, struct stop_state *state)
{
    char name[METRIC_NAME_MAX] = "";
    if (watches(rules))
        metric_choice_name(stop_watched(rules), name);
    if (strcmp(state->metric, name) == 0)
        return;
    memset(state, 0, sizeof *state);
    memcpy(state->metric, name, strlen(name));
}

static bool improves(const struct stop_rules *rules, const struct stop_state *state, double value)
{
    if (state->best_step == 0)
        return value == value; /* not NaN */
    double gain = metric_gain(stop_watched(rules).metric, value, state->best);
    return rules->early ? gain > rules->min_delta : gain >= 0;
}

struct stop_outcome stop_check(const struct stop_rules *rules, const struct stop_state *state,
    const struct evaluation_record *evaluation)
{
    struct stop_outcome outcome = {.reason = STOP_EARLY};
    if (rules->early)
        outcome.over = state->since > 0 && state->since >= rules->patience;
    double value = stop_metric(rules->target, evaluation);
    if (rules->has_target && metric_gain(rules->target.metric, value, rules->goal) >= 0)
        outcome = (struct stop_outcome){.over = true, .reason = STOP_TARGET};
    else if (!outcome.over && rules->give_up_steps > 0 && evaluation->step >= rules->give_up_steps)
        outcome = (struct stop_outcome){.over = true, .reason = STOP_GIVE_UP};
    return outcome;
}

struct stop_outcome stop_step(const struct stop_rules *rules, struct stop_state *state,
    const struct evaluation_record *evaluation)
{
    double value = watches(rules) ? stop_metric(stop_watched(rules), evaluation) : 0;
    bool improved = watches(rules) && improves(rules, state, value);
    if (improved) {
        state->best_step = evaluation->step;
        state->best = value;
        state->since = 0;
    } else if (watches(rules))
        state->since++;
    struct stop_outcome outcome = stop_check(rules, state, evaluation);
    outcome.improved = improved;
    return outcome;
}

bool stop_is_over(const struct stop_rules *rules, const struct plan *plan,
    const struct run_state *state, enum stop_reason *reason)
{
    struct stop_state stop = state->stop;
    stop_begin(rules, &stop);
    struct stop_outcome outcome = stop_check(rules, &stop, &state->evaluation);
    bool late = rules->max_time_s > 0 && state->clock_s >= rules->max_time_s;
    bool done = state->step >= plan->total_steps;
    *reason = done           ? plan->cut_by_max_steps ? STOP_MAX_STEPS : STOP_EPOCHS
              : outcome.over ? outcome.reason
                             : STOP_TIME;
    return done || outcome.over || late;
}
