#include <stdlib.h>
#include <string.h>

#include "report/page/page_parts.h"

static void all_runs(struct page *page, const struct sweep_file *sweep)
{
    static const struct column columns[] = {{"run", "directory", NUMBER_PLAIN},
        {"B (samples)", "batch", NUMBER_COUNT}, {"rate", "lr", NUMBER_PLAIN},
        {"seed", "seed", NUMBER_PLAIN}, {"stopped by", "stopped_by", NUMBER_PLAIN},
        {"reached", "reached", NUMBER_PLAIN}, {"steps done", "steps_done", NUMBER_COUNT},
        {"epochs done", "epochs_done", NUMBER_PLAIN},
        {"steps to target", "steps_to_target", NUMBER_COUNT},
        {"time to target (s)", "seconds_to_target", NUMBER_MEASURED},
        {"samples/s", "samples_per_second", NUMBER_COUNT}, {"metric", "metric", NUMBER_FRACTION},
        {"gap", "gap", NUMBER_FRACTION}, {"noise scale (samples)", "noise_scale", NUMBER_COUNT}};
    const struct json *rows[PAGE_ROWS];
    const struct json *runs = js_get(sweep->json, "runs");
    int n = page_rows(runs, rows);
    if (n == 0)
        return;
    page_card_begin(page, CARD_WHOLE, "All runs");
    page_table(page, "All runs of the sweep", COLUMNS(columns), rows, n);
    if (js_size(runs) > (size_t)n)
        page_say(page, "note", "The first %d of %zu; sweep.json has all.", n, js_size(runs));
    page_card_end(page);
}

static void curves(struct page *page, const struct sweep_file *sweep)
{
    const struct run *run[PAGE_ROWS];
    const struct json *facts[PAGE_ROWS];
    static const char about[] =
        "Of each batch size the run at its best rate, with the lowest seed.";
    static const struct phase_paths paths = {"phases.", ".mean", "batch", "batch size B (samples)"};
    int n = sweep->runs < PAGE_ROWS ? sweep->runs : PAGE_ROWS;
    char(*names)[PLOT_NAME] = calloc((size_t)n + 1, sizeof *names);
    if (n > 0 && names) {
        for (int i = 0; i < n; i++) {
            char batch[NUMBER_TEXT];
            run[i] = &sweep->run[i];
            facts[i] = run[i]->facts;
            snprintf(names[i], PLOT_NAME, "B" EQUALS "%s",
                number_text(run_number(run[i], "batch"), NUMBER_COUNT, batch));
        }
        page_section_begin(page, "Over training", about);
        page_curves(page, run, (const char(*)[PLOT_NAME])names, n);
        page_phases(page, facts, n, &paths);
        page_section_end(page);
    }
    free(names);
}

void page_sweep(struct page *page, const struct sweep_file *sweep)
{
    const struct json *rows[PAGE_ROWS];
    int n = page_rows(js_get(sweep->json, "batches"), rows);
    page_section_begin(page, "What the batch size does",
        "Each figure is of the best learning rate of its batch size; bars go from the least to the "
        "most of several seeds.");
    page_batches(page, sweep->json, rows, n);
    page_section_end(page);
    curves(page, sweep);
    page_section_begin(page, "Every run", NULL);
    all_runs(page, sweep);
    if (sweep->lacking > 0)
        page_say(page, "note", "%d run%s without a directory beside sweep.json: no curves of %s.",
            sweep->lacking, sweep->lacking == 1 ? "" : "s", sweep->lacking == 1 ? "it" : "them");
    page_section_end(page);
}
