#include "report/plan_table.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

bool plan_other_tail(const struct plan *plan, struct plan *other)
{
    struct plan_request request = plan->request;
    struct error ignored;
    request.drop_last = !request.drop_last;
    return plan->samples % plan->batch != 0 && plan_make(other, &request, &ignored) == STATUS_OK;
}

struct plan_rows plan_rank_rows(const struct plan *plan)
{
    struct plan_rows rows = {.least = INT64_MAX, .most = 0};
    for (int team = 0; team < plan->teams; team++) {
        int64_t size = range_size(plan_team_rows(plan, plan->batch, team));
        rows.least = size < rows.least ? size : rows.least;
        rows.most = size > rows.most ? size : rows.most;
    }
    return rows;
}

/* As if a rank's rows were one pass. */
struct plan_rows plan_thread_rows(const struct plan *plan)
{
    struct plan_rows rank = plan_rank_rows(plan), rows = {.least = INT64_MAX, .most = 0};
    for (int worker = 0; worker < plan->threads; worker++) {
        int64_t least = range_size(split_aligned(rank.least, PLAN_ROW_UNIT, plan->threads, worker));
        int64_t most = range_size(split_aligned(rank.most, PLAN_ROW_UNIT, plan->threads, worker));
        rows.least = least < rows.least ? least : rows.least;
        rows.most = most > rows.most ? most : rows.most;
    }
    return rows;
}

struct plan_rows plan_slice_rows_of(const struct plan *plan)
{
    return (struct plan_rows){plan->batch / plan->slices, divide_up(plan->batch, plan->slices)};
}

enum { COLUMNS = 10, CELL = 68, ROWS_MAX = 128 };

struct table {
    int rows;
    char cell[ROWS_MAX][COLUMNS][CELL];
};

static const char *const heading[2][COLUMNS] = {
    {"", "", "steps per", "last", "total", "dropped", "", "rows per", "rows per", "rows per"},
    {"batch", "tail", "epoch", "batch", "steps", "an epoch", "slices", "rank", "thread", "slice"},
};

static void put_rows(char cell[CELL], struct plan_rows rows)
{
    char least[32], most[32];
    text_grouped(rows.least, least);
    text_grouped(rows.most, most);
    if (rows.least == rows.most)
        snprintf(cell, CELL, "%s", most);
    else
        snprintf(cell, CELL, "%s-%s", least, most);
}

static void put_tail(char (*cell)[CELL], const struct plan *plan, const char *tail)
{
    snprintf(cell[1], CELL, "%s", tail);
    text_grouped(plan->steps_per_epoch, cell[2]);
    text_grouped(plan->last_batch, cell[3]);
    text_grouped(plan->total_steps, cell[4]);
    text_grouped(plan->dropped_per_epoch, cell[5]);
}

static void put_plan(struct table *table, const struct plan *plan)
{
    struct plan other;
    char(*cell)[CELL] = table->cell[table->rows++];
    bool tail = plan->samples % plan->batch != 0;
    text_grouped(plan->batch, cell[0]);
    put_tail(cell, plan, !tail ? "none" : plan->drop_last ? "dropped" : "kept");
    text_grouped(plan->slices, cell[6]);
    put_rows(cell[7], plan_rank_rows(plan));
    put_rows(cell[8], plan_thread_rows(plan));
    put_rows(cell[9], plan_slice_rows_of(plan));
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

static void print_note(FILE *file, const struct plan *plan)
{
    char batch[32], number[32], epochs[32];
    text_grouped(plan->request.batch, batch);
    if (plan->clamped)
        fprintf(file, "batch %s: more than there are samples, so each epoch is one step of %s\n",
            batch, text_grouped(plan->batch, number));
    if (plan->cut_by_max_steps) {
        struct batch last = plan_batch(plan, plan->total_steps);
        fprintf(file, "batch %s: --max-steps ends it in epoch %s, at iteration %s of %" PRId64 "\n",
            batch, text_grouped(last.epoch, epochs), text_grouped(last.iteration, number),
            plan->steps_per_epoch);
    }
    if (plan->busy_teams < plan->teams)
        fprintf(file,
            "batch %s: %s slice%s for %d ranks, so %d of them compute%s no rows (larger batch, "
            "fewer "
            "ranks, or --slices)\n",
            batch, text_grouped(plan->slices, number), plan->slices == 1 ? "" : "s", plan->teams,
            plan->teams - plan->busy_teams, plan->teams - plan->busy_teams == 1 ? "s" : "");
    else if (plan->balance < 1)
        fprintf(file,
            "batch %s: %s slices are not a multiple of %d ranks: %.0f%% of them are busy on "
            "average\n",
            batch, text_grouped(plan->slices, number), plan->teams, 100 * plan->balance);
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
    fprintf(file, "; %d rank%s of %d thread%s\n\n", plan->teams, plan->teams == 1 ? "" : "s",
        plan->threads, plan->threads == 1 ? "" : "s");

    for (int i = 0; i < n && table.rows + 2 <= ROWS_MAX; i++)
        put_plan(&table, &plan[i]);
    print_cells(file, &table);
    fputc('\n', file);
    for (int i = 0; i < n; i++)
        print_note(file, &plan[i]);
}
