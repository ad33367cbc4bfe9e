/* optimizer.h: computes the next weights from a gradient, on flat runs of floats.
 *
 * The optimizers are defined as in PyTorch (torch.optim, single-tensor float32 path; the algorithm
 * boxes in https://pytorch.org/docs/stable/optim.html). g is the mean gradient, t the step, counted
 * from 1:
 *
 *     g = sum * scale                     scale = 1 / samples of the batch, rounded to float32
 *     g = clamp(g, -c, c) * f             clipping, if any
 *     g = g + weight_decay * w            all but adamw and lion
 *
 *     sgd      v = momentum * v + d * g                   d = 1 - dampening, 1 in the first step
 *              w = w - lr * v                             nesterov: w - lr * (g + momentum * v)
 *     adam     m = m + (1 - beta1) * (g - m)              beta1 <= 1/2: m = g - beta1 * (g - m)
 *              v = beta2 * v + ((1 - beta2) * g) * g
 *              r = sqrt(v) / sqrt(1 - beta2^t) + eps
 *              w = w - (lr / (1 - beta1^t) * m) / r
 *     adamw    w = (1 - lr * weight_decay) * w, then adam without decay of g
 *     rmsprop  v = alpha * v + ((1 - alpha) * g) * g
 *              w = w - (lr * g) / (sqrt(v) + eps)
 *              with momentum: b = momentum * b + g / (sqrt(v) + eps),  w = w - lr * b
 *     adagrad  s = s + g * g
 *              w = w - (lr * g) / (sqrt(s) + eps)
 *     lion     c = beta1 * m + (1 - beta1) * g,  m = beta2 * m + (1 - beta2) * g
 *              w = (1 - lr * weight_decay) * w - lr * sign(c)          no decay of g
 *
 *     any      a = a + average * (w - a)                 with `average`; a = w after step 1
 *
 * lion is not in PyTorch; it follows its authors, Chen et al., "Symbolic Discovery of Optimization
 * Algorithms", 2023, arXiv:2302.06675. Its sign(0) is 0.
 *
 * a is an exponential moving average of the weights (Polyak and Juditsky, "Acceleration of
 * Stochastic Approximation by Averaging", 1992; with exponential weights as usual for networks),
 * kept beside any optimizer and read by none. The first step sets it to its weights, so it needs no
 * correction for a bias towards the initial ones. The product and the sum are one fused
 * multiply-add.
 *
 * The state starts at 0, the average at the initial weights (if the first step has no update). Factors such as 1 - beta1 and lr / (1 - beta1^t) are computed in double
 * once per step and rounded to float32 once; then each operation in a line rounds once (no
 * contraction). If a decay, momentum or clipping value is 0, its term is omitted; sgd's v and
 * rmsprop's b exist only with momentum.
 *
 * Threads: any, on different runs. Collective: no. All levels give the same bits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/sums/exact_sum.h"

enum optimizer_kind {
    OPTIMIZER_SGD,
    OPTIMIZER_ADAM,
    OPTIMIZER_ADAMW,
    OPTIMIZER_RMSPROP,
    OPTIMIZER_ADAGRAD,
    OPTIMIZER_LION,
    N_OPTIMIZERS
};
extern const char *const optimizer_words[]; /* "sgd", "adam", ..., NULL */

/* PyTorch's defaults in brackets. An optimizer reads only the fields whose comments name it. */
struct optimizer_settings {
    enum optimizer_kind kind;
    double momentum;     /* sgd, rmsprop [0]: 0 <= momentum < 1; 0: none */
    double dampening;    /* sgd with momentum [0]: 0 ... 1 */
    bool nesterov;       /* sgd with momentum and without dampening */
    double beta1, beta2; /* adam, adamw [0.9, 0.999], lion [0.9, 0.99]: 0 <= beta < 1 */
    double alpha;        /* rmsprop [0.99]: 0 <= alpha < 1 */
    double eps;          /* adam, adamw, rmsprop [1e-8], adagrad [1e-10]: a normal float32 > 0 */
    double weight_decay; /* [0; adamw 0.01]: >= 0 */
    /* all of them [0]: the share of the weights in their average after a step, 0 ... 1; 0: no
     * average */
    double average;
};

/* The default values that differ between optimizers: PyTorch's, except the learning rate and
 * momentum of sgd, which PyTorch leaves to the user. */
struct optimizer_defaults {
    double lr, momentum, beta2, eps, weight_decay;
};
struct optimizer_defaults optimizer_defaults(enum optimizer_kind kind);

/* Return the number of state arrays, each of which has the layout of the parameters, and PyTorch's
 * name for array i. The average of the weights, if any, is the last array, "ema"; the others are the
 * rule's own. */
enum { OPTIMIZER_RULE_STATES_MAX = 2, OPTIMIZER_STATES_MAX = OPTIMIZER_RULE_STATES_MAX + 1 };
int optimizer_states(const struct optimizer_settings *settings);
const char *optimizer_state_name(const struct optimizer_settings *settings, int i);

/* Returns settings.average for an average in which the weights of a step count half as much after
 * `half_life` >= 1 more steps: 1 - 2^(-1 / half_life), computed with optim/scalar.h. */
double optimizer_average_share(int64_t half_life);

struct optimizer {
    struct optimizer_settings settings;
    float *state[OPTIMIZER_STATES_MAX]; /* [n]: one number per parameter; borrowed */
};

/* The scalars for one step, the same on all ranks: the factors in the lines above. */
struct optimizer_scalars {
    float scale;
    float clip_value, clip_factor; /* c and f; INFINITY and 1: no clipping */
    float weight_decay;            /* w times this is added to g */
    float shrink;                  /* applied to w: 1 - lr * weight_decay, or 1 */
    float lr;                      /* divided by 1 - beta1^t for adam and adamw */
    float momentum;                /* lion: beta1 */
    float intake;                  /* d */
    bool nesterov;
    float mix;       /* 1 - beta1 */
    float keep, add; /* beta2 or alpha; 1 - keep */
    float root;      /* sqrt(1 - beta2^t) */
    float eps;
    float average; /* 1 in the first step */
};

/* Computes the scalars for step t = `step`, without clipping. */
struct optimizer_scalars optimizer_scalars(
    const struct optimizer_settings *settings, int64_t step, double lr, float scale);

/* --- clipping of gradients, by value and by norm ----------------------------------------------
 *
 *     by value   g = clamp(g, -value, value), element by element     torch clip_grad_value_
 *     by norm    g = g * f,  f = min(1, norm / (|g| + 1e-6))         torch clip_grad_norm_
 *
 * g is the mean gradient and |g| the Euclidean norm over all parameters, after clipping by value if
 * both are requested. |g| is the square root of an exact sum of squares (base/sums/exact_sum.h), so
 * it depends neither on the order of the parameters in memory nor on which rank holds them. Both
 * |g| and f are computed in double, and f is rounded to float32 once. Source:
 * torch.nn.utils.clip_grad. */
struct clip {
    double value, norm; /* 0: no clipping */
};

/* Returns f for a gradient with this norm; 1 without clipping by norm. */
float clip_factor(const struct clip *clip, double norm);

/* Computes out[i] = clamp(sum[i] * scale, -clip_value, clip_value) * clip_factor. */
void clip_run(float *out, const float *sum, int64_t n, const struct optimizer_scalars *scalars,
    enum level level);

/* Adds the squares of the n elements that clip_run() would write. */
void clip_add_squares(struct exact_sum *squares, const float *sum, int64_t n,
    const struct optimizer_scalars *scalars, enum level level);

/* --- the step --------------------------------------------------------------------------------- */

/* Upper bounds for the magnitudes of all weights and all state elements, over all owners. */
struct optimizer_bounds {
    double weight, state[OPTIMIZER_STATES_MAX];
};

/* True if a step with gradient sums of at most `largest_sum` certainly keeps all weights and states
 * finite. (An average of the weights is finite if they are, and has no bound of its own.) This is decided by bounds that are carried from step to step: they follow the formulas
 * above, with bounds in place of the variables, all terms taken as positive, and quotients bounded
 * by
 *
 *     m / r <= M / eps,    g / (sqrt(v) + eps) <= G / eps  and  <= 1 / sqrt(1 - alpha) (adagrad: 1)
 *
 * If true, the bounds are updated to those after the step. If false, they are unchanged. They may
 * then be too loose (weight decay adds W to g's bound although it shrinks the weights, and the
 * largest sum may itself be a bound): set them to the actual largest magnitudes and call again. The
 * result depends only on scalars that all ranks share, so all make the same decision. */
bool optimizer_allows(const struct optimizer_settings *settings,
    const struct optimizer_scalars *scalars, struct optimizer_bounds *bounds, double largest_sum);

/* Updates w [n] with the gradient sum [n]; `at` is the offset of this run in the state. */
void optimizer_step(const struct optimizer *optimizer, enum level level,
    const struct optimizer_scalars *scalars, float *w, const float *sum, int64_t at, int64_t n);
