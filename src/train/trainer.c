#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "comm/threads.h"
#include "net/cost.h"
#include "train/consent.h"
#include "train/evaluate.h"
#include "train/step.h"

/* What the workers of a rank share between steps. Worker 0 writes, between barriers. */
struct trainer {
    struct job *job;
    struct comm *comm;
    struct teams *teams;
    struct step *step;
    struct evaluator *validation, *test;
    struct result *result;

    struct error trouble; /* this rank's own, e.g. of its observer; agreed at the end */
    double started_s, evaluation_s;
    double epoch_loss; /* sum over the samples of this epoch so far */
    int64_t epoch_samples;
    struct evaluation_record evaluation; /* the last one */
    bool evaluated;                      /* after the last step */
};

const char *phase_name(enum phase phase)
{
    static const char *const name[N_PHASES] = {
        "load", "forward", "backward", "weights", "reduce", "update", "wait"};
    return name[phase];
}

const char *stop_reason_name(enum stop_reason reason)
{
    static const char *const name[] = {"epochs", "max_steps", "signal", "diverged", "failed"};
    return name[reason];
}

/* --- worker 0 between steps ---------------------------------------------------------------- */

static double elapsed_s(const struct trainer *trainer)
{
    return clock_now_s() - trainer->started_s - trainer->evaluation_s;
}

static bool ends_epoch(const struct trainer *trainer, const struct batch *batch)
{
    return batch->iteration == trainer->job->settings.plan.steps_per_epoch;
}

static bool evaluation_due(const struct trainer *trainer, const struct batch *batch, bool last)
{
    const struct settings *settings = &trainer->job->settings;
    bool any = trainer->validation || trainer->test;
    switch (settings->eval_unit) {
    case EVAL_EPOCHS:
        return any &&
               (last || (ends_epoch(trainer, batch) && batch->epoch % settings->eval_every == 0));
    case EVAL_STEPS:
        return any && (last || batch->step % settings->eval_every == 0);
    case EVAL_END:
        return any && last;
    case EVAL_NEVER:
        break;
    }
    return false;
}

static bool speaks(const struct trainer *trainer)
{
    return comm_rank(trainer->comm) == 0 && trainer->trouble.status == STATUS_OK;
}

/* A plateau's factor is 1 until evaluations change it. */
static double rate_of(const struct trainer *trainer, const struct batch *batch)
{
    return schedule_rate(&trainer->job->settings.schedule, batch->step, 1);
}

static void tell_step(struct trainer *trainer, const struct batch *batch, double loss)
{
    const struct observer *observer = &trainer->job->observer;
    struct step_record record = {*batch, loss, rate_of(trainer, batch), elapsed_s(trainer)};
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
        .train_loss = trainer->epoch_loss / (double)trainer->epoch_samples,
        .evaluated = trainer->evaluated,
        .evaluation = trainer->evaluation,
        .elapsed_s = elapsed_s(trainer)};
    trainer->result->train_loss = record.train_loss;
    trainer->epoch_loss = 0;
    trainer->epoch_samples = 0;
    if (!speaks(trainer) || !observer->on_epoch)
        return;
    record.weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    observer->on_epoch(observer->context, &record, &trainer->trouble);
}

/* What follows a step that was agreed upon: the same for every worker of every rank. */
struct course {
    bool evaluate, over;
    enum stop_reason reason; /* if over */
};

static struct course course_after(
    const struct trainer *trainer, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &trainer->job->settings.plan;
    struct course course = {.over = true};
    bool finished = batch->step == plan->total_steps;
    if (!verdict->finite)
        course.reason = STOP_DIVERGED;
    else if (verdict->failed)
        course.reason = STOP_FAILED;
    else if (finished)
        course.reason = plan->cut_by_max_steps ? STOP_MAX_STEPS : STOP_EPOCHS;
    else if (verdict->stop_signal)
        course.reason = STOP_SIGNAL;
    else
        course.over = false;
    /* A run that is told to stop should stop: no last evaluation. */
    bool told = verdict->failed || (verdict->stop_signal && !finished);
    course.evaluate = verdict->finite && !told && evaluation_due(trainer, batch, finished);
    return course;
}

/* The first thread of a rank writes down what happened. */
static void note_step(struct trainer *trainer, const struct batch *batch,
    const struct verdict *verdict, const struct course *course)
{
    struct result *result = trainer->result;
    trainer->evaluated = false;
    if (course->over)
        result->stopped_by = course->reason;
    if (!verdict->finite) {
        if (trainer->epoch_samples > 0)
            result->train_loss = trainer->epoch_loss / (double)trainer->epoch_samples;
        return;
    }
    result->steps_done = batch->step;
    result->samples_seen += batch->size;
    result->epochs_done += ends_epoch(trainer, batch);
    trainer->epoch_loss += verdict->loss * (double)batch->size;
    trainer->epoch_samples += batch->size;
    tell_step(trainer, batch, verdict->loss);
}

/* --- all workers --------------------------------------------------------------------------- */

static void evaluate(
    struct trainer *trainer, const struct worker *worker, const struct batch *batch)
{
    atomic_int *signal = trainer->job->stop_signal;
    double begun_s = clock_now_s();
    struct evaluation_record record = {.epoch = batch->epoch, .step = batch->step};
    if (trainer->validation)
        record.validation = evaluator_run(trainer->validation, worker, signal);
    if (trainer->test)
        record.test = evaluator_run(trainer->test, worker, signal);
    if (!worker_speaks(worker))
        return;
    record.seconds = clock_now_s() - begun_s;
    trainer->evaluation_s += record.seconds;
    bool cut_short = (trainer->validation && !record.validation.samples) ||
                     (trainer->test && !record.test.samples);
    if (cut_short)
        return;
    trainer->evaluated = true;
    trainer->evaluation = record;
    trainer->result->evaluated_at_step = batch->step;
    trainer->result->validation = record.validation;
    trainer->result->test = record.test;
    const struct observer *observer = &trainer->job->observer;
    if (speaks(trainer) && observer->on_evaluation)
        observer->on_evaluation(observer->context, &record, &trainer->trouble);
}

static void export(struct trainer *trainer, const struct worker *worker)
{
    step_export(trainer->step, worker);
    team_barrier(worker);
}

static void train(const struct worker *worker, void *argument)
{
    struct trainer *trainer = argument;
    const struct settings *settings = &trainer->job->settings;
    struct order order = {0};
    int64_t epoch = 0;
    for (int64_t number = 1; number <= settings->plan.total_steps; number++) {
        struct batch batch = plan_batch(&settings->plan, number);
        if (batch.epoch != epoch) {
            epoch = batch.epoch;
            order_init(&order, settings->plan.samples, settings->shuffle, settings->seed,
                RANDOM_ORDER, (uint64_t)epoch);
        }
        enum status local = worker_speaks(worker) ? trainer->trouble.status : STATUS_OK;
        struct verdict verdict =
            step_run(trainer->step, worker, &batch, &order, rate_of(trainer, &batch), local);
        struct course course = course_after(trainer, &batch, &verdict);
        bool told = verdict.finite && (course.over || ends_epoch(trainer, &batch));
        if (worker_speaks(worker))
            note_step(trainer, &batch, &verdict, &course);
        if (course.evaluate)
            evaluate(trainer, worker, &batch);
        if (told || course.over)
            export(trainer, worker);
        if (told && worker_speaks(worker))
            tell_epoch(trainer, &batch);
        if (course.over)
            break;
        if (course.evaluate || told)
            team_barrier(worker); /* for the first thread: its time is not a step's */
    }
}

/* --- the run ------------------------------------------------------------------------------- */

static enum status gather_phases(struct trainer *trainer, int threads, struct error *error)
{
    struct summary {
        double least[N_PHASES], sum[N_PHASES], most[N_PHASES];
        double workers, peak_rss_bytes;
    } mine = {.workers = threads}, *all;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    mine.peak_rss_bytes = (double)usage.ru_maxrss * 1024;
    for (int p = 0; p < N_PHASES; p++) {
        mine.least[p] = INFINITY;
        for (int t = 0; t < threads; t++) {
            double seconds = step_phase_seconds(trainer->step, t)[p];
            mine.least[p] = fmin(mine.least[p], seconds);
            mine.most[p] = fmax(mine.most[p], seconds);
            mine.sum[p] += seconds;
        }
    }
    int size = comm_size(trainer->comm);
    enum status status =
        memory_take(&all, (size_t)size, sizeof *all, "the phases of all ranks", error);
    status = comm_agree(trainer->comm, status, error);
    if (status)
        return status;
    comm_gather_all(trainer->comm, &mine, sizeof mine, all);
    for (int p = 0; p < N_PHASES; p++) {
        struct phase_seconds *phase = &trainer->result->phases[p];
        double workers = 0;
        *phase = (struct phase_seconds){.least = INFINITY};
        for (int r = 0; r < size; r++) {
            phase->least = fmin(phase->least, all[r].least[p]);
            phase->most = fmax(phase->most, all[r].most[p]);
            phase->mean += all[r].sum[p];
            workers += all[r].workers;
            trainer->result->peak_rss_bytes =
                (int64_t)fmax((double)trainer->result->peak_rss_bytes, all[r].peak_rss_bytes);
        }
        phase->mean /= workers;
    }
    free(all);
    return STATUS_OK;
}

static enum status prepare(struct trainer *trainer, int threads, struct error *error)
{
    struct job *job = trainer->job;
    /* A rank that cannot have its threads must say so now, not in the middle of a step. */
    enum status status = comm_agree(trainer->comm, team_probe(threads, error), error);
    if (!status)
        status = consent_check(job, trainer->comm, error);
    if (!status)
        status = step_create(&trainer->step, job, trainer->teams, error);
    if (!status && job->validation && job->settings.eval_unit != EVAL_NEVER)
        status = evaluator_create(&trainer->validation, &job->settings, job->validation,
            step_panels(trainer->step), step_weights(trainer->step), trainer->comm, error);
    if (!status && job->test && job->settings.eval_unit != EVAL_NEVER)
        status = evaluator_create(&trainer->test, &job->settings, job->test,
            step_panels(trainer->step), step_weights(trainer->step), trainer->comm, error);
    return status;
}

enum status trainer_create(
    struct trainer **trainer, struct job *job, struct teams *teams, struct error *error)
{
    struct trainer *made = NULL;
    *trainer = NULL;
    enum status status = comm_agree(
        teams_comm(teams), memory_take(&made, 1, sizeof *made, "a trainer", error), error);
    if (!status) {
        made->job = job;
        made->teams = teams;
        made->comm = teams_comm(teams);
        status = prepare(made, job->settings.plan.threads, error);
    }
    if (status)
        trainer_destroy(made);
    else
        *trainer = made;
    return status;
}

void trainer_destroy(struct trainer *trainer)
{
    if (!trainer)
        return;
    evaluator_destroy(trainer->validation);
    evaluator_destroy(trainer->test);
    step_destroy(trainer->step);
    free(trainer);
}

/* How the run ended, as a status with its message. */
static enum status conclude(const struct trainer *trainer, struct error *error)
{
    const struct result *result = trainer->result;
    const struct plan *plan = &trainer->job->settings.plan;
    struct batch next = plan_batch(plan, result->steps_done + 1);
    if (result->stopped_by == STOP_DIVERGED)
        return fail(error, STATUS_DIVERGED,
            "the loss, its gradient or the next weights would not be finite at step %lld (epoch "
            "%lld, iteration %lld); the weights are those before that step; try a smaller --lr, "
            "--scale standard, or look for extreme values in the data",
            (long long)next.step, (long long)next.epoch, (long long)next.iteration);
    if (result->stopped_by == STOP_SIGNAL)
        return fail(error, STATUS_STOPPED,
            "stopped by a signal after step %lld of %lld; the weights are those of that step",
            (long long)result->steps_done, (long long)plan->total_steps);
    return STATUS_OK;
}

enum status trainer_run(struct trainer *trainer, struct result *result, struct error *error)
{
    struct job *job = trainer->job;
    int threads = job->settings.plan.threads;
    memset(result, 0, sizeof *result);
    result->stopped_by = STOP_FAILED;
    result->train_loss = (double)NAN;
    trainer->result = result;
    trainer->started_s = clock_now_s();
    enum status status = team_run(trainer->teams, threads, train, trainer, error);
    result->seconds = elapsed_s(trainer);
    result->gflops = 1e-9 * cost_train_flops(&job->settings.mlp) * (double)result->samples_seen /
                     result->seconds;
    result->weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    if (!status)
        status = gather_phases(trainer, threads, error);
    if (!status) {
        *error = trainer->trouble;
        status = comm_agree(trainer->comm, trainer->trouble.status, error);
    }
    return status ? status : conclude(trainer, error);
}
