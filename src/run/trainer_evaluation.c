#include "run/trainer_evaluation.h"

#include "base/clock.h"
#include "base/heartbeat.h"
#include "run/trainer_state.h"
#include "step/step_average.h"

/* --- memory --------------------------------------------------------------------------------- */

/* Creates nothing if the set or the weights do not exist. */
static enum status create_evaluator(struct evaluator **evaluator, struct trainer *trainer,
    const struct loader *set, const struct weights *weights, struct error *error)
{
    const struct settings *settings = &trainer->job->settings;
    if (!set || !weights)
        return STATUS_OK;
    return evaluator_create(evaluator, &settings->criterion, set, step_panels(trainer->step),
        weights, settings->plan.threads, trainer->comm, NULL, error);
}

static enum status create_evaluators(struct trainer *trainer, struct error *error)
{
    const struct job *job = trainer->job;
    const struct weights *weights = step_weights(trainer->step);
    const struct weights *average = step_average(trainer->step);
    TRY(create_evaluator(&trainer->validation, trainer, job->validation, weights, error));
    TRY(create_evaluator(&trainer->test, trainer, job->test, weights, error));
    TRY(create_evaluator(&trainer->validation_ema, trainer, job->validation, average, error));
    return create_evaluator(&trainer->test_ema, trainer, job->test, average, error);
}

static enum status take_kept(
    struct trainer *trainer, float **kept, const char *what, struct error *error)
{
    enum status status = teams_take(trainer->teams, kept,
        (size_t)trainer->job->settings.mlp.parameters, sizeof(float), what, error);
    return comm_agree(trainer->comm, status, error);
}

enum status trainer_evaluation_prepare(struct trainer *trainer, struct error *error)
{
    const struct run_settings *run = &trainer->job->run;
    if (run->eval_every.unit != EVAL_NEVER)
        TRY(create_evaluators(trainer, error));
    if (stop_keeps_best(&run->stop))
        TRY(take_kept(trainer, &trainer->best, "the best weights", error));
    return run->stop.final_weights == FINAL_EMA && step_average(trainer->step)
               ? take_kept(trainer, &trainer->average, "the averaged weights", error)
               : STATUS_OK;
}

void trainer_evaluation_release(struct trainer *trainer)
{
    evaluator_destroy(trainer->validation);
    evaluator_destroy(trainer->test);
    evaluator_destroy(trainer->validation_ema);
    evaluator_destroy(trainer->test_ema);
    trainer->validation = trainer->test = trainer->validation_ema = trainer->test_ema = NULL;
}

/* --- evaluating ----------------------------------------------------------------------------- */

bool trainer_evaluation_due(const struct trainer *trainer, const struct batch *batch)
{
    return (trainer->validation || trainer->test) &&
           trainer_is_due(trainer, &trainer->job->run.eval_every, batch);
}

/* Evaluates a set, if there is an evaluator; clears *whole if this was interrupted. */
static struct metrics measure_set(
    struct trainer *trainer, struct evaluator *evaluator, const struct worker *worker, bool *whole)
{
    if (!evaluator)
        return metrics_none();
    struct metrics metrics = evaluator_run(evaluator, worker, trainer->job->stop_signal);
    *whole &= metrics.samples > 0;
    return metrics;
}

/* Evaluates on all workers. If the evaluation is interrupted, the state keeps the previous one. */
static void measure(struct trainer *trainer, const struct worker *worker, const struct batch *batch)
{
    double begun_s = clock_now_s();
    struct evaluation_record record = {.epoch = batch->epoch, .step = batch->step};
    bool whole = true;
    if (worker_speaks(worker))
        heartbeat_doing("evaluating");
    record.validation = measure_set(trainer, trainer->validation, worker, &whole);
    record.test = measure_set(trainer, trainer->test, worker, &whole);
    if (step_average(trainer->step))
        step_average_gather(trainer->step, worker);
    record.validation_ema = measure_set(trainer, trainer->validation_ema, worker, &whole);
    record.test_ema = measure_set(trainer, trainer->test_ema, worker, &whole);
    if (!worker_speaks(worker))
        return;
    record.seconds = clock_now_s() - begun_s;
    trainer->evaluation_s += record.seconds;
    record.elapsed_s = trainer_training_s(trainer);
    if (!whole)
        return;
    trainer->state.evaluation = record;
    TRAINER_NOTIFY(trainer, on_evaluation, &trainer->state.evaluation);
}

static void step_plateau(struct trainer *trainer)
{
    const struct run_settings *run = &trainer->job->run;
    struct run_state *state = &trainer->state;
    if (run->schedule.kind == SCHEDULE_PLATEAU)
        plateau_step(&state->plateau, &run->plateau,
            schedule_rate(&run->schedule, state->evaluation.step, 1),
            stop_metric(run->plateau_metric, &state->evaluation));
}

static bool lost_data(const struct evaluator *evaluator)
{
    return evaluator && evaluator_lost_data(evaluator);
}

/* Applies the rules after an evaluation, on the first thread of a rank. An evaluation that was
 * interrupted, by a signal or because its data can no longer be read, is repeated when the run is
 * resumed. */
static void apply_rules(struct trainer *trainer, struct follow_up *follow_up)
{
    struct run_state *state = &trainer->state;
    follow_up->evaluated = state->evaluation.step == state->step;
    if (!follow_up->evaluated) {
        bool failed = lost_data(trainer->validation) || lost_data(trainer->test) ||
                      lost_data(trainer->validation_ema) || lost_data(trainer->test_ema);
        follow_up->over = true;
        follow_up->reason = failed ? STOP_FAILED : STOP_SIGNAL;
    } else {
        struct stop_outcome outcome =
            stop_step(&trainer->job->run.stop, &state->stop, &state->evaluation);
        follow_up->improved = outcome.improved;
        step_plateau(trainer);
        if (outcome.improved)
            state->best_evaluation = state->evaluation;
        if (outcome.over && !follow_up->over) {
            follow_up->over = true;
            follow_up->reason = outcome.reason;
        }
    }
    if (follow_up->over)
        follow_up->checkpoint = trainer_last_checkpoint_due(trainer, follow_up->reason);
}

struct follow_up trainer_evaluate(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, struct follow_up follow_up)
{
    measure(trainer, worker, batch);
    if (worker_speaks(worker)) {
        apply_rules(trainer, &follow_up);
        trainer->follow_up = follow_up;
    }
    team_barrier(worker);
    follow_up = trainer->follow_up;
    if (follow_up.improved && trainer->best) {
        if (trainer_best_is_averaged(trainer))
            step_average_export(trainer->step, worker, trainer->best);
        else
            step_export(trainer->step, worker, trainer->best);
        team_barrier(worker);
    }
    return follow_up;
}
