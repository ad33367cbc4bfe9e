#include "cli/plan_seconds.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "report/progress.h"
#include "study/measure_step.h"

/* --- now -------------------------------------------------------------------------------------- */

/* Of a measurement; and so small a rate that no batch size diverges. */
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
    struct step_row row[OPTION_LIST_MAX + PLAN_STAGES_MAX] = {{0}};
    struct step_report report = {.row = row};
    struct repetitions repetitions = {.seconds = SECONDS, .repeats = ROUNDS};
    if (comm_rank(teams_comm(session->base.teams)) == 0)
        repetitions.listener = &listener;
    session->job.run.schedule.lr = RATE;
    for (int i = 0; i < n; i++)
        batch[i] = estimate[i].plan.stage[0].batch;
    enum status status =
        measure_step(&report, &session->job, session->base.teams, batch, n, repetitions, error);
    bench_progress_end(&progress);
    for (int i = 0; !status && i < n; i++)
        estimate[i].step_s = row[i].step_s;
    return status;
}

/* --- before ----------------------------------------------------------------------------------- */

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
        "--figures %s: they are of another network; run lockstep bench step --json with the same "
        "--data and --hidden",
        path);
}

static void compare_layouts(
    const struct json *head, const struct plan_input *input, char note[PLAN_SECONDS_NOTE])
{
    int64_t ranks = 0, threads = 0;
    const struct plan_request *request = &input->request;
    js_as_int(js_get(head, "ranks"), &ranks);
    js_as_int(js_get(head, "threads"), &threads);
    note[0] = '\0';
    if (ranks != request->ranks || threads != request->threads)
        snprintf(note, PLAN_SECONDS_NOTE,
            "times are of %lld rank%s of %lld thread%s, not of the %d x %d that are planned",
            (long long)ranks, ranks == 1 ? "" : "s", (long long)threads, threads == 1 ? "" : "s",
            request->ranks, request->threads);
}

static void take_rows(struct run_estimate *estimate, int n, const struct json *rows)
{
    for (size_t r = 0; r < js_size(rows); r++) {
        const struct json *row = js_item(rows, r);
        int64_t batch;
        double step_s;
        if (!js_as_int(js_get(row, "batch"), &batch) || !js_as_real(js_get(row, "step_s"), &step_s))
            continue;
        for (int i = 0; i < n; i++)
            if (estimate[i].plan.stage[0].batch == batch)
                estimate[i].step_s = step_s;
    }
}

enum status plan_seconds_read(struct run_estimate *estimate, int n, const struct plan_input *input,
    const char *path, char note[PLAN_SECONDS_NOTE], struct error *error)
{
    enum { LIMIT = 16 << 20 };
    char *bytes = NULL;
    size_t size;
    struct json *head = NULL;
    enum status status = file_read_whole(path, LIMIT, &bytes, &size, error);
    if (!status)
        status = js_parse(bytes, size, path, &head, error);
    const struct json *results = js_get(head, "results");
    const char *what = js_as_text(js_get(head, "bench"));
    if (!status && (!what || strcmp(what, "step") != 0 || js_size(js_get(results, "rows")) == 0))
        status = fail(error, STATUS_BAD_DATA,
            "--figures %s: not what lockstep bench step --json prints", path);
    if (!status)
        status = check_network(results, input, path, error);
    if (!status) {
        compare_layouts(head, input, note);
        take_rows(estimate, n, js_get(results, "rows"));
    }
    js_destroy(head);
    free(bytes);
    return status;
}
