/* plateau.h: a rate that falls when a metric no longer improves.
 *
 * torch.optim.lr_scheduler.ReduceLROnPlateau with cooldown 0 and a relative threshold, stepped at
 * every evaluation:
 *
 *     better    metric < best (1 - threshold)       maximise: metric > best (1 + threshold)
 *     then      best = metric, bad = 0; otherwise bad = bad + 1
 *     bad > patience:  rate = max(rate * factor, min_lr) if that is lower by more than 1e-8; bad = 0
 *
 * The state is plain data, for a checkpoint to keep; the same metrics give the same rates. Threads:
 * any. Collective: no.
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
    double factor; /* of the rate so far: schedule_rate()'s plateau_factor */
    double best;
    int64_t bad; /* evaluations since the best, or since the last reduction */
};

struct plateau plateau_begin(const struct plateau_settings *settings);

/* After an evaluation. `lr`: the schedule's. Returns whether the rate fell. A NaN is not better. */
bool plateau_step(
    struct plateau *plateau, const struct plateau_settings *settings, double lr, double metric);

#endif
