#include "study/measure_step.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "comm/threads.h"
#include "net/mlp.h"
#include "run/trainer.h"
#include "study/measure_peak.h"

/* --- one run ------------------------------------------------------------------------------- */

/* The warm-up: its fraction of the requested time, and its minimum number of steps. */
static const double WARM_UP = 0.1;
enum { WARM_UP_STEPS = 2 };

struct mark {
    double elapsed_s;
    int64_t step, samples; /* step 0: not reached */
};

/* Rank 0's counts while the trainer runs. */
struct watch {
    double seconds; /* the requested time */
    double created_s, first_step_s;
    struct mark now, begin, end;
    atomic_int stop; /* the job's stop_signal */
};

static enum status on_step(void *context, const struct step_record *record, struct error *error)
{
    struct watch *watch = context;
    (void)error;
    if (watch->now.step == 0)
        watch->first_step_s = clock_now_s() - watch->created_s;
    watch->now = (struct mark){
        record->elapsed_s, record->batch.step, watch->now.samples + record->batch.size};
    if (watch->begin.step == 0) {
        if (watch->now.step >= WARM_UP_STEPS && watch->now.elapsed_s >= WARM_UP * watch->seconds)
            watch->begin = watch->now;
    } else if (watch->end.step == 0 &&
               watch->now.elapsed_s - watch->begin.elapsed_s >= watch->seconds) {
        watch->end = watch->now;
        atomic_store(&watch->stop, 1);
    }
    return STATUS_OK;
}

static void conclude(
    struct training *training, const struct watch *watch, const struct result *result)
{
    double all = 0;
    training->seconds = watch->end.elapsed_s - watch->begin.elapsed_s;
    training->steps = watch->end.step - watch->begin.step;
    training->samples = watch->end.samples - watch->begin.samples;
    training->first_step_s = watch->first_step_s;
    for (int p = 0; p < N_PHASES; p++)
        all += result->phases[p].mean;
    for (int p = 0; p < N_PHASES; p++)
        training->phase_share[p] = result->phases[p].mean / all;
    training->compute = result->compute;
    training->reduce = result->reduce;
    training->run_s = all;
    training->run_steps = result->steps_timed;
    training->run_samples = result->samples_seen;
}

static enum status run_trainer(
    struct job *job, struct teams *teams, struct result *result, struct error *error)
{
    struct trainer *trainer;
    TRY(trainer_create(&trainer, job, teams, error));
    enum status status = trainer_run(trainer, result, error);
    trainer_destroy(trainer);
    return status;
}

/* Runs the trainer, and then restores the job's parameters. */
static enum status run_kept(
    struct job *job, struct teams *teams, struct result *result, struct error *error)
{
    size_t parameters = (size_t)job->settings.mlp.parameters;
    float *kept = NULL;
    TRY(comm_agree(teams->comm,
        memory_take(&kept, parameters, sizeof *kept, "the initial weights", error), error));
    memcpy(kept, job->parameters, parameters * sizeof *kept);
    enum status status = run_trainer(job, teams, result, error);
    memcpy(job->parameters, kept, parameters * sizeof *kept);
    free(kept);
    return status;
}

enum status train_to_end(
    uint64_t *weights_xxh3, struct job *job, struct teams *teams, struct error *error)
{
    struct result result;
    enum status status = run_kept(job, teams, &result, error);
    *weights_xxh3 = status ? 0 : result.weights_xxh3;
    return status;
}

enum status measure_training(struct training *training, struct job *job, struct teams *teams,
    double seconds, struct error *error)
{
    struct watch watch = {.seconds = seconds, .created_s = clock_now_s()};
    struct result result;
    job->observer = (struct observer){.context = &watch, .on_step = on_step};
    job->stop_signal = &watch.stop; /* until this run is over */
    enum status status = run_kept(job, teams, &result, error);
    job->observer = (struct observer){.context = NULL};
    job->stop_signal = NULL;
    if (status != STATUS_STOPPED) /* stopped: the measurement is complete */
        TRY(status);
    conclude(training, &watch, &result);
    comm_broadcast(teams->comm, training, sizeof *training);
    training->weights_xxh3 = result.weights_xxh3;
    return STATUS_OK;
}

/* --- every batch size ---------------------------------------------------------------------- */

/* The measurement of one batch size. */
struct step_case {
    struct plan plan;
    struct json *row, *phases;
};

struct step_study {
    struct job *job;
    struct teams *teams;
    struct repetitions *repetitions;
    struct kernel_tiles tiles;
    struct workload peak, kernel;
    struct step_case *cases;
};

static enum status add_case(struct step_case *of, struct json *rows, const struct plan *base,
    int64_t batch, struct error *error)
{
    struct plan_request request = base->request;
    request.batch = batch;
    of->row = js_object();
    of->phases = js_object();
    js_append(rows, of->row);
    enum status status = plan_make(&of->plan, &request, error);
    js_set_int(of->row, "batch", of->plan.stage[0].batch);
    js_set_bool(of->row, "clamped", of->plan.stage[0].clamped);
    js_set_int(of->row, "slices", of->plan.stage[0].slices);
    js_set(of->row, "phase_s", of->phases);
    return status;
}

/* Measures the upper bounds, then training. */
static enum status measure_case(void *context, int i, struct error *error)
{
    struct step_study *study = context;
    struct step_case *of = &study->cases[i];
    struct settings *settings = &study->job->settings;
    struct training training;
    settings->plan = of->plan;
    repetitions_report(study->repetitions, "B=%" PRId64, of->plan.stage[0].batch);
    js_push_real(of->row, "peak_gflops", workload_rate(&study->peak));
    js_push_real(of->row, "kernel_gflops", workload_rate(&study->kernel));
    TRY(measure_training(&training, study->job, study->teams, study->repetitions->seconds, error));
    double rate = (double)training.samples / training.seconds;
    double step_s = training.seconds / (double)training.steps;
    js_push_real(of->row, "samples_per_s", rate);
    js_push_real(of->row, "gflops", 1e-9 * mlp_train_flops(&settings->mlp) * rate);
    js_push_real(of->row, "step_s", step_s);
    for (int p = 0; p < N_PHASES; p++)
        js_push_real(of->phases, phase_name((enum phase)p), training.phase_share[p] * step_s);
    return STATUS_OK;
}

static void summarize(struct step_case *of)
{
    samples_divide(of->row, "share_of_peak", "gflops", "peak_gflops");
    samples_divide(of->row, "share_of_kernel", "gflops", "kernel_gflops");
    js_set_real(of->row, "step_s", samples_median(of->row, "step_s"));
    samples_summarize(of->row);
    samples_to_medians(of->phases);
}

enum status measure_step(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions *repetitions, struct error *error)
{
    const struct plan base = job->settings.plan;
    const struct bench_timer timer = {
        teams->comm, base.request.threads}; /* all threads, even if a step uses fewer */
    struct step_study study = {.job = job, .teams = teams, .repetitions = repetitions};
    enum status status = comm_agree(timer.comm, team_probe(timer.threads, error), error);
    if (!status)
        status = comm_agree(timer.comm,
            memory_take(&study.cases, (size_t)n, sizeof *study.cases, "the batch sizes", error),
            error);
    for (int i = 0; i < n && !status; i++)
        status = add_case(&study.cases[i], rows, &base, batch[i], error);
    if (!status)
        status = kernel_tiles_init(&study.tiles, &timer, &job->settings.kernel, error);
    if (!status) {
        study.peak = peak_workload(timer, repetitions->seconds / 10);
        study.kernel = kernel_workload(&study.tiles, timer, repetitions->seconds / 10);
        status = repetitions_run(repetitions, n, measure_case, &study, error);
    }
    for (int i = 0; i < n && !status; i++)
        summarize(&study.cases[i]);
    job->settings.plan = base;
    bench_memory_free(study.tiles.memory, timer.threads);
    free(study.cases);
    return status;
}
