#include "study/measure_step.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/mlp.h"
#include "study/measure_kernel.h"
#include "study/measure_peak.h"

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
    enum status status = bench_timer_check(&timer, error);
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
