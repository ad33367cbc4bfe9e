#include "support/reference.h"

#include <math.h>

/* --- the rate: PyTorch's closed forms, k the steps (or epochs) before this one --------------- */

static double annealed(double from, double to, double pct)
{
    return to + (from - to) / 2 * (cos(acos(-1.0) * pct) + 1);
}

static double one_cycle(const struct schedule *s, double k, double total)
{
    double turn = s->pct_start * total - 1, begin = s->lr / s->div_factor;
    double end = begin / s->final_div_factor;
    if (k <= turn)
        return annealed(begin, s->lr, k / turn);
    return annealed(s->lr, end, (k - turn) / (total - 1 - turn));
}

/* `k` and `length` in steps; `unit` is the steps of what exponential and one-cycle count. */
static double proper_rate(const struct schedule *s, int64_t k, int64_t length, int64_t unit)
{
    double progress = k < length ? (double)k / (double)length : 1;
    double passed = 0;
    switch (s->kind) {
    case SCHEDULE_STEP:
        return s->lr * pow(s->gamma, floor((double)k / (double)s->step_size));
    case SCHEDULE_MULTISTEP:
        for (int i = 0; i < s->n_milestones; i++)
            passed += k >= s->milestone[i] ? 1 : 0;
        return s->lr * pow(s->gamma, passed);
    case SCHEDULE_EXPONENTIAL:
        return s->lr * pow(s->gamma, floor((double)k / (double)unit));
    case SCHEDULE_LINEAR:
        return s->lr * (1 - progress + s->end_factor * progress);
    case SCHEDULE_POLYNOMIAL:
        return s->lr * pow(1 - progress, s->power);
    case SCHEDULE_COSINE:
        return annealed(s->lr, s->min_lr, progress);
    case SCHEDULE_ONE_CYCLE:
        return one_cycle(s, floor((double)k / (double)unit), ceil((double)length / (double)unit));
    default:
        return s->lr;
    }
}

double reference_rate(const struct schedule *s, int64_t step)
{
    int64_t unit = s->by_epoch ? s->steps_per_epoch : 1;
    int64_t k = (step - 1) / unit; /* epochs, if by epoch */
    int64_t warmup = (s->warmup + unit - 1) / unit;
    int64_t length = s->length > 0 ? s->length : s->total_steps - warmup * unit;
    if (k < warmup)
        return proper_rate(s, 0, length, unit) * (double)(k + 1) / (double)warmup;
    return proper_rate(s, (k - warmup) * unit, length, unit);
}

/* --- clipping -------------------------------------------------------------------------------- */

static float clamped(const struct reference_problem *problem, float g)
{
    float most = (float)problem->clip_value;
    if (most > 0 && g > most)
        return most;
    if (most > 0 && g < -most)
        return -most;
    return g;
}

/* Summed wide enough that no order shows in what is left after rounding. */
static float norm_factor(const struct reference_problem *problem, float scale, const float *sum)
{
    long double squares = 0;
    if (!(problem->clip_norm > 0))
        return 1;
    for (int64_t p = 0; p < reference_parameters(problem); p++) {
        long double g = (long double)clamped(problem, sum[p] * scale);
        squares += g * g;
    }
    double factor = problem->clip_norm / (sqrt((double)squares) + 1e-6);
    return factor < 1 ? (float)factor : 1;
}

/* --- the optimizers, one parameter ------------------------------------------------------------ */

static float sgd(const struct reference_problem *problem, double step, float lr, float w, float g,
    float *velocity)
{
    float momentum = (float)problem->momentum;
    float intake = step == 1 ? 1 : (float)(1 - problem->dampening);
    if (momentum == 0)
        return w - lr * g;
    *velocity = momentum * *velocity + intake * g;
    if (problem->nesterov)
        return w - lr * (g + momentum * *velocity);
    return w - lr * *velocity;
}

static float adam(const struct reference_problem *problem, double step, double lr, float w, float g,
    float *m, float *v)
{
    float mix = (float)(1 - problem->beta1);
    float rate = (float)(lr / (1 - pow(problem->beta1, step)));
    float root = (float)sqrt(1 - pow(problem->beta2, step));
    if (mix < 0.5f)
        *m = *m + mix * (g - *m);
    else
        *m = g - (1 - mix) * (g - *m);
    *v = *v * (float)problem->beta2 + (float)(1 - problem->beta2) * g * g;
    return w - rate * *m / (sqrtf(*v) / root + (float)problem->eps);
}

static float rmsprop(
    const struct reference_problem *problem, float lr, float w, float g, float *v, float *buffer)
{
    *v = *v * (float)problem->alpha + (float)(1 - problem->alpha) * g * g;
    float root = sqrtf(*v) + (float)problem->eps;
    if (problem->momentum == 0)
        return w - lr * g / root;
    *buffer = (float)problem->momentum * *buffer + g / root;
    return w - lr * *buffer;
}

static float adagrad(
    const struct reference_problem *problem, float lr, float w, float g, float *squares)
{
    *squares = *squares + g * g;
    return w - lr * g / (sqrtf(*squares) + (float)problem->eps);
}

static float sign_of(float x)
{
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

static float lion(const struct reference_problem *problem, float lr, float w, float g, float *m)
{
    float c = (float)problem->beta1 * *m + (float)(1 - problem->beta1) * g;
    *m = (float)problem->beta2 * *m + (float)(1 - problem->beta2) * g;
    return w - lr * sign_of(c);
}

void reference_update(const struct reference_problem *problem, int64_t step, double weight,
    const float *sum, float *parameters, float *const state[2])
{
    double exact_lr = problem->schedule ? reference_rate(problem->schedule, step) : problem->lr;
    float scale = (float)(1.0 / weight), lr = (float)exact_lr;
    float factor = norm_factor(problem, scale, sum);
    float weight_decay = (float)problem->weight_decay;
    for (int64_t p = 0; p < reference_parameters(problem); p++) {
        float *w = &parameters[p], *a = &state[0][p], *b = &state[1][p];
        float g = clamped(problem, sum[p] * scale) * factor;
        if (problem->optimizer == OPTIMIZER_ADAMW || problem->optimizer == OPTIMIZER_LION)
            *w = *w * (float)(1 - exact_lr * problem->weight_decay);
        else if (weight_decay != 0)
            g = g + weight_decay * *w;
        switch (problem->optimizer) {
        case OPTIMIZER_RMSPROP:
            *w = rmsprop(problem, lr, *w, g, a, b);
            break;
        case OPTIMIZER_ADAGRAD:
            *w = adagrad(problem, lr, *w, g, a);
            break;
        case OPTIMIZER_LION:
            *w = lion(problem, lr, *w, g, a);
            break;
        case OPTIMIZER_SGD:
            *w = sgd(problem, (double)step, lr, *w, g, a);
            break;
        default:
            *w = adam(problem, (double)step, exact_lr, *w, g, a, b);
        }
    }
}
