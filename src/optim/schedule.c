#include "optim/schedule.h"

#include <math.h>
#include <stddef.h>

#include "optim/scalar.h"
#include "base/split.h"

const char *const schedule_words[] = {"constant", "step", "multistep", "exponential", "linear",
    "polynomial", "cosine", "one-cycle", "plateau", NULL};

/* The position of a step in the schedule that follows the warm-up. */
struct place {
    int64_t before; /* number of steps before this one, or before its epoch */
    int64_t length; /* T, in steps, at least 1 */
    int64_t unit;   /* steps per unit: 1, or the steps per epoch */
};

/* Converts steps to the schedule's unit, steps or epochs, rounding up. */
static int64_t in_units(const struct place *place, int64_t steps)
{
    return divide_up(steps, place->unit);
}

/* Returns min(k, T) / T. */
static double progress(const struct place *place)
{
    return (double)least(place->before, place->length) / (double)place->length;
}

/* Returns (1 + cos(pi pct)) / 2, from 1 at `pct` = 0 to 0 at 1, without cancellation near 1. */
static double half_cosine(double pct)
{
    double root = scalar_cos_pi(pct / 2);
    return root * root;
}

static int64_t milestones_passed(const struct schedule *schedule, int64_t before)
{
    int64_t passed = 0;
    for (int i = 0; i < schedule->n_milestones; i++)
        passed += schedule->milestone[i] <= before;
    return passed;
}

static double one_cycle(const struct schedule *schedule, const struct place *place)
{
    double all = (double)in_units(place, place->length);
    double at = fmin((double)in_units(place, place->before), all - 1);
    double turn = schedule->pct_start * all - 1, end = all - 1;
    double start_lr = schedule->lr / schedule->div_factor;
    double end_lr = start_lr / schedule->final_div_factor;
    if (at <= turn)
        return schedule->lr + (start_lr - schedule->lr) * half_cosine(turn > 0 ? at / turn : 1);
    return end_lr + (schedule->lr - end_lr) * half_cosine((at - turn) / (end - turn));
}

/* Returns the rate of the schedule without its warm-up. */
static double rate_at(const struct schedule *schedule, const struct place *place)
{
    double lr = schedule->lr;
    switch (schedule->kind) {
    case SCHEDULE_STEP:
        return lr * scalar_power_int(schedule->gamma, place->before / schedule->step_size);
    case SCHEDULE_MULTISTEP:
        return lr * scalar_power_int(schedule->gamma, milestones_passed(schedule, place->before));
    case SCHEDULE_EXPONENTIAL:
        return lr * scalar_power_int(schedule->gamma, in_units(place, place->before));
    case SCHEDULE_LINEAR:
        return lr * (1 + (schedule->end_factor - 1) * progress(place));
    case SCHEDULE_POLYNOMIAL:
        return lr * scalar_power(1 - progress(place), schedule->power);
    case SCHEDULE_COSINE:
        return schedule->min_lr + (lr - schedule->min_lr) * half_cosine(progress(place));
    case SCHEDULE_ONE_CYCLE:
        return one_cycle(schedule, place);
    default:
        return lr;
    }
}

double schedule_rate(const struct schedule *schedule, int64_t step, double plateau_factor)
{
    int64_t unit = schedule->by_epoch ? schedule->steps_per_epoch : 1;
    int64_t at = (step - 1) / unit, warmup = divide_up(schedule->warmup, unit);
    int64_t left = schedule->total_steps - warmup * unit;
    struct place place = {.unit = unit, .length = schedule->length > 0 ? schedule->length : left};
    if (place.length < 1)
        place.length = 1;
    if (at < warmup)
        return rate_at(schedule, &place) * ((double)(at + 1) / (double)warmup) * plateau_factor;
    place.before = (at - warmup) * unit;
    return rate_at(schedule, &place) * plateau_factor;
}

struct plateau plateau_begin(const struct plateau_settings *settings)
{
    return (struct plateau){
        .factor = 1, .best = settings->maximise ? (double)-INFINITY : (double)INFINITY};
}

bool plateau_step(
    struct plateau *plateau, const struct plateau_settings *settings, double lr, double metric)
{
    const double worth = 1e-8;
    bool better = settings->maximise ? metric > plateau->best * (1 + settings->threshold)
                                     : metric < plateau->best * (1 - settings->threshold);
    if (better) {
        plateau->best = metric;
        plateau->bad = 0;
        return false;
    }
    if (++plateau->bad <= settings->patience)
        return false;
    plateau->bad = 0;
    double old = lr * plateau->factor, next = fmax(old * settings->factor, settings->min_lr);
    if (!(old - next > worth))
        return false;
    plateau->factor = next / lr;
    return true;
}

const char *const lr_scale_words[] = {"none", "linear", "sqrt", NULL};

double lr_scaled(double lr, enum lr_scale scale, int64_t batch, int64_t base_batch)
{
    double ratio = (double)batch / (double)base_batch;
    if (scale == LR_SCALE_LINEAR)
        return lr * ratio;
    return scale == LR_SCALE_SQRT ? lr * sqrt(ratio) : lr;
}
