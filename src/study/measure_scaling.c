#include "study/measure_scaling.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "comm/affinity.h"
#include "comm/binding.h"
#include "net/mlp.h"
#include "study/measure_step.h"

enum { BINDING_TEXT = 256 };

/* --- arithmetic ---------------------------------------------------------------------------- */

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

/* --- one run ------------------------------------------------------------------------------- */

struct scaling_case {
    struct layout layout;
    bool weak, measured;
    int64_t batch, slices;
    char binding[BINDING_TEXT]; /* "cores 0 | cores 1", rank by rank, perhaps truncated */
    struct json *row;
};

struct scaling_study {
    struct job *job;
    struct comm *comm;
    /* on a rank of the layout, the comm of its ranks; on any other rank, the comm of the rest */
    struct comm *part[LAYOUTS_MAX];
    struct teams *teams[LAYOUTS_MAX]; /* the teams in part[] */
    int layouts;
    struct plan base;
    bool bind;
    struct repetitions *repetitions;
    int n;
    struct scaling_case *cases; /* [2 * batches * layouts] */
};

/* Lists the cores of each rank. Collective over the layout's ranks. */
static enum status list_masks(struct scaling_case *of, struct comm *part, struct error *error)
{
    char mine[BINDING_TEXT] = "", (*all)[BINDING_TEXT];
    affinity_mask(mine);
    TRY(comm_gather_new(part, mine, sizeof mine, &all, "the ranks' masks", error));
    for (int r = 0; r < part->size; r++)
        text_append(of->binding, sizeof of->binding, "%s%s", r > 0 ? " | " : "", all[r]);
    free(all);
    return STATUS_OK;
}

/* Trains once in this layout. Collective over the layout's ranks. */
static enum status run_bound(struct scaling_study *study, struct scaling_case *of,
    struct teams *teams, struct training *training, struct error *error)
{
    struct settings *settings = &study->job->settings;
    struct plan_request request = study->base.request;
    request.batch = of->batch;
    request.teams = teams->count;
    request.ranks = of->layout.ranks;
    request.team_ranks = teams->team[0].size;
    request.threads = of->layout.threads;
    request.sample_flops = 0; /* use all requested threads, even if fewer would be faster */
    enum status status = plan_make(&settings->plan, &request, error);
    of->slices = settings->plan.stage[0].slices;
    if (!status && !of->binding[0])
        status = list_masks(of, teams->comm, error);
    if (!status)
        status = measure_training(training, study->job, teams, study->repetitions->seconds, error);
    settings->plan = study->base;
    return status;
}

/* Adds a round of a case to a row: that of the case, or that of the weak case with the same run. */
static void add_samples(const struct scaling_study *study, struct json *row,
    const struct scaling_case *of, const struct training *training)
{
    double rate = (double)training->samples / training->seconds;
    js_set_int(row, "slices", of->slices);
    js_set_text(row, "binding", of->binding);
    js_push_real(row, "samples_per_s", rate);
    js_push_real(row, "gflops", 1e-9 * mlp_train_flops(&study->job->settings.mlp) * rate);
    js_push_real(row, "communication",
        training->phase_share[PHASE_REDUCE] + training->phase_share[PHASE_WAIT]);
}

/* True if a weak case has the same batch as its strong case. Both are then the same run, which is
 * not repeated. */
static bool same_run(const struct scaling_case *strong, const struct scaling_case *weak)
{
    return weak->batch == strong->batch;
}

/* Measures a case. Collective over all ranks, some of which sleep. */
static enum status measure_case(void *context, int i, struct error *error)
{
    struct scaling_study *study = context;
    struct scaling_case *of = &study->cases[i];
    struct teams *teams = study->teams[i % study->layouts];
    struct training training = {.seconds = 1};
    enum status status = STATUS_OK;
    if (!of->measured || (of->weak && same_run(of - study->layouts, of)))
        return STATUS_OK;
    repetitions_report(study->repetitions, "B=%" PRId64 " on %d x %d", of->batch, of->layout.ranks,
        of->layout.threads);
    if (study->comm->rank < of->layout.ranks) {
        struct binding *binding = NULL;
        if (study->bind)
            status = binding_take(&binding, teams->comm, of->layout.threads, error);
        if (!status)
            status = run_bound(study, of, teams, &training, error);
        binding_release(binding);
    }
    comm_rest(study->comm);
    status = comm_agree(study->comm, status, error);
    if (!status)
        add_samples(study, of->row, of, &training);
    if (!status && !of->weak && same_run(of, of + study->layouts))
        add_samples(study, of[study->layouts].row, of, &training);
    return status;
}

/* --- all cases ----------------------------------------------------------------------------- */

static void add_case(struct scaling_study *study, struct json *rows, struct scaling_case of)
{
    of.row = js_object();
    of.measured = of.batch <= study->base.samples;
    js_set_text(of.row, "kind", of.weak ? "weak" : "strong");
    js_set_bool(of.row, "same_model", !of.weak);
    js_set_int(of.row, "batch", of.batch);
    js_set_int(of.row, "ranks", of.layout.ranks);
    js_set_int(of.row, "threads", of.layout.threads);
    js_set_bool(of.row, "measured", of.measured);
    js_append(rows, of.row);
    study->cases[study->n++] = of;
}

static void add_cases(struct scaling_study *study, struct json *rows, const int64_t *batch, int n,
    const struct layout_list *layouts)
{
    for (int b = 0; b < n; b++) {
        int64_t strong = least(batch[b], study->base.samples);
        for (int weak = 0; weak < 2; weak++)
            for (int i = 0; i < layouts->n; i++) {
                struct layout layout = layouts->item[i];
                int64_t size = weak ? scaling_weak_batch(strong, layout, layouts->item[0]) : strong;
                add_case(study, rows,
                    (struct scaling_case){.layout = layout, .weak = weak, .batch = size});
            }
    }
}

/* Compares a row with the row of the first layout. Neither row may have been summarized yet. */
static void compare(const struct scaling_study *study, int i)
{
    const struct scaling_case *of = &study->cases[i], *first = of - i % study->layouts;
    double speed_up =
        samples_median(of->row, "samples_per_s") / samples_median(first->row, "samples_per_s");
    js_set_real(of->row, "speed_up", speed_up);
    js_set_real(of->row, "efficiency", scaling_efficiency(speed_up, of->layout, first->layout));
    js_set_real(of->row, "communication", samples_median(of->row, "communication"));
}

static enum status split_one(struct scaling_study *study, int layout, int ranks,
    struct team_request request, struct error *error)
{
    int colour = study->comm->rank < ranks ? 0 : 1;
    enum status status = comm_split(&study->part[layout], study->comm, colour, error);
    if (!status)
        status = teams_create(&study->teams[layout], study->part[layout], request, error);
    return comm_agree(study->comm, status, error);
}

static enum status split(struct scaling_study *study, const struct layout_list *layouts,
    struct team_request request, struct error *error)
{
    int ranks = study->comm->size;
    for (int i = 0; i < layouts->n; i++) {
        struct layout layout = layouts->item[i];
        if (layout.ranks > ranks)
            return fail(error, STATUS_USAGE,
                "--layouts %dx%d needs %d ranks, but there %s %d; start them with mpirun -n %d",
                layout.ranks, layout.threads, layout.ranks, ranks == 1 ? "is" : "are", ranks,
                layout.ranks);
        TRY(split_one(study, i, layout.ranks, request, error));
    }
    return STATUS_OK;
}

enum status measure_scaling(struct json *rows, struct job *job, struct teams *teams,
    const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions *repetitions, struct error *error)
{
    struct scaling_study study = {.job = job,
        .comm = teams->comm,
        .layouts = layouts->n,
        .base = job->settings.plan,
        .bind = bind,
        .repetitions = repetitions};
    size_t cases = 2 * (size_t)n * (size_t)layouts->n;
    enum status status = split(&study, layouts, teams->request, error);
    if (!status)
        status = comm_agree(study.comm,
            memory_take(&study.cases, cases, sizeof *study.cases, "the rows", error), error);
    if (!status) {
        add_cases(&study, rows, batch, n, layouts);
        status = repetitions_run(repetitions, study.n, measure_case, &study, error);
    }
    for (int i = study.n - 1; i >= 0 && !status; i--) /* the first row of each kind last */
        if (study.cases[i].measured) {
            compare(&study, i);
            samples_summarize(study.cases[i].row);
        }
    for (int i = 0; i < layouts->n; i++) {
        teams_destroy(study.teams[i]);
        if (study.part[i] != comm_self())
            comm_destroy(study.part[i]);
    }
    free(study.cases);
    return status;
}
