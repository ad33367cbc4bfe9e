#include "report/plan_table.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

bool plan_other_tail(const struct plan *plan, struct plan *other)
{
    struct plan_request request = plan->request;
    struct error ignored;
    request.drop_last = !request.drop_last;
    return plan->samples % plan->stage[0].batch != 0 &&
           plan_make(other, &request, &ignored) == STATUS_OK;
}

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

enum { COLUMNS = 10, CELL = 68, ROWS_MAX = 128 };

struct table {
    int rows;
    char cell[ROWS_MAX][COLUMNS][CELL];
};

static const char *const heading[2][COLUMNS] = {
    {"", "", "steps per", "last", "total", "dropped", "", "rows per", "rows per", "rows per"},
    {"batch", "tail", "epoch", "batch", "steps", "an epoch", "slices", "team", "worker", "slice"},
};

static const char *span_text(char out[CELL], struct plan_span span)
{
    char least[32], most[32];
    text_grouped(span.least, least);
    text_grouped(span.most, most);
    if (span.least == span.most)
        snprintf(out, CELL, "%s", most);
    else
        snprintf(out, CELL, "%s-%s", least, most);
    return out;
}

static void put_tail(char (*cell)[CELL], const struct plan *plan, const char *tail)
{
    snprintf(cell[1], CELL, "%s", tail);
    text_grouped(plan->stage[0].steps_per_epoch, cell[2]);
    text_grouped(plan->stage[0].last_batch, cell[3]);
    text_grouped(plan->total_steps, cell[4]);
    text_grouped(plan->stage[0].dropped_per_epoch, cell[5]);
}

static void put_plan(struct table *table, const struct plan *plan)
{
    struct plan other;
    char(*cell)[CELL] = table->cell[table->rows++];
    bool tail = plan->samples % plan->stage[0].batch != 0;
    text_grouped(plan->stage[0].batch, cell[0]);
    put_tail(cell, plan, !tail ? "none" : plan->drop_last ? "dropped" : "kept");
    text_grouped(plan->stage[0].slices, cell[6]);
    span_text(cell[7], plan_rows_a_team(plan));
    span_text(cell[8], plan_rows_a_worker(plan));
    span_text(cell[9], plan_rows_a_slice(plan));
    if (plan_other_tail(plan, &other))
        put_tail(table->cell[table->rows++], &other, other.drop_last ? "if dropped" : "if kept");
}

static void print_cells(FILE *file, const struct table *table)
{
    size_t width[COLUMNS];
    for (int column = 0; column < COLUMNS; column++) {
        size_t first = strlen(heading[0][column]), second = strlen(heading[1][column]);
        width[column] = first > second ? first : second;
        for (int row = 0; row < table->rows; row++) {
            size_t length = strlen(table->cell[row][column]);
            width[column] = length > width[column] ? length : width[column];
        }
    }
    for (int row = -2; row < table->rows; row++) {
        int last = COLUMNS - 1;
        while (row >= 0 && last > 0 && !*table->cell[row][last])
            last--;
        for (int column = 0; column <= last; column++) {
            const char *text = row < 0 ? heading[row + 2][column] : table->cell[row][column];
            int left = column == 1 ? -(int)width[column] : (int)width[column];
            fprintf(file, "%s%*s", column ? "  " : "", left, text);
        }
        fputc('\n', file);
    }
}

static void print_length(FILE *file, const struct plan_request *request)
{
    char number[32];
    if (request->epochs > 0)
        fprintf(file, ", %s epoch%s", text_grouped(request->epochs, number),
            request->epochs == 1 ? "" : "s");
    if (request->max_steps > 0)
        fprintf(file, ", at most %s step%s", text_grouped(request->max_steps, number),
            request->max_steps == 1 ? "" : "s");
}

/* "2 ranks of 3 threads: 1 team of 6 workers" */
static void print_machine(FILE *file, const struct plan *plan)
{
    char workers[CELL];
    struct plan_span span = plan_workers_a_team(plan);
    fprintf(file, "; %d rank%s of %d thread%s", plan->ranks, plan->ranks == 1 ? "" : "s",
        plan->request.threads, plan->request.threads == 1 ? "" : "s");
    if (plan->ranks > 1)
        fprintf(file, ": %d team%s of %s worker%s", plan->teams, plan->teams == 1 ? "" : "s",
            span_text(workers, span), span.most == 1 ? "" : "s");
}

/* What keeps teams or workers from being busy. */
static void print_shares(FILE *file, const struct plan *plan, const char *batch)
{
    char number[32], workers[32], each[CELL];
    int idle = plan->teams - plan->stage[0].busy_teams;
    int64_t without = plan_workers_without_rows(plan), of_idle = 0;
    for (int team = plan->stage[0].busy_teams; team < plan->teams; team++)
        of_idle += plan_team_workers(plan, team);
    text_grouped(plan->stage[0].slices, number);
    if (idle > 0)
        fprintf(file,
            "batch %s: %s slice%s for %d teams, so %d of them compute%s no rows (larger batch, "
            "fewer teams, or --slices)\n",
            batch, number, plan->stage[0].slices == 1 ? "" : "s", plan->teams, idle,
            idle == 1 ? "s" : "");
    else if (plan->stage[0].balance < 1)
        fprintf(file,
            "batch %s: %s slices are not a multiple of %d teams (%s each): %.0f%% of them are busy "
            "on average\n",
            batch, number, plan->teams, span_text(each, plan_slices_a_team(plan)),
            100 * plan->stage[0].balance);
    if (without > of_idle)
        fprintf(file, "batch %s: %s of %s workers ha%s no row of %s own\n", batch,
            text_grouped(without, number), text_grouped(plan_workers(plan), workers),
            without == 1 ? "s" : "ve", without == 1 ? "its" : "their");
}

static void print_note(FILE *file, const struct plan *plan)
{
    char batch[32], number[32], epochs[32];
    text_grouped(plan->request.batch, batch);
    if (plan->stage[0].clamped)
        fprintf(file, "batch %s: more than there are samples, so each epoch is one step of %s\n",
            batch, text_grouped(plan->stage[0].batch, number));
    if (plan->cut_by_max_steps) {
        struct batch last = plan_batch(plan, plan->total_steps);
        fprintf(file, "batch %s: --max-steps ends it in epoch %s, at iteration %s of %" PRId64 "\n",
            batch, text_grouped(last.epoch, epochs), text_grouped(last.iteration, number),
            plan->stage[0].steps_per_epoch);
    }
    print_shares(file, plan, batch);
}

void plan_table_print(FILE *file, const struct plan *plan, int n)
{
    struct table table = {0};
    char number[32];
    if (n < 1)
        return;
    fprintf(file, "%s training sample%s", text_grouped(plan->samples, number),
        plan->samples == 1 ? "" : "s");
    print_length(file, &plan->request);
    print_machine(file, plan);
    fputs("\n\n", file);
    for (int i = 0; i < n && table.rows + 2 <= ROWS_MAX; i++)
        put_plan(&table, &plan[i]);
    print_cells(file, &table);
    fputc('\n', file);
    for (int i = 0; i < n; i++)
        print_note(file, &plan[i]);
}
