#include "report/plan_figures.h"

#include <math.h>
#include <stdio.h>

/* --- shares ----------------------------------------------------------------------------------- */

static void span_add(struct plan_span *span, int64_t value)
{
    span->least = value < span->least ? value : span->least;
    span->most = value > span->most ? value : span->most;
}

struct plan_shares plan_shares_of(const struct plan *plan)
{
    const struct plan_stage *stage = &plan->stage[0];
    const struct plan_span nothing = {INT64_MAX, 0};
    struct plan_shares shares = {nothing, nothing, nothing, nothing,
        .rows_per_slice = {stage->batch / stage->slices, divide_up(stage->batch, stage->slices)},
        .workers = (int64_t)plan->ranks * plan->threads};
    for (int team = 0; team < plan->teams; team++) {
        int64_t rows = range_size(plan_team_rows(stage, stage->batch, team));
        int64_t workers = plan_team_workers(plan, team);
        span_add(&shares.slices_per_team, range_size(plan_team_slices(stage, team)));
        span_add(&shares.workers_per_team, workers);
        span_add(&shares.rows_per_team, rows);
        span_add(&shares.rows_per_worker, divide_up(rows, workers));
        span_add(&shares.rows_per_worker, rows / workers);
        shares.without_rows += rows < workers ? workers - rows : 0;
    }
    return shares;
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* Sets a count, or null if it is unknown. */
static void set_known(struct json *json, const char *key, bool known, int64_t value)
{
    if (known)
        js_set_int(json, key, value);
    else
        js_set(json, key, NULL);
}

static void set_span(struct json *json, const char *key, struct plan_span span)
{
    struct json *object = js_object();
    js_set_int(object, "least", span.least);
    js_set_int(object, "most", span.most);
    js_set(json, key, object);
}

static void set_tail(struct json *json, const struct plan *plan)
{
    const struct plan_stage *stage = &plan->stage[0];
    js_set_bool(json, "drop_last", plan->drop_last);
    js_set_int(json, "steps_per_epoch", stage->steps_per_epoch);
    js_set_int(json, "last_batch", stage->last_batch);
    js_set_int(json, "total_steps", plan->total_steps);
    js_set_int(json, "dropped_per_epoch", stage->dropped_per_epoch);
}

static void set_samples_seen(struct json *json, const struct plan *plan)
{
    js_set_real(json, "epochs_run", plan_epochs_of(plan, plan->total_steps));
    js_set_int(json, "samples_seen", plan_samples_of(plan, plan->total_steps));
}

static void set_steps(struct json *json, const struct plan *plan)
{
    const struct plan_stage *stage = &plan->stage[0];
    js_set_int(json, "batch", stage->batch);
    js_set_int(json, "batch_asked", plan->request.batch);
    js_set_bool(json, "clamped", stage->clamped);
    js_set_int(json, "samples", plan->samples);
    set_known(json, "epochs", plan->request.epochs > 0, plan->request.epochs);
    set_known(json, "max_steps", plan->request.max_steps > 0, plan->request.max_steps);
    js_set_int(json, "tail", plan->samples % stage->batch);
    set_tail(json, plan);
    set_samples_seen(json, plan);
    js_set_int(json, "epochs_begun", plan->epochs_begun);
    js_set_bool(json, "cut_by_max_steps", plan->cut_by_max_steps);
}

static void set_shares(struct json *json, const struct plan *plan)
{
    const struct plan_stage *stage = &plan->stage[0];
    struct plan_shares shares = plan_shares_of(plan);
    js_set_int(json, "ranks", plan->ranks);
    js_set_int(json, "threads", plan->request.threads);
    js_set_int(json, "threads_used", plan->threads);
    js_set_int(json, "teams", plan->teams);
    js_set_int(json, "workers", shares.workers);
    js_set_int(json, "slices", stage->slices);
    js_set_int(json, "busy_teams", stage->busy_teams);
    js_set_real(json, "balance", stage->balance);
    set_span(json, "slices_per_team", shares.slices_per_team);
    set_span(json, "rows_per_team", shares.rows_per_team);
    set_span(json, "rows_per_worker", shares.rows_per_worker);
    set_span(json, "rows_per_slice", shares.rows_per_slice);
    js_set_int(json, "workers_busy", shares.workers - shares.without_rows);
    js_set_int(json, "workers_without_rows", shares.without_rows);
    set_span(json, "workers_per_team", shares.workers_per_team);
}

static void set_rates(struct json *json, const struct run_estimate *estimate)
{
    const struct schedule *schedule = &estimate->schedule;
    int64_t warmup = schedule->warmup, steps = schedule->total_steps;
    js_set_real(json, "lr", schedule->lr);
    js_set_int(json, "warmup_steps", warmup);
    js_set_real(json, "warmup_epochs", plan_epochs_of(&estimate->plan, warmup));
    js_set_real(json, "warmup_share", (double)warmup / (double)steps);
    js_set_real(json, "lr_last", schedule_rate(schedule, steps, 1));
}

static void set_memory(struct json *json, const struct run_estimate *estimate)
{
    const struct run_memory *memory = &estimate->memory, *whole = &estimate->whole;
    bool known = estimate->network;
    char key[64];
    set_known(json, "pass_rows", known, memory->pass_rows);
    for (int i = 0; i < N_MEMORY_PARTS; i++) {
        snprintf(key, sizeof key, "memory_%s_bytes", memory_part_name((enum memory_part)i));
        set_known(json, key, known, memory->part[i]);
    }
    set_known(json, "memory_writing_bytes", known, memory->writing);
    set_known(json, "memory_reading_bytes", known, memory->reading);
    set_known(json, "memory_node_bytes", known, memory->all);
    set_known(json, "memory_rank_bytes", known, memory->all / estimate->machine_ranks);
    set_known(json, "memory_whole_batch_activations_bytes", known, whole->part[MEMORY_ACTIVATIONS]);
    set_known(json, "memory_whole_batch_node_bytes", known, whole->all);
}

static void set_messages(struct json *json, const struct run_estimate *estimate)
{
    const struct plan *plan = &estimate->plan;
    bool known = estimate->network && (estimate->exchanges || plan->teams == 1);
    int64_t bytes;
    bool fits =
        !__builtin_mul_overflow(estimate->messages.both, plan->stage[0].steps_per_epoch, &bytes);
    set_known(json, "team_bytes_per_step", known, estimate->messages.both);
    set_known(json, "team_bytes_per_epoch", known && fits, bytes);
    double exchange_s = link_seconds(&estimate->link, &estimate->messages.path);
    js_set_real(
        json, "exchange_seconds_per_step", known && estimate->exchanges ? exchange_s : (double)NAN);
    set_known(json, "team_messages_per_step", known, estimate->messages.path.messages);
    set_known(json, "exchange_buckets", known, estimate->messages.buckets);
}

static void set_work(struct json *json, const struct run_estimate *estimate, bool stages)
{
    const struct plan *plan = &estimate->plan;
    const struct plan_stage *stage = &plan->stage[0];
    double visited = (double)(plan->samples - stage->dropped_per_epoch);
    double seen = (double)plan_samples_of(plan, plan->total_steps);
    double flops = estimate->network ? estimate->sample_flops : (double)NAN;
    double run_s = estimate->step_s * (double)plan->total_steps;
    double epoch_s = stages ? run_s / plan_epochs_of(plan, plan->total_steps)
                            : estimate->step_s * (double)stage->steps_per_epoch;
    js_set_real(json, "flops_per_step", flops * (double)stage->batch);
    js_set_real(json, "flops_per_epoch", flops * visited);
    js_set_real(json, "flops_per_run", flops * seen);
    set_messages(json, estimate);
    if (isnan(run_s))
        js_set(json, "samples_per_second", NULL);
    else
        js_set_int(json, "samples_per_second", llround(stages ? seen / run_s : visited / epoch_s));
    js_set_real(json, "seconds_per_step", estimate->step_s);
    js_set_real(json, "seconds_per_epoch", epoch_s);
    js_set_real(json, "seconds_per_run", run_s);
}

void plan_figures_set(struct json *json, const struct run_estimate *estimate, bool stages)
{
    static const char *const of_stage[] = {"steps_per_epoch", "last_batch", "dropped_per_epoch",
        "flops_per_step", "team_bytes_per_step", "team_bytes_per_epoch"};
    set_steps(json, &estimate->plan);
    set_shares(json, &estimate->plan);
    set_rates(json, estimate);
    set_memory(json, estimate);
    set_work(json, estimate, stages);
    for (size_t i = 0; stages && i < sizeof of_stage / sizeof *of_stage; i++)
        js_set(json, of_stage[i], NULL);
}

struct json *plan_tail_json(const struct plan *plan)
{
    struct json *json = js_object();
    set_tail(json, plan);
    return json;
}

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

/* --- the learning rate ------------------------------------------------------------------------ */

enum { CURVE_POINTS = 2000, CURVE_STEPS = 10000000 };

static void append_point(struct json *curve, int64_t step, double lr)
{
    struct json *point = js_object();
    js_set_int(point, "step", step);
    js_set_real(point, "lr", lr);
    js_append(curve, point);
}

/* Appends every step at which the rate changes. False: too many changes or steps. */
static bool append_changes(struct json *curve, const struct schedule *schedule)
{
    double before = (double)NAN;
    int points = 0;
    if (schedule->total_steps > CURVE_STEPS)
        return false;
    for (int64_t step = 1; step <= schedule->total_steps; step++) {
        double lr = schedule_rate(schedule, step, 1);
        if (lr == before)
            continue;
        if (points++ == CURVE_POINTS)
            return false;
        append_point(curve, step, lr);
        before = lr;
    }
    return true;
}

struct json *plan_rates_json(const struct schedule *schedule)
{
    struct json *rates = js_object(), *curve = js_array();
    bool complete = append_changes(curve, schedule);
    if (!complete) {
        js_destroy(curve);
        curve = js_array();
        int64_t apart = schedule->total_steps / (CURVE_POINTS - 1);
        for (int64_t i = 0; i < CURVE_POINTS - 1; i++)
            append_point(curve, 1 + i * apart, schedule_rate(schedule, 1 + i * apart, 1));
        append_point(
            curve, schedule->total_steps, schedule_rate(schedule, schedule->total_steps, 1));
    }
    js_set_text(rates, "schedule", schedule_words[schedule->kind]);
    js_set_real(rates, "lr", schedule->lr);
    js_set_int(rates, "warmup_steps", schedule->warmup);
    js_set_bool(rates, "complete", complete);
    js_set(rates, "curve", curve);
    return rates;
}
