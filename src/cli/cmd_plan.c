#include "cli/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/shown.h"
#include "cli/plan_seconds.h"
#include "cli/plan_input.h"
#include "options/training_settings.h"
#include "report/plan_explain.h"
#include "report/plan_report.h"
#include "report/rows.h"
#include "report/team_lines.h"

/* All figures of a plan, and their sources. */
struct planning {
    const struct options *options;
    struct comm *comm; /* all ranks with --measure, else one */
    struct plan_input input;
    struct run_estimate *estimate; /* [runs + stages] */
    struct plan_warning *warning;
    struct plan_report report;
    char note[PLAN_SECONDS_NOTE];
};

/* --- figures ---------------------------------------------------------------------------------- */

static enum status take_memory(struct planning *planning, struct error *error)
{
    size_t most = OPTION_LIST_MAX + PLAN_STAGES_MAX;
    enum status status =
        memory_take(&planning->estimate, most, sizeof *planning->estimate, "the plans", error);
    if (!status)
        status = memory_take(&planning->warning, most * PLAN_WARNINGS_MAX,
            sizeof *planning->warning, "the plans", error);
    return comm_agree(planning->comm, status, error);
}

/* One run per batch size. */
static enum status run_estimate_runs(struct planning *planning, struct error *error)
{
    const struct options *options = planning->options;
    struct plan_request request = planning->input.request;
    struct plan_report *report = &planning->report;
    enum status status = STATUS_OK;
    for (int i = 0; i < options->batch.n && !status; i++) {
        struct plan plan;
        struct schedule schedule;
        request.batch = options->batch.item[i];
        status = plan_make(&plan, &request, error);
        if (!status)
            status = training_settings_course(options, &plan, &schedule, error);
        if (!status)
            planning->estimate[report->runs++] = run_estimate_make(report->input, &plan, &schedule);
    }
    report->run = planning->estimate;
    return status;
}

/* The rates and the memory of several stages are those of the whole run. */
static void run_estimate_stages(struct planning *planning)
{
    struct plan_report *report = &planning->report;
    const struct run_estimate *run = &report->run[0];
    report->stage = planning->estimate + report->runs;
    for (int s = 0; run->plan.stages > 1 && s < run->plan.stages; s++) {
        struct plan plan = plan_of_stage(&run->plan, s);
        planning->estimate[report->runs + report->stages++] =
            run_estimate_make(report->input, &plan, &run->schedule);
    }
}

/* One row per stage, if there are several; the length of their run is the sum. */
static enum status find_seconds(struct planning *planning, struct error *error)
{
    const struct options *options = planning->options;
    struct plan_report *report = &planning->report;
    struct run_estimate *estimate = planning->estimate;
    int n = report->runs + report->stages;
    enum status status = STATUS_OK;
    if (options->measure)
        status = plan_seconds_measure(estimate, n, &planning->input, options, error);
    else if (*options->figures)
        status = plan_seconds_read(
            estimate, n, &planning->input, options->figures, planning->note, error);
    if (status || report->stages == 0)
        return status;
    double seconds = 0;
    for (int s = 0; s < report->stages; s++)
        seconds += report->stage[s].step_s * (double)report->stage[s].plan.total_steps;
    estimate[0].step_s = seconds / (double)estimate[0].plan.total_steps;
    return STATUS_OK;
}

/* Memory, rate and end belong to the whole run, not to a stage. */
static void find_warnings(struct planning *planning)
{
    struct plan_report *report = &planning->report;
    int n = report->stages > 0 ? report->stages : report->runs;
    const struct run_estimate *estimate = report->stages > 0 ? report->stage : report->run;
    for (int i = 0; i < n; i++) {
        int64_t room = report->stages == 0 || i == 0 ? report->input->memory_room : 0;
        if (estimate[i].plan.total_steps > 0)
            report->warnings += plan_warnings_find(&estimate[i],
                report->stages > 0 ? report->run[0].plan.stage[i].steps_before : 0, room,
                planning->warning + report->warnings);
    }
    report->warning = planning->warning;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void set_network(struct json *json, const struct estimate_input *input)
{
    char text[NETWORK_TEXT];
    js_set_text(json, "network", input->network ? network_text(&input->settings.mlp, text) : NULL);
    row_set_count(json, "parameters", input->network ? input->settings.mlp.parameters : 0);
}

static enum status print_json(const struct planning *planning, struct error *error)
{
    const struct options *options = planning->options;
    const struct plan_input *input = &planning->input;
    struct json *report = js_object();
    js_set_text(report, "data", options->samples > 0 ? NULL : options->data);
    js_set_int(report, "samples", input->samples);
    js_set_int(report, "val_samples", input->n_validation);
    js_set_int(report, "train_samples", input->samples - input->n_validation);
    team_set_json(report, "team", options->team);
    js_set_int(report, "hosts", input->figures.machines);
    set_network(report, &input->figures);
    js_set_int(report, "host_memory_bytes", input->figures.memory_room);
    js_set_text(report, "times",
        options->measure    ? "measured"
        : *options->figures ? options->figures
                            : NULL);
    js_set_text(report, "times_note", *planning->note ? planning->note : NULL);
    plan_report_set_json(report, &planning->report);
    return row_print(report, error);
}

static void print_subject(const struct planning *planning)
{
    const struct options *options = planning->options;
    const struct plan_input *input = &planning->input;
    const struct mlp *mlp = &input->figures.settings.mlp;
    char all[32], validation[32], bytes[32], text[NETWORK_TEXT];
    if (options->samples == 0)
        printf("data %s: %s samples\n", SHOWN(options->data), text_grouped(input->samples, all));
    if (input->n_validation > 0)
        printf("of %s samples %s are for validation\n", text_grouped(input->samples, all),
            text_grouped(input->n_validation, validation));
    if (!input->figures.network)
        return;
    network_text(mlp, text);
    printf("network %s: %s parameters, %s\n", text, text_grouped(mlp->parameters, all),
        text_bytes(4.0 * (double)mlp->parameters, bytes));
}

static void print_teams(const struct planning *planning)
{
    const struct options *options = planning->options;
    if (options->team.kind == TEAM_RANKS || planning->input.request.ranks == 1 || options->measure)
        return;
    if (options->hosts == 1)
        puts("teams: all ranks are counted as those of one machine; --hosts N spreads them over N");
    if (options->team.kind == TEAM_NUMA)
        puts("--team numa: counted as if a machine were one NUMA domain");
}

/* Notes: what the figures omit, and options that add it. */
static void print_notes(const struct planning *planning)
{
    const struct options *options = planning->options;
    const struct estimate_input *input = &planning->input.figures;
    const struct plan *plan = &planning->report.run[0].plan;
    putchar('\n');
    if (!input->network)
        puts("no network is known: --features F and --outputs K, or --data without --samples, add "
             "memory and work");
    else if (options->samples > 0)
        puts("data: counted as 32-bit floats");
    if (input->network && plan->teams == 1)
        puts("messages: none; the ranks and threads of a team share memory");
    if (input->network && plan->teams > 1 && options->reduce == REDUCE_ALLREDUCE)
        puts("messages: --reduce allreduce leaves them to MPI, so they are not counted");
    if (options->measure || *options->figures)
        puts("times: of training alone; evaluation and checkpoints are additional");
    if (*planning->note)
        puts(planning->note);
    if (options->threads == 0 && !options->measure)
        puts("threads: counted as one per rank; a run uses the cores that it finds, or --threads");
    print_teams(planning);
}

static void explain(const struct planning *planning)
{
    for (int i = 0; i < planning->report.runs; i++) {
        if (i > 0)
            putchar('\n');
        plan_explain(stdout, &planning->report.run[i].plan);
    }
}

static enum status tell(const struct planning *planning, struct error *error)
{
    const struct options *options = planning->options;
    enum status status = STATUS_OK;
    if (options->json)
        status = print_json(planning, error);
    else if (options->csv)
        plan_report_csv(stdout, &planning->report);
    else {
        print_subject(planning);
        if (options->explain)
            explain(planning);
        else {
            plan_report_print(stdout, &planning->report);
            print_notes(planning);
        }
    }
    if (!status && (fflush(stdout) != 0 || ferror(stdout)))
        status = fail(error, STATUS_IO, "cannot write the plan to stdout");
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

/* Called by every rank of planning->comm. */
static enum status plan_all(struct planning *planning, struct error *error)
{
    enum status status =
        plan_input_find(&planning->input, planning->options, planning->comm, error);
    if (!status)
        status = take_memory(planning, error);
    planning->report.input = &planning->input.figures;
    if (!status)
        status = run_estimate_runs(planning, error);
    if (!status)
        run_estimate_stages(planning);
    if (!status)
        status = find_seconds(planning, error);
    if (!status)
        find_warnings(planning);
    if (!status && comm_rank(planning->comm) == 0)
        status = tell(planning, error);
    plan_input_clear(&planning->input);
    free(planning->estimate);
    free(planning->warning);
    return status;
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct planning planning = {.options = options, .comm = options->measure ? comm : comm_self()};
    bool works = options->measure || comm_rank(comm) == 0;
    return comm_agree(comm, works ? plan_all(&planning, error) : STATUS_OK, error);
}

const struct command_row command_plan = {
    .arguments = "[options]",
    .summary = "what batch sizes mean, before a run: steps, tails, memory, messages",
    .help = "  lockstep plan --samples 10000 --batch 32,64 --epochs 5\n"
            "  lockstep plan --data fashion-mnist --val-split 0.1 --batch 32..8192 --ranks 4\n"
            "  lockstep plan --samples 10000 --batch 32 --epochs 5 --explain\n"
            "\n"
            "The command line of a run, with plan in place of train, is the dry run of that run.\n"
            "Without data yet, --features F --outputs K replace them. --max-steps N\n"
            "shows how many epochs, and how many visits of a sample, N steps are. --measure adds\n"
            "times by training some steps at each batch size; --figures FILE takes them from the\n"
            "output of lockstep bench step --json. Memory is that of the run, within a tenth;\n"
            "beside it is the memory that the whole batch at once would need.\n",
    .run = run,
};
