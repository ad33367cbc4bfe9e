/* noise.h: the gradient noise scale of a run, measured during training (and at its end:
 * frozen_noise.h).
 *
 * Over N samples the gradients g_i have mean G and covariance Sigma (the mean of (g_i - G)^2). The
 * noise scale tr(Sigma) / |G|^2, in samples, is the batch size at which the noise in a step's
 * gradient is as large as the gradient itself (McCandlish, Kaplan, Amodei et al., "An Empirical
 * Model of Large-Batch Training", 2018, arXiv:1812.06162; B_simple there). It is a figure of SGD's
 * gradient at these weights, with every optimizer. It is not the critical batch size, above which
 * larger batches save hardly any steps, but usually a low guess of it (Merrill et al. 2025,
 * arXiv:2505.23971).
 *
 * A step of nb samples, drawn without replacement, has the mean gradient G_B and
 *
 *     q = the mean of |g_i|^2 over the batch
 *
 *     E[q]       = |G|^2 + tr(Sigma)
 *     E[|G_B|^2] = |G|^2 + tr(Sigma) / nb (N - nb) / (N - 1)             (finite population)
 *
 * which gives unbiased estimates of both, exact for any N and nb (for large N, they are those of
 * the paper's appendix A for batches of one sample and of nb):
 *
 *     trace  = (N - 1) / N  nb / (nb - 1)  (q - |G_B|^2)
 *     square = q - trace
 *
 * Gradients are those of the loss on the data, including dropout and label smoothing, before weight
 * decay and clipping. With dropout and few rows the scale is too low, at most about N: `square`
 * contains 1 / N of the variance of the masks, which drawing without replacement does not reduce. Steps with one sample, and those whose figures are not finite, are skipped.
 *
 * A measurement costs as much as a few samples, whatever the batch size, so with batches below 256
 * one step per 256 samples is measured: every second step with batches of 128, every eighth with
 * batches of 32.
 *
 * The error of one step's `square` may exceed |G|^2 itself, and a quotient of such figures is
 * biased; so both are averaged over steps and then divided. A step has weight nb and multiplies the
 * weights of earlier steps by w / (w + nb), where the window w is a quarter of an epoch, but at
 * least 10 and at most 500 measured batches. That is long enough to be precise, since the error
 * falls with the number of samples averaged, and short compared with the time over which the noise
 * scale changes (by orders of magnitude in the course of training). The sums are divided by the sum
 * of weights, so the first average is that of the first step alone (as in Adam's bias correction).
 *
 * The error is that of a quotient r = trace / square of two correlated means, to first order (the
 * delta method), from the second moments over the same window:
 *
 *     n     = (sum of weights)^2 / sum of their squares
 *     error = sqrt((var(trace) - 2 r cov + r^2 var(square)) / (n - 1)) / square
 *
 * It covers the scatter of the steps, not changes within the window. For these, a second average
 * has half the window. If the scale is at rest, the two differ by a normal number with 0.58 times
 * the error (their variances are proportional to 1/2w and 1/w, the covariance to 2/3w). The scale is still
 * moving if they differ by more than the error.
 *
 * All operations are +, -, *, / and sqrt in double, on figures that do not depend on ranks, threads
 * or kernels, so the estimate does not depend on them either. Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Weighted sums over steps, from which the estimate is computed; `recent_` ones have half the
 * window. Plain data, initialized with {0}. */
struct noise_state {
    int64_t steps; /* number of steps measured */
    double weight, weight_square;
    double trace, square; /* sums of the figures of each step, and of their products */
    double trace_trace, square_square, trace_square;
    double recent_weight, recent_trace, recent_square;
};

struct noise_estimate {
    int64_t steps;        /* steps measured, including those whose weight has faded */
    double trace, square; /* tr(Sigma) and |G|^2, averaged; NaN: no step yet */
    double scale;         /* in samples; NaN while square <= 0 */
    double error;         /* standard error of the scale; NaN: not known */
    double window_steps;  /* measured steps that the average is worth; NaN: no step yet */
    bool moving;          /* the scale changes within the window */
};

/* The figures of one step. */
struct noise_sample {
    int64_t population; /* N */
    int64_t size;       /* nb */
    double window;      /* in samples: noise_window() */
    double each;        /* q; NaN: not measured */
    double mean;        /* |G_B|^2 */
};

/* Computes the estimate from one step alone; false if there is none. */
bool noise_of_step(const struct noise_sample *sample, double *trace, double *square);

/* True if step number `step` of the run is measured, in a stage with this batch size. */
bool noise_is_due(int64_t step, int64_t batch);

/* Returns the first step of the window of an estimate, which ends with step `last`; 0: no step was
 * measured. */
struct plan;
int64_t noise_first_step(
    const struct noise_estimate *estimate, int64_t last, const struct plan *plan);

/* True if the scale is larger than its standard error. */
static inline bool noise_is_known(const struct noise_estimate *estimate)
{
    return estimate->error < estimate->scale;
}

double noise_window(int64_t population, int64_t batch);
void noise_add(struct noise_state *state, const struct noise_sample *sample);
struct noise_estimate noise_estimate(const struct noise_state *state);
struct noise_estimate noise_estimate_none(void);

/* --- validity ------------------------------------------------------------------------------ */

enum noise_validity {
    NOISE_VALID,
    NOISE_ORDERED,  /* measured, but the batches were not drawn at random */
    NOISE_OFF,      /* from here on: not measured */
    NOISE_WEIGHTED, /* samples of unequal weight have no common distribution */
    NOISE_SINGLE,   /* batches of one sample have no scatter */
};

struct settings;
enum noise_validity noise_validity(const struct settings *settings);
const char *noise_validity_text(enum noise_validity validity); /* NULL: valid */

static inline bool noise_is_measured(enum noise_validity validity)
{
    return validity <= NOISE_ORDERED;
}
