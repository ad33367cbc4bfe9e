#include "report/plan_columns.h"
#include "report/plan_table.h"
#include "report/training_lines.h"

struct json *plan_stages_json(const struct plan *plan)
{
    struct json *array = js_array();
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        struct json *object = js_object();
        js_set_int(object, "first_epoch", stage->epochs_before + 1);
        js_set_int(object, "first_step", stage->steps_before + 1);
        js_set_int(object, "batch", stage->batch);
        js_set_int(object, "steps_per_epoch", stage->steps_per_epoch);
        js_set_int(object, "last_batch", stage->last_batch);
        js_set_int(object, "slices", stage->slices);
        js_append(array, object);
    }
    return array;
}

/* All topics. */
static void set_figures(struct json *object, const struct plan_row *row)
{
    struct cell cell[TOPIC_COLUMNS_MAX];
    for (int t = 0; t < N_TOPICS; t++) {
        struct topic topic = plan_topic((enum plan_topic)t);
        plan_cells((enum plan_topic)t, row, cell);
        columns_set_json(object, topic.column, topic.columns, cell);
    }
}

/* The same figures with the tail treated the other way, or null. */
static void set_other_tail(struct json *object, const struct run_estimate *estimate)
{
    struct plan other;
    struct cell cell[TOPIC_COLUMNS_MAX];
    struct range tail = plan_tail_columns();
    js_set_null(object, "other_tail");
    if (!plan_other_tail(&estimate->plan, &other))
        return;
    struct plan_row row = plan_row_of(PLAN_ROW_TAIL, estimate, &other);
    struct json *figures = js_object();
    plan_cells(TOPIC_STEPS, &row, cell);
    columns_set_json(figures, plan_topic(TOPIC_STEPS).column + tail.first, (int)range_size(tail),
        cell + tail.first);
    js_set(object, "other_tail", figures);
}

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

/* What the columns of a run say of it, and where in the run it lies. */
static struct json *stages_json(const struct plan_report *report)
{
    struct json *array = js_array();
    for (int s = 0; s < report->stages; s++) {
        const struct plan_stage *stage = &report->run[0].plan.stage[s];
        struct plan_row row =
            plan_row_of(PLAN_ROW_BATCH, &report->stage[s], &report->stage[s].plan);
        struct json *object = js_object();
        js_set_int(object, "first_epoch", stage->epochs_before + 1);
        js_set_int(object, "first_step", stage->steps_before + 1);
        set_figures(object, &row);
        js_append(array, object);
    }
    return array;
}

static struct json *run_json(const struct plan_report *report, const struct run_estimate *run)
{
    struct plan_row row = plan_row_of(PLAN_ROW_BATCH, run, &run->plan);
    struct json *object = js_object();
    set_figures(object, &row);
    set_other_tail(object, run);
    js_set(object, "rates", training_rates_json(&run->schedule));
    js_set(object, "turns", turns_json(run));
    js_set(object, "stages", stages_json(report));
    return object;
}

void plan_report_set_json(struct json *object, const struct plan_report *report)
{
    struct json *plans = js_array(), *warnings = js_array();
    for (int i = 0; i < report->runs; i++)
        js_append(plans, run_json(report, &report->run[i]));
    for (int i = 0; i < report->warnings; i++) {
        struct json *warning = js_object();
        js_set_int(warning, "batch", report->warning[i].batch);
        js_set_text(warning, "about", report->warning[i].about);
        js_set_text(warning, "text", report->warning[i].text);
        js_set_text(warning, "cure", report->warning[i].cure);
        js_append(warnings, warning);
    }
    js_set(object, "plans", plans);
    js_set(object, "warnings", warnings);
}

void plan_report_csv(FILE *file, const struct plan_report *report)
{
    struct cell cell[TOPIC_COLUMNS_MAX];
    for (int run = -1; run < report->runs; run++) {
        struct plan_row row = plan_row_of(
            PLAN_ROW_BATCH, &report->run[run < 0 ? 0 : run], &report->run[run < 0 ? 0 : run].plan);
        for (int t = 0; t < N_TOPICS; t++) {
            struct topic topic = plan_topic((enum plan_topic)t);
            fputs(t > 0 ? "," : "", file);
            plan_cells((enum plan_topic)t, &row, cell);
            if (run < 0)
                columns_csv_head(file, topic.column, topic.columns);
            else
                columns_csv_row(file, topic.column, topic.columns, cell);
        }
        fputc('\n', file);
    }
}
