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

/* Activations of a default pass: about the share of a large cache that a core may call its own. */
enum { DEFAULT_PASS_BYTES = 16 << 20, DEFAULT_PASS_MIN = 1024, DEFAULT_PASS_MAX = 8192 };

/* What the workers of a rank share between steps. Worker 0 writes, between barriers. */
struct run {
    struct job *job;
    struct comm *comm;
    struct step *step;
    struct evaluator *validation, *test;
    struct result *result;

    struct error trouble; /* this rank's own, e.g. of its observer; agreed at the end */
    double started_s, evaluation_s;
    double epoch_loss; /* sum over the samples of this epoch so far */
    int64_t epoch_samples;
    struct evaluation_record evaluation; /* the last one */
    bool evaluate, over;
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

int64_t trainer_default_pass_rows(const struct mlp *mlp)
{
    int64_t rows = DEFAULT_PASS_BYTES / (workspace_row_floats(mlp, true) * (int64_t)sizeof(float));
    return rows < DEFAULT_PASS_MIN   ? DEFAULT_PASS_MIN
           : rows > DEFAULT_PASS_MAX ? DEFAULT_PASS_MAX
                                     : rows;
}

/* --- worker 0 between steps ---------------------------------------------------------------- */

static double elapsed_s(const struct run *run)
{
    return clock_now_s() - run->started_s - run->evaluation_s;
}

static bool ends_epoch(const struct run *run, const struct batch *batch)
{
    return batch->iteration == run->job->settings.plan.steps_per_epoch;
}

static bool evaluation_due(const struct run *run, const struct batch *batch, bool last)
{
    const struct settings *settings = &run->job->settings;
    bool any = run->validation || run->test;
    switch (settings->eval_unit) {
    case EVAL_EPOCHS:
        return any &&
               (last || (ends_epoch(run, batch) && batch->epoch % settings->eval_every == 0));
    case EVAL_STEPS:
        return any && (last || batch->step % settings->eval_every == 0);
    case EVAL_END:
        return any && last;
    case EVAL_NEVER:
        break;
    }
    return false;
}

static bool speaks(const struct run *run)
{
    return comm_rank(run->comm) == 0 && run->trouble.status == STATUS_OK;
}

static void tell_step(struct run *run, const struct batch *batch, double loss)
{
    const struct observer *observer = &run->job->observer;
    struct step_record record = {*batch, loss, run->job->settings.lr, elapsed_s(run)};
    if (speaks(run) && observer->on_step)
        observer->on_step(observer->context, &record, &run->trouble);
}

static void tell_epoch(struct run *run, const struct batch *batch)
{
    const struct observer *observer = &run->job->observer;
    const struct job *job = run->job;
    struct epoch_record record = {.epoch = batch->epoch,
        .step = batch->step,
        .samples = run->epoch_samples,
        .train_loss = run->epoch_loss / (double)run->epoch_samples,
        .evaluated = run->evaluate,
        .evaluation = run->evaluation,
        .elapsed_s = elapsed_s(run)};
    record.weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    run->result->train_loss = record.train_loss;
    run->epoch_loss = 0;
    run->epoch_samples = 0;
    if (speaks(run) && observer->on_epoch)
        observer->on_epoch(observer->context, &record, &run->trouble);
}

/* A step is done and agreed upon: what follows it, the same on every rank. */
static void decide(struct run *run, const struct batch *batch, const struct verdict *verdict)
{
    const struct plan *plan = &run->job->settings.plan;
    struct result *result = run->result;
    if (!verdict->finite) {
        result->stopped_by = STOP_DIVERGED;
        if (run->epoch_samples > 0)
            result->train_loss = run->epoch_loss / (double)run->epoch_samples;
        run->over = true;
        run->evaluate = false;
        return;
    }
    result->steps_done = batch->step;
    result->samples_seen += batch->size;
    result->epochs_done += ends_epoch(run, batch);
    run->epoch_loss += verdict->loss * (double)batch->size;
    run->epoch_samples += batch->size;
    tell_step(run, batch, verdict->loss);

    bool finished = batch->step == plan->total_steps;
    if (verdict->failed)
        result->stopped_by = STOP_FAILED;
    else if (finished)
        result->stopped_by = plan->cut_by_max_steps ? STOP_MAX_STEPS : STOP_EPOCHS;
    else if (verdict->stop_signal)
        result->stopped_by = STOP_SIGNAL;
    run->over = finished || verdict->failed || verdict->stop_signal;
    /* A run that is told to stop should stop: no last evaluation. */
    bool told = verdict->failed || (verdict->stop_signal && !finished);
    run->evaluate = !told && evaluation_due(run, batch, finished);
}

/* --- all workers --------------------------------------------------------------------------- */

static void evaluate(struct run *run, const struct worker *worker, const struct batch *batch)
{
    const float *parameters = run->job->parameters;
    double begun_s = clock_now_s();
    struct evaluation_record record = {.epoch = batch->epoch, .step = batch->step};
    if (run->validation)
        record.validation = evaluator_run(run->validation, worker, parameters);
    if (run->test)
        record.test = evaluator_run(run->test, worker, parameters);
    if (!worker_leads(worker))
        return;
    record.seconds = clock_now_s() - begun_s;
    run->evaluation_s += record.seconds;
    run->evaluation = record;
    run->result->validation = record.validation;
    run->result->test = record.test;
    const struct observer *observer = &run->job->observer;
    if (speaks(run) && observer->on_evaluation)
        observer->on_evaluation(observer->context, &record, &run->trouble);
}

static void train(const struct worker *worker, void *argument)
{
    struct run *run = argument;
    const struct settings *settings = &run->job->settings;
    struct order order = {0};
    int64_t epoch = 0;
    for (int64_t number = 1; number <= settings->plan.total_steps; number++) {
        struct batch batch = plan_batch(&settings->plan, number);
        if (batch.epoch != epoch) {
            epoch = batch.epoch;
            order_init(&order, settings->plan.samples, settings->shuffle, settings->seed,
                RANDOM_ORDER, (uint64_t)epoch);
        }
        struct verdict verdict =
            step_run(run->step, worker, &batch, &order, settings->lr, run->trouble.status);
        if (worker_leads(worker))
            decide(run, &batch, &verdict);
        team_barrier(worker);
        if (run->evaluate)
            evaluate(run, worker, &batch);
        if (worker_leads(worker) && verdict.finite && (run->over || ends_epoch(run, &batch)))
            tell_epoch(run, &batch);
        if (run->over)
            break;
        if (run->evaluate || ends_epoch(run, &batch))
            team_barrier(
                worker); /* worker 0 may have trouble to report; its time is not a step's */
    }
}

/* --- the run ------------------------------------------------------------------------------- */

static enum status gather_phases(struct run *run, int threads, struct error *error)
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
            double seconds = step_phase_seconds(run->step, t)[p];
            mine.least[p] = fmin(mine.least[p], seconds);
            mine.most[p] = fmax(mine.most[p], seconds);
            mine.sum[p] += seconds;
        }
    }
    int size = comm_size(run->comm);
    enum status status =
        memory_take(&all, (size_t)size, sizeof *all, "the phases of all ranks", error);
    status = comm_agree(run->comm, status, error);
    if (status)
        return status;
    comm_gather_all(run->comm, &mine, sizeof mine, all);
    for (int p = 0; p < N_PHASES; p++) {
        struct phase_seconds *phase = &run->result->phases[p];
        double workers = 0;
        *phase = (struct phase_seconds){.least = INFINITY};
        for (int r = 0; r < size; r++) {
            phase->least = fmin(phase->least, all[r].least[p]);
            phase->most = fmax(phase->most, all[r].most[p]);
            phase->mean += all[r].sum[p];
            workers += all[r].workers;
            run->result->peak_rss_bytes =
                (int64_t)fmax((double)run->result->peak_rss_bytes, all[r].peak_rss_bytes);
        }
        phase->mean /= workers;
    }
    free(all);
    return STATUS_OK;
}

static void idle(const struct worker *worker, void *argument)
{
    (void)worker, (void)argument;
}

static enum status prepare(struct run *run, int threads, struct error *error)
{
    struct job *job = run->job;
    /* A rank that cannot have its threads must say so now, not in the middle of a step. */
    enum status status = comm_agree(run->comm, team_run(threads, idle, NULL, error), error);
    if (!status)
        status = consent_check(job, run->comm, error);
    if (!status)
        status = step_create(&run->step, job, run->comm, threads, error);
    if (!status && job->validation && job->settings.eval_unit != EVAL_NEVER)
        status = evaluator_create(
            &run->validation, &job->settings, job->validation, run->comm, threads, error);
    if (!status && job->test && job->settings.eval_unit != EVAL_NEVER)
        status = evaluator_create(&run->test, &job->settings, job->test, run->comm, threads, error);
    return status;
}

/* How the run ended, as a status with its message. */
static enum status conclude(struct run *run, struct error *error)
{
    const struct result *result = run->result;
    const struct plan *plan = &run->job->settings.plan;
    struct batch next = plan_batch(plan, result->steps_done + 1);
    const struct vector *vector = vector_of(run->job->settings.kernel.level);
    if (!vector->finite(run->job->parameters, run->job->settings.mlp.parameters))
        return fail(error, STATUS_DIVERGED,
            "the weights themselves have overflowed by step %lld: --lr %g is far too large",
            (long long)result->steps_done, run->job->settings.lr);
    if (result->stopped_by == STOP_DIVERGED)
        return fail(error, STATUS_DIVERGED,
            "the loss or its gradient is not finite at step %lld (epoch %lld, iteration %lld); the "
            "weights are those before that step; try a smaller --lr, --scale standard, or look for "
            "extreme values in the data",
            (long long)next.step, (long long)next.epoch, (long long)next.iteration);
    if (result->stopped_by == STOP_SIGNAL)
        return fail(error, STATUS_STOPPED,
            "stopped by a signal after step %lld of %lld; the weights are those of that step",
            (long long)result->steps_done, (long long)plan->total_steps);
    return STATUS_OK;
}

enum status trainer_run(
    struct job *job, struct comm *comm, struct result *result, struct error *error)
{
    struct run run = {.job = job, .comm = comm, .result = result};
    int threads = job->settings.plan.threads;
    memset(result, 0, sizeof *result);
    result->stopped_by = STOP_FAILED;
    result->train_loss = (double)NAN;
    enum status status = prepare(&run, threads, error);
    if (!status) {
        run.started_s = clock_now_s();
        status = team_run(threads, train, &run, error);
        result->seconds = elapsed_s(&run);
        result->gflops = 1e-9 * cost_train_flops(&job->settings.mlp) *
                         (double)result->samples_seen / result->seconds;
        result->weights_xxh3 =
            hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    }
    if (!status)
        status = gather_phases(&run, threads, error);
    if (!status) {
        *error = run.trouble;
        status = comm_agree(comm, run.trouble.status, error);
    }
    if (!status)
        status = conclude(&run, error);
    step_destroy(run.step);
    evaluator_destroy(run.validation);
    evaluator_destroy(run.test);
    return status;
}
