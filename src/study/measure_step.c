#include "study/measure_step.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/mlp.h"
#include "study/measure_kernel.h"
#include "study/measure_peak.h"

enum { RATE, PEAK, KERNEL, OF_PEAK, OF_KERNEL, STEP, PHASES, FIGURES = PHASES + N_PHASES };

/* figure[row][FIGURES][repeats] */
static double *figure_at(double *figure, int row, int which, int repeats)
{
    return figure + ((int64_t)row * FIGURES + which) * repeats;
}

static enum status plan_batch_size(
    struct plan *plan, const struct plan *base, int64_t batch, struct error *error)
{
    struct plan_request request = base->request;
    request.batch = batch;
    return plan_make(plan, &request, error);
}

struct bounds {
    struct fma_peak peak;
    struct kernel_rate kernel;
};

/* One batch size in one round: the upper bounds, then training. */
static enum status measure_once(double *figure, int row, int round, const struct bounds *bounds,
    struct job *job, struct teams *teams, struct repetitions repetitions, struct error *error)
{
    struct training training;
    double peak_gflops = fma_peak_gflops(&bounds->peak);
    double kernel_gflops = kernel_rate_gflops(&bounds->kernel);
    enum status status = measure_training(&training, job, teams, repetitions.seconds, error);
    if (status)
        return status;
    double rate = (double)training.samples / training.seconds;
    double gflops = 1e-9 * mlp_train_flops(&job->settings.mlp) * rate;
    double step_s = training.seconds / (double)training.steps;
    figure_at(figure, row, RATE, repetitions.repeats)[round] = rate;
    figure_at(figure, row, PEAK, repetitions.repeats)[round] = peak_gflops;
    figure_at(figure, row, KERNEL, repetitions.repeats)[round] = kernel_gflops;
    figure_at(figure, row, OF_PEAK, repetitions.repeats)[round] = gflops / peak_gflops;
    figure_at(figure, row, OF_KERNEL, repetitions.repeats)[round] = gflops / kernel_gflops;
    figure_at(figure, row, STEP, repetitions.repeats)[round] = step_s;
    for (int p = 0; p < N_PHASES; p++)
        figure_at(figure, row, PHASES + p, repetitions.repeats)[round] =
            training.phase_share[p] * step_s;
    return STATUS_OK;
}

static void conclude(
    struct step_row *row, double *figure, int i, const struct plan *plan, double gflop, int repeats)
{
    *row = (struct step_row){.batch = plan->stage[0].batch,
        .clamped = plan->stage[0].clamped,
        .slices = plan->stage[0].slices,
        .samples_per_s = repeat_stats_of(figure_at(figure, i, RATE, repeats), repeats),
        .peak_gflops = repeat_stats_of(figure_at(figure, i, PEAK, repeats), repeats),
        .kernel_gflops = repeat_stats_of(figure_at(figure, i, KERNEL, repeats), repeats),
        .share_of_peak = repeat_stats_of(figure_at(figure, i, OF_PEAK, repeats), repeats),
        .share_of_kernel = repeat_stats_of(figure_at(figure, i, OF_KERNEL, repeats), repeats),
        .step_s = repeat_stats_of(figure_at(figure, i, STEP, repeats), repeats).median};
    row->gflops = repeat_stats_scaled(row->samples_per_s, gflop);
    for (int p = 0; p < N_PHASES; p++)
        row->phase_s[p] =
            repeat_stats_of(figure_at(figure, i, PHASES + p, repeats), repeats).median;
}

enum status measure_step(struct step_report *report, struct job *job, struct teams *teams,
    const int64_t *batch, int n, struct repetitions repetitions, struct error *error)
{
    struct comm *comm = teams_comm(teams);
    struct bench_timer timer = {
        comm, job->settings.plan.request.threads}; /* all of them, even where a step uses fewer */
    const struct plan base = job->settings.plan;
    struct bounds bounds = {.kernel.operands = NULL};
    double *figure = NULL;
    report->settings = &job->settings;
    report->rows = n;
    enum status status = bench_timer_check(&timer, error);
    if (!status)
        status = comm_agree(comm,
            memory_take(&figure, (size_t)n * FIGURES * (size_t)repetitions.repeats, sizeof *figure,
                "the figures", error),
            error);
    if (!status)
        status = kernel_rate_init(
            &bounds.kernel, timer, &job->settings.kernel, repetitions.seconds / 10, error);
    if (!status)
        fma_peak_init(&bounds.peak, timer, repetitions.seconds / 10);
    for (int round = 0; !status && round < repetitions.repeats; round++)
        for (int i = 0; !status && i < n; i++) {
            status = plan_batch_size(&job->settings.plan, &base, batch[i], error);
            repetitions_report(&repetitions, round * n + i, (int64_t)repetitions.repeats * n,
                "round %d of %d, B=%" PRId64, round + 1, repetitions.repeats,
                job->settings.plan.stage[0].batch);
            if (!status)
                status = measure_once(figure, i, round, &bounds, job, teams, repetitions, error);
        }
    for (int i = 0; !status && i < n; i++) {
        status = plan_batch_size(&job->settings.plan, &base, batch[i], error);
        conclude(&report->row[i], figure, i, &job->settings.plan,
            1e-9 * mlp_train_flops(&job->settings.mlp), repetitions.repeats);
    }
    job->settings.plan = base;
    kernel_rate_clear(&bounds.kernel);
    free(figure);
    return status;
}
