#include "run/trainer_evaluation.h"

#include "base/clock.h"
#include "base/heartbeat.h"
#include "run/trainer_state.h"

/* --- memory --------------------------------------------------------------------------------- */

static enum status create_evaluator(struct evaluator **evaluator, struct trainer *trainer,
    const struct loader *set, struct error *error)
{
    const struct settings *settings = &trainer->job->settings;
    if (!set)
        return STATUS_OK;
    return evaluator_create(evaluator, &settings->criterion, set, step_panels(trainer->step),
        step_weights(trainer->step), settings->plan.threads, trainer->comm, NULL, error);
}

static enum status take_best(struct trainer *trainer, struct error *error)
{
    const struct job *job = trainer->job;
    if (!job->run.stop.early)
        return STATUS_OK;
    enum status status = teams_take(trainer->teams, &trainer->best,
        (size_t)job->settings.mlp.parameters, sizeof(float), "the best weights", error);
    return comm_agree(trainer->comm, status, error);
}

enum status trainer_evaluation_prepare(struct trainer *trainer, struct error *error)
{
    const struct job *job = trainer->job;
    if (job->run.eval_every.unit != EVAL_NEVER) {
        TRY(create_evaluator(&trainer->validation, trainer, job->validation, error));
        TRY(create_evaluator(&trainer->test, trainer, job->test, error));
    }
    return take_best(trainer, error);
}

void trainer_evaluation_release(struct trainer *trainer)
{
    teams_give(trainer->teams, trainer->best);
    evaluator_destroy(trainer->validation);
    evaluator_destroy(trainer->test);
    trainer->best = NULL;
    trainer->validation = trainer->test = NULL;
}

/* --- evaluating ----------------------------------------------------------------------------- */

bool trainer_evaluation_due(const struct trainer *trainer, const struct batch *batch)
{
    return (trainer->validation || trainer->test) &&
           trainer_is_due(trainer, &trainer->job->run.eval_every, batch);
}

/* Evaluates on all workers. If the evaluation is interrupted, the state keeps the previous one. */
static void measure(struct trainer *trainer, const struct worker *worker, const struct batch *batch)
{
    atomic_int *signal = trainer->job->stop_signal;
    double begun_s = clock_now_s();
    struct evaluation_record record = {.epoch = batch->epoch,
        .step = batch->step,
        .validation = metrics_none(),
        .test = metrics_none()};
    if (worker_speaks(worker))
        heartbeat_doing("evaluating");
    if (trainer->validation)
        record.validation = evaluator_run(trainer->validation, worker, signal);
    if (trainer->test)
        record.test = evaluator_run(trainer->test, worker, signal);
    if (!worker_speaks(worker))
        return;
    record.seconds = clock_now_s() - begun_s;
    trainer->evaluation_s += record.seconds;
    record.elapsed_s = trainer_training_s(trainer);
    bool interrupted = (trainer->validation && !record.validation.samples) ||
                       (trainer->test && !record.test.samples);
    if (interrupted)
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
        bool failed = lost_data(trainer->validation) || lost_data(trainer->test);
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
    if (follow_up.improved) {
        step_export(trainer->step, worker, trainer->best);
        team_barrier(worker);
    }
    return follow_up;
}
