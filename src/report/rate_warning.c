#include "report/rate_warning.h"

#include <stdio.h>

#include "base/text.h"

static const double vanished = 1e-6;
static const double highest_of_adam = 0.02;

/* Returns the first step after the warm-up with a vanished rate, up to step `last`; 0: none. From
 * the warm-up on, only a one-cycle rate rises, and it vanishes at its end if at all. */
static int64_t first_vanished(const struct schedule *schedule, int64_t last)
{
    double bound = vanished * schedule->lr;
    int64_t above = schedule->warmup; /* the rate after this step may have vanished */
    if (last <= above || !(schedule_rate(schedule, last, 1) < bound))
        return 0;
    while (above + 1 < last) {
        int64_t middle = above + (last - above) / 2;
        if (schedule_rate(schedule, middle, 1) < bound)
            last = middle;
        else
            above = middle;
    }
    return last;
}

/* Writes how the rate falls, and which option changes that. `per`: the steps per epoch. */
static void explain(const struct schedule *schedule, int64_t per, char how[RATE_WARNING_TEXT],
    char cure[RATE_WARNING_TEXT])
{
    int64_t size = schedule->step_size;
    bool epochs = schedule->by_epoch || (per > 1 && size % per == 0);
    double gamma = schedule->gamma;
    switch (schedule->kind) {
    case SCHEDULE_EXPONENTIAL:
        snprintf(how, RATE_WARNING_TEXT, "multiplied by %g at every %s", gamma,
            schedule->by_epoch ? "epoch" : "step");
        snprintf(cure, RATE_WARNING_TEXT, "%sa --gamma closer to 1",
            schedule->by_epoch ? "" : "--schedule-by epoch multiplies it once per epoch; or ");
        break;
    case SCHEDULE_STEP:
        snprintf(how, RATE_WARNING_TEXT, "multiplied by %g every %s steps", gamma, GROUPED(size));
        if (epochs)
            snprintf(cure, RATE_WARNING_TEXT, "a larger --step-size or --gamma");
        else
            snprintf(cure, RATE_WARNING_TEXT,
                "epochs are written --step-size %lldep; or a larger --step-size or --gamma",
                (long long)size);
        break;
    case SCHEDULE_MULTISTEP:
        snprintf(how, RATE_WARNING_TEXT, "multiplied by %g at each of %d milestones, in steps",
            gamma, schedule->n_milestones);
        snprintf(cure, RATE_WARNING_TEXT,
            "epochs are written --milestones 10ep,15ep; or fewer milestones, or a larger --gamma");
        break;
    default:
        snprintf(how, RATE_WARNING_TEXT, "falling with --power %g", schedule->power);
        snprintf(cure, RATE_WARNING_TEXT, "a smaller --power");
    }
}

bool rate_warning(const struct schedule *schedule, enum optimizer_kind optimizer,
    char text[RATE_WARNING_TEXT], char cure[RATE_WARNING_TEXT])
{
    char how[RATE_WARNING_TEXT];
    bool adam = optimizer == OPTIMIZER_ADAM || optimizer == OPTIMIZER_ADAMW;
    if (adam && schedule->lr > highest_of_adam) {
        snprintf(text, RATE_WARNING_TEXT,
            "the learning rate %g is high for %s, which changes every weight by about the rate in "
            "each step",
            schedule->lr, optimizer_words[optimizer]);
        snprintf(cure, RATE_WARNING_TEXT, "--lr 0.001, or --optimizer sgd");
        return true;
    }
    int64_t step = first_vanished(schedule, schedule->total_steps / 2);
    if (step == 0)
        return false;
    explain(schedule, schedule->steps_per_epoch, how, cure);
    snprintf(text, RATE_WARNING_TEXT,
        "the learning rate, %.90s, is below a millionth of its peak from step %s of %s on", how,
        GROUPED(step), GROUPED(schedule->total_steps));
    return true;
}

bool warmup_warning(
    const struct schedule *schedule, char text[RATE_WARNING_TEXT], char cure[RATE_WARNING_TEXT])
{
    if (schedule->warmup <= schedule->total_steps)
        return false;
    snprintf(text, RATE_WARNING_TEXT,
        "--warmup takes %s steps, but the run has only %s, so the rate would never reach --lr",
        GROUPED(schedule->warmup), GROUPED(schedule->total_steps));
    snprintf(cure, RATE_WARNING_TEXT, "a shorter --warmup, or more --epochs or --max-steps");
    return true;
}
