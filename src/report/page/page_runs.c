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
    struct rows facts = run_facts(page->input->run, page->input->runs);
    against_batch(page, &facts);
    page_training(page, page->input->run, page->input->runs, false, NULL);
}
