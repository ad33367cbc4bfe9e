#include <math.h>
#include <string.h>

#include "report/page/page_parts.h"
#include "report/sweep_text.h"

static const char *text_of(const struct json *object, const char *path)
{
    const char *text = row_text(object, path);
    return text ? text : "?";
}

/* A figure in large type, with its name and a remark. */
static void tile(struct page *page, const char *number, const char *what, const char *about)
{
    fputs("<div class=\"tile\"><span class=\"what\">", page->file);
    html_text(page->file, what);
    fputs("</span><b>", page->file);
    html_text(page->file, number);
    fputs("</b><span>", page->file);
    html_text(page->file, about ? about : "");
    fputs("</span></div>\n", page->file);
}

/* --- sweeps ----------------------------------------------------------------------------------- */

/* Writes each sentence as a paragraph and destroys the array. */
static void say_all(struct page *page, struct json *sentences)
{
    for (size_t i = 0; i < js_size(sentences); i++)
        page_say(page, "lead", "%s", js_as_text(js_item(sentences, i)));
    js_destroy(sentences);
}

static void choice_tile(struct page *page, const struct json *choice, const char *what,
    const char *before, const char *key, enum number_form form, const char *after)
{
    char number[100], remark[100], text[NUMBER_TEXT];
    if (!(row_number(choice, "batch") > 0))
        return;
    snprintf(number, sizeof number, "B" EQUALS "%s",
        number_text(row_number(choice, "batch"), NUMBER_COUNT, text));
    snprintf(remark, sizeof remark, "%s%s%s", before,
        number_text(row_number(choice, key), form, text), after);
    tile(page, number, what, remark);
}

static void critical_tiles(struct page *page, const struct json *json)
{
    double fit = row_number(json, "fit.critical_batch"),
           error = row_number(json, "fit.critical_batch_error"),
           noise = row_number(json, "noise_critical_batch");
    char number[NUMBER_TEXT], about[100], text[NUMBER_TEXT];
    if (isfinite(fit)) {
        snprintf(about, sizeof about, "E_min/S_min%s%s, in samples",
            isfinite(error) ? ", \xc2\xb1 " : "",
            isfinite(error) ? number_text(error, NUMBER_COUNT, text) : "");
        tile(page, number_text(fit, NUMBER_COUNT, number), "Critical batch, from steps", about);
    }
    if (isfinite(noise))
        tile(page, number_text(noise, NUMBER_COUNT, number), "Critical batch, from gradient noise",
            "samples");
}

static void warnings(struct page *page, const struct json *json)
{
    const struct json *list = js_get(json, "warnings");
    if (js_size(list) == 0)
        return;
    fputs("<div class=\"warn\"><strong>Warnings</strong><ul>\n", page->file);
    for (size_t i = 0; i < js_size(list); i++)
        if (js_as_text(js_item(list, i)))
            html_element(page->file, "li", js_as_text(js_item(list, i)));
    fputs("</ul></div>\n", page->file);
}

static void sum_up_sweep(struct page *page, const struct json *json)
{
    say_all(page, sweep_conditions(json));
    say_all(page, sweep_findings(json));
    fputs("<div class=\"tiles\">\n", page->file);
    choice_tile(page, row_value(json, "recommendation.soonest"), "Fastest on this machine",
        "target in ", "seconds", NUMBER_TIME, "");
    choice_tile(page, row_value(json, "recommendation.thriftiest"), "Fewest samples",
        "target with ", "samples", NUMBER_COUNT, " samples");
    critical_tiles(page, json);
    fputs("</div>\n", page->file);
    warnings(page, json);
}

/* --- runs ------------------------------------------------------------------------------------- */

static struct rows facts_of(const struct report_input *input)
{
    struct rows facts = {.n = 0};
    for (int i = 0; i < input->runs && facts.n < ROWS_MAX; i++)
        facts.row[facts.n++] = input->run[i].facts;
    return facts;
}

/* The best of the runs, with its name if there are several. */
static void best_tile(
    struct page *page, const struct rows *facts, const char *key, bool least, const char *what)
{
    const struct json *best = least ? rows_least(facts, key) : rows_most(facts, key);
    char text[NUMBER_TEXT];
    if (best)
        tile(page, number_text(row_number(best, key), figure_of(key).form, text), what,
            page->input->runs > 1 ? text_of(best, "name") : NULL);
}

/* One for each loss function, since values of different ones cannot be compared. */
static void loss_tiles(
    struct page *page, const struct rows *facts, const char *key, const char *what)
{
    const char *kinds[ROWS_KINDS];
    int n = rows_kinds(facts, "loss_function", kinds);
    for (int i = 0; i < n; i++) {
        struct rows some = rows_with(facts, "loss_function", kinds[i]);
        char title[PAGE_TITLE];
        snprintf(title, sizeof title, "%s (%.20s)", what, *kinds[i] ? kinds[i] : "unknown kind");
        best_tile(page, &some, key, true, n > 1 ? title : what);
    }
}

static void say_unfinished(struct page *page)
{
    const struct report_input *input = page->input;
    for (int i = 0; i < input->runs; i++) {
        const struct run *run = &input->run[i];
        const char *name = text_of(run->facts, "name");
        if (!run->complete)
            page_say(page, "lead",
                "%.200s has no summary.json: it is still running, or was killed. The page shows "
                "what "
                "it has logged.",
                name);
        if (run->cut)
            page_say(page, "lead",
                "The last line of %.200s/metrics.jsonl is incomplete and was skipped.", name);
    }
}

static void say_which_runs(struct page *page, const struct rows *facts)
{
    const struct report_input *input = page->input;
    const struct json *first = facts->row[0];
    double small = row_number(rows_least(facts, "batch"), "batch"),
           large = row_number(rows_most(facts, "batch"), "batch");
    const char *stages = row_text(first, "batch_stages");
    char text[2][NUMBER_TEXT];
    number_text(small, NUMBER_COUNT, text[0]);
    if (input->runs == 1)
        page_say(page, "lead", "One run, %s: B" EQUALS "%s; %s steps%s%s.", text_of(first, "name"),
            stages ? stages : text[0],
            number_text(row_number(first, "steps_done"), NUMBER_COUNT, text[1]),
            input->run[0].complete ? ", stopped by " : " so far",
            input->run[0].complete ? text_of(first, "stopped_by") : "");
    else if (small == large)
        page_say(page, "lead", "%d runs with batch size %s.", input->runs, text[0]);
    else if (small < large)
        page_say(page, "lead", "%d runs with batch sizes from %s to %s.", input->runs, text[0],
            number_text(large, NUMBER_COUNT, text[1]));
}

static void sum_up_runs(struct page *page)
{
    struct rows facts = facts_of(page->input);
    bool several = page->input->runs > 1, validated = rows_least(&facts, "val_loss");
    say_which_runs(page, &facts);
    say_unfinished(page);
    fputs("<div class=\"tiles\">\n", page->file);
    if (validated) {
        best_tile(page, &facts, "val_accuracy", false,
            several ? "Best validation accuracy" : "Validation accuracy");
        loss_tiles(page, &facts, "val_loss",
            several ? "Lowest validation loss at the end" : "Validation loss");
    } else {
        best_tile(
            page, &facts, "test_accuracy", false, several ? "Best test accuracy" : "Test accuracy");
        loss_tiles(
            page, &facts, "test_loss", several ? "Lowest test loss at the end" : "Test loss");
    }
    best_tile(
        page, &facts, "samples_per_second", false, several ? "Fastest, samples/s" : "Samples/s");
    best_tile(page, &facts, "peak_rss_bytes", true,
        several ? "Lowest peak memory of a rank" : "Peak memory of a rank");
    fputs("</div>\n", page->file);
}

/* --- measurements ------------------------------------------------------------------------------ */

/* The fastest layout may be slower than the first, the reference. */
static void scaling_tile(struct page *page, const struct rows *rows)
{
    char text[NUMBER_TEXT], about[200];
    const struct json *best = page_fastest_layout(rows);
    double speed_up = row_number(best, "speed_up");
    if (!best)
        return;
    snprintf(about, sizeof about, "on %.0f \xc3\x97 %.0f, ranks \xc3\x97 threads%s",
        row_number(best, "ranks"), row_number(best, "threads"),
        speed_up > 1 ? "" : "; no layout is faster than the first");
    tile(page, number_text(speed_up, NUMBER_PLAIN, text), "Speed-up", about);
}

static void step_tile(struct page *page, const struct rows *rows)
{
    char text[NUMBER_TEXT], size[NUMBER_TEXT], about[100];
    const struct json *best = rows_most(rows, "share_of_peak");
    if (!best)
        return;
    snprintf(about, sizeof about, "at B" EQUALS "%s",
        number_text(row_number(best, "batch"), NUMBER_COUNT, size));
    tile(page, number_text(row_number(best, "share_of_peak"), NUMBER_SHARE, text),
        "Of the CPU's peak, a step", about);
}

static void bench_tile(struct page *page, const struct json *json)
{
    struct rows rows = rows_of(row_value(json, "results.rows"));
    const char *what = text_of(json, "bench");
    char text[NUMBER_TEXT];
    if (strcmp(what, "step") == 0)
        step_tile(page, &rows);
    else if (strcmp(what, "scaling") == 0)
        scaling_tile(page, &rows);
    else if (strcmp(what, "peak") == 0)
        tile(page, number_text(row_number(json, "results.rows.0.all"), NUMBER_PLAIN, text),
            "Peak, GFLOP/s", "multiply-adds of all workers");
}

static void sum_up_benches(struct page *page)
{
    const struct report_input *input = page->input;
    for (int i = 0; i < input->benches; i++)
        page_say(page, "lead", "bench %s, measured on %s.", text_of(input->bench[i].json, "bench"),
            text_of(input->bench[i].json, "cpu"));
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
    if (input->runs > 0)
        sum_up_runs(page);
    if (input->benches > 0)
        sum_up_benches(page);
    for (int i = 0; i < input->unread; i++)
        page_say(page, "lead", "Skipped, since it could not be read: %s.", input->why[i]);
}
