#include <stdlib.h>

#include "report/page/page_parts.h"

static int by_batch(const void *left, const void *right)
{
    const struct json *one = *(const struct json *const *)left;
    const struct json *other = *(const struct json *const *)right;
    double first = page_number(one, "batch"), second = page_number(other, "batch");
    if (first != second)
        return (first > second) - (first < second);
    first = page_number(one, "number");
    second = page_number(other, "number");
    return (first > second) - (first < second);
}

/* What batch sizes do, where there are several; a run that changes its own has no one of them. */
static void against_batch(struct page *page, const struct json **facts, int n_facts)
{
    const struct json *sorted[PAGE_ROWS] = {NULL};
    struct plot_axis axis;
    int n = 0;
    for (int i = 0; i < n_facts; i++)
        if (!js_as_text(js_get(facts[i], "batch_stages")))
            sorted[n++] = facts[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_batch);
    if (!page_batch_axis(&axis, sorted, n))
        return;
    page_section_begin(page, "Runs by batch size",
        n < n_facts ? "Without the runs whose batch size changes while they train." : NULL);
    page_batches(page, NULL, sorted, n);
    page_section_end(page);
}

void page_runs(struct page *page)
{
    static const struct phase_paths paths = {"phases.", ".mean", "number", "run number"};
    const struct report_input *input = page->input;
    const struct run *run[PAGE_ROWS];
    const struct json *facts[PAGE_ROWS];
    int n = input->runs < PAGE_ROWS ? input->runs : PAGE_ROWS;
    char(*names)[PLOT_NAME] = calloc((size_t)n + 1, sizeof *names);
    if (n == 0 || !names) {
        free(names);
        return;
    }
    for (int i = 0; i < n; i++) {
        const char *name = js_as_text(js_get(input->run[i].facts, "name"));
        run[i] = &input->run[i];
        facts[i] = run[i]->facts;
        snprintf(names[i], PLOT_NAME, "%s", name ? name : "");
    }
    against_batch(page, facts, n);
    page_section_begin(page, "Over training", NULL);
    if (input->runs > n)
        page_say(page, "note", "The first %d of %d runs.", n, input->runs);
    page_curves(page, run, (const char(*)[PLOT_NAME])names, n);
    page_phases(page, facts, n, &paths);
    page_section_end(page);
    free(names);
}
