#include "report/page/page_parts.h"

static void all_runs(struct page *page, const struct sweep_file *sweep)
{
    const struct json *runs = js_get(sweep->json, "runs");
    struct rows rows = rows_of(runs);
    char note[100] = "";
    if (rows.n == 0)
        return;
    if (js_size(runs) > (size_t)rows.n)
        snprintf(
            note, sizeof note, "The first %d of %zu; sweep.json has all.", rows.n, js_size(runs));
    page_card(page, &(struct card){.whole = true,
                        .title = "All runs",
                        .columns = "directory: run, batch, lr, seed, stopped_by, reached, "
                                   "steps_done, epochs_done, steps_to_target, seconds_to_target, "
                                   "samples_per_second, metric, gap, noise_scale",
                        .rows = &rows,
                        .note = *note ? note : NULL});
}

void page_sweep(struct page *page, const struct sweep_file *sweep)
{
    struct rows rows = rows_of(js_get(sweep->json, "batches"));
    page_section_begin(page, "Effects of the batch size",
        "Each figure is for the best learning rate of its batch size; bars span the least to the "
        "most of several seeds.");
    page_batches(page, sweep->json, &rows);
    page_section_end(page);
    page_training(page, sweep->run, sweep->runs, true,
        "For each batch size the run with its best rate and the lowest seed.");
    page_section_begin(page, "Every run", NULL);
    all_runs(page, sweep);
    if (sweep->lacking > 0)
        page_say(page, "note", "%d run%s without a directory beside sweep.json: no curves.",
            sweep->lacking, NUMBER_PLURAL(sweep->lacking));
    page_section_end(page);
}
