/* plateau.h: a learning rate that is reduced when a metric stops improving.
 *
 * torch.optim.lr_scheduler.ReduceLROnPlateau with cooldown 0 and a relative threshold, stepped at
 * every evaluation:
 *
 *     better    metric < best (1 - threshold)       maximise: metric > best (1 + threshold)
 *     then      best = metric, bad = 0; otherwise bad = bad + 1
 *     bad > patience:  rate = max(rate * factor, min_lr) if that is lower by more than 1e-8; bad = 0
 *
 * The state is plain data, kept in checkpoints; the same metrics give the same rates. Threads: any.
 * Collective: no.
 */
#ifndef OPTIM_PLATEAU_H
#define OPTIM_PLATEAU_H

#include <stdbool.h>
#include <stdint.h>

/* PyTorch's defaults in brackets. */
struct plateau_settings {
    bool maximise;    /* the metric; [false] */
    double factor;    /* [0.1]: 0 ... below 1 */
    int64_t patience; /* [10]: evaluations */
    double threshold; /* [1e-4]: >= 0 */
    double min_lr;    /* [0] */
};

struct plateau {
    double factor; /* factor of the rate so far: schedule_rate()'s plateau_factor */
    double best;
    int64_t bad; /* evaluations since the best one, or since the last reduction */
};

struct plateau plateau_begin(const struct plateau_settings *settings);

/* Called after an evaluation with the schedule's rate `lr`. Returns true if the rate is reduced. A
 * NaN is never better. */
bool plateau_step(
    struct plateau *plateau, const struct plateau_settings *settings, double lr, double metric);

#endif
