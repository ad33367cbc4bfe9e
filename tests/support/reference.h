/* reference.h: training as a slow, obvious scalar program: the order of sums, and nothing else.
 *
 * Written from the rules (src/README.md, "The order of sums") and the contracts in the headers of
 * src/. It calls nothing of src/ (types are taken from there, no code), so that the two can
 * only agree by both being right. Loops, fmaf, float and double; never tuned.
 *
 *     reference.c        training: order, slices, forward, backward, sums
 *     reference_update.c the update: rate, clipping, optimizers (libm's pow and cos in double, and
 *                        sums in long double, whose last bits are lost in rounding to float32)
 *     reference_rules.c  the rules it is made of: Philox, order, tree, chains, exp, log
 *     reference_loss.c   losses and activations, what they are made of; masks of dropout
 *     reference_f64.c    the same loss and its gradient in double, for accuracy
 *
 * All arrays are row-major without gaps. Parameters are in canonical order: for each layer weight
 * [out x in], then bias [out]. Bits are those of the library where no NaN occurs (the payload of a
 * NaN is nobody's promise).
 *
 * Failure: a test program that gets no memory aborts. Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/mlp.h"
#include "net/loss.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

enum { REFERENCE_LAYERS_MAX = 8, REFERENCE_BLOCK = 256 };

struct reference_problem {
    int layers; /* products */
    int64_t width[REFERENCE_LAYERS_MAX + 1];
    enum activation_kind activation[REFERENCE_LAYERS_MAX]; /* as struct mlp's */
    float leaky_slope, dropout_input, dropout_hidden;
    enum loss_kind loss;
    float label_smoothing, huber_delta; /* as struct criterion's */
    const float *class_weight;
    const float *weight;  /* [samples], at least 0; NULL: all 1 */
    const float *x;       /* [samples x width[0]], scaled */
    const int32_t *label; /* [samples], cross-entropy */
    const float *target;  /* [samples x width[layers]], the other losses */
    int64_t samples;
    int64_t batch; /* more than `samples` means all of them */
    int changes;   /* of the batch, in ascending order of epochs */
    struct {
        int64_t batch, after_epochs;
    } change[4];
    int64_t steps; /* may go over several epochs */
    bool drop_last;
    int64_t slices; /* 0: by the rule */
    bool shuffle;
    uint64_t seed;
    enum optimizer_kind optimizer;
    double lr, momentum, weight_decay; /* rounded to float32 once */
    double dampening, beta1, beta2, alpha, eps;
    bool nesterov;
    int64_t
        half_life; /* in steps, of an average of the weights, which is then the result; 0: none */
    double clip_value, clip_norm;    /* 0: not so */
    const struct schedule *schedule; /* if not NULL: the rates, instead of `lr` */
    enum init_kind init;
    const float *initial; /* if not NULL: the weights to begin with, instead of `init` */
};

/* The problem's network (but for its sizes) and criterion, as the library wants them. */
struct mlp;
void reference_describe(
    const struct reference_problem *problem, struct mlp *mlp, struct criterion *criterion);

int64_t reference_parameters(const struct reference_problem *problem);
int64_t reference_slices(const struct reference_problem *problem);

/* The weights before the first step. */
void reference_initial(const struct reference_problem *problem, float *parameters);

/* The weights after `steps` steps, or their average with `half_life`, and the loss of each step [steps] (may be NULL). */
void reference_train(const struct reference_problem *problem, float *parameters, double *losses);

/* The sum of gradients (not divided) and of losses over samples first ... first + nb - 1 of the
 * first epoch's order, as one batch. Returns the loss sum. */
double reference_gradient(const struct reference_problem *problem, const float *parameters,
    int64_t first, int64_t nb, float *gradient);

/* The last layer's sums z [width[layers]] of one row x [width[0]]. */
void reference_outputs(
    const struct reference_problem *problem, const float *parameters, const float *x, float *z);

/* Step number `step`, from 1, by the sum of gradients over nb samples; state[0] and state[1]
 * [parameters], 0 before the first. */
void reference_update(const struct reference_problem *problem, int64_t step, double weight,
    const float *sum, float *parameters, float *const state[2]);

double reference_rate(const struct schedule *schedule, int64_t step);

/* --- accuracy: double precision, libm, samples 0 ... samples-1, no slices ------------------ */

/* The sum of the samples' losses, times their weights if they have any. */
double reference_loss_f64(const struct reference_problem *problem, const double *parameters);

/* Its gradient by backward differentiation, with relu's derivative at 0 taken as 0. Dropout is that
 * of the first step. */
void reference_gradient_f64(
    const struct reference_problem *problem, const double *parameters, double *gradient);

/* --- the rules, one by one; the caller sets the floating-point mode ------------------------ */

void reference_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t word[4]);

/* Unit `unit` of a row in the stream (seed, purpose, layer): random.h's layout. */
uint32_t reference_word(
    uint64_t seed, uint32_t purpose, uint32_t layer, uint64_t row, uint32_t unit);

void reference_threefry(const uint32_t counter[4], const uint32_t key[4], uint32_t word[4]);

/* Whether dropout at rate p takes unit `unit` of x[layer] of a sample in a step's batch. */
bool reference_drops(
    float p, uint64_t seed, int64_t step, int64_t position, int layer, int64_t unit);

/* What stands at `position` of epoch `epoch`, by the keyed bijection. */
int64_t reference_order(
    int64_t n, uint64_t seed, uint32_t purpose, uint64_t epoch, int64_t position);

/* sum of a[k * a_step] b[k * b_step] over k < n, as blocks of chains. */
float reference_product(int64_t n, const float *a, int64_t a_step, const float *b, int64_t b_step);
float reference_sum_f32(int64_t n, const float *a, int64_t step);
double reference_sum_f64(int64_t n, const double *a);

/* Leaves 0 ... n-1, `step` apart, joined by the tree; 0 for n = 0. */
float reference_tree_f32(int64_t n, const float *leaf, int64_t step);
double reference_tree_f64(int64_t n, const double *leaf);

/* net/loss.h's */
float reference_exp(float x);
double reference_log(double s);

/* An activation, y, and its derivative (net/activation.h). */
float reference_activation(enum activation_kind kind, float leaky_slope, float z, float *slope);

/* Loss of one sample; z [n] -> delta [n]. */
double reference_cross_entropy(int64_t n, const float *z, int64_t label, float *delta);
double reference_squared(int64_t n, const float *z, const float *target, float *delta);
/* The same by the problem's criterion; of `sample`, with n = width[layers]. */
double reference_loss(
    const struct reference_problem *problem, const float *z, int64_t sample, float *delta);
/* What a mean over these samples, which are a batch, divides by: their number, or the sum of their
 * weights. Where samples have weights, by slices and tree, as the losses are added. */
double reference_weight(const struct reference_problem *problem, int64_t n, const int64_t *sample);
