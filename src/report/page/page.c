#include "report/page/page.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "commit.h"
#include "report/page/page_parts.h"

static void print_head(struct page *page, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
        page->file);
    html_element(page->file, "title", title);
    fputs("<style>\n", page->file);
    for (int i = 0; page_style[i]; i++)
        fputs(page_style[i], page->file);
    fputs("</style>\n</head>\n<body>\n", page->file);
}

/* --- sections -------------------------------------------------------------------------------- */

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

/* Writes the section about batch sizes, without the runs whose batch size changes. */
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

static void draw_runs(struct page *page)
{
    struct rows facts = run_facts(page->input->run, page->input->runs);
    against_batch(page, &facts);
    page_training(page, page->input->run, page->input->runs, false, NULL);
}

static void all_runs(struct page *page, const struct sweep_file *sweep)
{
    const struct json *runs = js_get(sweep->json, "runs");
    struct rows rows = rows_of(runs);
    char note[100] = "";
    if (rows.n == 0)
        return;
    if (js_size(runs) > (size_t)rows.n)
        snprintf(note, sizeof note, "The first %d of %zu; sweep.json lists all of them.", rows.n,
            js_size(runs));
    page_card(page, &(struct card){.whole = true,
                        .name = "All runs",
                        .columns = "directory: run, batch, lr, seed, stopped_by, reached, "
                                   "steps_done, epochs_done, steps_to_target, seconds_to_target, "
                                   "samples_per_second, metric, frozen_noise_scale",
                        .rows = &rows,
                        .note = *note ? note : NULL});
}

static void draw_sweep(struct page *page, const struct sweep_file *sweep)
{
    struct rows rows = rows_of(js_get(sweep->json, "batches"));
    page_section_begin(page, "Effects of the batch size",
        isfinite(row_number(sweep->json, "seed_scatter"))
            ? "Each value was measured with the best learning rate for its batch size. The error "
              "bars "
              "of steps and times are 95 % intervals, the others the lowest and highest values."
            : "Each value was measured with the best learning rate for its batch size; error bars "
              "show the lowest and highest values over several seeds.");
    page_batches(page, sweep->json, &rows);
    page_section_end(page);
    page_training(page, sweep->run, sweep->runs, true,
        "For each batch size, the run with the best learning rate and the lowest seed.");
    page_section_begin_folded(page, "Every run");
    all_runs(page, sweep);
    if (sweep->lacking > 0)
        page_say(page, "note",
            "%d run%s without a directory beside sweep.json; curves for these are missing.",
            sweep->lacking, NUMBER_PLURAL(sweep->lacking));
    page_section_end(page);
}

/* Writes a card whose table is not folded. */
static void table_card(
    struct page *page, const char *name, const char *columns, const struct json *array)
{
    struct rows rows = rows_of(array);
    const struct card card = {.whole = true, .name = name};
    if (rows.n == 0)
        return;
    page_card_begin(page, &card);
    table_html(page->file, name, columns, &rows);
    page_card_end(page, &card);
}

static void draw_folds(struct page *page, const struct json *folds)
{
    char columns[SENTENCE] =
        "fold: fold, train_samples, val_samples, test_samples, steps_done, stopped_by";
    char name[METRIC_NAME_MAX];
    if (!folds)
        return;
    for (int m = 0; m < N_METRICS; m++)
        text_append(columns, sizeof columns, ", %s",
            metric_choice_name((struct metric_choice){METRIC_TEST, (enum metric)m}, name));
    page_section_begin(page, "Cross-validation",
        FILLED("{folds} folds of {samples} samples; each is tested by the model that was trained "
               "without it. The folds share training samples, so their standard deviation is not "
               "that of independent runs.",
            folds));
    table_card(page, "Mean over the folds", "metric, score, deviation", js_get(folds, "metrics"));
    table_card(page, "Folds", columns, js_get(folds, "runs"));
    page_section_end(page);
}

static void draw_tune(struct page *page, const struct json *tune)
{
    char columns[SENTENCE];
    if (!tune)
        return;
    snprintf(columns, sizeof columns,
        "try, score: %.60s, hidden, lr, dropout, weight_decay, encode, bins, scale, epochs_done, "
        "stopped_by, seconds",
        row_text(tune, "metric"));
    page_section_begin(page, "Tries",
        FILLED(
            "Random settings, each trained for a ninth of the epochs; the best third continues to "
            "a "
            "third of them, and the best third of those to the end. The score is {metric}, on the "
            "samples that also choose, so that of the best try is optimistic.",
            tune));
    table_card(page, "Settings and scores", columns, js_get(tune, "tries"));
    page_section_end(page);
}

/* Writes a card with a command, facts and a configuration. */
static void origin(struct page *page, const char *name, const struct json *object,
    const char *facts, const char *config, bool open)
{
    fputs("<article class=\"card\">\n", page->file);
    html_element(page->file, "h3", name);
    if (row_text(object, "command"))
        html_element(page->file, "pre", row_text(object, "command"));
    table_html_list(page->file, facts, object);
    if (config) {
        fprintf(page->file, "<details%s><summary>Configuration</summary>\n", open ? " open" : "");
        html_element(page->file, "pre", config);
        fputs("</details>\n", page->file);
    }
    fputs("</article>\n", page->file);
}

static void origins(struct page *page)
{
    enum { OPEN = 3 }; /* with more runs, their configurations are collapsed */
    const struct report_input *input = page->input;
    page_section_begin_folded(page, "Commands, configuration, machine");
    for (int i = 0; i < input->sweeps; i++)
        origin(page, input->sweep[i].path, input->sweep[i].json,
            "version, commit, data, network, parameters, train_samples, val_samples, optimizer, "
            "budget, epochs, max_steps, seeds, rates, lr_scale, base_batch, machine.hosts, "
            "machine.ranks, machine.threads, machine.teams, machine.kernel, machine.mpi",
            input->sweep[i].config, true);
    for (int i = 0; i < input->runs; i++)
        origin(page, input->run[i].directory, input->run[i].facts,
            "directory, version, commit, train_samples, val_samples, test_samples, features, "
            "classes, parameters, epochs, slices, reduce, hosts, ranks, threads, teams, kernel, "
            "mpi, weights_xxh3",
            input->run[i].config, input->runs <= OPEN);
    for (int i = 0; i < input->benches; i++)
        origin(page, input->bench[i].path, input->bench[i].json,
            "version, commit, compiler, flags, cpu, cores, l1_bytes, l2_bytes, l3_bytes, hosts, "
            "ranks, threads, kernel, blas, mpi, start_up_s, results.data, results.parameters, "
            "seconds: time per measurement, repeats",
            NULL, false);
    page_section_end(page);
}

/* --- the page -------------------------------------------------------------------------------- */

static void write_title(const struct report_input *input, char title[PAGE_TITLE])
{
    if (input->sweeps > 0) {
        const char *data = row_text(input->sweep[0].json, "data");
        const char *network = row_text(input->sweep[0].json, "network");
        snprintf(title, PAGE_TITLE, "Effects of the batch size: %.100s on %.100s",
            network ? network : "a network", data ? data : "its data");
    } else if (input->tune)
        snprintf(title, PAGE_TITLE, "Tuning: %s",
            FILLED("{tries_planned} tries on {data}", input->tune));
    else if (input->folds)
        snprintf(title, PAGE_TITLE, "Cross-validation: %s",
            FILLED("{network} on {data}, {folds} folds", input->folds));
    else if (input->runs > 1)
        snprintf(title, PAGE_TITLE, "%d training runs", input->runs);
    else if (input->runs == 1) {
        snprintf(title, PAGE_TITLE, "Training run %.200s", row_text(input->run[0].facts, "name"));
    } else
        snprintf(title, PAGE_TITLE, "Measurements of a machine");
}

/* The page in parts: its sections, and the links to them. */
struct parts {
    char *body, *contents;
    size_t body_size, contents_size;
};

static void write_body(struct page *page)
{
    const struct report_input *input = page->input;
    draw_folds(page, input->folds);
    draw_tune(page, input->tune);
    for (int i = 0; i < input->sweeps; i++)
        draw_sweep(page, &input->sweep[i]);
    draw_runs(page);
    page_benches(page);
    origins(page);
}

/* Writes the sections and the links to memory, since the links come first in the page. */
static bool write_parts(struct page *page, struct parts *parts)
{
    page->file = open_memstream(&parts->body, &parts->body_size);
    page->contents = open_memstream(&parts->contents, &parts->contents_size);
    bool whole = page->file && page->contents;
    if (whole)
        write_body(page);
    whole &= !(page->file && fclose(page->file) != 0);
    whole &= !(page->contents && fclose(page->contents) != 0);
    return whole;
}

static void write_page(FILE *file, const struct parts *parts, const struct report_input *input)
{
    struct page page = {.file = file, .input = input};
    char title[PAGE_TITLE];
    write_title(input, title);
    print_head(&page, title);
    fputs("<header>\n", file);
    html_element(file, "h1", title);
    page_summary(&page);
    fprintf(file, "<nav aria-label=\"Contents\">\n<p>%s</p></nav>\n</header>\n<main>\n",
        parts->contents);
    fputs(parts->body, file);
    fprintf(file,
        "</main>\n<footer>Made by lockstep report, %s. Numbers are rounded for readability; the "
        "data-value attributes have the exact values from the files."
        "</footer>\n</body>\n</html>\n",
        LOCKSTEP_VERSION);
}

int page_write(FILE *file, const struct report_input *input)
{
    struct page page = {.input = input};
    struct parts parts = {.body = NULL};
    for (int i = 0; i < input->runs; i++) {
        js_set_int(input->run[i].facts, "number", i + 1);
        js_set_text(input->run[i].facts, "directory", input->run[i].directory);
    }
    bool whole = write_parts(&page, &parts);
    if (whole)
        write_page(file, &parts, input);
    free(parts.body);
    free(parts.contents);
    return whole ? page.pictures : -1;
}
