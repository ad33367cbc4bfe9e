#include "report/banner.h"

#include <inttypes.h>

#include "base/text.h"
#include "base/shown.h"
#include "commit.h"
#include "net/mlp.h"
#include "report/training_lines.h"
#include "report/team_lines.h"

static void print_network(FILE *file, const struct mlp *mlp)
{
    char count[32], bytes[32];
    fprintf(file, "  network          ");
    for (int l = 0; l <= mlp->layers; l++)
        fprintf(file, l ? "-%" PRId64 : "%" PRId64, mlp->width[l]);
    fprintf(file, ", %s parameters (%s)\n", text_grouped(mlp->parameters, count),
        text_bytes(4.0 * (double)mlp->parameters, bytes));
}

static void print_samples(FILE *file, const struct banner *banner)
{
    char train[32], all[32], validation[32], test[32];
    const struct plan *plan = &banner->settings->plan;
    fprintf(file, "  samples          %s", text_grouped(plan->samples, train));
    if (plan->samples != banner->data_samples)
        fprintf(file, " of %s", text_grouped(banner->data_samples, all));
    fprintf(file, " for training");
    if (banner->validation)
        fprintf(file, ", %s for validation", text_grouped(banner->validation, validation));
    if (banner->test)
        fprintf(file, ", %s for testing", text_grouped(banner->test, test));
    fprintf(file, "; scale %s\n", banner->scale);
}

static void print_stage(FILE *file, const struct plan *plan, int s)
{
    const struct plan_stage *stage = &plan->stage[s];
    char a[32], b[32];
    fprintf(file, "  global batch     %s samples", text_grouped(stage->batch, a));
    if (stage->clamped)
        fprintf(file, " (--batch %s is more than there are)", text_grouped(stage->asked, b));
    if (plan->stages > 1)
        fprintf(file, ", from epoch %s on", text_grouped(stage->epochs_before + 1, a));
    fprintf(file, "\n  steps per epoch  %s", text_grouped(stage->steps_per_epoch, a));
    if (stage->dropped_per_epoch)
        fprintf(file, ", %s samples dropped an epoch", text_grouped(stage->dropped_per_epoch, b));
    else if (stage->last_batch != stage->batch)
        fprintf(file, ", the last of %s samples", text_grouped(stage->last_batch, b));
    fputc('\n', file);
}

static void print_steps(FILE *file, const struct plan *plan)
{
    char a[32];
    if (plan->request.epochs > 0)
        fprintf(file, "  epochs           %s\n", text_grouped(plan->request.epochs, a));
    else
        fprintf(file, "  epochs           no limit (--max-steps)\n");
    for (int s = 0; s < plan->stages; s++)
        print_stage(file, plan, s);
    fprintf(file, "  total steps      %s", text_grouped(plan->total_steps, a));
    if (plan->cut_by_max_steps)
        fprintf(file, " (--max-steps)");
    fprintf(file, "\n");
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

/* "4 ranks x 2 threads = 8, 1 team (--team node), on 1 host" */
static void print_workers(FILE *file, const struct banner *banner)
{
    const struct teams *teams = banner->teams;
    int ranks = comm_size(teams_comm(teams)), hosts = comm_hosts(teams_comm(teams));
    int threads = teams_threads_of(teams, 0), workers = 0, different = 0;
    char name[16];
    for (int r = 0; r < ranks; r++) {
        workers += teams_threads_of(teams, r);
        different += teams_threads_of(teams, r) != threads;
    }
    fprintf(file, "  workers          %d rank%s", ranks, plural(ranks));
    if (!different)
        fprintf(file, " x %d thread%s = %d", threads, plural(threads), workers);
    else
        fprintf(file, " of different numbers of threads, %d in all", workers);
    if (ranks > 1)
        fprintf(file, ", %d team%s (--team %s)", teams_count(teams), plural(teams_count(teams)),
            team_name(teams_request(teams), name));
    fprintf(file, ", on %d host%s (threads: %s)\n", hosts, plural(hosts), banner->threads_reason);
    const struct plan *plan = &banner->settings->plan;
    if (plan->threads < plan->request.threads)
        fprintf(file, "  used             %d thread%s a rank: a step has work for no more\n",
            plan->threads, plural(plan->threads));
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
                "; %d of %d teams have none and idle (a larger --batch or --slices helps)",
                plan->teams - stage->busy_teams, plan->teams);
        else if (stage->balance < 1)
            fprintf(file, "; unevenly over %d teams, balance %.0f %%", plan->teams,
                100 * stage->balance);
        fprintf(file, "\n");
    }
}

/* "84 MiB on this machine: activations 2.5 MiB, ...": the run's parts, those that grow with a batch
 * first. */
static void print_memory(FILE *file, const struct run_memory *memory)
{
    static const enum memory_part order[] = {MEMORY_ACTIVATIONS, MEMORY_GRADIENTS, MEMORY_WEIGHTS,
        MEMORY_OPTIMIZER, MEMORY_DATA, MEMORY_BEST, MEMORY_CHECKPOINTS, MEMORY_EVALUATION,
        MEMORY_PROCESS};
    char bytes[32];
    fprintf(file, "  memory           %s a machine: ", text_bytes((double)memory->all, bytes));
    for (int i = 0, told = 0; i < N_MEMORY_PARTS; i++) {
        int64_t part = memory->part[order[i]];
        if (part == 0)
            continue;
        if (told > 0)
            fputs(told % 4 == 0 ? ",\n                   " : ", ", file);
        fprintf(file, "%s %s", memory_part_name(order[i]), text_bytes((double)part, bytes));
        told++;
    }
    fputc('\n', file);
}

void banner_print(FILE *file, const struct banner *banner)
{
    const struct settings *settings = banner->settings;
    fprintf(file, "lockstep %s: training on %s\n", LOCKSTEP_VERSION, SHOWN(banner->data_name));
    print_samples(file, banner);
    print_network(file, &settings->mlp);
    training_lines_print(file, settings, banner->schedule);
    print_steps(file, &settings->plan);
    print_workers(file, banner);
    fprintf(file, "  kernel           %s (%s, elementwise %s), %s\n", settings->kernel.name,
        banner->blas, level_name(settings->kernel.level), banner->mpi);
    print_slices(file, &settings->plan);
    team_lines_print(file, banner->teams, &settings->plan);
    print_memory(file, &banner->memory);
    fprintf(file, "  results          %s\n", SHOWN(banner->out));
    if (settings->reduce == REDUCE_ALLREDUCE && settings->plan.teams > 1)
        fprintf(file,
            "  note: --reduce allreduce sums in MPI's order, so other numbers of teams give "
            "other bits\n");
    fflush(file);
}
