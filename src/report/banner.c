#include "report/banner.h"

#include <inttypes.h>

#include "base/text.h"
#include "base/shown.h"
#include "comm/world.h"
#include "commit.h"
#include "optim/schedule.h"
#include "report/figure.h"
#include "report/rows.h"
#include "report/team_lines.h"

static void print_network(FILE *file, const struct mlp *mlp)
{
    char widths[NETWORK_TEXT];
    fprintf(file, "  network          %s, %s parameters (%s)\n", network_text(mlp, widths),
        GROUPED(mlp->parameters), BYTES(4.0 * (double)mlp->parameters));
}

static void print_samples(FILE *file, const struct job *job)
{
    int64_t all = job->train.dataset->samples, training = loader_size(&job->train);
    fprintf(file, "  samples          %s", GROUPED(training));
    if (training != all)
        fprintf(file, " of %s", GROUPED(all));
    fprintf(file, " for training");
    if (job->validation)
        fprintf(file, ", %s for validation", GROUPED(loader_size(job->validation)));
    if (job->test)
        fprintf(file, ", %s for testing", GROUPED(loader_size(job->test)));
    fprintf(file, "; scale %s\n", scale_words[job->train.scale->kind]);
}

/* --- training settings ------------------------------------------------------------------------ */

static void print_activations(FILE *file, const struct mlp *mlp)
{
    bool same = true;
    for (int l = 1; l + 1 < mlp->layers; l++)
        same &= mlp->activation[l] == mlp->activation[0];
    fprintf(file, "  activation       %s", mlp->layers > 1 ? "" : "none");
    for (int l = 0; l + 1 < mlp->layers && (l == 0 || !same); l++)
        fprintf(file, "%s%s", l ? ", " : "", activation_words[mlp->activation[l]]);
    if (mlp->dropout_hidden > 0)
        fprintf(file, "; dropout %g", (double)mlp->dropout_hidden);
    if (mlp->dropout_input > 0)
        fprintf(file, "; input dropout %g", (double)mlp->dropout_input);
    fputc('\n', file);
}

static void print_loss(FILE *file, const struct criterion *criterion)
{
    fprintf(file, "  loss             %s", loss_words[criterion->kind]);
    if (criterion->kind == LOSS_HUBER)
        fprintf(file, ", delta %g", (double)criterion->huber_delta);
    if (criterion->label_smoothing > 0)
        fprintf(file, ", label smoothing %g", (double)criterion->label_smoothing);
    if (criterion->class_weight)
        fprintf(file, ", classes weighted");
    fputc('\n', file);
}

static void print_optimizer(FILE *file, const struct settings *settings)
{
    const struct optimizer_settings *optimizer = &settings->optimizer;
    enum optimizer_kind kind = optimizer->kind;
    fprintf(file, "  optimizer        %s", optimizer_words[kind]);
    if (kind == OPTIMIZER_ADAM || kind == OPTIMIZER_ADAMW || kind == OPTIMIZER_LION)
        fprintf(file, ", betas %g and %g", optimizer->beta1, optimizer->beta2);
    if (kind == OPTIMIZER_RMSPROP)
        fprintf(file, ", alpha %g", optimizer->alpha);
    if (optimizer->momentum > 0 && (kind == OPTIMIZER_SGD || kind == OPTIMIZER_RMSPROP))
        fprintf(
            file, ", %smomentum %g", optimizer->nesterov ? "Nesterov " : "", optimizer->momentum);
    if (optimizer->dampening > 0)
        fprintf(file, ", dampening %g", optimizer->dampening);
    if (optimizer->weight_decay > 0)
        fprintf(file, ", weight decay %g", optimizer->weight_decay);
    if (settings->clip.norm > 0)
        fprintf(file, "; gradient clipped to norm %g", settings->clip.norm);
    if (settings->clip.value > 0)
        fprintf(file, "; gradients clipped to +-%g", settings->clip.value);
    fputc('\n', file);
}

static void print_rate(FILE *file, const struct schedule *schedule)
{
    static const char *const change[N_SCHEDULES] = {[SCHEDULE_CONSTANT] = "",
        [SCHEDULE_STEP] = ", multiplied by {gamma:6} every {step_size} steps",
        [SCHEDULE_MULTISTEP] = ", multiplied by {gamma:6} after each of {milestones} milestones",
        [SCHEDULE_EXPONENTIAL] = ", multiplied by {gamma:6} every {unit}",
        [SCHEDULE_LINEAR] = ", decreasing linearly to {end:6} at step {last}",
        [SCHEDULE_POLYNOMIAL] = ", polynomial decay to 0 at step {last}, power {power:6}",
        [SCHEDULE_COSINE] = ", cosine decay to {min_lr:6} at step {last}",
        [SCHEDULE_ONE_CYCLE] = (" at most, one cycle: rising for {pct_start:6} of {last} steps, "
                                "then falling"),
        [SCHEDULE_PLATEAU] = ", reduced when the metric no longer improves"};
    struct json *row = js_object();
    js_set_int(row, "step_size", schedule->step_size);
    js_set_int(row, "milestones", schedule->n_milestones);
    js_set_int(row, "last", schedule->total_steps);
    js_set_int(row, "warmup", schedule->warmup);
    js_set_text(row, "unit", schedule->by_epoch ? "epoch" : "step");
    js_set_real(row, "gamma", schedule->gamma);
    js_set_real(row, "end", schedule->lr * schedule->end_factor);
    js_set_real(row, "power", schedule->power);
    js_set_real(row, "min_lr", schedule->min_lr);
    js_set_real(row, "pct_start", schedule->pct_start);
    fprintf(file, "  learning rate    %g%s", schedule->lr, FILLED(change[schedule->kind], row));
    if (schedule->warmup > 0)
        fputs(FILLED("; warm-up over {warmup} steps", row), file);
    if (schedule->by_epoch && schedule->kind != SCHEDULE_CONSTANT)
        fputs("; constant within an epoch", file);
    fputc('\n', file);
    js_destroy(row);
}

/* --- length, workers and memory ----------------------------------------------------------- */

static void print_stage(FILE *file, const struct plan *plan, int s)
{
    const struct plan_stage *stage = &plan->stage[s];
    fprintf(file, "  global batch     %s samples", GROUPED(stage->batch));
    if (stage->clamped)
        fprintf(file, " (--batch %s is larger than the training set)", GROUPED(stage->asked));
    if (plan->stages > 1)
        fprintf(file, ", from epoch %s", GROUPED(stage->epochs_before + 1));
    fprintf(file, "\n  steps per epoch  %s", GROUPED(stage->steps_per_epoch));
    if (stage->dropped_per_epoch)
        fprintf(file, ", %s samples dropped per epoch", GROUPED(stage->dropped_per_epoch));
    else if (stage->last_batch != stage->batch)
        fprintf(file, ", the last with %s samples", GROUPED(stage->last_batch));
    fputc('\n', file);
}

static void print_steps(FILE *file, const struct plan *plan)
{
    if (plan->request.epochs > 0)
        fprintf(file, "  epochs           %s\n", GROUPED(plan->request.epochs));
    else
        fprintf(file, "  epochs           no limit (--max-steps)\n");
    for (int s = 0; s < plan->stages; s++)
        print_stage(file, plan, s);
    fprintf(file, "  total steps      %s", GROUPED(plan->total_steps));
    if (plan->cut_by_max_steps)
        fprintf(file, " (--max-steps)");
    fprintf(file, "\n");
}

/* Prints "4 ranks x 2 threads = 8, 1 team (--team node), on 1 host". */
static void print_workers(
    FILE *file, const struct plan *plan, const struct teams *teams, const char *threads_reason)
{
    int ranks = teams->comm->size, hosts = teams->comm->hosts;
    int threads = teams->threads[0], workers = 0, different = 0;
    char name[16];
    for (int r = 0; r < ranks; r++) {
        workers += teams->threads[r];
        different += teams->threads[r] != threads;
    }
    fprintf(file, "  workers          %d rank%s", ranks, NUMBER_PLURAL(ranks));
    if (!different)
        fprintf(file, " x %d thread%s = %d", threads, NUMBER_PLURAL(threads), workers);
    else
        fprintf(file, " with different numbers of threads, %d in total", workers);
    if (ranks > 1)
        fprintf(file, ", %d team%s (--team %s)", teams->count, NUMBER_PLURAL(teams->count),
            team_name(teams->request, name));
    fprintf(file, ", on %d host%s (threads: %s)\n", hosts, NUMBER_PLURAL(hosts), threads_reason);
    if (plan->threads < plan->request.threads)
        fprintf(file, "  used             %d thread%s per rank: a step has no work for more\n",
            plan->threads, NUMBER_PLURAL(plan->threads));
}

static void print_slices(FILE *file, const struct plan *plan)
{
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        fprintf(file, "  slices           %" PRId64, stage->slices);
        if (plan->stages > 1)
            fprintf(file, " for batches of %" PRId64, stage->batch);
        if (stage->busy_teams < plan->teams)
            fprintf(file,
                "; %d of %d teams have none and are idle (a larger --batch or --slices helps)",
                plan->teams - stage->busy_teams, plan->teams);
        else if (stage->balance < 1)
            fprintf(
                file, "; uneven over %d teams, balance %.0f %%", plan->teams, 100 * stage->balance);
        fprintf(file, "\n");
    }
}

/* Prints "84 MiB per machine: activations 2.5 MiB, ...". The parts that grow with the batch come
 * first. */
static void print_memory(FILE *file, const struct run_memory *memory)
{
    static const enum memory_part order[] = {MEMORY_ACTIVATIONS, MEMORY_GRADIENTS, MEMORY_WEIGHTS,
        MEMORY_OPTIMIZER, MEMORY_DATA, MEMORY_BEST, MEMORY_CHECKPOINTS, MEMORY_EVALUATION,
        MEMORY_PROCESS};
    fprintf(file, "  memory           %s per machine: ", BYTES((double)memory->all));
    for (int i = 0, told = 0; i < N_MEMORY_PARTS; i++) {
        int64_t part = memory->part[order[i]];
        if (part == 0)
            continue;
        if (told > 0)
            fputs(told % 4 == 0 ? ",\n                   " : ", ", file);
        fprintf(file, "%s %s", memory_part_name(order[i]), BYTES((double)part));
        told++;
    }
    fputc('\n', file);
}

void banner_print(FILE *file, const struct job *job, const struct teams *teams,
    const struct run_memory *memory, const char *threads_reason, const char *out)
{
    const struct settings *settings = &job->settings;
    fprintf(
        file, "lockstep %s: training on %s\n", LOCKSTEP_VERSION, SHOWN(job->train.dataset->name));
    print_samples(file, job);
    print_network(file, &settings->mlp);
    print_activations(file, &settings->mlp);
    print_loss(file, &settings->criterion);
    print_optimizer(file, settings);
    print_rate(file, &job->run.schedule);
    print_steps(file, &settings->plan);
    print_workers(file, &settings->plan, teams, threads_reason);
    fprintf(file, "  kernel           %s (%s, elementwise %s), %s\n", settings->kernel.name,
        kernel_library(), level_name(settings->kernel.level), world_library());
    print_slices(file, &settings->plan);
    team_lines_print(file, teams, &settings->plan);
    print_memory(file, memory);
    fprintf(file, "  results          %s\n", SHOWN(out));
    if (settings->reduce == REDUCE_ALLREDUCE && settings->plan.teams > 1)
        fprintf(file,
            "  note: --reduce allreduce sums in MPI's order, so different numbers of teams give "
            "different bits\n");
    fflush(file);
}
