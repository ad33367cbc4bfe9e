#include "run/trainer_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/peak_rss.h"
#include "base/text.h"
#include "net/mlp.h"
#include "run/rank_agreement.h"
#include "step/step_verify.h"

double trainer_elapsed_s(const struct trainer *trainer)
{
    return trainer->earlier_s + clock_now_s() - trainer->started_s;
}

double trainer_training_s(const struct trainer *trainer)
{
    return trainer_elapsed_s(trainer) - trainer->evaluation_s;
}

double trainer_rate(const struct trainer *trainer, const struct batch *batch)
{
    return schedule_rate(&trainer->job->run.schedule, batch->step, trainer->state.plateau.factor);
}

bool trainer_observes(const struct trainer *trainer)
{
    return trainer->comm->rank == 0 && trainer->trouble.status == STATUS_OK;
}

static void report_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    struct step_record record = {.batch = *batch,
        .loss = verdict->loss,
        .lr = trainer_rate(trainer, batch),
        .elapsed_s = trainer_training_s(trainer),
        .gradient_norm = verdict->gradient_norm,
        .noise = noise_estimate(&trainer->state.noise)};
    TRAINER_NOTIFY(trainer, on_step, &record);
}

static void record_noise(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &trainer->job->settings.plan;
    struct noise_sample sample = {.population = plan->samples,
        .size = batch->size,
        .window = noise_window(plan->samples, plan_stage_of(plan, batch)->batch),
        .each = verdict->sample_square,
        .mean = verdict->square};
    noise_add(&trainer->state.noise, &sample);
}

/* A run that ends without reporting its last epoch still has a training loss. */
static void note_train_loss(struct run_state *state)
{
    if (state->epoch_samples > 0)
        state->train_loss = run_state_epoch_loss(state);
}

void trainer_record_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    struct run_state *state = &trainer->state;
    if (!verdict->finite || verdict->failed) {
        note_train_loss(state);
        return;
    }
    if (batch->step == 1)
        state->divergence.first_loss = verdict->loss;
    state->step = batch->step;
    state->epoch = batch->epoch;
    state->iteration = batch->iteration;
    state->samples_seen += batch->size;
    state->epoch_loss += verdict->loss * verdict->weight;
    state->epoch_weight += verdict->weight;
    state->epoch_samples += batch->size;
    record_noise(trainer, batch, verdict);
    report_step(trainer, batch, verdict);
}

void trainer_record_epoch(struct trainer *trainer, const struct batch *batch)
{
    const struct observer *observer = &trainer->job->observer;
    const struct job *job = trainer->job;
    struct run_state *state = &trainer->state;
    struct epoch_record record = {.epoch = batch->epoch,
        .step = batch->step,
        .samples = state->epoch_samples,
        .train_loss = run_state_epoch_loss(state),
        .evaluated = state->evaluation.step == batch->step,
        .evaluation = state->evaluation,
        .elapsed_s = trainer_training_s(trainer),
        .noise = noise_estimate(&state->noise)};
    state->train_loss = record.train_loss;
    state->epoch_loss = state->epoch_weight = 0;
    state->epoch_samples = 0;
    if (!trainer_observes(trainer) || !observer->on_epoch)
        return;
    record.weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    observer->on_epoch(observer->context, &record, &trainer->trouble);
}

void trainer_report_warning(struct trainer *trainer)
{
    const char *text = checkpoint_writer_warning(trainer->writer);
    if (text)
        TRAINER_NOTIFY(trainer, on_warning, trainer->state.step, text);
}

/* --- how the run ended ---------------------------------------------------------------------- */

static void fill_result(struct trainer *trainer, struct result *result)
{
    const struct job *job = trainer->job;
    struct run_state *state = &trainer->state;
    if (trainer->spoiled) {
        note_train_loss(state);
        if (state->evaluation.step > trainer->weights_of_step)
            state->evaluation = (struct evaluation_record){.step = 0};
    }
    double seconds = trainer_training_s(trainer);
    double flops = mlp_train_flops(&job->settings.mlp) * (double)state->samples_seen;
    *result = (struct result){.stopped_by = trainer->stopped_by,
        .steps_done = state->step,
        .steps_timed = state->step - (job->resume ? job->resume->state.step : 0),
        .epochs_done = plan_whole_epochs(&job->settings.plan, state->step),
        .seconds = seconds,
        .samples_seen = state->samples_seen,
        .gflops = 1e-9 * flops / seconds,
        .first_loss = state->divergence.first_loss,
        .train_loss = state->train_loss,
        .evaluation = state->evaluation,
        .weights_of_step = trainer->weights_of_step,
        .final_weights = FINAL_LAST,
        .noise = noise_estimate(&state->noise),
        .frozen = frozen_noise_none("the run did not end as planned")};
}

/* Exchanges job->parameters with the weights that become the result. Collective. */
static void exchange_weights(const struct trainer *trainer, float *with)
{
    const struct job *job = trainer->job;
    for (int64_t i = 0; trainer->teams->rank == 0 && i < job->settings.mlp.parameters; i++) {
        float last = job->parameters[i];
        job->parameters[i] = with[i];
        with[i] = last;
    }
    comm_barrier(trainer->comm);
}

/* Makes the metrics of the averaged weights those of the result. */
static void take_averaged_metrics(struct result *result)
{
    struct evaluation_record *evaluation = &result->evaluation;
    result->averaged = true;
    evaluation->validation = evaluation->validation_ema;
    evaluation->test = evaluation->test_ema;
}

/* After a run that is complete or diverged, makes the best weights and their metrics the result, if
 * they are kept. Collective. */
static void restore_best(struct trainer *trainer, struct result *result)
{
    const struct run_state *state = &trainer->state;
    int64_t step = state->stop.best_step;
    bool averaged = trainer_best_is_averaged(trainer);
    bool wanted = stop_is_planned(result->stopped_by) || result->stopped_by == STOP_DIVERGED;
    if (!trainer->best || step == 0 || !wanted)
        return;
    result->final_weights = FINAL_BEST;
    if (step != result->weights_of_step || averaged) {
        exchange_weights(trainer, trainer->best);
        result->weights_of_step = step;
        result->evaluation = state->best_evaluation;
    }
    if (averaged)
        take_averaged_metrics(result);
}

/* After a complete run, makes the average of the weights and its metrics the result, if it is to be.
 * Collective. */
static void take_average(struct trainer *trainer, struct result *result)
{
    if (!trainer->average || !stop_is_planned(result->stopped_by))
        return;
    exchange_weights(trainer, trainer->average);
    result->final_weights = FINAL_EMA;
    take_averaged_metrics(result);
}

const float *trainer_noise_weights(const struct trainer *trainer, const struct result *result)
{
    if (!result->averaged)
        return trainer->job->parameters;
    return result->final_weights == FINAL_EMA ? trainer->average : trainer->best;
}

static void finish_checkpoints(struct trainer *trainer)
{
    struct error late = {0};
    if (!trainer->writer)
        return;
    if (checkpoint_writer_wait(trainer->writer, &late) && !trainer->trouble.status)
        trainer->trouble = late;
    trainer_report_warning(trainer);
}

/* --- phases and memory ---------------------------------------------------------------------- */

/* A rank's phases, and at COMPUTE its time in all of them except reduce and wait. */
enum { COMPUTE = N_PHASES, TIMES };

/* The times and memory of one rank; `mean` holds a sum until all ranks are added. */
struct rank_phases {
    struct phase_seconds time[TIMES];
    double workers, peak_rss_bytes;
};

static void join_time(struct phase_seconds *all, double least, double sum, double most)
{
    all->least = fmin(all->least, least);
    all->mean += sum;
    all->most = fmax(all->most, most);
}

static struct rank_phases phases_of_rank(const struct step *step, int threads)
{
    struct rank_phases mine = {.workers = threads, .peak_rss_bytes = (double)peak_rss_read()};
    for (int i = 0; i < TIMES; i++)
        mine.time[i].least = INFINITY;
    for (int t = 0; t < threads; t++) {
        const double *seconds = step_phase_seconds(step, t);
        double compute = 0;
        for (int p = 0; p < N_PHASES; p++) {
            compute += p == PHASE_REDUCE || p == PHASE_WAIT ? 0 : seconds[p];
            join_time(&mine.time[p], seconds[p], seconds[p], seconds[p]);
        }
        join_time(&mine.time[COMPUTE], compute, compute, compute);
    }
    return mine;
}

static struct phase_seconds time_of_workers(
    const struct rank_phases *all, int ranks, double workers, int time)
{
    struct phase_seconds joined = {.least = INFINITY};
    for (int r = 0; r < ranks; r++)
        join_time(&joined, all[r].time[time].least, all[r].time[time].mean, all[r].time[time].most);
    joined.mean /= workers;
    return joined;
}

/* Fills the times of the result and result->peak_rss_bytes. */
static enum status add_phases(
    const struct trainer *trainer, struct result *result, struct error *error)
{
    struct rank_phases *all;
    int size = trainer->comm->size;
    double workers = 0;
    struct rank_phases mine = phases_of_rank(trainer->step, trainer->job->settings.plan.threads);
    TRY(comm_gather_new(trainer->comm, &mine, sizeof mine, &all, "the phases of all ranks", error));
    result->reduce = (struct phase_seconds){.least = INFINITY};
    for (int r = 0; r < size; r++) {
        double reduce = all[r].time[PHASE_REDUCE].most;
        workers += all[r].workers;
        result->peak_rss_bytes =
            (int64_t)fmax((double)result->peak_rss_bytes, all[r].peak_rss_bytes);
        join_time(&result->reduce, reduce, reduce / size, reduce);
    }
    for (int p = 0; p < N_PHASES; p++)
        result->phases[p] = time_of_workers(all, size, workers, p);
    result->compute = time_of_workers(all, size, workers, COMPUTE);
    free(all);
    return STATUS_OK;
}

/* --- the weights ---------------------------------------------------------------------------- */

/* Verification is also needed at the end: the best weights may have been in memory for a long
 * time. */
static void verify_result(const struct trainer *trainer, struct result *result)
{
    if (trainer->job->run.verify_every.unit != EVAL_NEVER && result->stopped_by != STOP_CORRUPTED &&
        !step_verify_sum(trainer->step, result->weights_xxh3, result->weights_of_step,
            "the weights of the result"))
        result->stopped_by = STOP_CORRUPTED;
}

/* Reports the fault on all ranks. Rank 0, which has the checkpoints, also names the one from which
 * to resume. */
static enum status report_corruption(const struct trainer *trainer, struct error *error)
{
    const struct checkpoints *checkpoints = &trainer->job->checkpoints;
    char path[FILE_PATH_MAX], report[4000];
    struct error ignored;
    enum status status = comm_agree_unnamed(trainer->comm, step_fault(trainer->step, error), error);
    if (trainer->comm->rank > 0)
        return status;
    bool found = checkpoints->keep > 0 &&
                 !checkpoint_find(checkpoints->run->path, path, report, sizeof report, &ignored);
    text_append(error->text, sizeof error->text,
        "; these weights are not written to any file. Check that host's memory and network%s%s",
        found ? ", and continue from the last good checkpoint with --resume "
              : "; no checkpoint remains to continue from",
        found ? path : "");
    return status;
}

/* --- the status ----------------------------------------------------------------------------- */

/* Names the weights of the result: "of step 40", "from before the first step". */
static void weights_text(const struct trainer *trainer, const struct result *result, char text[64])
{
    bool best = trainer->best && result->weights_of_step == trainer->state.stop.best_step;
    if (result->weights_of_step > 0)
        snprintf(text, 64, "of step %lld%s", (long long)result->weights_of_step,
            best ? ", the best" : "");
    else
        snprintf(text, 64, "from before the first step");
}

/* Names options that may help, without those that are used already. */
static void divergence_cure(const struct job *job, char cure[160])
{
    const struct scale *targets = job->train.target_scale;
    bool inputs = job->train.encoding->scale.kind == SCALE_NONE;
    bool values = targets && targets->kind == SCALE_NONE &&
                  prediction_kind_of(job->settings.criterion.kind) == PREDICTION_VALUES;
    snprintf(cure, 160, "a smaller --lr%s%s%s", inputs ? ", --scale standard" : "",
        values ? ", --normalize-target standard" : "",
        job->settings.clip.norm > 0 ? "" : ", or --clip-norm 1");
}

/* Reports a run that diverged: its loss grew too much, or was not finite. */
static enum status report_divergence(
    const struct trainer *trainer, const struct result *result, struct error *error)
{
    const struct divergence *divergence = &trainer->state.divergence;
    struct batch next = plan_batch(&trainer->job->settings.plan, result->steps_done + 1);
    char weights[64], cure[160];
    weights_text(trainer, result, weights);
    divergence_cure(trainer->job, cure);
    if (!trainer->rejected)
        return fail(error, STATUS_DIVERGED,
            "the mean training loss of epoch %lld, %.3g, is above %g times (--divergence) the "
            "larger "
            "of %.3g, the loss of the first step, and %.3g, that of a constant prediction; stopped "
            "after step %lld; the weights kept are those %s; try %s",
            (long long)trainer->state.epoch, result->train_loss, trainer->job->run.stop.divergence,
            divergence->first_loss, divergence->trivial_loss, (long long)result->steps_done,
            weights, cure);
    return fail(error, STATUS_DIVERGED,
        "the loss, its gradient or the next weights would not be finite at step %lld (epoch "
        "%lld, iteration %lld); the weights kept are those %s; try %s, or look for extreme "
        "values in the data",
        (long long)next.step, (long long)next.epoch, (long long)next.iteration, weights, cure);
}

static enum status status_of_reason(
    const struct trainer *trainer, const struct result *result, struct error *error)
{
    const struct plan *plan = &trainer->job->settings.plan;
    if (result->stopped_by == STOP_DIVERGED)
        return report_divergence(trainer, result, error);
    if (result->stopped_by == STOP_SIGNAL)
        return fail(error, STATUS_STOPPED,
            "stopped by a signal after step %lld of %lld; the weights are those of that step%s",
            (long long)result->steps_done, (long long)plan->total_steps,
            trainer->writer ? ", and --resume continues from there" : "");
    return STATUS_OK;
}

static enum status status_of_result(
    struct trainer *trainer, const struct result *result, struct error *error)
{
    if (result->stopped_by == STOP_CORRUPTED)
        return report_corruption(trainer, error);
    if (result->stopped_by == STOP_FAILED)
        rank_agreement_check_data(trainer->job, &trainer->trouble);
    *error = trainer->trouble;
    TRY(comm_agree(trainer->comm, trainer->trouble.status, error));
    return status_of_reason(trainer, result, error);
}

enum status trainer_conclude(
    struct trainer *trainer, enum status status, struct result *result, struct error *error)
{
    const struct job *job = trainer->job;
    fill_result(trainer, result);
    finish_checkpoints(trainer);
    if (!status) {
        restore_best(trainer, result);
        take_average(trainer, result);
    }
    result->weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    TRY(status);
    verify_result(trainer, result);
    TRY(add_phases(trainer, result, error));
    return status_of_result(trainer, result, error);
}
