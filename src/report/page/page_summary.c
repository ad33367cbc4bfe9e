#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/page/page_parts.h"

static const char *text_of(const struct json *object, const char *key)
{
    const char *text = js_as_text(page_value(object, key));
    return text ? text : "?";
}

/* A figure in large type: its number, what it is, and a word on it. */
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

/* A metric that is the better the lower it is. */
static bool is_of_loss(const char *metric)
{
    static const char *const end[] = {"loss", "mse", "rmse", "mae"};
    const char *kind = strchr(metric, '_') ? strchr(metric, '_') + 1 : metric;
    for (size_t i = 0; i < sizeof end / sizeof *end; i++)
        if (strcmp(kind, end[i]) == 0)
            return true;
    return false;
}

static void say_what_was_swept(struct page *page, const struct json *json)
{
    const struct json *batches = js_get(json, "batches");
    char text[6][NUMBER_TEXT];
    const struct json *last = js_item(batches, js_size(batches) - 1);
    const struct json *target = js_get(json, "target");
    double goal = page_number(target, "value");
    page_say(page, "lead",
        "A sweep over %zu batch size%s from %s to %s trained %s on %s: %s training samples, %zu "
        "runs, %s with %s, %s seed%s each.",
        js_size(batches), js_size(batches) == 1 ? "" : "s",
        number_text(page_number(js_item(batches, 0), "batch"), NUMBER_COUNT, text[0]),
        number_text(page_number(last, "batch"), NUMBER_COUNT, text[1]), text_of(json, "network"),
        text_of(json, "data"),
        number_text(page_number(json, "train_samples"), NUMBER_COUNT, text[2]),
        js_size(js_get(json, "runs")), text_of(json, "optimizer"),
        strcmp(text_of(json, "rates"), "grid") == 0 ? "the learning rate tuned for each of them"
                                                    : "a learning rate that follows a rule",
        number_text(page_number(json, "seeds"), NUMBER_COUNT, text[3]),
        page_number(json, "seeds") == 1 ? "" : "s");
    if (isfinite(goal))
        page_say(page, "lead", "The target was %s %s %s.", text_of(target, "metric"),
            is_of_loss(text_of(target, "metric")) ? "\xe2\x89\xa4" : "\xe2\x89\xa5",
            number_text(goal, NUMBER_PLAIN, text[4]));
    double planned = page_number(json, "runs_planned");
    if ((double)js_size(js_get(json, "runs")) < planned)
        page_say(page, "lead",
            "%zu of %s planned runs are done; what stands here is of these alone.",
            js_size(js_get(json, "runs")), number_text(planned, NUMBER_COUNT, text[5]));
}

static void say_critical(struct page *page, const struct json *json)
{
    char text[4][NUMBER_TEXT];
    double fit = page_number(json, "fit.critical_batch");
    double noise = page_number(json, "noise_critical_batch");
    double factor = page_number(json, "agreement_factor");
    number_text(fit, NUMBER_COUNT, text[0]);
    number_text(noise, NUMBER_COUNT, text[1]);
    if (isfinite(fit) && isfinite(noise))
        page_say(page, "lead",
            "The batch size beyond which more samples a step pay less and less is %s by the steps "
            "that were needed, and %s by the noise of the gradient; the two differ by a factor of "
            "%s.",
            text[0], text[1], isfinite(factor) ? text_significant(factor, 2, text[2]) : "?");
    else if (isfinite(fit))
        page_say(page, "lead",
            "The batch size beyond which more samples a step pay less and less is %s.", text[0]);
    else if (isfinite(noise))
        page_say(page, "lead", "By the noise of the gradient, batches pay up to about %s samples.",
            text[1]);
    const char *why = js_as_text(js_get(json, "fit_why"));
    if (why && !isfinite(fit))
        page_say(page, "lead", "No line S_min + E_min/B was fitted: %s.", why);
}

/* "Soonest on this machine: B = 128, 0.503 s to the target: ..." */
static void say_one(struct page *page, const struct json *advice, const char *what)
{
    char text[NUMBER_TEXT];
    if (page_number(advice, "batch") > 0)
        page_say(page, "lead", "%s: B" EQUALS "%s, %s.", what,
            number_text(page_number(advice, "batch"), NUMBER_COUNT, text), text_of(advice, "why"));
}

static void say_advice(struct page *page, const struct json *json)
{
    say_one(page, page_value(json, "recommendation.soonest"), "Soonest on this machine");
    say_one(page, page_value(json, "recommendation.thriftiest"), "Least waste");
}

static void sweep_tiles(struct page *page, const struct json *json)
{
    const struct json *soonest = page_value(json, "recommendation.soonest");
    const struct json *thriftiest = page_value(json, "recommendation.thriftiest");
    double fit = page_number(json, "fit.critical_batch"),
           error = page_number(json, "fit.critical_batch_error");
    double noise = page_number(json, "noise_critical_batch");
    char number[100], about[100], text[NUMBER_TEXT];
    if (page_number(soonest, "batch") > 0) {
        snprintf(number, sizeof number, "B" EQUALS "%s",
            number_text(page_number(soonest, "batch"), NUMBER_COUNT, text));
        snprintf(about, sizeof about, "target in %s",
            number_duration(page_number(soonest, "seconds"), text));
        tile(page, number, "Soonest on this machine", about);
    }
    if (page_number(thriftiest, "batch") > 0) {
        snprintf(number, sizeof number, "B" EQUALS "%s",
            number_text(page_number(thriftiest, "batch"), NUMBER_COUNT, text));
        snprintf(about, sizeof about, "target with %s samples",
            number_text(page_number(thriftiest, "samples"), NUMBER_COUNT, text));
        tile(page, number, "Least waste", about);
    }
    if (isfinite(fit)) {
        snprintf(about, sizeof about, "E_min/S_min%s%s, in samples",
            isfinite(error) ? ", \xc2\xb1 " : "",
            isfinite(error) ? number_text(error, NUMBER_COUNT, text) : "");
        number_text(fit, NUMBER_COUNT, number);
        tile(page, number, "Critical batch, from steps", about);
    }
    if (isfinite(noise))
        tile(page, number_text(noise, NUMBER_COUNT, text), "Critical batch, from gradient noise",
            "samples");
}

static void warnings(struct page *page, const struct json *json)
{
    const struct json *list = js_get(json, "warnings");
    if (js_size(list) == 0)
        return;
    fputs("<div class=\"warn\"><strong>To keep in mind</strong><ul>\n", page->file);
    for (size_t i = 0; i < js_size(list); i++) {
        const char *text = js_as_text(js_item(list, i));
        fputs("<li>", page->file);
        html_text(page->file, text ? text : "");
        fputs("</li>\n", page->file);
    }
    fputs("</ul></div>\n", page->file);
}

static void sum_up_sweep(struct page *page, const struct json *json)
{
    say_what_was_swept(page, json);
    say_critical(page, json);
    say_advice(page, json);
    fputs("<div class=\"tiles\">\n", page->file);
    sweep_tiles(page, json);
    fputs("</div>\n", page->file);
    warnings(page, json);
}

/* --- runs ------------------------------------------------------------------------------------- */

/* Of those whose loss is of a kind; NULL: of all. */
static const struct run *best_of_kind(
    const struct report_input *input, const char *key, bool least, const char *kind)
{
    const struct run *best = NULL;
    for (int i = 0; i < input->runs; i++) {
        const struct run *run = &input->run[i];
        double value = run_number(run, key), other = best ? run_number(best, key) : value;
        if (kind && !page_is_of_kind(run->facts, "loss_function", kind))
            continue;
        if (isfinite(value) && (!best || (least ? value < other : value > other)))
            best = run;
    }
    return best;
}

static const struct run *best_run(const struct report_input *input, const char *key, bool least)
{
    return best_of_kind(input, key, least, NULL);
}

static void best_tile(struct page *page, const struct run *best, const char *key, const char *what,
    enum number_form form)
{
    char text[NUMBER_TEXT], about[200];
    if (!best)
        return;
    snprintf(about, sizeof about, "%.150s", text_of(best->facts, "name"));
    tile(page, number_text(run_number(best, key), form, text), what,
        page->input->runs > 1 ? about : NULL);
}

static void run_tile(
    struct page *page, const char *key, bool least, const char *what, enum number_form form)
{
    best_tile(page, best_run(page->input, key, least), key, what, form);
}

/* One for each loss function that runs have: one's values say nothing beside another's. */
static void loss_tiles(struct page *page, const char *key, const char *what)
{
    const struct report_input *input = page->input;
    const struct json *facts[PAGE_ROWS];
    const char *kinds[PAGE_KINDS];
    int n = input->runs < PAGE_ROWS ? input->runs : PAGE_ROWS;
    for (int i = 0; i < n; i++)
        facts[i] = input->run[i].facts;
    n = page_kinds(facts, n, "loss_function", kinds);
    for (int i = 0; i < n; i++) {
        char title[PAGE_TITLE];
        snprintf(title, sizeof title, "%s%s%.20s%s", what, n > 1 ? " (" : "",
            n == 1      ? ""
            : *kinds[i] ? kinds[i]
                        : "unknown kind",
            n > 1 ? ")" : "");
        best_tile(page, best_of_kind(input, key, true, kinds[i]), key, title, NUMBER_FRACTION);
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
                "%.200s has no summary.json: it goes on still, or was killed. The page has what it "
                "had logged.",
                name);
        if (run->cut)
            page_say(page, "lead", "The last line of %.200s/metrics.jsonl is cut and was left out.",
                name);
    }
}

static void sum_up_runs(struct page *page)
{
    const struct report_input *input = page->input;
    char text[2][NUMBER_TEXT];
    const struct run *small = best_run(input, "batch", true),
                     *large = best_run(input, "batch", false);
    const char *stages = js_as_text(js_get(input->run[0].facts, "batch_stages"));
    if (input->runs == 1)
        page_say(page, "lead", "One run, %s: B" EQUALS "%s; %s steps%s%s.",
            text_of(input->run[0].facts, "name"),
            stages ? stages
                   : number_text(run_number(&input->run[0], "batch"), NUMBER_COUNT, text[0]),
            number_text(run_number(&input->run[0], "steps_done"), NUMBER_COUNT, text[1]),
            input->run[0].complete ? ", stopped by " : " so far",
            input->run[0].complete ? text_of(input->run[0].facts, "stopped_by") : "");
    else if (small && large && run_number(small, "batch") == run_number(large, "batch"))
        page_say(page, "lead", "%d runs, of batch size %s.", input->runs,
            number_text(run_number(small, "batch"), NUMBER_COUNT, text[0]));
    else if (small && large)
        page_say(page, "lead", "%d runs, with batch sizes from %s to %s.", input->runs,
            number_text(run_number(small, "batch"), NUMBER_COUNT, text[0]),
            number_text(run_number(large, "batch"), NUMBER_COUNT, text[1]));
    say_unfinished(page);
    bool validated = best_run(input, "val_loss", true) != NULL;
    fputs("<div class=\"tiles\">\n", page->file);
    run_tile(page, validated ? "val_accuracy" : "test_accuracy", false,
        validated ? (page->input->runs > 1 ? "Best validation accuracy" : "Validation accuracy")
                  : (page->input->runs > 1 ? "Best test accuracy" : "Test accuracy"),
        NUMBER_FRACTION);
    loss_tiles(page, validated ? "val_loss" : "test_loss",
        validated ? (page->input->runs > 1 ? "Least validation loss at the end" : "Validation loss")
                  : (page->input->runs > 1 ? "Least test loss at the end" : "Test loss"));
    run_tile(page, "samples_per_second", false,
        page->input->runs > 1 ? "Fastest, samples/s" : "Samples/s", NUMBER_COUNT);
    run_tile(page, "peak_rss_bytes", true,
        page->input->runs > 1 ? "Least peak memory of a rank" : "Peak memory of a rank",
        NUMBER_BYTES);
    fputs("</div>\n", page->file);
}

/* --- measurements ------------------------------------------------------------------------------ */

/* The row of a measurement whose figure is the greatest. */
static const struct json *best_of(const struct json *json, const char *key)
{
    const struct json *rows = page_value(json, "results.rows"), *best = NULL;
    for (size_t i = 0; i < js_size(rows); i++) {
        double value = page_number(js_item(rows, i), key);
        if (isfinite(value) && (!best || value > page_number(best, key)))
            best = js_item(rows, i);
    }
    return best;
}

/* The fastest layout may be slower than that by which it is measured. */
static void scaling_tile(struct page *page, const struct json *json)
{
    char text[NUMBER_TEXT], about[200];
    const struct json *rows[PAGE_ROWS];
    int n = page_rows(page_value(json, "results.rows"), rows);
    const struct json *best = page_fastest_layout(rows, n);
    if (!best)
        return;
    double speed_up = page_number(best, "speed_up");
    snprintf(about, sizeof about, "on %.0f \xc3\x97 %.0f, ranks \xc3\x97 threads%s",
        page_number(best, "ranks"), page_number(best, "threads"),
        speed_up > 1 ? "" : "; no layout is faster than the first");
    tile(page, number_text(speed_up, NUMBER_PLAIN, text), "Speed-up", about);
}

static void bench_tile(struct page *page, const struct json *json)
{
    char text[NUMBER_TEXT], size[NUMBER_TEXT], about[200];
    const char *what = text_of(json, "bench");
    const struct json *best = NULL;
    if (strcmp(what, "step") == 0 && (best = best_of(json, "share_of_peak"))) {
        snprintf(about, sizeof about, "at B" EQUALS "%s",
            number_text(page_number(best, "batch"), NUMBER_COUNT, size));
        tile(page, number_text(page_number(best, "share_of_peak"), NUMBER_SHARE, text),
            "Of the CPU's peak, a step", about);
    } else if (strcmp(what, "scaling") == 0)
        scaling_tile(page, json);
    else if (strcmp(what, "peak") == 0)
        tile(page,
            number_text(html_number(page_value(json, "results.rows.0.all")), NUMBER_PLAIN, text),
            "Peak, GFLOP/s", "multiply-adds of all workers");
}

static void sum_up_benches(struct page *page)
{
    const struct report_input *input = page->input;
    for (int i = 0; i < input->benches; i++) {
        const struct json *json = input->bench[i].json;
        page_say(page, "lead", "bench %s, measured on %s.", text_of(json, "bench"),
            text_of(json, "cpu"));
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
    if (input->runs > 0)
        sum_up_runs(page);
    if (input->benches > 0)
        sum_up_benches(page);
    for (int i = 0; i < input->unread; i++)
        page_say(page, "lead", "Left out, since it could not be read: %s.", input->why[i]);
}
