#include "run/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/heartbeat.h"
#include "run/trainer_state.h"
#include "step/step_verify.h"

/* --- the first thread of a rank, between steps ----------------------------------------------- */

double trainer_elapsed_s(const struct trainer *trainer)
{
    return trainer->clock_s + clock_now_s() - trainer->started_s;
}

static double training_s(const struct trainer *trainer)
{
    return trainer_elapsed_s(trainer) - trainer->evaluation_s;
}

static bool ends_epoch(const struct trainer *trainer, const struct batch *batch)
{
    return plan_ends_epoch(&trainer->job->settings.plan, batch);
}

/* Of epochs and steps. */
static bool falls_due(
    const struct trainer *trainer, const struct batch *batch, enum eval_unit unit, int64_t every)
{
    if (unit == EVAL_EPOCHS)
        return ends_epoch(trainer, batch) && batch->epoch % every == 0;
    return unit == EVAL_STEPS && batch->step % every == 0;
}

/* By --eval-every; whatever it says but never, the last step of a run is evaluated too. */
static bool evaluation_due(const struct trainer *trainer, const struct batch *batch)
{
    const struct run_settings *run = &trainer->job->run;
    if (!trainer->validation && !trainer->test)
        return false;
    return falls_due(trainer, batch, run->eval_unit, run->eval_every);
}

static bool leads(const struct trainer *trainer)
{
    return comm_rank(trainer->comm) == 0;
}

static bool speaks(const struct trainer *trainer)
{
    return leads(trainer) && trainer->trouble.status == STATUS_OK;
}

static double rate_of(const struct trainer *trainer, const struct batch *batch)
{
    return schedule_rate(&trainer->job->run.schedule, batch->step, trainer->plateau.factor);
}

static void tell_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct observer *observer = &trainer->job->observer;
    struct step_record record = {.batch = *batch,
        .loss = verdict->loss,
        .lr = rate_of(trainer, batch),
        .elapsed_s = training_s(trainer),
        .gradient_norm = verdict->gradient_norm,
        .noise = trainer->result->noise};
    if (speaks(trainer) && observer->on_step)
        observer->on_step(observer->context, &record, &trainer->trouble);
}

static void tell_epoch(struct trainer *trainer, const struct batch *batch)
{
    const struct observer *observer = &trainer->job->observer;
    const struct job *job = trainer->job;
    struct epoch_record record = {.epoch = batch->epoch,
        .step = batch->step,
        .samples = trainer->epoch_samples,
        .train_loss = trainer->epoch_loss / trainer->epoch_weight,
        .evaluated = trainer->evaluation.step == batch->step,
        .evaluation = trainer->evaluation,
        .elapsed_s = training_s(trainer),
        .noise = trainer->result->noise};
    trainer->result->train_loss = record.train_loss;
    trainer->epoch_loss = trainer->epoch_weight = 0;
    trainer->epoch_samples = 0;
    if (!speaks(trainer) || !observer->on_epoch)
        return;
    record.weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    observer->on_epoch(observer->context, &record, &trainer->trouble);
}

static void note_noise(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &trainer->job->settings.plan;
    struct noise_sample sample = {.population = plan->samples,
        .size = batch->size,
        .window = noise_window(plan->samples, plan_stage_of(plan, batch)->batch),
        .each = verdict->sample_square,
        .mean = verdict->square};
    noise_add(&trainer->noise, &sample);
    trainer->result->noise = noise_estimate(&trainer->noise);
}

/* Writes down what a step did. */
static void note_step(
    struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    struct result *result = trainer->result;
    if (!verdict->finite || verdict->failed) {
        if (trainer->epoch_samples > 0)
            result->train_loss = trainer->epoch_loss / trainer->epoch_weight;
        return;
    }
    result->steps_done = batch->step;
    result->samples_seen += batch->size;
    result->epochs_done += ends_epoch(trainer, batch);
    trainer->epoch_loss += verdict->loss * verdict->weight;
    trainer->epoch_weight += verdict->weight;
    trainer->epoch_samples += batch->size;
    note_noise(trainer, batch, verdict);
    tell_step(trainer, batch, verdict);
}

void trainer_warn(struct trainer *trainer)
{
    const struct observer *observer = &trainer->job->observer;
    const char *text = checkpoint_writer_warning(trainer->writer);
    if (text && speaks(trainer) && observer->on_warning)
        observer->on_warning(
            observer->context, trainer->result->steps_done, text, &trainer->trouble);
}

/* This rank's requests with the verdict of this step: for a signal; on rank 0, also for its clock and
 * its writer of checkpoints. */
static int requests_of(struct trainer *trainer, int64_t step)
{
    const struct stop_rules *rules = &trainer->job->run.stop;
    double elapsed_s = trainer_elapsed_s(trainer);
    atomic_int *signal = trainer->job->stop_signal;
    int requests = signal && atomic_load(signal) ? STEP_REQUEST_STOP : 0;
    if (!leads(trainer))
        return requests;
    if (rules->max_time_s > 0 && elapsed_s >= rules->max_time_s)
        requests |= STEP_REQUEST_TIME;
    if (trainer->writer && !trainer->trouble.status) {
        trainer_warn(trainer);
        checkpoint_writer_ask(trainer->writer, &trainer->trouble);
    }
    if (trainer->writer && checkpoint_writer_due(trainer->writer, step, elapsed_s))
        requests |= STEP_REQUEST_CHECKPOINT;
    return requests;
}

/* --- what follows a step: the same for every worker of every rank ---------------------------- */

static void end_by(struct course *course, enum stop_reason reason)
{
    course->over = true;
    course->reason = reason;
}

/* A run that ended by a signal is to be resumed. */
static bool last_checkpoint_due(const struct trainer *trainer, const struct course *course)
{
    return course->reason == STOP_SIGNAL || trainer->job->checkpoints.unit != EVAL_NEVER;
}

static struct course course_after(
    const struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &trainer->job->settings.plan;
    struct course course = {.over = false};
    if (verdict->requests & STEP_REQUEST_ABORT)
        end_by(&course, STOP_CORRUPTED);
    else if (verdict->failed) /* which may be why it is not finite */
        end_by(&course, STOP_FAILED);
    else if (!verdict->finite)
        end_by(&course, STOP_DIVERGED);
    else if (batch->step == plan->total_steps)
        end_by(&course, plan->cut_by_max_steps ? STOP_MAX_STEPS : STOP_EPOCHS);
    else if (verdict->requests & STEP_REQUEST_STOP)
        end_by(&course, STOP_SIGNAL);
    else if (verdict->requests & STEP_REQUEST_TIME)
        end_by(&course, STOP_TIME);
    if (course.over && !stop_is_planned(course.reason) && course.reason != STOP_SIGNAL)
        return course;
    course.evaluate =
        evaluation_due(trainer, batch) && !(course.over && course.reason == STOP_SIGNAL);
    course.checkpoint =
        trainer->writer && (course.over ? last_checkpoint_due(trainer, &course)
                                        : verdict->requests & STEP_REQUEST_CHECKPOINT);
    return course;
}

/* Where a resumed run begins, the checkpoint's step is not over yet: what was due after it. */
static struct course course_at_start(const struct trainer *trainer, const struct batch *batch)
{
    const struct job *job = trainer->job;
    struct course course = {.over = false};
    course.over =
        stop_is_over(&job->run.stop, &job->settings.plan, &job->resume->state, &course.reason);
    course.evaluated = trainer->evaluation.step == batch->step;
    course.evaluate = evaluation_due(trainer, batch) && !course.evaluated;
    return course;
}

static void follow_plateau(struct trainer *trainer)
{
    const struct run_settings *run = &trainer->job->run;
    if (run->schedule.kind == SCHEDULE_PLATEAU)
        plateau_step(&trainer->plateau, &run->plateau,
            schedule_rate(&run->schedule, trainer->evaluation.step, 1),
            stop_metric(run->plateau_metric, &trainer->evaluation));
}

static bool evaluation_failed(const struct trainer *trainer)
{
    return (trainer->validation && evaluator_lost_data(trainer->validation)) ||
           (trainer->test && evaluator_lost_data(trainer->test));
}

/* The first thread of a rank, after an evaluation. One that was cut short, by a signal or because its
 * data were lost, is made when the run is resumed. */
static void judge(struct trainer *trainer, struct course *course)
{
    course->evaluated = trainer->evaluation.step == trainer->result->steps_done;
    if (!course->evaluated) {
        end_by(course, evaluation_failed(trainer) ? STOP_FAILED : STOP_SIGNAL);
    } else {
        struct stop_outcome outcome =
            stop_step(&trainer->job->run.stop, &trainer->stop, &trainer->evaluation);
        course->improved = outcome.improved;
        follow_plateau(trainer);
        if (outcome.improved)
            trainer->best_evaluation = trainer->evaluation;
        if (outcome.over && !course->over)
            end_by(course, outcome.reason);
    }
    if (course->over)
        course->checkpoint = trainer->writer && last_checkpoint_due(trainer, course);
}

/* --- all workers --------------------------------------------------------------------------- */

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
    record.elapsed_s = training_s(trainer);
    bool cut_short = (trainer->validation && !record.validation.samples) ||
                     (trainer->test && !record.test.samples);
    if (cut_short)
        return;
    trainer->evaluation = record;
    trainer->result->evaluated_at_step = batch->step;
    trainer->result->validation = record.validation;
    trainer->result->test = record.test;
    const struct observer *observer = &trainer->job->observer;
    if (speaks(trainer) && observer->on_evaluation)
        observer->on_evaluation(observer->context, &record, &trainer->trouble);
}

/* Evaluates, and keeps the weights if they are the best. Returns the course that follows. */
static struct course evaluate(struct trainer *trainer, const struct worker *worker,
    const struct batch *batch, struct course course)
{
    measure(trainer, worker, batch);
    if (worker_speaks(worker)) {
        judge(trainer, &course);
        trainer->course = course;
    }
    team_barrier(worker);
    course = trainer->course;
    if (course.improved) {
        step_export(trainer->step, worker, trainer->best);
        team_barrier(worker);
    }
    return course;
}

static struct run_state state_of(const struct trainer *trainer, const struct batch *batch)
{
    const struct observer *observer = &trainer->job->observer;
    struct run_state state = {.step = batch->step,
        .epoch = batch->epoch,
        .iteration = batch->iteration,
        .samples_seen = trainer->result->samples_seen,
        .epoch_samples = trainer->epoch_samples,
        .epoch_loss = trainer->epoch_loss,
        .epoch_weight = trainer->epoch_weight,
        .train_loss = trainer->result->train_loss,
        .evaluation = trainer->evaluation,
        .best_evaluation = trainer->best_evaluation,
        .stop = trainer->stop,
        .plateau = trainer->plateau,
        .noise = trainer->noise,
        .seconds = training_s(trainer),
        .clock_s = trainer_elapsed_s(trainer),
        .rated_step = trainer->rated_step,
        .rating = trainer->rating};
    if (observer->log_bytes)
        state.log_bytes = observer->log_bytes(observer->context);
    return state;
}

static void take_checkpoint(
    struct trainer *trainer, const struct worker *worker, const struct batch *batch)
{
    const struct observer *observer = &trainer->job->observer;
    const struct stop_state *stop = &trainer->stop;
    const float *best =
        stop->best_step > 0 && stop->best_step != batch->step ? trainer->best : NULL;
    bool first = worker_speaks(worker) && leads(trainer);
    struct run_state state = {0};
    if (worker_speaks(worker))
        heartbeat_doing("taking a checkpoint");
    struct checkpoint_record record;
    if (first)
        state = state_of(trainer, batch);
    checkpoint_writer_take(trainer->writer, worker, &state, best, state.clock_s, &record);
    if (!first)
        return;
    trainer->rated_step = state.rated_step;
    trainer->rating = state.rating;
    if (speaks(trainer) && observer->on_checkpoint)
        observer->on_checkpoint(observer->context, &record, &trainer->trouble);
}

/* By --verify-every; whatever it says but never, also before weights leave the memory. */
static bool verification_due(
    const struct trainer *trainer, const struct batch *batch, const struct course *course)
{
    const struct verification *verification = &trainer->job->run.verification;
    if (verification->unit == EVAL_NEVER || (course->over && course->reason == STOP_CORRUPTED))
        return false;
    bool by_count = verification->every > 0 &&
                    falls_due(trainer, batch, verification->unit, verification->every);
    return course->over || course->checkpoint || by_count;
}

/* A run that comes to its end by plan, or by what it reached, tells how good it is at last. */
static bool last_evaluation_due(const struct trainer *trainer, const struct course *course)
{
    return course->over && !course->evaluated && stop_is_planned(course->reason) &&
           (trainer->validation || trainer->test);
}

/* What is done after a step: evaluation, checkpoint, the epoch's line. Whether the run is over. */
static bool follow(struct trainer *trainer, const struct worker *worker, const struct batch *batch,
    struct course course)
{
    if (course.evaluate)
        course = evaluate(trainer, worker, batch, course);
    if (verification_due(trainer, batch, &course) &&
        !step_verify(trainer->step, worker, batch->step))
        course = (struct course){.over = true, .reason = STOP_CORRUPTED};
    if (course.checkpoint)
        take_checkpoint(trainer, worker, batch);
    if (last_evaluation_due(trainer, &course)) {
        bool kept = course.checkpoint;
        course = evaluate(trainer, worker, batch, course);
        if (course.reason == STOP_SIGNAL && course.checkpoint && !kept)
            take_checkpoint(trainer, worker, batch);
    }
    bool told = course.over ? course.reason != STOP_DIVERGED && course.reason != STOP_CORRUPTED
                            : ends_epoch(trainer, batch);
    if (told || course.over) {
        step_export(trainer->step, worker, trainer->job->parameters);
        team_barrier(worker);
    }
    if (course.over && worker_speaks(worker))
        trainer->result->stopped_by = course.reason;
    if (told && worker_speaks(worker) && trainer->epoch_samples > 0)
        tell_epoch(trainer, batch);
    if (course.evaluate || course.checkpoint || told)
        team_barrier(worker); /* for the first thread: its time is not a step's */
    return course.over;
}

void trainer_work(const struct worker *worker, void *argument)
{
    struct trainer *trainer = argument;
    const struct settings *settings = &trainer->job->settings;
    int64_t number = trainer->job->resume ? trainer->job->resume->state.step : 0;
    struct batch batch = {0};
    struct order order = {0};
    int64_t epoch = 0;
    bool over = false;
    if (worker_speaks(worker))
        heartbeat_answered(false);
    if (number > 0) {
        batch = plan_batch(&settings->plan, number);
        over = follow(trainer, worker, &batch, course_at_start(trainer, &batch));
    }
    while (!over) {
        batch = plan_batch(&settings->plan, ++number);
        if (batch.epoch != epoch) {
            epoch = batch.epoch;
            order_init(&order, settings->plan.samples, settings->shuffle, settings->seed,
                RANDOM_ORDER, (uint64_t)epoch);
        }
        enum status local = STATUS_OK;
        if (worker_speaks(worker)) {
            heartbeat_step(number);
            step_request(trainer->step, requests_of(trainer, number));
            local = trainer->trouble.status;
        }
        struct verdict verdict =
            step_run(trainer->step, worker, &batch, &order, rate_of(trainer, &batch), local);
        struct course course = course_after(trainer, &batch, &verdict);
        if (worker_speaks(worker))
            note_step(trainer, &batch, &verdict);
        if (course.over && worker_speaks(worker))
            heartbeat_answered(true);
        over = follow(trainer, worker, &batch, course);
    }
    if (worker_speaks(worker))
        heartbeat_answered(true);
}
