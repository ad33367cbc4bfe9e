#include "report/banner.h"

#include <inttypes.h>

#include "base/text.h"
#include "commit.h"
#include "net/cost.h"

enum { RANKS_SHOWN = 8 }; /* as many as banner->threads_of has */

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

static void print_steps(FILE *file, const struct plan *plan)
{
    char a[32], b[32];
    if (plan->request.epochs > 0)
        fprintf(file, "  epochs           %s\n", text_grouped(plan->request.epochs, a));
    else
        fprintf(file, "  epochs           no limit (--max-steps)\n");
    fprintf(file, "  global batch     %s samples", text_grouped(plan->batch, a));
    if (plan->clamped)
        fprintf(file, " (--batch %s is more than there are)", text_grouped(plan->request.batch, b));
    fprintf(file, "\n  steps per epoch  %s", text_grouped(plan->steps_per_epoch, a));
    if (plan->dropped_per_epoch)
        fprintf(file, ", %s samples dropped an epoch", text_grouped(plan->dropped_per_epoch, b));
    else if (plan->last_batch != plan->batch)
        fprintf(file, ", the last of %s samples", text_grouped(plan->last_batch, b));
    fprintf(file, "\n  total steps      %s", text_grouped(plan->total_steps, a));
    if (plan->cut_by_max_steps)
        fprintf(file, " (--max-steps)");
    fprintf(file, "\n");
}

static void print_workers(FILE *file, const struct banner *banner)
{
    const struct plan *plan = &banner->settings->plan;
    fprintf(file, "  workers          %d rank%s", banner->ranks, banner->ranks == 1 ? "" : "s");
    if (banner->workers == banner->ranks * plan->threads)
        fprintf(file, " x %d thread%s = %d", plan->threads, plan->threads == 1 ? "" : "s",
            banner->workers);
    else
        fprintf(file, " of different numbers of threads, %d in all", banner->workers);
    fprintf(file, ", on %d host%s (threads: %s)\n", banner->hosts, banner->hosts == 1 ? "" : "s",
        banner->threads_reason);
    fprintf(file, "  kernel           %s (%s, elementwise %s), %s\n", banner->settings->kernel.name,
        banner->blas, level_name(banner->settings->kernel.level), banner->mpi);
    fprintf(file, "  slices           %" PRId64, plan->slices);
    if (plan->busy_teams < plan->teams)
        fprintf(file, "; %d of %d ranks have none and idle (a larger --batch or --slices helps)",
            plan->teams - plan->busy_teams, plan->teams);
    else if (plan->balance < 1)
        fprintf(
            file, "; unevenly over %d ranks, balance %.0f %%", plan->teams, 100 * plan->balance);
    fprintf(file, "\n");
    for (int r = 0; r < plan->teams && r < RANKS_SHOWN; r++) {
        struct range slices = plan_team_slices(plan, r);
        struct range rows = plan_team_rows(plan, plan->batch, r);
        if (range_size(slices) > 0)
            fprintf(file,
                "    rank %d: slices %" PRId64 "-%" PRId64 ", rows %" PRId64 "-%" PRId64
                ", %d thread%s\n",
                r, slices.first, slices.end - 1, rows.first, rows.end - 1, banner->threads_of[r],
                banner->threads_of[r] == 1 ? "" : "s");
        else
            fprintf(file, "    rank %d: no slice\n", r);
    }
    if (plan->teams > RANKS_SHOWN)
        fprintf(file, "    ... and %d more ranks\n", plan->teams - RANKS_SHOWN);
}

void banner_print(FILE *file, const struct banner *banner)
{
    const struct settings *settings = banner->settings;
    struct step_memory memory = step_memory_of(settings, 0, settings->plan.threads);
    char activations[32], sums[32];
    fprintf(file, "lockstep %s: training on %s\n", LOCKSTEP_VERSION, banner->data_name);
    print_samples(file, banner);
    print_network(file, &settings->mlp);
    print_steps(file, &settings->plan);
    print_workers(file, banner);
    fprintf(file, "  memory a rank    activations %s, partial sums %s, besides data and weights\n",
        text_bytes((double)memory.activations, activations),
        text_bytes((double)(memory.partial_sums + memory.received), sums));
    fprintf(file, "  results          %s\n", banner->out);
    if (settings->reduce == REDUCE_ALLREDUCE && settings->plan.teams > 1)
        fprintf(file,
            "  note: --reduce allreduce sums in MPI's order, so other numbers of ranks give "
            "other bits\n");
    fflush(file);
}
