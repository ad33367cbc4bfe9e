#include "data/formats/csv_parts.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/split.h"

/* --- threads ------------------------------------------------------------------------------- */

enum { THREADS_MOST = 256 };

struct parallel {
    atomic_int next;
    struct csv_rows *rows;
    void (*work)(struct csv_rows *rows, struct csv_part *part);
};

static void *run_parts(void *argument)
{
    struct parallel *job = argument;
    for (int p; (p = atomic_fetch_add(&job->next, 1)) < job->rows->parts;)
        job->work(job->rows, &job->rows->part[p]);
    return NULL;
}

void csv_parts_run(
    struct csv_rows *rows, int threads, void (*work)(struct csv_rows *rows, struct csv_part *part))
{
    struct parallel job = {.rows = rows, .work = work};
    pthread_t thread[THREADS_MOST];
    int wanted = threads < rows->parts ? threads : rows->parts, started = 0;
    while (started < wanted - 1 && started < THREADS_MOST &&
           pthread_create(&thread[started], NULL, run_parts, &job) == 0)
        started++;
    run_parts(&job);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}

enum status csv_parts_status(const struct csv_rows *rows, struct error *error)
{
    for (int p = 0; p < rows->parts; p++)
        if (rows->part[p].error.status) {
            *error = rows->part[p].error;
            return error->status;
        }
    return STATUS_OK;
}

/* --- cutting and counting ------------------------------------------------------------------ */

/* CELL_BYTES: a cell counts as this much text. */
enum { PART_LEAST = 16 << 10, CELL_BYTES = 4, PARTS_A_THREAD = 4, PARTS_MOST = 4096 };

static void count_quotes(struct csv_rows *rows, struct csv_part *part)
{
    (void)rows;
    part->quotes = csv_count(part->text, part->end, '"');
}

/* Returns the beginning of the first record that begins at or after `offset`, behind as many
 * quotes: an odd number of them means that the text there is between quotes. */
static const char *cut(const struct csv_head *head, int64_t offset, int64_t quotes)
{
    if (offset == 0)
        return head->text;
    const char *at = head->text + offset - 1, *newline;
    bool open = quotes % 2 == 1;
    if (head->has_quotes && *at == '"') /* counted, but before the search begins */
        open = !open;
    while ((newline = memchr(at, '\n', (size_t)(head->end - at)))) {
        if (head->has_quotes)
            open ^= csv_count(at, newline, '"') % 2 == 1;
        at = newline + 1;
        if (!open)
            return at;
    }
    return head->end;
}

static void count_lines(struct csv_rows *rows, struct csv_part *part)
{
    for (const char *at = part->text, *next; at < part->end; at = next, part->rows++) {
        const char *end = rows->head->has_quotes ? csv_record_end(at, part->end, &next)
                                                 : csv_line_end(at, part->end, &next);
        part->lines += rows->head->has_quotes ? 1 + csv_count(at, end, '\n') : 1;
    }
}

/* Numbers the rows. A row of n fields has at least n - 1 characters and a line end, so the size
 * of the text limits the number of rows. If there are more lines than this limit, one of the lines
 * within it is too short. So memory is allocated for at most that number of rows, and later lines
 * are not read. */
static void number_rows(struct csv_rows *rows)
{
    const struct csv_head *head = rows->head;
    int64_t most = (head->end - head->text) / head->columns + 1;
    for (int p = 0; p < rows->parts; p++) {
        struct csv_part *part = &rows->part[p];
        part->first_row = rows->rows;
        part->first_line = head->first_line + rows->lines;
        rows->lines += part->lines;
        part->rows = least(part->rows, most - rows->rows);
        rows->rows += part->rows;
    }
}

static void cut_parts(struct csv_rows *rows, int threads, int64_t size)
{
    const struct csv_head *head = rows->head;
    int64_t quotes = 0;
    for (int p = 0; p < rows->parts; p++) {
        struct range range = split_even(size, rows->parts, p);
        rows->part[p].text = head->text + range.first;
        rows->part[p].end = head->text + range.end;
    }
    if (head->has_quotes)
        csv_parts_run(rows, threads, count_quotes);
    for (int p = 0; p < rows->parts; p++) {
        struct csv_part *part = &rows->part[p];
        part->text = cut(head, part->text - head->text, quotes);
        quotes += part->quotes;
        part->end = cut(head, part->end - head->text, quotes);
    }
}

/* Divides rows of cells, whose number is known. */
static void divide_rows(struct csv_rows *rows)
{
    for (int p = 0; p < rows->parts; p++) {
        struct range range = split_even(rows->head->rows, rows->parts, p);
        rows->part[p].first_row = rows->part[p].first_line = range.first;
        rows->part[p].rows = range.end - range.first;
    }
    rows->rows = rows->lines = rows->head->rows;
}

enum status csv_parts_cut(struct csv_rows *rows, int threads, struct error *error)
{
    const struct csv_head *head = rows->head;
    int64_t cells = head->rows * head->columns * CELL_BYTES;
    int64_t size = head->rows > 0 ? cells : head->end - head->text;
    int64_t parts = threads > 1 ? (int64_t)threads * PARTS_A_THREAD : 1;
    parts = least(least(parts, PARTS_MOST), divide_up(size, PART_LEAST));
    TRY(memory_take(&rows->part, (size_t)parts, sizeof *rows->part, "the table parts", error));
    rows->parts = (int)parts;
    if (head->rows > 0) {
        divide_rows(rows);
        return STATUS_OK;
    }
    cut_parts(rows, threads, size);
    csv_parts_run(rows, threads, count_lines);
    number_rows(rows);
    return STATUS_OK;
}
