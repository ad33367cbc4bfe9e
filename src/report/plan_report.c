#include "report/plan_report.h"

#include <string.h>

#include "base/text.h"
#include "report/number.h"
#include "report/plan_figures.h"
#include "report/plan_warnings.h"
#include "report/table.h"
#include "study/host_estimate.h"

/* --- JSON and CSV ----------------------------------------------------------------------------- */

static struct json *turns_json(const struct run_estimate *estimate)
{
    struct turn turn[RUN_ESTIMATE_TURNS_MAX];
    int64_t n = least(run_estimate_turns(estimate, turn), RUN_ESTIMATE_TURNS_MAX);
    struct json *array = js_array();
    for (int64_t i = 0; i < n; i++) {
        struct json *object = js_object();
        js_set_text(object, "what", turn[i].what);
        js_set_int(object, "step", turn[i].step);
        js_set_real(object, "epochs", turn[i].epochs);
        js_set_real(object, "lr", turn[i].lr);
        js_append(array, object);
    }
    return array;
}

/* Returns the figures of the stages, with the first epoch and step of each. */
static struct json *stages_json(const struct plan_report *report)
{
    struct json *array = js_array();
    for (int s = 0; s < report->stages; s++) {
        const struct plan_stage *stage = &report->run[0].plan.stage[s];
        struct json *object = js_object();
        js_set_int(object, "first_epoch", stage->epochs_before + 1);
        js_set_int(object, "first_step", stage->steps_before + 1);
        plan_figures_set(object, &report->stage[s], false);
        js_append(array, object);
    }
    return array;
}

/* Appends the predictions for more hosts; unless `all`, up to one more than the best. */
static void add_hosts(
    struct json *rows, const struct plan_report *report, const struct run_estimate *run, bool all)
{
    struct host_estimate prediction[HOST_ESTIMATES_MAX];
    int best = 0, n = 0;
    if (report->input->one_host && report->stages == 0)
        n = host_estimates_of(run, &report->input->settings, prediction, &best);
    for (int i = 0; n > 1 && i < n && (all || i <= best + 1); i++) {
        struct json *row = js_object();
        js_set_int(row, "batch", run->plan.stage[0].batch);
        js_set_int(row, "hosts", prediction[i].hosts);
        js_set_int(row, "slices", prediction[i].slices);
        js_set_real(row, "compute_s", prediction[i].compute_s);
        js_set_real(row, "exchange_s", prediction[i].exchange_s);
        js_set_real(row, "step_s", prediction[i].step_s);
        js_set_real(row, "speed_up", prediction[i].speed_up);
        js_set_real(row, "efficiency", prediction[i].speed_up / prediction[i].hosts);
        js_append(rows, row);
    }
}

static struct json *run_json(const struct plan_report *report, const struct run_estimate *run)
{
    struct json *object = js_object(), *hosts = js_array();
    struct plan other;
    plan_figures_set(object, run, false);
    js_set(
        object, "other_tail", plan_other_tail(&run->plan, &other) ? plan_tail_json(&other) : NULL);
    js_set(object, "rates", plan_rates_json(&run->schedule));
    js_set(object, "turns", turns_json(run));
    js_set(object, "stages", stages_json(report));
    add_hosts(hosts, report, run, true);
    js_set(object, "more_hosts", hosts);
    return object;
}

/* Returns the warnings. If a run has several stages, the memory, the learning rate and the end of
 * the run are checked only with the first stage. */
static struct json *warnings_json(const struct plan_report *report)
{
    struct json *array = js_array();
    for (int i = 0; i < (report->stages > 0 ? report->stages : report->runs); i++) {
        const struct run_estimate *of = report->stages > 0 ? &report->stage[i] : &report->run[i];
        int64_t before = report->stages > 0 ? report->run[0].plan.stage[i].steps_before : 0;
        int64_t room = report->stages == 0 || i == 0 ? report->input->memory_room : 0;
        if (of->plan.total_steps > 0)
            plan_warnings_add(array, of, before, room);
    }
    return array;
}

void plan_report_set_json(struct json *object, const struct plan_report *report)
{
    struct json *plans = js_array();
    for (int i = 0; i < report->runs; i++)
        js_append(plans, run_json(report, &report->run[i]));
    js_set(object, "plans", plans);
    js_set(object, "warnings", warnings_json(report));
}

void plan_report_csv(FILE *file, const struct plan_report *report)
{
    struct json *rows = js_array();
    for (int i = 0; i < report->runs; i++) {
        struct json *row = js_object();
        plan_figures_set(row, &report->run[i], false);
        js_append(rows, row);
    }
    table_csv(file, js_item(rows, 0), rows);
    js_destroy(rows);
}

/* --- the heading of the text ------------------------------------------------------------------ */

static void print_length(FILE *file, const struct plan_request *request)
{
    if (request->epochs > 0)
        fprintf(file, ", %s epoch%s", GROUPED(request->epochs), NUMBER_PLURAL(request->epochs));
    if (request->max_steps > 0)
        fprintf(file, ", at most %s step%s", GROUPED(request->max_steps),
            NUMBER_PLURAL(request->max_steps));
}

/* Prints "2 ranks of 3 threads: 1 team of 6 workers". */
static void print_machine(FILE *file, const struct plan *plan, int machines)
{
    struct plan_span span = plan_shares_of(plan).workers_per_team;
    fprintf(file, "; %d rank%s of %d thread%s", plan->ranks, NUMBER_PLURAL(plan->ranks),
        plan->request.threads, NUMBER_PLURAL(plan->request.threads));
    if (machines > 1)
        fprintf(file, " on %d machines", machines);
    if (plan->ranks > 1)
        fprintf(file, ": %d team%s of %s%s%s worker%s", plan->teams, NUMBER_PLURAL(plan->teams),
            span.least == span.most ? "" : GROUPED(span.least), span.least == span.most ? "" : "-",
            GROUPED(span.most), NUMBER_PLURAL(span.most));
}

static void print_head(FILE *file, const struct plan_report *report)
{
    const struct plan *plan = &report->run[0].plan;
    fprintf(file, "%s training sample%s", GROUPED(plan->samples), NUMBER_PLURAL(plan->samples));
    print_length(file, &plan->request);
    print_machine(file, plan, report->input->machines);
    fputc('\n', file);
}

/* --- rows of the tables ----------------------------------------------------------------------- */

/* Formats the turning points as steps and epochs: "1,565 (5), 3,130 (10), 2 more". */
static void describe_turns(const struct run_estimate *estimate, char *out, size_t size)
{
    enum { SHOWN = 3 };
    struct turn turn[RUN_ESTIMATE_TURNS_MAX];
    int64_t n = run_estimate_turns(estimate, turn), from = 0;
    out[0] = '\0';
    if (n > 0 && strcmp(turn[0].what, "warm-up ends") == 0)
        from = 1; /* the warm-up has its own columns */
    for (int64_t i = from; i < n && i < from + SHOWN; i++) {
        bool again = i > from && strcmp(turn[i].what, turn[i - 1].what) == 0;
        text_append(out, size, "%s%s%s%s (%.4g)", i > from ? ", " : "", again ? "" : turn[i].what,
            again ? "" : " ", GROUPED(turn[i].step), turn[i].epochs);
    }
    if (n > from + SHOWN)
        text_append(out, size, ", %s more", GROUPED(n - from - SHOWN));
}

static const char *tail_name(const struct plan *plan)
{
    bool tail = plan->samples % plan->stage[0].batch != 0;
    return !tail ? "none" : plan->drop_last ? "dropped" : "kept";
}

/* Hides the parts of memory that are empty, a warm-up of 0 steps, and figures of teams if there is
 * only one team. */
static void hide(struct json *row, bool one_team)
{
    static const char *const of_teams[] = {
        "busy_teams", "balance", "slices_per_team", "rows_per_team"};
    for (size_t i = 0; one_team && i < sizeof of_teams / sizeof *of_teams; i++)
        js_set(row, of_teams[i], NULL);
    for (size_t i = 0; i < js_size(row); i++) {
        const char *key = js_key(row, i);
        bool optional = strstr(key, "_bytes") || strncmp(key, "warmup_", 7) == 0;
        if (optional && row_number(row, key) == 0)
            js_set(row, key, NULL);
    }
}

static struct json *row_of(const struct run_estimate *estimate, bool stages)
{
    struct json *row = js_object();
    char turns[96];
    plan_figures_set(row, estimate, stages);
    describe_turns(estimate, turns, sizeof turns);
    js_set_text(row, "name", stages ? "all" : GROUPED(estimate->plan.stage[0].batch));
    js_set_text(row, "tail_name", stages ? "" : tail_name(&estimate->plan));
    js_set_text(row, "turns", *turns ? turns : NULL);
    hide(row, estimate->plan.teams == 1);
    return row;
}

/* Lists the runs or stages. If `tails` is true, a run or stage that has a tail is followed by a row
 * with the opposite choice for the tail. */
static struct json *list_rows(const struct plan_report *report, bool tails)
{
    struct json *rows = js_array();
    int n = report->stages > 0 ? report->stages : report->runs;
    const struct run_estimate *estimate = report->stages > 0 ? report->stage : report->run;
    for (int i = 0; i < n; i++) {
        struct run_estimate other = estimate[i];
        js_append(rows, row_of(&estimate[i], false));
        if (!tails || estimate[i].plan.total_steps == 0 ||
            !plan_other_tail(&estimate[i].plan, &other.plan))
            continue;
        struct json *row = row_of(&other, false);
        js_set_text(row, "name", "");
        js_set_text(row, "tail_name", other.plan.drop_last ? "if dropped" : "if kept");
        js_append(rows, row);
    }
    return rows;
}

/* --- the tables ------------------------------------------------------------------------------- */

static void print_table(FILE *file, const char *title, const char *columns, struct json *rows)
{
    fprintf(file, "\n%s\n", title);
    table_print_array(file, columns, rows, TABLE_LINE);
    js_destroy(rows);
}

/* Appends a row for the whole run if it has several stages. */
static struct json *with_run(struct json *rows, const struct plan_report *report)
{
    if (report->stages > 0)
        js_append(rows, row_of(report->run, true));
    return rows;
}

/* Prints the memory needed to read the data, if this is more than the run needs. */
static void print_reading(FILE *file, const struct plan_report *report)
{
    for (int i = 0; i < report->runs; i++) {
        const struct run_memory *memory = &report->run[i].memory;
        if (memory->reading <= memory->all)
            continue;
        fprintf(file, "a machine briefly needs %s while the data is being read\n",
            BYTES((double)memory->reading));
        return;
    }
}

/* Prints a table of learning rates, or a single line if all runs have the same constant rate. */
static void print_rates(FILE *file, const struct plan_report *report)
{
    const struct run_estimate *run = report->run;
    bool changes = false;
    for (int i = 0; i < report->runs; i++)
        changes |= run[i].schedule.kind != SCHEDULE_CONSTANT || run[i].schedule.warmup > 0 ||
                   run[i].schedule.lr != run[0].schedule.lr;
    if (!changes) {
        fprintf(file, "\nlearning rate %g%s\n", run[0].schedule.lr,
            report->runs > 1 ? " for every batch size (--lr-scale linear or sqrt scales it with "
                               "the batch)"
                             : "");
        return;
    }
    struct json *rows =
        report->stages > 0 ? with_run(js_array(), report) : list_rows(report, false);
    print_table(file, "Learning rate",
        "name: batch, lr, warmup_steps, warmup_epochs, warmup_share, lr_last, turns: after step "
        "(epoch)",
        rows);
}

/* Prints the predictions for more hosts: for each batch size, up to one more than the best. */
static void print_hosts(FILE *file, const struct plan_report *report)
{
    const struct link *link = &report->input->settings.link;
    struct json *shown = js_array();
    for (int r = 0; r < report->runs; r++)
        add_hosts(shown, report, &report->run[r], false);
    if (js_size(shown) == 0) {
        js_destroy(shown);
        return;
    }
    print_table(file, "More hosts like this one",
        "batch, hosts, slices: slices of a host, compute_s: computing, exchange_s: exchange, "
        "step_s, speed_up, efficiency",
        shown);
    fprintf(file,
        "predicted for %.4g Gbit/s and %s between hosts (--bandwidth, --latency); rows end "
        "after the\nfastest number of hosts, or where every host has one slice\n",
        8e-9 * link->bytes_per_s, NUMBER(link->latency_s, NUMBER_TIME));
}

static void print_tables(FILE *file, const struct plan_report *report)
{
    print_table(file, "Steps",
        "name: batch, tail_name: tail, steps_per_epoch, last_batch, total_steps, "
        "dropped_per_epoch, epochs_run, samples_seen",
        with_run(list_rows(report, true), report));
    fputs("a step is one update of the weights, from one batch; an epoch visits every sample "
          "once\n(--explain shows the calculation)\n",
        file);
    if (plan_shares_of(&report->run[0].plan).workers > 1)
        print_table(file, "Division of work",
            "name: batch, threads_used, slices, busy_teams, balance, slices_per_team, "
            "rows_per_team, rows_per_worker, rows_per_slice, workers_busy",
            list_rows(report, false));
    print_rates(file, report);
    if (!report->run[0].network)
        return;
    print_table(file, "Memory",
        "name: batch, pass_rows, memory_node_bytes, memory_rank_bytes, memory_gradients_bytes, "
        "memory_activations_bytes, memory_whole_batch_activations_bytes, "
        "memory_whole_batch_node_bytes, memory_weights_bytes, memory_optimizer_bytes, "
        "memory_data_bytes, memory_best_bytes, memory_checkpoints_bytes, memory_evaluation_bytes, "
        "memory_process_bytes, memory_writing_bytes",
        with_run(list_rows(report, false), report));
    fputs("unsplit: if a whole batch were computed at once\n", file);
    print_reading(file, report);
    print_table(file, "Work",
        "name: batch, flops_per_step, flops_per_epoch, flops_per_run, team_bytes_per_step, "
        "team_bytes_per_epoch, samples_per_second, seconds_per_step, seconds_per_epoch, "
        "seconds_per_run",
        with_run(list_rows(report, false), report));
    print_hosts(file, report);
}

/* --- warnings --------------------------------------------------------------------------------- */

/* Prints "batches 32; 64: the warning", and the remedy on a separate line. A warning that applies to
 * several batch sizes is printed once. */
static void print_warning(FILE *file, const struct rows *warnings, const struct json *warning)
{
    struct rows same = rows_with(warnings, "text", row_text(warning, "text"));
    same = rows_with(&same, "cure", row_text(warning, "cure"));
    if (same.row[0] != warning)
        return;
    fputs(same.n > 1 ? "batches" : "batch", file);
    for (int i = 0; i < same.n; i++)
        fprintf(file, "%s %s", i > 0 ? ";" : "",
            NUMBER(row_number(same.row[i], "batch"), NUMBER_COUNT));
    fprintf(file, ": %s\n    (%s)\n", row_text(warning, "text"), row_text(warning, "cure"));
}

void plan_report_print(FILE *file, const struct plan_report *report)
{
    struct json *array = warnings_json(report);
    struct rows warnings = rows_of(array);
    print_head(file, report);
    print_tables(file, report);
    if (warnings.n > 0)
        fputs("\nWarnings\n", file);
    for (int i = 0; i < warnings.n; i++)
        print_warning(file, &warnings, warnings.row[i]);
    js_destroy(array);
}
