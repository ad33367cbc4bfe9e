#include "optim/optimizer.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "optim/scalar.h"
#include "base/split.h"
#include "optim/rules.h"

static const struct optimizer_row {
    const char *state[OPTIMIZER_RULE_STATES_MAX]; /* names in PyTorch */
    int states, momentum_states;                  /* always present; only with momentum */
    struct optimizer_defaults defaults;
} optimizers[N_OPTIMIZERS] = {
    [OPTIMIZER_SGD] = {{"momentum_buffer"}, 0, 1, {0.02, 0.9, 0.999, 1e-8, 0}},
    [OPTIMIZER_ADAM] = {{"exp_avg", "exp_avg_sq"}, 2, 0, {0.001, 0, 0.999, 1e-8, 0}},
    [OPTIMIZER_ADAMW] = {{"exp_avg", "exp_avg_sq"}, 2, 0, {0.001, 0, 0.999, 1e-8, 0.01}},
    [OPTIMIZER_RMSPROP] = {{"square_avg", "momentum_buffer"}, 1, 1, {0.001, 0, 0.999, 1e-8, 0}},
    [OPTIMIZER_ADAGRAD] = {{"sum"}, 1, 0, {0.01, 0, 0.999, 1e-10, 0}},
    [OPTIMIZER_LION] = {{"exp_avg"}, 1, 0, {0.0001, 0, 0.99, 1e-8, 0}},
};
const char *const optimizer_words[] = {"sgd", "adam", "adamw", "rmsprop", "adagrad", "lion", NULL};

struct optimizer_defaults optimizer_defaults(enum optimizer_kind kind)
{
    return optimizers[kind].defaults;
}

/* Returns the number of state arrays that the rule of the optimizer itself uses. */
static int rule_states(const struct optimizer_settings *settings)
{
    const struct optimizer_row *row = &optimizers[settings->kind];
    return row->states + (settings->momentum != 0 ? row->momentum_states : 0);
}

int optimizer_states(const struct optimizer_settings *settings)
{
    return rule_states(settings) + (settings->average > 0);
}

const char *optimizer_state_name(const struct optimizer_settings *settings, int i)
{
    return i < rule_states(settings) ? optimizers[settings->kind].state[i] : "ema";
}

double optimizer_average_share(int64_t half_life)
{
    return 1 - scalar_power(0.5, 1 / (double)half_life);
}

/* --- the scalars of a step ------------------------------------------------------------------- */

struct optimizer_scalars optimizer_scalars(
    const struct optimizer_settings *settings, int64_t step, double lr, float scale)
{
    double keep = settings->kind == OPTIMIZER_RMSPROP ? settings->alpha : settings->beta2;
    struct optimizer_scalars scalars = {.scale = scale,
        .clip_value = INFINITY,
        .clip_factor = 1,
        .weight_decay = (float)settings->weight_decay,
        .shrink = 1,
        .lr = (float)lr,
        .momentum = (float)settings->momentum,
        .intake = step == 1 ? 1 : (float)(1 - settings->dampening),
        .nesterov = settings->nesterov,
        .mix = (float)(1 - settings->beta1),
        .keep = (float)keep,
        .add = (float)(1 - keep),
        .eps = (float)settings->eps,
        .average = step == 1 ? 1 : (float)settings->average};
    if (settings->kind == OPTIMIZER_LION)
        scalars.momentum = (float)settings->beta1;
    if (settings->kind == OPTIMIZER_ADAMW || settings->kind == OPTIMIZER_LION) {
        scalars.weight_decay = 0;
        scalars.shrink = (float)(1 - lr * settings->weight_decay);
    }
    if (settings->kind == OPTIMIZER_ADAM || settings->kind == OPTIMIZER_ADAMW) {
        scalars.lr = (float)(lr / (1 - scalar_power_int(settings->beta1, step)));
        scalars.root = (float)sqrt(1 - scalar_power_int(settings->beta2, step));
    }
    return scalars;
}

/* --- clipping --------------------------------------------------------------------------------- */

float clip_factor(const struct clip *clip, double norm)
{
    double factor = clip->norm / (norm + 1e-6);
    return clip->norm > 0 && factor < 1 ? (float)factor : 1;
}

void clip_run(float *out, const float *sum, int64_t n, const struct optimizer_scalars *scalars,
    enum level level)
{
    rules_of(level)->clip(out, sum, n, scalars->scale, scalars->clip_value, scalars->clip_factor);
}

void clip_add_squares(struct exact_sum *squares, const float *sum, int64_t n,
    const struct optimizer_scalars *scalars, enum level level)
{
    enum { PIECE = 2048 };
    float g[PIECE];
    for (int64_t i = 0; i < n; i += PIECE) {
        int64_t some = least(PIECE, n - i);
        clip_run(g, sum + i, some, scalars, level);
        exact_sum_add_squares(squares, g, some, level);
    }
}

/* --- bounds ---------------------------------------------------------------------------------- */

/* Returns a bound for |g| / (sqrt(v) + eps) after share * g^2 has been added to v. Any part of v
 * that was flushed to 0 is small. */
static double quotient(double gradient, double share, double eps)
{
    double by_square = 1.01 / sqrt(share) + sqrt(4 * (double)FLT_MIN / share) / eps;
    return fmin(gradient / eps, by_square);
}

/* Bounds for the term that lr multiplies, before and after its division. */
struct motion {
    double factor, quotient;
};

/* Returns the bounds for gradients of at most `gradient`, and updates the bounds of the states to
 * those after the step. */
static struct motion grow(const struct optimizer_settings *settings,
    const struct optimizer_scalars *scalars, double *state, double gradient)
{
    double momentum = (double)scalars->momentum, keep = (double)scalars->keep;
    double add = (double)scalars->add, mix = (double)scalars->mix, eps = (double)scalars->eps;
    double moved;
    switch (settings->kind) {
    case OPTIMIZER_SGD:
        moved = state[0] = momentum * state[0] + (double)scalars->intake * gradient;
        if (scalars->nesterov)
            moved = gradient + momentum * state[0];
        return (struct motion){moved, moved};
    case OPTIMIZER_RMSPROP:
        state[0] = keep * state[0] + add * gradient * gradient;
        moved = quotient(gradient, add, eps);
        if (momentum == 0)
            return (struct motion){gradient, moved};
        state[1] = momentum * state[1] + moved;
        return (struct motion){state[1], state[1]};
    case OPTIMIZER_ADAGRAD:
        state[0] += gradient * gradient;
        return (struct motion){gradient, quotient(gradient, 1, eps)};
    case OPTIMIZER_LION:
        moved = momentum * state[0] + mix * gradient;
        state[0] = keep * state[0] + add * gradient;
        return (struct motion){moved, 1};
    default:
        state[0] = (1 - mix) * state[0] + mix * gradient;
        state[1] = keep * state[1] + add * gradient * gradient;
        return (struct motion){state[0], state[0] / eps};
    }
}

bool optimizer_allows(const struct optimizer_settings *settings,
    const struct optimizer_scalars *scalars, struct optimizer_bounds *bounds, double largest_sum)
{
    const double limit = (double)FLT_MAX / 4; /* a factor of 4 as a margin for rounding */
    struct optimizer_bounds next = *bounds;
    double lr = (double)scalars->lr, shrink = fabs((double)scalars->shrink);
    double mean = fmin(largest_sum * (double)scalars->scale, (double)scalars->clip_value);
    double gradient =
        mean * (double)scalars->clip_factor + (double)scalars->weight_decay * bounds->weight;
    struct motion motion = grow(settings, scalars, next.state, gradient);
    next.weight = shrink * bounds->weight + lr * motion.quotient;
    bool fine = isfinite(largest_sum) && gradient < limit && motion.factor < limit &&
                lr * motion.factor < limit && next.weight < limit;
    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++)
        fine = fine && next.state[i] < limit;
    if (fine)
        *bounds = next;
    return fine;
}

/* --- the step -------------------------------------------------------------------------------- */

/* Takes a step with the clipped gradient, in pieces that fit into the first-level cache. */
static void step_clipped(optimizer_rule *rule, enum level level,
    const struct optimizer_scalars *scalars, float *w, float *const *state, const float *sum,
    int64_t n)
{
    enum { PIECE = 1024 };
    float g[PIECE];
    struct optimizer_scalars rest = *scalars;
    rest.scale = 1;
    for (int64_t i = 0; i < n; i += PIECE) {
        int64_t some = least(PIECE, n - i);
        float *part[OPTIMIZER_RULE_STATES_MAX];
        for (int s = 0; s < OPTIMIZER_RULE_STATES_MAX; s++)
            part[s] = state[s] ? state[s] + i : NULL;
        clip_run(g, sum + i, some, scalars, level);
        rule(w + i, part, g, some, &rest);
    }
}

/* state [OPTIMIZER_RULE_STATES_MAX] */
static inline void step_by_rule(enum optimizer_kind kind, enum level level,
    const struct optimizer_scalars *scalars, float *w, float *const *state, const float *sum,
    int64_t n)
{
    optimizer_rule *rule = rules_of(level)->step[kind];
    if (isinf(scalars->clip_value) && scalars->clip_factor == 1)
        rule(w, state, sum, n, scalars);
    else
        step_clipped(rule, level, scalars, w, state, sum, n);
}

/* A function of its own, so that a step without an average takes no longer for it. */
__attribute__((noinline)) static void step_averaged(const struct optimizer *optimizer,
    enum level level, const struct optimizer_scalars *scalars, float *w, const float *sum,
    int64_t at, int64_t n)
{
    int last = rule_states(&optimizer->settings);
    float *state[OPTIMIZER_RULE_STATES_MAX] = {NULL};
    for (int s = 0; s < last; s++)
        state[s] = optimizer->state[s] + at;
    step_by_rule(optimizer->settings.kind, level, scalars, w, state, sum, n);
    if (scalars->average == 1)
        memcpy(optimizer->state[last] + at, w, (size_t)n * sizeof *w);
    else
        rules_of(level)->average(optimizer->state[last] + at, w, n, scalars->average);
}

void optimizer_step(const struct optimizer *optimizer, enum level level,
    const struct optimizer_scalars *scalars, float *w, const float *sum, int64_t at, int64_t n)
{
    float *state[OPTIMIZER_RULE_STATES_MAX];
    if (optimizer->settings.average > 0) {
        step_averaged(optimizer, level, scalars, w, sum, at, n);
        return;
    }
    for (int s = 0; s < OPTIMIZER_RULE_STATES_MAX; s++)
        state[s] = optimizer->state[s] ? optimizer->state[s] + at : NULL;
    step_by_rule(optimizer->settings.kind, level, scalars, w, state, sum, n);
}
