/* noise.h: the gradient noise scale of a run, from what every step tells anyhow.
 *
 * Over N samples the gradients g_i have mean G and covariance Sigma (the mean of (g_i - G)^2). The
 * noise scale tr(Sigma) / |G|^2, in samples, is the batch size at which the noise in a step's
 * gradient is as large as the gradient itself: below it a larger batch saves nearly as many steps
 * as it is larger, beyond it hardly any (McCandlish, Kaplan, Amodei et al., "An Empirical Model of
 * Large-Batch Training", 2018, arXiv:1812.06162; B_simple there). So it is the critical batch size
 * while training is where it is: to a goal, batches of B take steps ~ 1 + Bn / B and samples ~ B +
 * Bn.
 *
 * A step of nb samples, drawn without replacement, knows the mean gradient G_B and
 *
 *     q = the mean of |g_i|^2 over the batch
 *
 *     E[q]       = |G|^2 + tr(Sigma)
 *     E[|G_B|^2] = |G|^2 + tr(Sigma) / nb (N - nb) / (N - 1)             (finite population)
 *
 * and so has unbiased estimates of both, here exact for any N and nb (for large N those of appendix
 * A there, with batches of one sample and of nb):
 *
 *     trace  = (N - 1) / N  nb / (nb - 1)  (q - |G_B|^2)
 *     square = q - trace
 *
 * Gradients are of the data's loss, dropout and label smoothing included, before weight decay and
 * clipping. Steps of one sample, and those whose figures are not finite, are passed over.
 *
 * A measurement costs as much as a few samples, whatever the batch; so of batches below 256 only so
 * many are measured that 256 samples come on each: every second of 128, every eighth of 32.
 *
 * One step's `square` may be off by more than |G|^2 itself, and a quotient of such figures is
 * biased; so both are averaged over steps and then divided. A step weighs its nb samples, and what
 * was before fades by w / (w + nb) with the window w = a quarter of an epoch, yet at least 10 and
 * at most 500 batches, all of them measured ones. That is long enough to be precise, since the
 * error falls with the samples that are averaged, and short beside the time in which the noise
 * scale changes, which over a training it does by orders of magnitude. The first average is that of
 * the first step alone: the weights are summed along (Adam's correction of the bias, in other
 * words).
 *
 * The error is that of a quotient r = trace / square of two correlated means, to first order (the
 * delta method), from the second moments over the same window:
 *
 *     n     = (sum of weights)^2 / sum of their squares
 *     error = sqrt((var(trace) - 2 r cov + r^2 var(square)) / (n - 1)) / square
 *
 * It covers the steps' scatter, not what changed within the window.
 *
 * Everything is +, -, *, / and sqrt in double of figures that are the same for any ranks, threads
 * and kernels, and so is the estimate. Threads: any. Collective: no.
 */
#ifndef STEP_NOISE_H
#define STEP_NOISE_H

#include <stdbool.h>
#include <stdint.h>

/* Plain data, from which the estimate goes on: weighted sums over steps. Begins as {0}. */
struct noise_state {
    int64_t steps; /* that were measured */
    double weight, weight_square;
    double trace, square; /* of one step each: sums of the figures and of their products */
    double trace_trace, square_square, trace_square;
};

struct noise_estimate {
    int64_t steps;        /* that it is made of, faded ones included */
    double trace, square; /* tr(Sigma) and |G|^2, averaged; NaN: no step yet */
    double scale;         /* in samples; NaN while square <= 0 */
    double error;         /* its standard error; NaN: not known */
};

/* What one step tells. */
struct noise_sample {
    int64_t population; /* N */
    int64_t size;       /* nb */
    double window;      /* in samples: noise_window() */
    double each;        /* q; NaN: not measured */
    double mean;        /* |G_B|^2 */
};

/* Of one step alone: false if it has no estimate. */
bool noise_of_step(const struct noise_sample *sample, double *trace, double *square);

/* Whether step number `step` of the run is measured, whose stage has batches of that size. */
bool noise_is_due(int64_t step, int64_t batch);

double noise_window(int64_t population, int64_t batch);
void noise_add(struct noise_state *state, const struct noise_sample *sample);
struct noise_estimate noise_estimate(const struct noise_state *state);
struct noise_estimate noise_estimate_none(void);

/* For batches `times` as large: what becomes of the steps to the same goal, and of the samples, as
 * factors. */
struct noise_outlook {
    double steps, samples;
};
struct noise_outlook noise_outlook(double scale, int64_t batch, double times);

/* --- whether a run can tell ---------------------------------------------------------------- */

enum noise_validity {
    NOISE_VALID,
    NOISE_ORDERED,  /* measured, yet of batches that were not drawn at random */
    NOISE_OFF,      /* not measured, as what follows */
    NOISE_WEIGHTED, /* samples of unequal weight are not of one kind */
    NOISE_SINGLE,   /* batches of one sample have no scatter */
};

struct settings;
enum noise_validity noise_validity(const struct settings *settings);
const char *noise_validity_text(enum noise_validity validity); /* NULL: valid */

static inline bool noise_is_measured(enum noise_validity validity)
{
    return validity <= NOISE_ORDERED;
}

#endif
