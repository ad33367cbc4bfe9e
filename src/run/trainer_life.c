#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "comm/threads.h"
#include "net/cost.h"
#include "run/rank_agreement.h"
#include "run/phase_totals.h"
#include "run/trainer_state.h"
#include "step/step_verify.h"

/* --- before -------------------------------------------------------------------------------- */

static enum status prepare_evaluation(struct trainer *trainer, struct error *error)
{
    const struct job *job = trainer->job;
    const struct panels *panels = step_panels(trainer->step);
    const struct weights *weights = step_weights(trainer->step);
    const struct criterion *criterion = &job->settings.criterion;
    int threads = job->settings.plan.threads;
    enum status status = STATUS_OK;
    if (job->run.eval_unit == EVAL_NEVER)
        return STATUS_OK;
    if (job->validation)
        status = evaluator_create(&trainer->validation, criterion, job->validation, panels, weights,
            threads, trainer->comm, error);
    if (!status && job->test)
        status = evaluator_create(
            &trainer->test, criterion, job->test, panels, weights, threads, trainer->comm, error);
    return status;
}

/* The memory for the best weights. */
static enum status prepare_best(struct trainer *trainer, struct error *error)
{
    const struct job *job = trainer->job;
    size_t n = (size_t)job->settings.mlp.parameters;
    const char *what = "the best weights";
    if (!job->run.stop.early)
        return STATUS_OK;
    enum status status =
        job->shared ? teams_take(trainer->teams, &trainer->best, n, sizeof(float), what, error)
                    : memory_take(&trainer->best, n, sizeof(float), what, error);
    return comm_agree(trainer->comm, status, error);
}

/* The arrays that ranks of a team share are written by its first rank. */
static bool writes_parameters(const struct trainer *trainer)
{
    return !trainer->job->shared || teams_rank(trainer->teams) == 0;
}

static void go_on_from(struct trainer *trainer, const struct resume_state *start)
{
    const struct run_state *state = &start->state;
    size_t bytes = (size_t)trainer->job->settings.mlp.parameters * sizeof(float);
    trainer->clock_s = state->clock_s;
    trainer->evaluation_s = state->clock_s - state->seconds;
    if (noise_is_measured(noise_validity(&trainer->job->settings)))
        trainer->noise = state->noise;
    trainer->epoch_loss = state->epoch_loss;
    trainer->epoch_weight = state->epoch_weight;
    trainer->epoch_samples = state->epoch_samples;
    trainer->evaluation = state->evaluation;
    trainer->best_evaluation = state->best_evaluation;
    trainer->stop = state->stop;
    trainer->plateau = state->plateau;
    trainer->rated_step = state->rated_step;
    trainer->rating = state->rating;
    if (trainer->best && start->best && writes_parameters(trainer))
        memcpy(trainer->best, start->best, bytes);
}

static enum status create_step(struct trainer *trainer, struct error *error)
{
    const struct job *job = trainer->job;
    const struct step_start start = {.train = job->train,
        .parameters = job->parameters,
        .shared = job->shared,
        .state = job->resume ? job->resume->optimizer : NULL};
    return step_create(&trainer->step, &job->settings, &start, trainer->teams, error);
}

static enum status prepare(struct trainer *trainer, int threads, struct error *error)
{
    struct job *job = trainer->job;
    /* A rank that cannot have its threads must say so now, not in the middle of a step. */
    enum status status = comm_agree(trainer->comm, team_probe(threads, error), error);
    if (!status)
        status = rank_agreement_check(job, trainer->comm, error);
    if (!status)
        status = create_step(trainer, error);
    if (!status)
        status = prepare_evaluation(trainer, error);
    if (!status)
        status = prepare_best(trainer, error);
    if (!status && job->checkpoints.kept)
        status =
            checkpoint_writer_create(&trainer->writer, job, trainer->step, trainer->teams, error);
    trainer->plateau = plateau_begin(&job->run.plateau);
    if (!status && job->resume)
        go_on_from(trainer, job->resume);
    stop_begin(&job->run.stop, &trainer->stop);
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
    if (trainer->best && trainer->job->shared)
        teams_give(trainer->teams, trainer->best);
    else
        free(trainer->best);
    checkpoint_writer_destroy(trainer->writer);
    evaluator_destroy(trainer->validation);
    evaluator_destroy(trainer->test);
    step_destroy(trainer->step);
    free(trainer);
}

/* --- the run ------------------------------------------------------------------------------- */

static void begin_result(const struct trainer *trainer, struct result *result)
{
    const struct resume_state *start = trainer->job->resume;
    memset(result, 0, sizeof *result);
    result->stopped_by = STOP_FAILED;
    result->train_loss = (double)NAN;
    result->noise = noise_estimate(&trainer->noise);
    if (!start)
        return;
    result->steps_done = start->state.step;
    result->epochs_done = plan_whole_epochs(&trainer->job->settings.plan, start->state.step);
    result->samples_seen = start->state.samples_seen;
    result->train_loss = start->state.train_loss;
    result->evaluated_at_step = start->state.evaluation.step;
    result->validation = start->state.evaluation.validation;
    result->test = start->state.evaluation.test;
}

/* What early stopping promises. Collective. */
static void restore_best(struct trainer *trainer, struct result *result)
{
    const struct job *job = trainer->job;
    int64_t step = trainer->stop.best_step;
    result->weights_of_step = result->steps_done;
    if (!trainer->best || step == 0 || step == result->steps_done ||
        !stop_is_planned(result->stopped_by))
        return;
    if (writes_parameters(trainer))
        memcpy(
            job->parameters, trainer->best, (size_t)job->settings.mlp.parameters * sizeof(float));
    comm_barrier(trainer->comm);
    result->weights_of_step = step;
    result->evaluated_at_step = step;
    result->validation = trainer->best_evaluation.validation;
    result->test = trainer->best_evaluation.test;
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
            "stopped by a signal after step %lld of %lld; the weights are those of that step%s",
            (long long)result->steps_done, (long long)plan->total_steps,
            trainer->writer ? ", and --resume goes on from there" : "");
    return STATUS_OK;
}

/* The weights that may be written lie in canonical order now, the best ones perhaps for long. */
static void verify_result(const struct trainer *trainer, struct result *result)
{
    if (trainer->job->run.verification.unit != EVAL_NEVER && result->stopped_by != STOP_CORRUPTED &&
        !step_verify_sum(trainer->step, result->weights_xxh3, result->weights_of_step,
            "the weights of the result"))
        result->stopped_by = STOP_CORRUPTED;
}

/* What was found wrong, on all ranks; and on rank 0, which has the checkpoints, from where the run
 * can be resumed. */
static enum status report_corruption(const struct trainer *trainer, struct error *error)
{
    const struct checkpoints *checkpoints = &trainer->job->checkpoints;
    char place[FILE_PATH_MAX], path[FILE_PATH_MAX], report[4000];
    struct error ignored;
    enum status status = comm_agree_unnamed(trainer->comm, step_fault(trainer->step, error), error);
    size_t used = strlen(error->text);
    if (comm_rank(trainer->comm) > 0)
        return status;
    bool found = checkpoints->kept &&
                 !file_path(place, checkpoints->run->path, checkpoint_directory, &ignored) &&
                 !checkpoint_find(place, path, report, sizeof report, &ignored);
    snprintf(error->text + used, sizeof error->text - used,
        "; no file is written of these weights. Check that host's memory and network%s%s",
        found ? ", and continue from the last good checkpoint by --resume "
              : "; there is no checkpoint to continue from",
        found ? path : "");
    return status;
}

enum status trainer_run(struct trainer *trainer, struct result *result, struct error *error)
{
    struct job *job = trainer->job;
    int threads = job->settings.plan.threads;
    begin_result(trainer, result);
    trainer->result = result;
    trainer->started_s = clock_now_s();
    enum status status = team_run(trainer->teams, threads, trainer_work, trainer, error);
    result->seconds = trainer_elapsed_s(trainer) - trainer->evaluation_s;
    result->gflops = 1e-9 * cost_train_flops(&job->settings.mlp) * (double)result->samples_seen /
                     result->seconds;
    struct error late = {0};
    if (trainer->writer && checkpoint_writer_wait(trainer->writer, &late) &&
        !trainer->trouble.status)
        trainer->trouble = late;
    if (trainer->writer)
        trainer_warn(trainer);
    if (!status)
        restore_best(trainer, result);
    result->weights_xxh3 =
        hash_bytes(job->parameters, (size_t)job->settings.mlp.parameters * sizeof(float), 0);
    if (!status)
        verify_result(trainer, result);
    if (!status)
        status = phase_totals(result, trainer->step, threads, trainer->comm, error);
    if (!status && result->stopped_by == STOP_CORRUPTED)
        return report_corruption(trainer, error);
    if (!status) {
        if (result->stopped_by == STOP_FAILED)
            rank_agreement_check_data(job, STATUS_OK, &trainer->trouble);
        *error = trainer->trouble;
        status = comm_agree(trainer->comm, trainer->trouble.status, error);
    }
    return status ? status : conclude(trainer, error);
}
