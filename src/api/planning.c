#include "api/planning.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "api/dataset_table.h"
#include "api/options_handle.h"
#include "lockstep/lockstep.h"
#include "options/training_settings.h"
#include "report/plan_explain.h"
#include "report/rows.h"
#include "report/team_lines.h"

/* --- figures ---------------------------------------------------------------------------------- */

/* True if a row has this batch size already, since every size above the training set means the
 * whole set. */
static bool has_row(const struct planning *planning, const struct plan *plan)
{
    bool has = false;
    for (int i = 0; i < planning->report.runs; i++)
        has |= planning->estimate[i].plan.stage[0].batch == plan->stage[0].batch;
    return has;
}

/* Estimates a run for each batch size. If the run has several stages, also estimates each stage,
 * with the rates and the memory of the whole run. */
static enum status estimate_runs(struct planning *planning, struct error *error)
{
    const struct options *options = planning->options;
    struct plan_request request = planning->input.request;
    struct plan_report *report = &planning->report;
    struct run_estimate *estimate = planning->estimate;
    struct plan plan;
    struct schedule schedule;
    for (int i = 0; i < options->batch.n; i++) {
        request.batch = options->batch.item[i];
        TRY(plan_make(&plan, &request, error));
        if (has_row(planning, &plan)) {
            planning->merged.item[planning->merged.n++] = request.batch;
            continue;
        }
        TRY(training_settings_course(options, &plan, &schedule, error));
        estimate[report->runs++] = run_estimate_make(report->input, &plan, &schedule);
    }
    report->run = estimate;
    report->stage = estimate + report->runs;
    report->stages = estimate->plan.stages > 1 ? estimate->plan.stages : 0;
    for (int s = 0; s < report->stages; s++) {
        plan = plan_of_stage(&estimate->plan, s);
        estimate[report->runs + s] = run_estimate_make(report->input, &plan, &schedule);
    }
    return STATUS_OK;
}

/* Finds the time per step. If the run has several stages, its time is the sum of their times. */
static enum status find_seconds(struct planning *planning, struct error *error)
{
    const struct options *options = planning->options;
    const struct plan_report *report = &planning->report;
    struct run_estimate *estimate = planning->estimate;
    int n = report->runs + report->stages;
    double seconds = 0;
    if (options->measure)
        TRY(plan_input_measure(estimate, n, &planning->input, options, error));
    else if (*options->figures)
        TRY(plan_input_read_times(
            estimate, n, &planning->input, options->figures, planning->note, error));
    for (int s = 0; s < report->stages; s++)
        seconds += report->stage[s].step_s * (double)report->stage[s].plan.total_steps;
    if (report->stages > 0)
        estimate[0].step_s = seconds / (double)estimate[0].plan.total_steps;
    return STATUS_OK;
}

enum status planning_make(struct planning *planning, struct error *error)
{
    const size_t most = OPTION_LIST_MAX + PLAN_STAGES_MAX;
    struct comm *comm = planning->comm;
    planning->report.input = &planning->input.figures;
    TRY(plan_input_find(&planning->input, planning->options, comm, error));
    planning->options = &planning->input.options;
    TRY(comm_agree(comm,
        memory_take(&planning->estimate, most, sizeof *planning->estimate, "the plans", error),
        error));
    TRY(estimate_runs(planning, error));
    return find_seconds(planning, error);
}

void planning_clear(struct planning *planning)
{
    session_clear(&planning->input.session);
    free(planning->estimate);
}

struct json *planning_json(const struct planning *planning)
{
    const struct options *options = planning->options;
    const struct plan_input *input = &planning->input;
    const struct mlp *mlp = &input->figures.settings.mlp;
    bool known = input->figures.network;
    char network[NETWORK_TEXT];
    struct json *report = js_object(), *merged = js_array();
    js_set_text(report, "data", options->samples > 0 ? NULL : options->data);
    js_set_int(report, "samples", input->samples);
    js_set_int(report, "val_samples", input->split.validation);
    js_set_int(report, "test_samples", input->split.test);
    js_set_int(report, "train_samples", plan_input_training(input));
    team_set_json(report, "team", options->team);
    js_set_int(report, "hosts", input->figures.machines);
    js_set_text(report, "network", known ? network_text(mlp, network) : NULL);
    row_set_count(report, "parameters", known ? mlp->parameters : 0);
    js_set_int(report, "host_memory_bytes", input->figures.memory_room);
    js_set_text(report, "times",
        options->measure    ? "measured"
        : *options->figures ? options->figures
                            : NULL);
    js_set_text(report, "times_note", *planning->note ? planning->note : NULL);
    for (int i = 0; i < planning->merged.n; i++)
        js_append_int(merged, planning->merged.item[i]);
    js_set(report, "batches_merged", merged);
    plan_report_set_json(report, &planning->report);
    return report;
}

/* --- public function -------------------------------------------------------------------------- */

/* Reads the options of a plan for data of this shape, which must fit each other as in a training. */
static enum status read_options(struct options *options, const struct lockstep_options *handle,
    const struct lockstep_shape *shape, struct error *error)
{
    char samples[40], features[40], outputs[40];
    const char *extra[] = {samples, features, outputs};
    const struct dataset like = {
        .name = "the shape", .classes = shape->classes, .outputs = shape->outputs};
    struct criterion criterion;
    TRY(shape_check(shape, like.name, true, error));
    snprintf(samples, sizeof samples, "--samples=%lld", (long long)shape->samples);
    snprintf(features, sizeof features, "--features=%lld", (long long)shape->features);
    snprintf(outputs, sizeof outputs, "--outputs=%lld",
        (long long)larger(shape->classes, shape->outputs));
    TRY(options_handle_read(
        options, handle, (struct handle_command){"plan", NULL, extra, 3}, comm_self(), error));
    TRY(training_settings_loss(options, &like, &criterion, error));
    options->loss = criterion.kind;
    return STATUS_OK;
}

/* The options have the sizes of the data, so the plan prepares no session, which could print a note. */
static enum status plan_text(char **text, const struct lockstep_options *handle,
    const struct lockstep_shape *shape, struct error *error)
{
    struct options options = {0};
    struct planning planning = {.options = &options, .comm = comm_self()};
    enum status status = read_options(&options, handle, shape, error);
    if (!status)
        status = planning_make(&planning, error);
    if (!status) {
        struct json *json = planning_json(&planning);
        *text = js_text(json, false);
        js_destroy(json);
    }
    planning_clear(&planning);
    options_clear(&options);
    return status || *text ? status
                           : fail(error, STATUS_NO_RESOURCE, "no memory for the text of a plan");
}

int lockstep_plan(char **json, const struct lockstep_options *options,
    const struct lockstep_shape *shape, struct lockstep_error *error)
{
    struct error trouble;
    enum status status;
    if (json)
        *json = NULL;
    if (!json || !shape)
        status = refuse_null("lockstep_plan", json ? "shape" : "json", &trouble);
    else
        status = plan_text(json, options, shape, &trouble);
    return options_handle_end(status, &trouble, error);
}
