#include "report/plan_table.h"

#include <string.h>

#include "base/text.h"
#include "report/plan_columns.h"

enum { ROWS_MAX = 130 };

bool plan_other_tail(const struct plan *plan, struct plan *other)
{
    struct plan_request request = plan->request;
    struct error ignored;
    bool tail = false;
    for (int s = 0; s < plan->stages; s++)
        tail |= plan->samples % plan->stage[s].batch != 0;
    request.drop_last = !request.drop_last;
    return tail && plan_make(other, &request, &ignored) == STATUS_OK;
}

/* --- the head --------------------------------------------------------------------------------- */

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_length(FILE *file, const struct plan_request *request)
{
    char number[32];
    if (request->epochs > 0)
        fprintf(
            file, ", %s epoch%s", text_grouped(request->epochs, number), plural(request->epochs));
    if (request->max_steps > 0)
        fprintf(file, ", at most %s step%s", text_grouped(request->max_steps, number),
            plural(request->max_steps));
}

/* "2 ranks of 3 threads: 1 team of 6 workers" */
static void print_machine(FILE *file, const struct plan *plan, int machines)
{
    char least[32], most[32];
    struct plan_span span = plan_workers_a_team(plan);
    fprintf(file, "; %d rank%s of %d thread%s", plan->ranks, plural(plan->ranks),
        plan->request.threads, plural(plan->request.threads));
    if (machines > 1)
        fprintf(file, " on %d machines", machines);
    if (plan->ranks > 1)
        fprintf(file, ": %d team%s of %s%s%s worker%s", plan->teams, plural(plan->teams),
            span.least == span.most ? "" : text_grouped(span.least, least),
            span.least == span.most ? "" : "-", text_grouped(span.most, most), plural(span.most));
}

static void print_head(FILE *file, const struct plan_report *report)
{
    const struct plan *plan = &report->run[0].plan;
    char number[32];
    fprintf(
        file, "%s training sample%s", text_grouped(plan->samples, number), plural(plan->samples));
    print_length(file, &plan->request);
    print_machine(file, plan, report->input->machines);
    fputc('\n', file);
}

/* --- the tables ------------------------------------------------------------------------------- */

/* Each run, or each stage and then all of them; after each, if `tails`, its other tail. */
struct list {
    int n;
    struct plan_row row[ROWS_MAX];
    struct plan other[ROWS_MAX / 2]; /* that rows are of */
};

static void list_rows(struct list *list, const struct plan_report *report, bool tails)
{
    const struct run_estimate *estimate = report->stages > 0 ? report->stage : report->run;
    int n = report->stages > 0 ? report->stages : report->runs;
    list->n = 0;
    for (int i = 0; i < n && list->n + 3 <= ROWS_MAX; i++) {
        list->row[list->n++] = plan_row_of(PLAN_ROW_BATCH, &estimate[i], &estimate[i].plan);
        if (tails && estimate[i].plan.total_steps > 0 &&
            plan_other_tail(&estimate[i].plan, &list->other[i]))
            list->row[list->n++] = plan_row_of(PLAN_ROW_TAIL, &estimate[i], &list->other[i]);
    }
    if (report->stages > 0)
        list->row[list->n++] = plan_row_of(PLAN_ROW_ALL, report->run, &report->run[0].plan);
}

/* Where that is more than the run then takes. */
static void print_reading(FILE *file, const struct list *list)
{
    char bytes[32];
    for (int i = 0; i < list->n; i++) {
        const struct run_memory *memory = &list->row[i].estimate->memory;
        if (memory->reading <= memory->all)
            continue;
        fprintf(file, "while data are read, a machine takes %s for a moment\n",
            text_bytes((double)memory->reading, bytes));
        return;
    }
}

static void print_topic(FILE *file, enum plan_topic topic, const struct list *list)
{
    struct cell cell[ROWS_MAX * TOPIC_COLUMNS_MAX];
    struct topic of = plan_topic(topic);
    for (int i = 0; i < list->n; i++)
        plan_cells(topic, &list->row[i], cell + (size_t)i * (size_t)of.columns);
    fprintf(file, "\n%s\n", of.title);
    columns_print(file, of.column, of.columns, cell, list->n);
    if (topic == TOPIC_MEMORY)
        print_reading(file, list);
    if (topic == TOPIC_STEPS)
        fputs("a step is one update of the weights, from one batch; an epoch visits every sample "
              "once\n(--explain writes the reckoning out)\n",
            file);
}

/* One worker has all rows; one rate that stays is told in a line; without a network nobody knows
 * what memory and work there is. */
static bool says_something(enum plan_topic topic, const struct plan_report *report)
{
    const struct run_estimate *run = report->run;
    bool rates = false;
    for (int i = 0; i < report->runs; i++)
        rates |= run[i].schedule.kind != SCHEDULE_CONSTANT || run[i].schedule.warmup > 0 ||
                 run[i].schedule.lr != run[0].schedule.lr;
    switch (topic) {
    case TOPIC_SHARES:
        return plan_workers(&run[0].plan) > 1;
    case TOPIC_RATES:
        return rates;
    case TOPIC_MEMORY:
    case TOPIC_WORK:
        return run[0].network;
    case TOPIC_STEPS:
    case N_TOPICS:
        break;
    }
    return true;
}

static void print_rate(FILE *file, const struct schedule *schedule, int runs)
{
    fprintf(file, "\nlearning rate %g%s\n", schedule->lr,
        runs > 1 ? " for every batch size (--lr-scale linear or sqrt makes it follow the batch)"
                 : "");
}

static bool same_warning(const struct plan_warning *one, const struct plan_warning *other)
{
    return strcmp(one->text, other->text) == 0 && strcmp(one->cure, other->cure) == 0;
}

/* "batches 32; 64: what is unusual", and what would mend it on a line of its own. Of several batch
 * sizes of which the same is to be said, it is said once. */
static void print_warning(FILE *file, const struct plan_report *report, int i)
{
    const struct plan_warning *warning = &report->warning[i];
    char batch[32];
    bool several = false;
    for (int before = 0; before < i; before++)
        if (same_warning(&report->warning[before], warning))
            return;
    for (int other = i + 1; other < report->warnings; other++)
        several |= same_warning(&report->warning[other], warning);
    fprintf(file, "batch%s %s", several ? "es" : "", text_grouped(warning->batch, batch));
    for (int other = i + 1; other < report->warnings; other++)
        if (same_warning(&report->warning[other], warning))
            fprintf(file, "; %s", text_grouped(report->warning[other].batch, batch));
    fprintf(file, ": %s\n    (%s)\n", warning->text, warning->cure);
}

void plan_report_print(FILE *file, const struct plan_report *report)
{
    struct list list;
    print_head(file, report);
    for (int topic = 0; topic < N_TOPICS; topic++) {
        list_rows(&list, report, topic == TOPIC_STEPS);
        if (topic == TOPIC_RATES && report->stages > 0) { /* it is one for the run */
            list.row[0] = list.row[list.n - 1];
            list.n = 1;
        }
        if (topic == TOPIC_SHARES && report->stages > 0)
            list.n--; /* stages have shares */
        if (says_something((enum plan_topic)topic, report))
            print_topic(file, (enum plan_topic)topic, &list);
        else if (topic == TOPIC_RATES)
            print_rate(file, &report->run[0].schedule, report->runs);
    }
    if (report->warnings > 0)
        fputs("\nWarnings\n", file);
    for (int i = 0; i < report->warnings; i++)
        print_warning(file, report, i);
}
