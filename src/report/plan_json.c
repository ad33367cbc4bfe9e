#include "report/plan_table.h"
#include "report/recipe_lines.h"

static void set_limit(struct json *object, const char *key, int64_t value)
{
    if (value > 0)
        js_set_int(object, key, value);
    else
        js_set_null(object, key);
}

static void set_span(struct json *object, const char *key, struct plan_span span)
{
    struct json *pair = js_object();
    js_set_int(pair, "least", span.least);
    js_set_int(pair, "most", span.most);
    js_set(object, key, pair);
}

static void set_steps(struct json *object, const struct plan *plan)
{
    js_set_bool(object, "drop_last", plan->drop_last);
    js_set_int(object, "steps_per_epoch", plan->stage[0].steps_per_epoch);
    js_set_int(object, "last_batch", plan->stage[0].last_batch);
    js_set_int(object, "total_steps", plan->total_steps);
    js_set_int(object, "dropped_per_epoch", plan->stage[0].dropped_per_epoch);
}

static void set_shares(struct json *object, const struct plan *plan)
{
    js_set_int(object, "ranks", plan->ranks);
    js_set_int(object, "threads", plan->request.threads);
    js_set_int(object, "threads_used", plan->threads);
    js_set_int(object, "teams", plan->teams);
    js_set_int(object, "workers", plan_workers(plan));
    js_set_int(object, "slices", plan->stage[0].slices);
    js_set_int(object, "busy_teams", plan->stage[0].busy_teams);
    js_set_real(object, "balance", plan->stage[0].balance);
    js_set_int(object, "workers_without_rows", plan_workers_without_rows(plan));
    set_span(object, "workers_per_team", plan_workers_a_team(plan));
    set_span(object, "slices_per_team", plan_slices_a_team(plan));
    set_span(object, "rows_per_team", plan_rows_a_team(plan));
    set_span(object, "rows_per_worker", plan_rows_a_worker(plan));
    set_span(object, "rows_per_slice", plan_rows_a_slice(plan));
}

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

/* "other_tail": the same figures with the tail treated the other way, or null. */
static struct json *one_plan(const struct plan *plan, const struct schedule *schedule)
{
    struct plan other;
    struct json *object = js_object();
    js_set_int(object, "batch", plan->stage[0].batch);
    js_set_int(object, "batch_asked", plan->request.batch);
    js_set_bool(object, "clamped", plan->stage[0].clamped);
    js_set_int(object, "samples", plan->samples);
    set_limit(object, "epochs", plan->request.epochs);
    set_limit(object, "max_steps", plan->request.max_steps);
    js_set_int(object, "tail", plan->samples % plan->stage[0].batch);
    set_steps(object, plan);
    js_set_int(object, "epochs_begun", plan->epochs_begun);
    js_set_bool(object, "cut_by_max_steps", plan->cut_by_max_steps);
    set_shares(object, plan);
    if (plan_other_tail(plan, &other)) {
        struct json *figures = js_object();
        set_steps(figures, &other);
        js_set(object, "other_tail", figures);
    } else
        js_set_null(object, "other_tail");
    js_set(object, "rates", recipe_rates_json(schedule));
    return object;
}

struct json *plan_json(const struct plan *plan, const struct schedule *schedule, int n)
{
    struct json *array = js_array();
    for (int i = 0; i < n; i++)
        js_append(array, one_plan(&plan[i], &schedule[i]));
    return array;
}
