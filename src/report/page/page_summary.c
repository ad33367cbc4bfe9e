#include <math.h>
#include <string.h>

#include "report/page/page_parts.h"
#include "report/sweep_report.h"

/* A figure in large type, with its name and a remark. The texts are sentences (report/figure.h). */
struct tile {
    const char *path; /* the tile is omitted if this figure is missing */
    const char *what, *number, *about;
};

static void draw_tile(struct page *page, const struct tile *tile, const struct json *row)
{
    if (!isfinite(row_number(row, tile->path)))
        return;
    fputs("<div class=\"tile\">", page->file);
    html_element(page->file, "span class=\"what\"", tile->what);
    html_element(page->file, "b", FILLED(tile->number, row));
    html_element(page->file, "span", FILLED(tile->about, row));
    fputs("</div>\n", page->file);
}

static void say(struct page *page, const char *sentence, const struct json *row)
{
    page_say(page, "lead", "%s", FILLED(sentence, row));
}

/* --- sweeps ----------------------------------------------------------------------------------- */

/* Writes each sentence as a paragraph and destroys the array. */
static void say_all(struct page *page, struct json *sentences)
{
    for (size_t i = 0; i < js_size(sentences); i++)
        page_say(page, "lead", "%s", js_as_text(js_item(sentences, i)));
    js_destroy(sentences);
}

/* Writes a box with a title and a list of texts. */
static void warn(struct page *page, const char *title, const struct json *list)
{
    fputs("<div class=\"warn\">", page->file);
    html_element(page->file, "strong", title);
    fputs("<ul>\n", page->file);
    for (size_t i = 0; i < js_size(list); i++)
        if (js_as_text(js_item(list, i)))
            html_element(page->file, "li", js_as_text(js_item(list, i)));
    fputs("</ul></div>\n", page->file);
}

static void sum_up_sweep(struct page *page, const struct json *json)
{
    bool ties = js_size(js_get(row_value(json, "recommendation.soonest"), "ties")) > 0;
    const struct tile tile[] = {
        {"recommendation.soonest.batch", "Fastest on this machine",
            "B" EQUALS "{recommendation.soonest.batch}",
            ties ? "target in {recommendation.soonest.seconds}; {recommendation.soonest.ties} "
                   "other{recommendation.soonest.ties:s} as fast within the noise"
                 : "target in {recommendation.soonest.seconds}"},
        {"recommendation.thriftiest.batch", "Fewest samples",
            "B" EQUALS "{recommendation.thriftiest.batch}",
            "target with {recommendation.thriftiest.samples} samples"},
        {"fit.critical_batch_low", "Critical batch, from steps", "{fit.critical_batch}",
            "95 % interval {fit.critical_batch_low} to {fit.critical_batch_high}"},
        {"frozen_noise_scale", "Gradient noise scale", "{frozen_noise_scale}",
            "samples, at the end of the runs"}};
    fputs("<div class=\"tiles\">\n", page->file);
    for (size_t i = 0; i < sizeof tile / sizeof *tile; i++)
        draw_tile(page, &tile[i], json);
    fputs("</div>\n<div class=\"sides\"><div>\n", page->file);
    say_all(page, sweep_findings(json));
    fputs("</div><div>\n", page->file);
    say_all(page, sweep_conditions(json));
    if (js_size(js_get(json, "warnings")) > 0)
        warn(page, "Warnings", js_get(json, "warnings"));
    fputs("</div></div>\n", page->file);
}

/* --- runs ------------------------------------------------------------------------------------- */

/* Draws a tile for the best run, with the name of the run if there are several, else with the figure
 * of the baseline if it has one. */
static void best_tile(
    struct page *page, const struct rows *facts, const char *path, bool least, const char *what)
{
    const struct json *best = least ? rows_least(facts, path) : rows_most(facts, path);
    char number[80], baseline[80], about[120] = "";
    snprintf(number, sizeof number, "{%s}", path);
    snprintf(baseline, sizeof baseline, "baseline.%s", path);
    if (page->input->runs > 1)
        snprintf(about, sizeof about, "{name}");
    else if (isfinite(row_number(best, baseline)))
        snprintf(about, sizeof about, "baseline {%s}%s", baseline,
            strstr(path, "_r2") && row_number(best, baseline) > 1e-9 ? ", 1 for a constant target"
                                                                     : "");
    draw_tile(page, &(struct tile){path, what, number, about}, best);
}

/* Draws the headline figures of regressions, in the units of the targets. */
static void value_tiles(struct page *page, const struct rows *facts, const char *set, bool several)
{
    bool validates = strcmp(set, "val") == 0;
    char path[2][16], what[2][64];
    snprintf(path[0], sizeof path[0], "%s_r2", set);
    snprintf(path[1], sizeof path[1], "%s_rmse", set);
    snprintf(what[0], sizeof what[0], "%s%s R2", several ? "Best, " : "",
        validates ? "Validation" : "Test");
    snprintf(what[1], sizeof what[1], "%s%s RMSE", several ? "Lowest, " : "",
        validates ? "Validation" : "Test");
    best_tile(page, facts, path[0], false, what[0]);
    best_tile(page, facts, path[1], true, what[1]);
}

/* Draws one tile per loss function, since values of different loss functions cannot be compared. */
static void loss_tiles(
    struct page *page, const struct rows *facts, const char *path, const char *what)
{
    const char *kinds[ROWS_KINDS];
    int n = rows_kinds(facts, "loss_function", kinds);
    for (int i = 0; i < n; i++) {
        struct rows some = rows_with(facts, "loss_function", kinds[i]);
        char title[PAGE_TITLE];
        snprintf(title, sizeof title, "%s (%.20s)", what, *kinds[i] ? kinds[i] : "unknown kind");
        best_tile(page, &some, path, true, n > 1 ? title : what);
    }
}

static void say_unfinished(struct page *page)
{
    for (int i = 0; i < page->input->runs; i++) {
        const struct run *run = &page->input->run[i];
        if (!run->complete)
            say(page,
                "{name} has no summary.json: it is still running, or was killed. The page shows "
                "what it has logged.",
                run->facts);
        if (run->cut)
            say(page, "The last line of {name}/metrics.jsonl is incomplete and was skipped.",
                run->facts);
    }
}

static void say_which_runs(struct page *page, const struct rows *facts)
{
    const struct json *first = facts->row[0], *small = rows_least(facts, "batch"),
                      *large = rows_most(facts, "batch");
    char text[SENTENCE];
    if (facts->n == 1) {
        snprintf(text, SENTENCE, "One run, {name}: B" EQUALS "{%s}; {steps_done} steps%s.",
            row_text(first, "batch_stages") ? "batch_stages" : "batch",
            page->input->run[0].complete ? ", stopped by {stopped_by}" : " so far");
        say(page, text, first);
    } else if (small) {
        bool same = row_number(small, "batch") == row_number(large, "batch");
        snprintf(text, SENTENCE, "%d runs with batch size", page->input->runs);
        sentence_append(text, same ? " {batch}" : "s from {batch}", small);
        sentence_append(text, same ? "." : " to {batch}.", large);
        page_say(page, "lead", "%s", text);
    }
}

/* Names the runs that are not better than the baseline, with the causes that were found. */
static void say_baselines(struct page *page)
{
    for (int i = 0; i < page->input->runs; i++) {
        const struct json *facts = page->input->run[i].facts;
        bool better = true;
        if (js_as_bool(js_get(facts, "better_than_baseline"), &better) && !better)
            warn(page, FILLED("{name} is not better than {baseline.prediction}", facts),
                js_get(facts, "causes"));
    }
}

static void sum_up_runs(struct page *page)
{
    struct rows facts = run_facts(page->input->run, page->input->runs);
    bool several = page->input->runs > 1, validated = rows_least(&facts, "val_loss");
    say_which_runs(page, &facts);
    say_unfinished(page);
    fputs("<div class=\"tiles\">\n", page->file);
    if (validated) {
        best_tile(page, &facts, "val_accuracy", false,
            several ? "Best validation accuracy" : "Validation accuracy");
        value_tiles(page, &facts, "val", several);
        loss_tiles(page, &facts, "val_loss",
            several ? "Lowest validation loss at the end" : "Validation loss");
    } else {
        best_tile(
            page, &facts, "test_accuracy", false, several ? "Best test accuracy" : "Test accuracy");
        value_tiles(page, &facts, "test", several);
        loss_tiles(
            page, &facts, "test_loss", several ? "Lowest test loss at the end" : "Test loss");
    }
    best_tile(
        page, &facts, "samples_per_second", false, several ? "Fastest, samples/s" : "Samples/s");
    best_tile(page, &facts, "peak_rss_bytes", true,
        several ? "Lowest peak memory of a rank" : "Peak memory of a rank");
    fputs("</div>\n", page->file);
    say_baselines(page);
}

/* Draws the means over the folds: the best fold would say nothing. */
static void sum_up_folds(struct page *page, const struct json *folds)
{
    struct rows metrics = rows_of(js_get(folds, "metrics"));
    say_unfinished(page);
    fputs("<div class=\"tiles\">\n", page->file);
    for (int i = 0; i < metrics.n; i++)
        draw_tile(page,
            &(struct tile){"score", row_text(metrics.row[i], "metric"), "{score}",
                "mean; {score.least} to {score.most}"},
            metrics.row[i]);
    fputs("</div>\n", page->file);
    say_baselines(page);
}

/* Draws the best try, and the gain over the first. */
static void sum_up_tune(struct page *page, const struct json *tune)
{
    const struct json *winner = js_get(tune, "winner");
    say_unfinished(page);
    if (!winner)
        return;
    fputs("<div class=\"tiles\">\n", page->file);
    draw_tile(page,
        &(struct tile){"score", row_text(tune, "metric"), "{score}",
            "best try {try}; {first_score} with the options as they are"},
        winner);
    fputs("</div>\n", page->file);
}

/* --- measurements ----------------------------------------------------------------------------- */

static void bench_tile(struct page *page, const struct json *json)
{
    static const struct tile step = {"share_of_peak", "Share of the CPU's peak", "{share_of_peak}",
                                 "reached by a training step at B" EQUALS "{batch}"},
                             peak = {
                                 "all", "Peak, GFLOP/s", "{all}", "multiply-adds on all workers"};
    struct tile scaling = {"speed_up", "Speed-up", "{speed_up}",
        "on {ranks} \xc3\x97 {threads}, ranks \xc3\x97 threads"};
    struct rows rows = rows_of(row_value(json, "results.rows"));
    const struct json *fastest = page_fastest_layout(&rows);
    if (!(row_number(fastest, "speed_up") > 1)) /* no faster than the first layout */
        scaling.about =
            "on {ranks} \xc3\x97 {threads}, ranks \xc3\x97 threads; no layout is faster "
            "than the first";
    if (row_is(json, "bench", "step"))
        draw_tile(page, &step, rows_most(&rows, "share_of_peak"));
    else if (row_is(json, "bench", "scaling"))
        draw_tile(page, &scaling, fastest);
    else if (row_is(json, "bench", "peak"))
        draw_tile(page, &peak, row_value(json, "results.rows.0"));
}

static void sum_up_benches(struct page *page)
{
    const struct report_input *input = page->input;
    struct rows benches = {.n = 0};
    const char *cpu[ROWS_KINDS];
    for (int i = 0; i < input->benches && i < ROWS_MAX; i++)
        benches.row[benches.n++] = input->bench[i].json;
    int cpus = rows_kinds(&benches, "cpu", cpu);
    for (int c = 0; c < cpus; c++) {
        struct rows some = rows_with(&benches, "cpu", cpu[c]);
        char text[SENTENCE] = "bench";
        for (int i = 0; i < some.n; i++)
            sentence_append(text, i == 0 ? " {bench}" : ", {bench}", some.row[i]);
        page_say(page, "lead", "%s, measured on %s.", text, *cpu[c] ? cpu[c] : "an unknown CPU");
    }
    fputs("<div class=\"tiles\">\n", page->file);
    for (int i = 0; i < input->benches; i++)
        bench_tile(page, input->bench[i].json);
    fputs("</div>\n", page->file);
}

void page_summary(struct page *page)
{
    const struct report_input *input = page->input;
    for (int i = 0; i < input->sweeps; i++)
        sum_up_sweep(page, input->sweep[i].json);
    if (input->tune)
        sum_up_tune(page, input->tune);
    else if (input->folds)
        sum_up_folds(page, input->folds);
    else if (input->runs > 0)
        sum_up_runs(page);
    if (input->benches > 0)
        sum_up_benches(page);
    for (size_t i = 0; i < js_size(input->unread); i++)
        page_say(page, "lead", "Skipped, since it could not be read: %s.",
            js_as_text(js_item(input->unread, i)));
}
