#include "step/noise.h"

#include <math.h>

#include "step/settings.h"

/* --- the estimate --------------------------------------------------------------------------- */

bool noise_of_step(const struct noise_sample *sample, double *trace, double *square)
{
    double n = (double)sample->size, all = (double)sample->population;
    if (sample->size < 2 || !isfinite(sample->each) || !isfinite(sample->mean))
        return false;
    *trace = (all - 1) / all * (n / (n - 1)) * (sample->each - sample->mean);
    *square = sample->each - *trace;
    return true;
}

/* One of how many steps is measured. */
static int64_t stride_of(int64_t batch)
{
    const int64_t samples = 256;
    return batch >= samples ? 1 : samples / batch;
}

bool noise_is_due(int64_t step, int64_t batch)
{
    return step % stride_of(batch) == 0;
}

int64_t noise_first_step(
    const struct noise_estimate *estimate, int64_t last, const struct plan *plan)
{
    if (estimate->steps == 0)
        return 0;
    struct batch batch = plan_batch(plan, last);
    int64_t stride = stride_of(plan_stage_of(plan, &batch)->batch);
    int64_t steps = llround(estimate->window_steps * (double)stride);
    return steps < last ? last - steps + 1 : 1;
}

double noise_window(int64_t population, int64_t batch)
{
    const double least_steps = 10, most_steps = 500, part = 0.25;
    double window = part * (double)population, size = (double)batch;
    return fmax(fmin(window, most_steps * size), least_steps * size);
}

void noise_add(struct noise_state *state, const struct noise_sample *sample)
{
    double trace, square, weight = (double)sample->size;
    double keep = sample->window / (sample->window + weight);
    if (!noise_of_step(sample, &trace, &square))
        return;
    state->steps++;
    state->weight = keep * state->weight + weight;
    state->weight_square = keep * keep * state->weight_square + weight * weight;
    state->trace = keep * state->trace + weight * trace;
    state->square = keep * state->square + weight * square;
    state->trace_trace = keep * state->trace_trace + weight * (trace * trace);
    state->square_square = keep * state->square_square + weight * (square * square);
    state->trace_square = keep * state->trace_square + weight * (trace * square);
    keep = sample->window / (sample->window + 2 * weight);
    state->recent_weight = keep * state->recent_weight + weight;
    state->recent_trace = keep * state->recent_trace + weight * trace;
    state->recent_square = keep * state->recent_square + weight * square;
}

struct noise_estimate noise_estimate_none(void)
{
    const double none = (double)NAN;
    return (struct noise_estimate){
        .trace = none, .square = none, .scale = none, .error = none, .window_steps = none};
}

/* A recent gradient that is not distinguishable from zero counts as a change. */
static bool is_moving(const struct noise_state *state, const struct noise_estimate *estimate)
{
    if (isnan(estimate->error) || state->recent_weight == 0)
        return false;
    double recent = state->recent_trace / state->recent_square;
    return !(state->recent_square > 0) || fabs(recent - estimate->scale) > estimate->error;
}

struct noise_estimate noise_estimate(const struct noise_state *state)
{
    struct noise_estimate estimate = noise_estimate_none();
    double weight = state->weight;
    if (state->steps == 0)
        return estimate;
    estimate.steps = state->steps;
    double trace = estimate.trace = state->trace / weight;
    double square = estimate.square = state->square / weight;
    double n = estimate.window_steps = weight * weight / state->weight_square;
    if (!(square > 0))
        return estimate;
    double ratio = estimate.scale = trace / square;
    double of_trace = state->trace_trace / weight - trace * trace;
    double of_square = state->square_square / weight - square * square;
    double of_both = state->trace_square / weight - trace * square;
    double scatter = of_trace - 2 * ratio * of_both + ratio * ratio * of_square;
    if (state->steps > 1 && scatter >= 0)
        estimate.error = sqrt(scatter / (n - 1)) / square;
    estimate.moving = is_moving(state, &estimate);
    return estimate;
}

/* --- validity ------------------------------------------------------------------------------ */

enum noise_validity noise_validity(const struct settings *settings)
{
    if (settings->noise_scale == NOISE_SCALE_OFF)
        return NOISE_OFF;
    if (settings->criterion.class_weight || settings->weighted)
        return NOISE_WEIGHTED;
    const struct plan *plan = &settings->plan;
    if (plan_largest_batch(plan) < 2)
        return NOISE_SINGLE;
    bool all = true; /* every batch contains all samples */
    for (int s = 0; s < plan->stages; s++)
        all &= plan->stage[s].batch == plan->samples;
    return settings->shuffle || all ? NOISE_VALID : NOISE_ORDERED;
}

const char *noise_validity_text(enum noise_validity validity)
{
    static const char *const text[] = {NULL, "batches are not drawn at random (--shuffle off)",
        "off (--noise-scale)", "samples have unequal weights", "batches of one sample"};
    return text[validity];
}
