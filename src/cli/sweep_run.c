#include "cli/sweep_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/split.h"
#include "base/text.h"
#include "cli/study_run.h"
#include "report/rows.h"
#include "run/run_files.h"
#include "run/run_reader.h"

/* --- name and options ----------------------------------------------------------------------- */

double sweep_rate(double lr)
{
    char text[32];
    double rate = lr;
    text_to_real(text_from_float((float)lr, text), &rate);
    return rate;
}

struct sweep_run sweep_run_make(
    const struct options *options, int64_t batch, double lr, int64_t seed)
{
    char text[32];
    if (lr == 0)
        lr = lr_scaled(options->lr, options->lr_scale, batch, options->base_batch);
    struct sweep_run run = {.batch = batch, .seed = seed, .lr = sweep_rate(lr)};
    text_from_float((float)lr, text);
    snprintf(
        run.directory, sizeof run.directory, "b%05" PRId64 "-lr%s-s%" PRId64, batch, text, seed);
    return run;
}

bool sweep_run_is_name(const char *name)
{
    static const char digits[] = "0123456789";
    const char *rate = strstr(name, "-lr"), *seed = rate ? strstr(rate, "-s") : NULL;
    if (name[0] != 'b' || !seed)
        return false;
    size_t batch = strspn(name + 1, digits), number = strspn(seed + 2, digits);
    size_t of_rate = strspn(rate + 3, "0123456789.e+-");
    return batch > 0 && name + 1 + batch == rate && of_rate > 0 && rate + 3 + of_rate == seed + 1 &&
           number > 0 && seed[2 + number] == '\0';
}

/* Returns an interval of a quarter of an epoch, in whole steps, so that the number of evaluations
 * per epoch is the same for all batch sizes. */
static struct interval quarter(const struct options *options, int64_t batch, int64_t samples)
{
    int64_t steps = options->drop_last ? samples / batch : divide_up(samples, batch);
    int64_t every = (steps + 2) / 4;
    return (struct interval){.unit = EVAL_STEPS, .count = every > 0 ? every : 1};
}

struct options sweep_run_options(const struct options *options, const struct sweep_run *run,
    const char *directory, int64_t samples)
{
    struct options train = study_run_options(options, directory);
    train.batch.n = 1;
    train.batch.item[0] = run->batch;
    if (options->lr_grid.n > 0)
        train.lr = run->lr;
    train.seed = run->seed;
    train.stop.give_up_steps = run->give_up_steps;
    if (options->eval_every.unit == EVAL_EPOCHS && options->eval_every.count == 0)
        train.eval_every = quarter(options, run->batch, samples);
    return train;
}

/* --- the summary ---------------------------------------------------------------------------- */

/* Counts all workers, and the busy ones. A worker is busy if its team has a slice and a step has
 * work for it (step/plan.h). */
static void count_workers(struct sweep_run *run, const struct json *summary)
{
    int64_t ranks = run_int(summary, "ranks"), teams = run_int(summary, "teams");
    int64_t team_ranks = divide_up(ranks, teams > 0 ? teams : 1);
    int64_t busy = least(ranks, least(teams, run->slices) * team_ranks);
    run->workers = (int)(ranks * run_int(summary, "threads"));
    run->workers_busy = (int)(busy * run_int(summary, "threads_used"));
}

/* Returns the fraction of the workers' time that a phase takes. */
static double share_of(const struct json *summary, enum phase phase)
{
    const struct json *phases = js_get(summary, "phases");
    double all = 0;
    for (int p = 0; p < N_PHASES; p++)
        all += run_real(js_get(phases, phase_name((enum phase)p)), "mean");
    return all > 0 ? run_real(js_get(phases, phase_name(phase)), "mean") / all : (double)NAN;
}

/* Copies figures from the summary, in which they have the same names. */
static void take_summary(
    struct sweep_run *run, const struct json *summary, double epoch, bool peaks)
{
    double *figure = run->figure;
    const char *stopped_by = row_text(summary, "stopped_by");
    for (int f = 0; f < N_SWEEP_FIGURES; f++)
        figure[f] = run_real(summary, sweep_figure_name((enum sweep_figure)f));
    snprintf(run->stopped_by, sizeof run->stopped_by, "%s", stopped_by ? stopped_by : "");
    run->diverged = strcmp(run->stopped_by, stop_reason_name(STOP_DIVERGED)) == 0;
    run->steps_per_epoch = run_int(summary, "steps_per_epoch");
    run->total_steps = run_int(summary, "total_steps");
    run->steps_done = run_int(summary, "steps_done");
    run->slices = run_int(summary, "slices");
    run->epochs_done = (double)run->steps_done / (double)run->steps_per_epoch;
    run->noise_low = run_real(summary, "frozen_noise_low");
    run->noise_high = run_real(summary, "frozen_noise_high");
    count_workers(run, summary);
    if (!peaks)
        figure[SWEEP_PEAK_RSS_BYTES] = (double)NAN;
    if (run->steps_done > 0) {
        figure[SWEEP_SECONDS_PER_EPOCH] = epoch / figure[SWEEP_SAMPLES_PER_SECOND];
        figure[SWEEP_SECONDS_PER_STEP] =
            figure[SWEEP_SECONDS_PER_EPOCH] / (double)run->steps_per_epoch;
        figure[SWEEP_COMMUNICATION_SHARE] = share_of(summary, PHASE_REDUCE);
    } else {
        figure[SWEEP_SAMPLES_PER_SECOND] = (double)NAN;
    }
}

/* --- the log -------------------------------------------------------------------------------- */

struct evaluations {
    const struct sweep_facts *facts;
    struct sweep_run *run;
    double epoch; /* samples per epoch */
    struct sweep_evaluation last;
    int n;
};

static double samples_after(const struct evaluations *evaluations, int64_t step)
{
    const struct sweep_run *run = evaluations->run;
    int64_t epochs = step / run->steps_per_epoch, rest = step % run->steps_per_epoch;
    return (double)epochs * evaluations->epoch + (double)(rest * run->batch);
}

/* Adds an evaluation if its set is the one whose metric is used to compare runs. */
static void take_evaluation(void *context, const struct run_event *event)
{
    struct evaluations *evaluations = context;
    const struct metric_choice metric = evaluations->facts->metric;
    if (event->kind != RUN_EVENT_EVALUATION || event->test != metric_set_is_test(metric.set))
        return;
    char key[METRIC_NAME_MAX];
    snprintf(key, sizeof key, "%s%s", metric_set_is_averaged(metric.set) ? "ema_" : "",
        metric_name(metric.metric));
    int64_t step = run_int(event->fields, "step");
    struct sweep_evaluation now = {.step = step,
        .samples = samples_after(evaluations, step),
        .seconds = event->elapsed_s,
        .metric = run_real(event->fields, key)};
    sweep_run_add_evaluation(evaluations->run, evaluations->facts,
        evaluations->n++ > 0 ? &evaluations->last : NULL, &now, evaluations->epoch);
    evaluations->last = now;
}

/* --- both ----------------------------------------------------------------------------------- */

enum status sweep_run_read(struct sweep_run *run, const char *directory,
    const struct sweep_facts *facts, bool peaks, struct error *error)
{
    struct json *summary;
    double epoch = sweep_epoch(facts, run->batch);
    struct evaluations evaluations = {.facts = facts, .run = run, .epoch = epoch};
    bool cut;
    TRY(run_read_summary(directory, &summary, error));
    take_summary(run, summary, epoch, peaks);
    js_destroy(summary);
    if (run->steps_per_epoch < 1)
        return fail(
            error, STATUS_BAD_DATA, "%s/" RUN_SUMMARY ": steps_per_epoch is missing", directory);
    TRY(run_read_log(directory, take_evaluation, &evaluations, &cut, error));
    if (facts->metric.set == METRIC_TRAIN)
        run->figure[SWEEP_METRIC] = run->figure[SWEEP_TRAIN_LOSS];
    if (run->given_up)
        snprintf(run->stopped_by, sizeof run->stopped_by, "%s", stop_reason_name(STOP_GIVE_UP));
    return STATUS_OK;
}
