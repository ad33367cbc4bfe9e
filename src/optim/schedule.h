/* schedule.h: computes the learning rate for every step.
 *
 * The rate is a pure function of the step, so a resumed run needs no state for it. Steps count from
 * 1, and the first step has the rate with which PyTorch's schedulers (torch.optim.lr_scheduler,
 * closed forms) begin. If k is the number of steps before this one, the rates are:
 *
 *     constant      lr
 *     step          lr gamma^floor(k / step_size)                                 StepLR
 *     multistep     lr gamma^(number of milestones <= k)                          MultiStepLR
 *     exponential   lr gamma^k                                                    ExponentialLR
 *     linear        lr (1 + (end_factor - 1) min(k, T) / T)                       LinearLR
 *     polynomial    lr (1 - min(k, T) / T)^power                                  PolynomialLR
 *     cosine        min_lr + (lr - min_lr) (1 + cos(pi min(k, T) / T)) / 2        CosineAnnealingLR
 *     one-cycle     lr / div ... lr ... lr / div / final_div, two half cosines    OneCycleLR
 *                   lr is reached at k = pct_start T - 1, the last rate at k = T - 1
 *     plateau       lr times the factor of a plateau                              ReduceLROnPlateau
 *
 * T is `length`, or the number of steps in the rest of the run if `length` is 0; a cosine then ends
 * with the run. A warm-up can precede any schedule: its t-th step has the rate lr t / warmup, so
 * the first step is not wasted on a rate of 0 and the last reaches lr (one-cycle: lr / div, the
 * rate it begins with). After the warm-up the schedule begins as if step warmup + 1 were the first
 * (SequentialLR with milestone warmup), over the rest of the run. After T the rate stays constant.
 *
 * If by_epoch is set, the rate is constant within an epoch and equals what one
 * scheduler.step() per epoch gives: k and T are those of the epoch's first step. Exponential,
 * one-cycle and the warm-up count in epochs, rounded up.
 *
 * All of this is computed in double with optim/scalar.h, so the bits are the same on every machine.
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_STEP,
    SCHEDULE_MULTISTEP,
    SCHEDULE_EXPONENTIAL,
    SCHEDULE_LINEAR,
    SCHEDULE_POLYNOMIAL,
    SCHEDULE_COSINE,
    SCHEDULE_ONE_CYCLE,
    SCHEDULE_PLATEAU,
    N_SCHEDULES
};
extern const char *const schedule_words[]; /* "constant", ..., "one-cycle", "plateau", NULL */

enum { SCHEDULE_MILESTONES_MAX = 32 };

/* PyTorch's defaults in brackets. A kind reads only the fields whose comments name that kind or no
 * kind. */
struct schedule {
    enum schedule_kind kind;
    double lr;               /* the base rate (lr_scaled()); all others are relative to it */
    int64_t total_steps;     /* steps of the whole run */
    int64_t steps_per_epoch; /* at least 1 if by_epoch */
    bool by_epoch;
    int64_t warmup;    /* steps; 0: none */
    int64_t length;    /* linear, polynomial, cosine, one-cycle: steps; 0: the rest of the run */
    int64_t step_size; /* step: steps, at least 1 */
    double gamma;      /* step, multistep [0.1], exponential: >= 0 */
    int n_milestones;  /* multistep */
    int64_t milestone[SCHEDULE_MILESTONES_MAX];     /* steps, ascending */
    double end_factor;                              /* linear: >= 0 */
    double power;                                   /* polynomial [1]: >= 0 */
    double min_lr;                                  /* cosine [0]: 0 ... lr */
    double pct_start, div_factor, final_div_factor; /* one-cycle [0.3, 25, 1e4]: 0 ... 1, > 0 */
};

/* Returns the rate for `step`, counted from 1. `plateau_factor` is plateau.factor, or 1 for all
 * other kinds. */
double schedule_rate(const struct schedule *schedule, int64_t step, double plateau_factor);

/* --- a rate that is reduced when a metric stops improving --------------------------------------
 *
 * Like torch.optim.lr_scheduler.ReduceLROnPlateau with cooldown 0 and a relative threshold, stepped
 * at every evaluation:
 *
 *     better    metric < best (1 - threshold)       maximise: metric > best (1 + threshold)
 *     if so     best = metric, bad = 0; if not, bad = bad + 1
 *     bad > patience: rate = max(rate * factor, min_lr) if this is lower by more than 1e-8; bad = 0
 *
 * The state is plain data that is saved in checkpoints; the same metrics give the same rates. */

/* PyTorch's defaults in brackets. */
struct plateau_settings {
    bool maximise;    /* higher metrics are better [false] */
    double factor;    /* [0.1]: 0 ... below 1 */
    int64_t patience; /* [10]: evaluations */
    double threshold; /* [1e-4]: >= 0 */
    double min_lr;    /* [0] */
};

struct plateau {
    double factor; /* product of the reductions so far: schedule_rate()'s plateau_factor */
    double best;
    int64_t bad; /* evaluations since the best one, or since the last reduction */
};

struct plateau plateau_begin(const struct plateau_settings *settings);

/* Updates the state after an evaluation; `lr` is the schedule's rate. Returns true if the rate is
 * reduced. A NaN is never better. */
bool plateau_step(
    struct plateau *plateau, const struct plateau_settings *settings, double lr, double metric);

/* --- the batch size -------------------------------------------------------------------------- */

/* Scales a rate to a batch size other than the one it was tuned for: by batch / base_batch, or by
 * the square root of that (Goyal et al., arXiv:1706.02677; Krizhevsky, arXiv:1404.5997). */
enum lr_scale { LR_SCALE_NONE, LR_SCALE_LINEAR, LR_SCALE_SQRT };
extern const char *const lr_scale_words[]; /* "none", "linear", "sqrt", NULL */
double lr_scaled(double lr, enum lr_scale scale, int64_t batch, int64_t base_batch);
