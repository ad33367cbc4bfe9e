#include "study/measure_scaling.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/affinity.h"
#include "comm/binding.h"
#include "net/mlp.h"
#include "study/measure_training.h"

enum { MASK_TEXT = 256 };

/* --- arithmetic ----------------------------------------------------------------------------- */

static int64_t workers_of(struct layout layout)
{
    return (int64_t)layout.ranks * layout.threads;
}

int64_t scaling_weak_batch(int64_t batch, struct layout layout, struct layout first)
{
    int64_t weak =
        (int64_t)((double)batch * (double)workers_of(layout) / (double)workers_of(first));
    return weak > 1 ? weak : 1;
}

double scaling_efficiency(double speed_up, struct layout layout, struct layout first)
{
    return speed_up * (double)workers_of(first) / (double)workers_of(layout);
}

static void append(struct layout_list *list, int ranks, int threads)
{
    if (list->n < LAYOUTS_MAX)
        list->item[list->n++] = (struct layout){ranks, threads};
}

void scaling_default_layouts(
    struct layout_list *list, int ranks, int most_threads, int rank_threads)
{
    list->n = 0;
    for (int threads = 1; threads < most_threads; threads *= 2)
        append(list, 1, threads);
    append(list, 1, most_threads);
    for (int r = 2; r < ranks; r *= 2)
        append(list, r, rank_threads);
    if (ranks > 1)
        append(list, ranks, rank_threads);
}

/* --- one run -------------------------------------------------------------------------------- */

struct scaling {
    struct job *job;
    struct comm *comm;
    struct comm *part[LAYOUTS_MAX];   /* the layout's ranks; on the other ranks, the others */
    struct teams *teams[LAYOUTS_MAX]; /* teams of part[] */
    struct plan base;
    bool bind;
    struct repetitions repetitions;
    double *rate, *communication; /* [rows][repeats], on rank 0 */
};

/* Every rank's mask, one after the other. Collective over the layout's ranks. */
static enum status list_masks(struct scaling_row *row, struct comm *part, struct error *error)
{
    char mine[MASK_TEXT], (*all)[MASK_TEXT] = NULL;
    size_t used = 0;
    memset(mine, 0, sizeof mine);
    enum status status = comm_agree(part,
        memory_take(&all, (size_t)comm_size(part), sizeof *all, "the ranks' masks", error), error);
    if (status)
        return status;
    affinity_mask(mine);
    comm_gather_all(part, mine, sizeof mine, all);
    for (int r = 0; r < comm_size(part) && used < sizeof row->binding; r++)
        used += (size_t)snprintf(
            row->binding + used, sizeof row->binding - used, "%s%s", r > 0 ? " | " : "", all[r]);
    free(all);
    return STATUS_OK;
}

static enum status run_bound(struct scaling *scaling, struct scaling_row *row, struct teams *teams,
    struct training *training, struct error *error)
{
    struct settings *settings = &scaling->job->settings;
    struct plan_request request = scaling->base.request;
    request.batch = row->batch;
    request.teams = teams_count(teams);
    request.ranks = row->layout.ranks;
    request.team_ranks = teams_size(teams, 0);
    request.threads = row->layout.threads;
    request.sample_flops = 0; /* all requested threads, even where fewer would be faster */
    enum status status = plan_make(&settings->plan, &request, error);
    row->slices = settings->plan.stage[0].slices;
    if (!status && !row->binding[0])
        status = list_masks(row, teams_comm(teams), error);
    if (!status)
        status =
            measure_training(training, scaling->job, teams, scaling->repetitions.seconds, error);
    settings->plan = scaling->base;
    return status;
}

/* One row in one round. Collective over all ranks, some of which sleep. */
static enum status run_row(struct scaling *scaling, struct scaling_row *row, struct teams *teams,
    struct training *training, struct error *error)
{
    enum status status = STATUS_OK;
    if (comm_rank(scaling->comm) < row->layout.ranks) {
        struct binding *binding = NULL;
        if (scaling->bind)
            status = binding_take(&binding, teams_comm(teams), row->layout.threads, error);
        if (!status)
            status = run_bound(scaling, row, teams, training, error);
        binding_release(binding);
    }
    comm_rest(scaling->comm);
    return comm_agree(scaling->comm, status, error);
}

/* --- all of them ---------------------------------------------------------------------------- */

static void list_rows(struct scaling_report *report, const struct scaling *scaling,
    const int64_t *batch, int n, const struct layout_list *layouts)
{
    int64_t samples = scaling->base.samples;
    report->rows = 0;
    for (int b = 0; b < n; b++) {
        int64_t strong = batch[b] < samples ? batch[b] : samples;
        for (int weak = 0; weak < 2; weak++)
            for (int i = 0; i < layouts->n; i++) {
                struct scaling_row *row = &report->row[report->rows++];
                *row = (struct scaling_row){.layout = layouts->item[i], .weak = weak};
                row->batch =
                    weak ? scaling_weak_batch(strong, row->layout, layouts->item[0]) : strong;
                row->measured = row->batch <= samples;
            }
    }
}

static void keep(struct scaling *scaling, int row, int round, const struct training *training)
{
    int64_t at = (int64_t)row * scaling->repetitions.repeats + round;
    scaling->rate[at] = (double)training->samples / training->seconds;
    scaling->communication[at] =
        training->phase_share[PHASE_REDUCE] + training->phase_share[PHASE_WAIT];
}

/* Every row once. A weak row with the batch of its strong one is the same run, and not repeated. */
static enum status run_round(struct scaling *scaling, struct scaling_report *report, int layouts,
    int round, struct error *error)
{
    for (int i = 0; i < report->rows; i++) {
        struct scaling_row *row = &report->row[i];
        struct training training = {.seconds = 1};
        int64_t at = (int64_t)i * scaling->repetitions.repeats + round;
        int64_t twin = at - (int64_t)layouts * scaling->repetitions.repeats;
        if (!row->measured)
            continue;
        if (row->weak && report->row[i - layouts].batch == row->batch) {
            memcpy(row->binding, report->row[i - layouts].binding, sizeof row->binding);
            row->slices = report->row[i - layouts].slices;
            scaling->rate[at] = scaling->rate[twin];
            scaling->communication[at] = scaling->communication[twin];
            continue;
        }
        repetitions_report(&scaling->repetitions, (int64_t)round * report->rows + i,
            (int64_t)scaling->repetitions.repeats * report->rows,
            "round %d of %d, B=%" PRId64 " on %d x %d", round + 1, scaling->repetitions.repeats,
            row->batch, row->layout.ranks, row->layout.threads);
        enum status status = run_row(scaling, row, scaling->teams[i % layouts], &training, error);
        if (status)
            return status;
        keep(scaling, i, round, &training);
    }
    return STATUS_OK;
}

static void conclude(struct scaling_report *report, const struct scaling *scaling, int layouts)
{
    double gflop = 1e-9 * mlp_train_flops(&scaling->job->settings.mlp);
    int repeats = scaling->repetitions.repeats;
    report->settings = &scaling->job->settings;
    for (int i = 0; i < report->rows; i++) {
        struct scaling_row *row = &report->row[i], *first = &report->row[i - i % layouts];
        if (!row->measured)
            continue;
        row->samples_per_s = repeat_stats_of(scaling->rate + (int64_t)i * repeats, repeats);
        row->gflops = repeat_stats_scaled(row->samples_per_s, gflop);
        row->communication =
            repeat_stats_of(scaling->communication + (int64_t)i * repeats, repeats).median;
        row->speed_up = row->samples_per_s.median / first->samples_per_s.median;
        row->efficiency = scaling_efficiency(row->speed_up, row->layout, first->layout);
    }
}

static enum status split_one(struct scaling *scaling, int layout, int ranks,
    struct team_request request, struct error *error)
{
    int colour = comm_rank(scaling->comm) < ranks ? 0 : 1;
    enum status status = comm_split(&scaling->part[layout], scaling->comm, colour, error);
    if (!status)
        status = teams_create(&scaling->teams[layout], scaling->part[layout], request, error);
    return comm_agree(scaling->comm, status, error);
}

static enum status split(struct scaling *scaling, const struct layout_list *layouts,
    struct team_request request, struct error *error)
{
    int ranks = comm_size(scaling->comm);
    for (int i = 0; i < layouts->n; i++) {
        struct layout layout = layouts->item[i];
        if (layout.ranks > ranks)
            return fail(error, STATUS_USAGE,
                "--layouts %dx%d needs %d ranks, and there %s %d; start them with mpirun -n %d",
                layout.ranks, layout.threads, layout.ranks, ranks == 1 ? "is" : "are", ranks,
                layout.ranks);
    }
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < layouts->n; i++)
        status = split_one(scaling, i, layouts->item[i].ranks, request, error);
    return status;
}

enum status measure_scaling(struct scaling_report *report, struct job *job, struct teams *teams,
    const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions repetitions, struct error *error)
{
    struct comm *comm = teams_comm(teams);
    size_t figures = (size_t)scaling_rows(n, layouts->n) * (size_t)repetitions.repeats;
    struct scaling scaling = {.job = job,
        .comm = comm,
        .base = job->settings.plan,
        .bind = bind,
        .repetitions = repetitions};
    enum status status = split(&scaling, layouts, teams_request(teams), error);
    if (!status)
        status = comm_agree(comm,
            memory_take(&scaling.rate, 2 * figures, sizeof(double), "the figures", error), error);
    if (!status) {
        scaling.communication = scaling.rate + figures;
        list_rows(report, &scaling, batch, n, layouts);
    }
    for (int round = 0; !status && round < repetitions.repeats; round++)
        status = run_round(&scaling, report, layouts->n, round, error);
    if (!status && comm_rank(comm) == 0)
        conclude(report, &scaling, layouts->n);
    for (int i = 0; i < layouts->n; i++) {
        teams_destroy(scaling.teams[i]);
        if (scaling.part[i] != comm_self())
            comm_destroy(scaling.part[i]);
    }
    free(scaling.rate);
    return status;
}
