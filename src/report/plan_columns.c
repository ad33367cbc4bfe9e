#include "report/plan_columns.h"

#include <string.h>

#include "base/text.h"
#include "report/plan_table.h"

/* --- steps ------------------------------------------------------------------------------------ */

enum {
    STEPS_NAME,
    STEPS_TAIL_NAME,
    STEPS_BATCH,
    STEPS_ASKED,
    STEPS_CLAMPED,
    STEPS_SAMPLES,
    STEPS_EPOCHS,
    STEPS_MAX_STEPS,
    STEPS_TAIL,
    STEPS_DROP_LAST, /* from here ... */
    STEPS_PER_EPOCH,
    STEPS_LAST_BATCH,
    STEPS_TOTAL,
    STEPS_DROPPED, /* ... to here it is the tail's doing */
    STEPS_EPOCHS_RUN,
    STEPS_SEEN,
    STEPS_EPOCHS_BEGUN,
    STEPS_CUT,
    N_STEPS
};

static const struct column steps_column[N_STEPS] = {
    [STEPS_NAME] = {NULL, "", "batch", CELL_TEXT, false, false},
    [STEPS_TAIL_NAME] = {NULL, "", "tail", CELL_TEXT, true, false},
    [STEPS_BATCH] = {"batch", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_ASKED] = {"batch_asked", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_CLAMPED] = {"clamped", NULL, NULL, CELL_TRUTH, false, false},
    [STEPS_SAMPLES] = {"samples", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_EPOCHS] = {"epochs", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_MAX_STEPS] = {"max_steps", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_TAIL] = {"tail", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_DROP_LAST] = {"drop_last", NULL, NULL, CELL_TRUTH, false, false},
    [STEPS_PER_EPOCH] = {"steps_per_epoch", "steps per", "epoch", CELL_COUNT, false, false},
    [STEPS_LAST_BATCH] = {"last_batch", "last", "batch", CELL_COUNT, false, false},
    [STEPS_TOTAL] = {"total_steps", "total", "steps", CELL_COUNT, false, false},
    [STEPS_DROPPED] = {"dropped_per_epoch", "dropped", "an epoch", CELL_COUNT, false, false},
    [STEPS_EPOCHS_RUN] = {"epochs_run", "", "epochs", CELL_REAL, false, false},
    [STEPS_SEEN] = {"samples_seen", "samples", "seen", CELL_COUNT, false, false},
    [STEPS_EPOCHS_BEGUN] = {"epochs_begun", NULL, NULL, CELL_COUNT, false, false},
    [STEPS_CUT] = {"cut_by_max_steps", NULL, NULL, CELL_TRUTH, false, false},
};

struct range plan_tail_columns(void)
{
    return (struct range){STEPS_DROP_LAST, STEPS_DROPPED + 1};
}

static struct cell limit(int64_t value)
{
    return value > 0 ? cell_count(value) : cell_none();
}

static const char *tail_name(const struct plan_row *row)
{
    const struct plan *plan = row->plan;
    if (row->kind == PLAN_ROW_TAIL)
        return plan->drop_last ? "if dropped" : "if kept";
    if (row->kind == PLAN_ROW_ALL)
        return NULL;
    bool tail = plan->samples % plan->stage[0].batch != 0;
    return !tail ? "none" : plan->drop_last ? "dropped" : "kept";
}

/* A run of several stages has no one batch. */
static void fill_steps(const struct plan_row *row, struct cell *cell)
{
    const struct plan *plan = row->plan;
    const struct plan_stage *stage = &plan->stage[0];
    bool one = row->kind != PLAN_ROW_ALL;
    cell[STEPS_NAME] = cell_text(row->batch);
    cell[STEPS_TAIL_NAME] = cell_text(tail_name(row));
    cell[STEPS_BATCH] = cell_count(stage->batch);
    cell[STEPS_ASKED] = cell_count(plan->request.batch);
    cell[STEPS_CLAMPED] = cell_truth(stage->clamped);
    cell[STEPS_SAMPLES] = cell_count(plan->samples);
    cell[STEPS_EPOCHS] = limit(plan->request.epochs);
    cell[STEPS_MAX_STEPS] = limit(plan->request.max_steps);
    cell[STEPS_TAIL] = cell_count(plan->samples % stage->batch);
    cell[STEPS_DROP_LAST] = cell_truth(plan->drop_last);
    cell[STEPS_PER_EPOCH] = one ? cell_count(stage->steps_per_epoch) : cell_none();
    cell[STEPS_LAST_BATCH] = one ? cell_count(stage->last_batch) : cell_none();
    cell[STEPS_TOTAL] = cell_count(plan->total_steps);
    cell[STEPS_DROPPED] = one ? cell_count(stage->dropped_per_epoch) : cell_none();
    cell[STEPS_EPOCHS_RUN] = cell_real(plan_epochs_of(plan, plan->total_steps));
    cell[STEPS_SEEN] = cell_count(plan_samples_of(plan, plan->total_steps));
    cell[STEPS_EPOCHS_BEGUN] = cell_count(plan->epochs_begun);
    cell[STEPS_CUT] = cell_truth(plan->cut_by_max_steps);
}

/* --- shares ----------------------------------------------------------------------------------- */

enum {
    SHARES_NAME,
    SHARES_RANKS,
    SHARES_THREADS,
    SHARES_THREADS_USED,
    SHARES_TEAMS,
    SHARES_WORKERS,
    SHARES_SLICES,
    SHARES_BUSY_TEAMS,
    SHARES_BALANCE,
    SHARES_SLICES_A_TEAM,
    SHARES_ROWS_A_TEAM,
    SHARES_ROWS_A_WORKER,
    SHARES_ROWS_A_SLICE,
    SHARES_BUSY,
    SHARES_WITHOUT,
    SHARES_WORKERS_A_TEAM,
    N_SHARES
};

static const struct column shares_column[N_SHARES] = {
    [SHARES_NAME] = {NULL, "", "batch", CELL_TEXT, false, false},
    [SHARES_RANKS] = {"ranks", NULL, NULL, CELL_COUNT, false, false},
    [SHARES_THREADS] = {"threads", NULL, NULL, CELL_COUNT, false, false},
    [SHARES_THREADS_USED] = {"threads_used", "threads", "used", CELL_COUNT, false, true},
    [SHARES_TEAMS] = {"teams", NULL, NULL, CELL_COUNT, false, false},
    [SHARES_WORKERS] = {"workers", NULL, NULL, CELL_COUNT, false, false},
    [SHARES_SLICES] = {"slices", "", "slices", CELL_COUNT, false, false},
    [SHARES_BUSY_TEAMS] = {"busy_teams", "teams", "busy", CELL_COUNT, false, true},
    [SHARES_BALANCE] = {"balance", "", "balance", CELL_REAL, false, true},
    [SHARES_SLICES_A_TEAM] = {"slices_per_team", "slices", "a team", CELL_SPAN, false, true},
    [SHARES_ROWS_A_TEAM] = {"rows_per_team", "rows per", "team", CELL_SPAN, false, false},
    [SHARES_ROWS_A_WORKER] = {"rows_per_worker", "rows per", "worker", CELL_SPAN, false, false},
    [SHARES_ROWS_A_SLICE] = {"rows_per_slice", "rows per", "slice", CELL_SPAN, false, false},
    [SHARES_BUSY] = {"workers_busy", "workers", "with rows", CELL_COUNT, false, false},
    [SHARES_WITHOUT] = {"workers_without_rows", NULL, NULL, CELL_COUNT, false, false},
    [SHARES_WORKERS_A_TEAM] = {"workers_per_team", NULL, NULL, CELL_SPAN, false, false},
};

static struct cell span(struct plan_span span)
{
    return cell_span(span.least, span.most);
}

static void fill_shares(const struct plan_row *row, struct cell *cell)
{
    const struct plan *plan = row->plan;
    const struct plan_stage *stage = &plan->stage[0];
    int64_t workers = plan_workers(plan), without = plan_workers_without_rows(plan);
    cell[SHARES_NAME] = cell_text(row->batch);
    cell[SHARES_RANKS] = cell_count(plan->ranks);
    cell[SHARES_THREADS] = cell_count(plan->request.threads);
    cell[SHARES_THREADS_USED] = cell_count(plan->threads);
    cell[SHARES_TEAMS] = cell_count(plan->teams);
    cell[SHARES_WORKERS] = cell_count(workers);
    cell[SHARES_SLICES] = cell_count(stage->slices);
    bool alone = plan->teams == 1;
    cell[SHARES_BUSY_TEAMS] = cell_silent(cell_count(stage->busy_teams), alone);
    cell[SHARES_BALANCE] = cell_silent(cell_real(stage->balance), alone);
    cell[SHARES_SLICES_A_TEAM] = cell_silent(span(plan_slices_a_team(plan)), alone);
    cell[SHARES_ROWS_A_TEAM] = cell_silent(span(plan_rows_a_team(plan)), alone);
    cell[SHARES_ROWS_A_WORKER] = span(plan_rows_a_worker(plan));
    cell[SHARES_ROWS_A_SLICE] = span(plan_rows_a_slice(plan));
    cell[SHARES_BUSY] = cell_count(workers - without);
    cell[SHARES_WITHOUT] = cell_count(without);
    cell[SHARES_WORKERS_A_TEAM] = span(plan_workers_a_team(plan));
}

/* --- rates ------------------------------------------------------------------------------------ */

enum {
    RATES_NAME,
    RATES_LR,
    RATES_WARMUP_STEPS,
    RATES_WARMUP_EPOCHS,
    RATES_WARMUP_SHARE,
    RATES_LAST,
    RATES_TURNS,
    N_RATES
};

static const struct column rates_column[N_RATES] = {
    [RATES_NAME] = {NULL, "", "batch", CELL_TEXT, false, false},
    [RATES_LR] = {"lr", "learning", "rate", CELL_REAL, false, false},
    [RATES_WARMUP_STEPS] = {"warmup_steps", "warm-up", "steps", CELL_COUNT, false, false},
    [RATES_WARMUP_EPOCHS] = {"warmup_epochs", "", "epochs", CELL_REAL, false, false},
    [RATES_WARMUP_SHARE] = {"warmup_share", "", "of run", CELL_SHARE, false, false},
    [RATES_LAST] = {"lr_last", "last", "rate", CELL_REAL, false, false},
    [RATES_TURNS] = {NULL, "after step", "(epoch)", CELL_TEXT, true, false},
};

static void fill_rates(const struct plan_row *row, struct cell *cell)
{
    const struct schedule *schedule = &row->estimate->schedule;
    const struct plan *plan = &row->estimate->plan;
    int64_t warmup = schedule->warmup, steps = schedule->total_steps;
    cell[RATES_NAME] = cell_text(row->batch);
    cell[RATES_LR] = cell_real(schedule->lr);
    cell[RATES_WARMUP_STEPS] = cell_silent(cell_count(warmup), warmup == 0);
    cell[RATES_WARMUP_EPOCHS] = cell_silent(cell_real(plan_epochs_of(plan, warmup)), warmup == 0);
    cell[RATES_WARMUP_SHARE] = cell_silent(cell_real((double)warmup / (double)steps), warmup == 0);
    cell[RATES_LAST] = cell_real(schedule_rate(schedule, steps, 1));
    cell[RATES_TURNS] = *row->turns ? cell_text(row->turns) : cell_none();
}

/* --- all -------------------------------------------------------------------------------------- */

struct topic plan_topic(enum plan_topic topic)
{
    switch (topic) {
    case TOPIC_SHARES:
        return (struct topic){"Who computes what", shares_column, N_SHARES};
    case TOPIC_RATES:
        return (struct topic){"Learning rate", rates_column, N_RATES};
    case TOPIC_MEMORY:
        return plan_memory_topic();
    case TOPIC_WORK:
        return plan_work_topic();
    case TOPIC_STEPS:
    case N_TOPICS:
        break;
    }
    return (struct topic){"Steps", steps_column, N_STEPS};
}

_Static_assert(
    (int)N_STEPS <= TOPIC_COLUMNS_MAX && (int)N_SHARES <= TOPIC_COLUMNS_MAX, "too many columns");

void plan_cells(enum plan_topic topic, const struct plan_row *row, struct cell *cell)
{
    static void (*const fill[N_TOPICS])(const struct plan_row *, struct cell *) = {
        [TOPIC_STEPS] = fill_steps,
        [TOPIC_SHARES] = fill_shares,
        [TOPIC_RATES] = fill_rates,
        [TOPIC_MEMORY] = plan_memory_cells,
        [TOPIC_WORK] = plan_work_cells,
    };
    fill[topic](row, cell);
}

/* "1,565 (5), 3,130 (10), 2 more" */
static void describe_turns(const struct run_estimate *estimate, char *out, size_t size)
{
    enum { SHOWN = 3 };
    struct turn turn[RUN_ESTIMATE_TURNS_MAX];
    int64_t n = run_estimate_turns(estimate, turn), from = 0;
    size_t used = 0;
    char step[32];
    out[0] = '\0';
    if (n > 0 && strcmp(turn[0].what, "warm-up ends") == 0)
        from = 1; /* the warm-up has columns of its own */
    for (int64_t i = from; i < n && i < from + SHOWN && used < size; i++) {
        bool again = i > from && strcmp(turn[i].what, turn[i - 1].what) == 0;
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s (%.4g)", i > from ? ", " : "",
            again ? "" : turn[i].what, again ? "" : " ", text_grouped(turn[i].step, step),
            turn[i].epochs);
    }
    if (n > from + SHOWN && used < size)
        snprintf(out + used, size - used, ", %s more", text_grouped(n - from - SHOWN, step));
}

struct plan_row plan_row_of(
    enum plan_row_kind kind, const struct run_estimate *estimate, const struct plan *plan)
{
    struct plan_row row = {.kind = kind, .estimate = estimate, .plan = plan};
    if (kind == PLAN_ROW_ALL)
        snprintf(row.batch, sizeof row.batch, "all");
    else if (kind == PLAN_ROW_BATCH)
        text_grouped(plan->stage[0].batch, row.batch);
    describe_turns(estimate, row.turns, sizeof row.turns);
    return row;
}
