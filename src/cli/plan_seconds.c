#include "cli/plan_seconds.h"

#include <stdio.h>

#include "report/number.h"
#include "report/progress.h"
#include "report/rows.h"
#include "run/run_reader.h"
#include "study/measure_step.h"

static void take_rows(struct run_estimate *estimate, int n, const struct json *array)
{
    const struct rows rows = rows_of(array);
    for (int r = 0; r < rows.n; r++)
        for (int i = 0; i < n; i++)
            if ((double)estimate[i].plan.stage[0].batch == row_number(rows.row[r], "batch"))
                estimate[i].step_s = row_number(rows.row[r], "step_s");
}

/* --- measured now ----------------------------------------------------------------------------- */

/* The duration of a measurement, and a learning rate so small that no batch size diverges. */
static const double SECONDS = 0.3, RATE = 1e-9;
enum { ROUNDS = 3 };

enum status plan_seconds_measure(struct run_estimate *estimate, int n, struct plan_input *input,
    const struct options *options, struct error *error)
{
    struct bench_progress progress = {.form = progress_form_of(options->progress), .what = "step"};
    progress.form.lines = false;
    struct listener listener = {&progress, bench_progress_hear};
    struct session *session = &input->session;
    int64_t batch[OPTION_LIST_MAX + PLAN_STAGES_MAX] = {0};
    struct repetitions repetitions = {.seconds = SECONDS, .repeats = ROUNDS};
    struct json *rows = js_array();
    if (session->base.teams->comm->rank == 0)
        repetitions.listener = &listener;
    session->job.run.schedule.lr = RATE;
    for (int i = 0; i < n; i++)
        batch[i] = estimate[i].plan.stage[0].batch;
    enum status status =
        measure_step(rows, &session->job, session->base.teams, batch, n, &repetitions, error);
    bench_progress_end(&progress);
    if (!status)
        take_rows(estimate, n, rows);
    js_destroy(rows);
    return status;
}

/* --- measured before -------------------------------------------------------------------------- */

static enum status check_network(const struct json *results, const struct plan_input *input,
    const char *path, struct error *error)
{
    const struct mlp *mlp = &input->figures.settings.mlp;
    const struct json *widths = js_get(results, "widths");
    bool same = js_size(widths) == (size_t)mlp->layers + 1;
    for (int l = 0; same && l <= mlp->layers; l++) {
        int64_t width = 0;
        same = js_as_int(js_item(widths, (size_t)l), &width) && width == mlp->width[l];
    }
    if (same || !input->figures.network)
        return STATUS_OK;
    return fail(error, STATUS_USAGE,
        "--figures %s: measured with a different network; run lockstep bench step --json with the "
        "same --data and --hidden",
        path);
}

static void compare_layouts(
    const struct json *head, const struct plan_input *input, char note[PLAN_SECONDS_NOTE])
{
    double ranks = row_number(head, "ranks"), threads = row_number(head, "threads");
    const struct plan_request *request = &input->request;
    note[0] = '\0';
    if (ranks != request->ranks || threads != request->threads)
        snprintf(note, PLAN_SECONDS_NOTE,
            "times were measured with %.0f rank%s of %.0f thread%s, not with the planned %d x %d",
            ranks, NUMBER_PLURAL(ranks), threads, NUMBER_PLURAL(threads), request->ranks,
            request->threads);
}

enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error)
{
    struct json *head;
    TRY(run_read_json(path, &head, error));
    const struct json *results = js_get(head, "results"), *rows = js_get(results, "rows");
    enum status status = STATUS_OK;
    if (!row_is(head, "bench", "step") || js_size(rows) == 0)
        status = fail(error, STATUS_BAD_DATA,
            "--figures %s: not the output of lockstep bench step --json", path);
    if (!status)
        status = check_network(results, input, path, error);
    if (!status) {
        compare_layouts(head, input, note);
        take_rows(estimate, n, rows);
    }
    js_destroy(head);
    return status;
}
