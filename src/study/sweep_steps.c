#include "study/sweep_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/* The steps of a run, as far as they are known: those to the target, or those done without it. */
static double steps_of(const struct sweep_run *run)
{
    return run->reached ? run->figure[SWEEP_STEPS_TO_TARGET] : (double)run->steps_done;
}

/* Runs that diverged say nothing about the steps at a rate that does not. */
static bool has_steps(const struct sweep_run *run)
{
    return !run->diverged && steps_of(run) > 0;
}

/* The runs that report and have steps, by batch size, and memory for the calculations. A batch size
 * with a `coarse` run has no centre: that run gives only an upper bound, and without it the others
 * would be the slow ones. The fit uses such bounds. */
struct work {
    int most, n; /* number of runs: in the sweep, and here */
    struct sweep_run **run;
    struct seed_value *value;
    struct critical_point *point;
    double *room;
    int batches;
    struct seed_centre *centre;
};

static void place(void *object, struct carver *carver)
{
    struct work *work = object;
    size_t n = (size_t)work->most;
    work->run = carve(carver, n, sizeof *work->run);
    work->value = carve(carver, n, sizeof *work->value);
    work->point = carve(carver, n, sizeof *work->point);
    work->room = carve(carver, n, sizeof *work->room);
    work->centre = carve(carver, (size_t)work->batches, sizeof *work->centre);
}

static void list_runs(struct sweep *sweep, struct work *work)
{
    for (int i = 0; i < sweep->batches; i++) {
        work->centre[i] = (struct seed_centre){.first = work->n};
        for (int r = 0; r < sweep->runs; r++) {
            struct sweep_run *run = &sweep->run[r];
            if (has_steps(run) && sweep_run_reports(sweep, &sweep->batch[i], run))
                work->run[work->n++] = run;
        }
        if (sweep->batch[i].coarse == 0)
            work->centre[i].n = work->n - work->centre[i].first;
    }
}

/* Fits the runs of all batch sizes. */
static void fit(struct sweep *sweep, const struct work *work)
{
    struct critical_sizes range = {.most = (double)sweep->facts.train_samples};
    for (int r = 0; r < sweep->runs; r++)
        range.tried = fmax(range.tried, (double)sweep->run[r].batch);
    for (int i = 0; i < work->n; i++) {
        const struct sweep_run *run = work->run[i];
        work->point[i] = (struct critical_point){(double)run->batch, steps_of(run),
            !run->reached ? CRITICAL_MORE
            : run->coarse ? CRITICAL_FEWER
                          : CRITICAL_EXACT};
    }
    sweep->fitted = critical_fit_make(&sweep->fit, work->point, work->n, &range, sweep->fit_why);
}

/* Sets the figures to the target to the centre of the steps, in each figure's unit. */
static void set_to_target(const struct sweep *sweep, struct sweep_batch *batch)
{
    double epochs = 1 / (double)batch->run.steps_per_epoch;
    const double unit[] = {[SWEEP_STEPS_TO_TARGET] = 1,
        [SWEEP_EPOCHS_TO_TARGET] = epochs,
        [SWEEP_SAMPLES_TO_TARGET] = epochs * sweep_epoch(&sweep->facts, batch->batch),
        [SWEEP_SECONDS_TO_TARGET] = sweep_middle(batch, SWEEP_SECONDS_PER_STEP)};
    struct sweep_spread steps = batch->figure[SWEEP_STEPS_TO_TARGET];
    steps.middle = batch->steps.value;
    for (size_t f = 0; f < sizeof unit / sizeof *unit; f++) {
        batch->figure[f] = sweep_scaled(&steps, unit[f]);
        if (!isfinite(batch->figure[f].middle))
            batch->figure[f].n = 0;
    }
}

static void set_centres(struct sweep *sweep, const struct work *work)
{
    for (int i = 0; i < work->n; i++)
        work->value[i] = (struct seed_value){steps_of(work->run[i]), !work->run[i]->reached, false};
    sweep->scatter = seed_centres_make(work->centre, work->batches, work->value, work->room);
    for (int i = 0; i < sweep->batches; i++) {
        sweep->batch[i].steps = work->centre[i];
        set_to_target(sweep, &sweep->batch[i]);
    }
    for (int i = 0; i < sweep->runs; i++)
        sweep->run[i].far = false;
    for (int i = 0; i < work->n; i++)
        work->run[i]->far = work->value[i].far;
}

enum status sweep_steps_summarise(struct sweep *sweep, struct error *error)
{
    struct work work = {.most = sweep->runs, .batches = sweep->batches};
    void *block = NULL;
    TRY(memory_carve(&block, place, &work, "the steps of a sweep", error));
    if (sweep->facts.has_target)
        list_runs(sweep, &work);
    set_centres(sweep, &work);
    sweep->fitted = false;
    if (sweep->facts.has_target)
        fit(sweep, &work);
    else
        snprintf(sweep->fit_why, sizeof sweep->fit_why, "there is no --target to count steps to");
    free(block);
    return STATUS_OK;
}
