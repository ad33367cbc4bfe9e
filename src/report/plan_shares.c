#include "report/plan_table.h"

/* Widens a span that begins as {INT64_MAX, 0}. */
static void span_add(struct plan_span *span, int64_t value)
{
    span->least = value < span->least ? value : span->least;
    span->most = value > span->most ? value : span->most;
}

static const struct plan_span nothing = {INT64_MAX, 0};

struct plan_span plan_rows_a_team(const struct plan *plan)
{
    struct plan_span span = nothing;
    for (int team = 0; team < plan->teams; team++)
        span_add(&span, range_size(plan_team_rows(&plan->stage[0], plan->stage[0].batch, team)));
    return span;
}

struct plan_span plan_slices_a_team(const struct plan *plan)
{
    struct plan_span span = nothing;
    for (int team = 0; team < plan->teams; team++)
        span_add(&span, range_size(plan_team_slices(&plan->stage[0], team)));
    return span;
}

struct plan_span plan_workers_a_team(const struct plan *plan)
{
    struct plan_span span = nothing;
    span_add(&span, plan_team_workers(plan, 0));
    span_add(&span, plan_team_workers(plan, plan->teams - 1));
    return span;
}

struct plan_span plan_rows_a_worker(const struct plan *plan)
{
    struct plan_span span = nothing;
    for (int team = 0; team < plan->teams; team++) {
        int64_t rows = range_size(plan_team_rows(&plan->stage[0], plan->stage[0].batch, team));
        int64_t workers = plan_team_workers(plan, team);
        span_add(&span, rows / workers);
        span_add(&span, divide_up(rows, workers));
    }
    return span;
}

struct plan_span plan_rows_a_slice(const struct plan *plan)
{
    return (struct plan_span){plan->stage[0].batch / plan->stage[0].slices,
        divide_up(plan->stage[0].batch, plan->stage[0].slices)};
}

int64_t plan_workers(const struct plan *plan)
{
    return (int64_t)plan->ranks * plan->threads;
}

int64_t plan_workers_without_rows(const struct plan *plan)
{
    int64_t without = 0;
    for (int team = 0; team < plan->teams; team++) {
        int64_t rows = range_size(plan_team_rows(&plan->stage[0], plan->stage[0].batch, team));
        int64_t workers = plan_team_workers(plan, team);
        without += rows < workers ? workers - rows : 0;
    }
    return without;
}
