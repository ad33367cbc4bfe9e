#include "study/measure_scaling.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "comm/affinity.h"
#include "net/mlp.h"
#include "study/measure_step.h"
#include "study/scaling_verify.h"

/* --- one run ------------------------------------------------------------------------------- */

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

static enum status train_timed(struct scaling_study *study, struct scaling_case *of,
    struct teams *teams, void *result, struct error *error)
{
    struct training *training = result;
    TRY(scaling_plan(study, of, teams, 0, error));
    if (!of->binding[0])
        TRY(list_masks(of, teams->comm, error));
    TRY(measure_training(training, study->job, teams, study->repetitions->seconds, error));
    if (!study->verified)
        return STATUS_OK;
    return scaling_compare_ranks(study, of, teams->comm, training->weights_xxh3, error);
}

/* Adds a round of a case to the row of `to`: the same case, or the weak case with the same run. */
static void add_samples(const struct scaling_study *study, const struct scaling_case *to,
    const struct scaling_case *of, const struct training *training)
{
    const struct scaling_times times = {training->compute.mean, training->compute.most,
        training->run_s, layout_workers(of->layout), training->run_samples};
    double rate = (double)training->samples / training->seconds;
    double steps = (double)training->run_steps;
    struct json *row = to->row;
    js_set_int(row, "slices", of->slices);
    js_set_text(row, "binding", of->binding);
    js_push_real(row, "samples_per_s", rate);
    js_push_real(row, "gflops", 1e-9 * mlp_train_flops(&study->job->settings.mlp) * rate);
    js_push_real(row, "communication",
        training->phase_share[PHASE_REDUCE] + training->phase_share[PHASE_WAIT]);
    js_push_real(row, "load_balance", scaling_load_balance(&times));
    js_push_real(row, "communication_efficiency", scaling_communication(&times));
    js_push_real(row, "sample_compute_s", scaling_sample_s(&times));
    js_push_real(row, "first_step_s", training->first_step_s);
    js_push_real(to->reduce_s, "mean", training->reduce.mean / steps);
    js_push_real(to->reduce_s, "least", training->reduce.least / steps);
    js_push_real(to->reduce_s, "most", training->reduce.most / steps);
}

/* True if a weak case has the same batch as its strong case. Both are then the same run, which is
 * not repeated. */
static bool same_run(const struct scaling_case *strong, const struct scaling_case *weak)
{
    return weak->batch == strong->batch;
}

static enum status measure_case(void *context, int i, struct error *error)
{
    struct scaling_study *study = context;
    struct scaling_case *of = &study->cases[i];
    struct training training = {.seconds = 1, .run_steps = 1};
    if (!of->measured || (of->weak && same_run(of - study->layouts, of)))
        return STATUS_OK;
    repetitions_report(study->repetitions, "B=%" PRId64 " on %d x %d", of->batch, of->layout.ranks,
        of->layout.threads);
    TRY(scaling_run_case(study, i, train_timed, &training, error));
    add_samples(study, of, of, &training);
    if (!of->weak && same_run(of, of + study->layouts))
        add_samples(study, of + study->layouts, of, &training);
    return STATUS_OK;
}

/* --- all cases ----------------------------------------------------------------------------- */

/* Returns the number of machines of a case; on rank 0, which belongs to all layouts. */
static int hosts_of(const struct scaling_study *study, int i)
{
    return study->part[i % study->layouts]->hosts;
}

static void add_case(struct scaling_study *study, struct json *rows, struct scaling_case of)
{
    char layout[32];
    snprintf(layout, sizeof layout, "%dx%d", of.layout.ranks, of.layout.threads);
    of.row = js_object();
    of.reduce_s = js_object();
    of.measured = of.batch <= study->base.samples;
    js_set_text(of.row, "kind", of.weak ? "weak" : "strong");
    js_set_bool(of.row, "same_model", !of.weak);
    js_set_int(of.row, "batch", of.batch);
    js_set_text(of.row, "layout", layout);
    js_set_int(of.row, "ranks", of.layout.ranks);
    js_set_int(of.row, "threads", of.layout.threads);
    js_set_int(of.row, "hosts", hosts_of(study, study->n));
    js_set(of.row, "reduce_s", of.reduce_s);
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

/* Verifies, and then measures, unless something is wrong. */
static enum status run_cases(struct scaling_study *study, struct error *error)
{
    if (study->verified)
        TRY(scaling_verify(study, error));
    for (int i = 0; i < study->n; i++) {
        study->cases[i].measured &= !study->wrong[0];
        js_set_bool(study->cases[i].row, "measured", study->cases[i].measured);
    }
    return repetitions_run(study->repetitions, study->n, measure_case, study, error);
}

/* --- results ------------------------------------------------------------------------------- */

/* Compares a row with the row of the first layout, whose samples are still complete. */
static void compare(const struct scaling_study *study, int i)
{
    const int first_i = i - i % study->layouts;
    const struct scaling_case *of = &study->cases[i], *first = &study->cases[first_i];
    struct json *row = of->row;
    double speed_up =
        samples_median(row, "samples_per_s") / samples_median(first->row, "samples_per_s");
    double parallel =
        samples_median(row, "load_balance") * samples_median(row, "communication_efficiency");
    double computation =
        samples_median(first->row, "sample_compute_s") / samples_median(row, "sample_compute_s");
    js_set_real(row, "speed_up", speed_up);
    js_set_real(row, "efficiency",
        scaling_efficiency(speed_up, layout_workers(of->layout), layout_workers(first->layout)));
    js_set_real(row, "host_efficiency",
        scaling_efficiency(speed_up, hosts_of(study, i), hosts_of(study, first_i)));
    js_set_real(row, "parallel_efficiency", parallel);
    js_set_real(row, "computation_scaling", computation);
    js_set_real(row, "global_efficiency", parallel * computation);
}

static void summarize(const struct scaling_case *of)
{
    static const char *const medians[] = {"communication", "load_balance",
        "communication_efficiency", "sample_compute_s", "first_step_s"};
    for (size_t i = 0; i < sizeof medians / sizeof *medians; i++)
        js_set_real(of->row, medians[i], samples_median(of->row, medians[i]));
    samples_to_medians(of->reduce_s);
    samples_summarize(of->row);
}

/* Sets the figure of merit: of the strong layouts with the most workers, the fastest. Call before
 * the rows are summarized. */
static void set_fom(struct json *results, const struct scaling_study *study)
{
    struct json *fom = js_object();
    int64_t workers = 0;
    double value = 0;
    for (int i = 0; i < study->n; i++) {
        const struct scaling_case *of = &study->cases[i];
        double rate = samples_median(of->row, "samples_per_s");
        int64_t here = layout_workers(of->layout);
        if (of->weak || here < workers || (here == workers && rate < value))
            continue;
        workers = here;
        value = rate;
    }
    js_set_real(fom, "value", value);
    js_set_text(fom, "unit", "samples/s");
    js_set(results, "fom", fom);
}

static void conclude(struct json *results, const struct scaling_study *study)
{
    if (!study->wrong[0])
        set_fom(results, study);
    for (int i = study->n - 1; i >= 0; i--) /* the first row of each kind last */
        if (study->cases[i].measured) {
            compare(study, i);
            summarize(&study->cases[i]);
        }
    scaling_set_verification(results, study);
}

enum status measure_scaling(struct json *results, struct json *rows, struct job *job,
    struct teams *teams, const int64_t *batch, int n, const struct layout_list *layouts, bool bind,
    struct repetitions *repetitions, struct error *error)
{
    struct scaling_study study = {.job = job,
        .comm = teams->comm,
        .base = job->settings.plan,
        .bind = bind,
        .verified = job->settings.reduce == REDUCE_ORDERED,
        .repetitions = repetitions};
    size_t cases = 2 * (size_t)n * (size_t)layouts->n;
    const struct interval verify_every = job->run.verify_every;
    job->run.verify_every.unit = EVAL_NEVER; /* the study compares the teams itself */
    enum status status = scaling_split(&study, layouts, teams->request, error);
    if (!status)
        status = comm_agree(study.comm,
            memory_take(&study.cases, cases, sizeof *study.cases, "the rows", error), error);
    if (!status) {
        add_cases(&study, rows, batch, n, layouts);
        status = run_cases(&study, error);
    }
    if (!status)
        conclude(results, &study);
    job->run.verify_every = verify_every;
    scaling_join(&study);
    free(study.cases);
    return status;
}
