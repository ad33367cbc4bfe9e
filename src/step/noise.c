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

bool noise_is_due(int64_t step, int64_t batch)
{
    const int64_t samples = 256;
    return batch >= samples || step % (samples / batch) == 0;
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
}

struct noise_estimate noise_estimate_none(void)
{
    const double none = (double)NAN;
    return (struct noise_estimate){0, none, none, none, none};
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
    if (!(square > 0))
        return estimate;
    double ratio = estimate.scale = trace / square;
    double n = weight * weight / state->weight_square;
    double of_trace = state->trace_trace / weight - trace * trace;
    double of_square = state->square_square / weight - square * square;
    double of_both = state->trace_square / weight - trace * square;
    double scatter = of_trace - 2 * ratio * of_both + ratio * ratio * of_square;
    if (state->steps > 1 && scatter >= 0)
        estimate.error = sqrt(scatter / (n - 1)) / square;
    return estimate;
}

struct noise_outlook noise_outlook(double scale, int64_t batch, double times)
{
    double now = (double)batch, then = times * now;
    return (struct noise_outlook){
        (1 + scale / then) / (1 + scale / now), (then + scale) / (now + scale)};
}

/* --- validity ------------------------------------------------------------------------------ */

enum noise_validity noise_validity(const struct settings *settings)
{
    if (!settings->noise_scale)
        return NOISE_OFF;
    if (settings->criterion.class_weight)
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
        "off (--noise-scale)", "samples have class weights", "batches of one sample"};
    return text[validity];
}
