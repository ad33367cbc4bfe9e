#include <stdlib.h>

#include "report/page/page_parts.h"

static int by_batch(const void *left, const void *right)
{
    static const char *const key[] = {"batch", "number"};
    const struct json *one = *(const struct json *const *)left;
    const struct json *other = *(const struct json *const *)right;
    int order = 0;
    for (int i = 0; i < 2 && order == 0; i++) {
        double first = row_number(one, key[i]), second = row_number(other, key[i]);
        order = (first > second) - (first < second);
    }
    return order;
}

/* Without the runs that change their batch size. */
static void against_batch(struct page *page, const struct rows *all)
{
    struct rows rows = rows_with(all, "batch_stages", "");
    qsort(rows.row, (size_t)rows.n, sizeof *rows.row, by_batch);
    if (rows.n == 0 ||
        !(row_number(rows.row[0], "batch") < row_number(rows.row[rows.n - 1], "batch")))
        return;
    page_section_begin(page, "Runs by batch size",
        rows.n < all->n ? "Without the runs whose batch size changes during training." : NULL);
    page_batches(page, NULL, &rows);
    page_section_end(page);
}

void page_runs(struct page *page)
{
    static const struct phase_paths paths = {"phases.", ".mean", "number"};
    const struct report_input *input = page->input;
    const struct run *run[ROWS_MAX];
    struct rows facts = {.n = input->runs < ROWS_MAX ? input->runs : ROWS_MAX};
    char(*names)[PLOT_NAME] = calloc((size_t)facts.n + 1, sizeof *names);
    if (facts.n == 0 || !names) {
        free(names);
        return;
    }
    for (int i = 0; i < facts.n; i++) {
        run[i] = &input->run[i];
        facts.row[i] = run[i]->facts;
        snprintf(names[i], PLOT_NAME, "%s", row_text(run[i]->facts, "name"));
    }
    against_batch(page, &facts);
    page_section_begin(page, "Over training", NULL);
    if (input->runs > facts.n)
        page_say(page, "note", "The first %d of %d runs.", facts.n, input->runs);
    page_curves(page, run, (const char(*)[PLOT_NAME])names, facts.n);
    page_phases(page, &facts, &paths);
    page_section_end(page);
    free(names);
}
