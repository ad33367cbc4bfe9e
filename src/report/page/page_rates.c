#include <math.h>

#include "report/page/page_parts.h"
#include "study/repetitions.h"

/* Returns the entry of a rate in a batch size; NULL: it was not tried. */
static const struct json *entry_of(const struct json *batch, double rate)
{
    struct rows rates = rows_of(js_get(batch, "rates"));
    for (int i = 0; i < rates.n; i++)
        if (row_number(rates.row[i], "lr") == rate)
            return rates.row[i];
    return NULL;
}

/* Lists the different rates of all batch sizes, the highest first. */
static int rates_of(const struct rows *batches, double rates[ROWS_MAX])
{
    int n = 0, different = 0;
    for (int b = 0; b < batches->n; b++) {
        struct rows some = rows_of(js_get(batches->row[b], "rates"));
        for (int i = 0; i < some.n && n < ROWS_MAX; i++)
            if (row_number(some.row[i], "lr") > 0)
                rates[n++] = -row_number(some.row[i], "lr");
    }
    sort_reals(rates, n);
    for (int i = 0; i < n; i++)
        if (i == 0 || -rates[i] != rates[different - 1])
            rates[different++] = -rates[i];
    return different;
}

/* Writes a cell without a median: the number of steps after which no run had reached the target, the
 * number of runs that did, or that all diverged. */
static void write_missed(FILE *file, const struct json *entry)
{
    struct rows seeds = rows_of(js_get(entry, "seeds"));
    int reached = 0, diverged = 0;
    const struct json *censored = rows_least(&seeds, "censored_at");
    for (int i = 0; i < seeds.n; i++) {
        reached += isfinite(row_number(seeds.row[i], "steps"));
        diverged += row_true(seeds.row[i], "diverged");
    }
    if (reached > 0)
        fprintf(file, "%d of %d", reached, seeds.n);
    else if (diverged == seeds.n || !censored)
        fputs("diverged", file);
    else
        fprintf(file, "&gt; %s", NUMBER(row_number(censored, "censored_at"), NUMBER_COUNT));
}

/* Writes a cell. Its colour compares its steps with the fewest of its batch size: full if they are
 * the fewest, none if they are four times as many or more. */
static void write_cell(FILE *file, const struct json *batch, double rate, double fewest)
{
    const struct json *entry = entry_of(batch, rate);
    const char *best = row_number(batch, "lr") == rate ? " best" : "";
    double steps = row_number(entry, "median_steps");
    if (isfinite(steps))
        fprintf(file, "<td class=\"n%s\" style=\"--part:%.0f%%\">%s", best,
            60 * fmax(0, 1 - log(steps / fewest) / log(4)), NUMBER(steps, NUMBER_COUNT));
    else if (entry) {
        fprintf(file, "<td class=\"n missed%s\">", best);
        write_missed(file, entry);
    } else
        fputs("<td>", file);
    fputs("</td>", file);
}

static void write_row(FILE *file, const struct rows *batches, double rate)
{
    fprintf(file, "<tr><th scope=\"row\">%s</th>", NUMBER(rate, NUMBER_PLAIN));
    for (int b = 0; b < batches->n; b++) {
        struct rows rates = rows_of(js_get(batches->row[b], "rates"));
        write_cell(file, batches->row[b], rate,
            row_number(rows_least(&rates, "median_steps"), "median_steps"));
    }
    fputs("</tr>\n", file);
}

static void write_map(FILE *file, const struct rows *batches)
{
    double rates[ROWS_MAX];
    int n = rates_of(batches, rates);
    fputs("<div class=\"table\"><table class=\"map\">\n<caption>Map of steps to the "
          "target</caption>\n<thead><tr><th scope=\"col\">rate \\ B</th>",
        file);
    for (int b = 0; b < batches->n; b++)
        html_element(file, "th scope=\"col\" class=\"n\"",
            NUMBER(row_number(batches->row[b], "batch"), NUMBER_COUNT));
    fputs("</tr></thead>\n<tbody>\n", file);
    for (int r = 0; r < n; r++)
        write_row(file, batches, rates[r]);
    fputs("</tbody></table></div>\n", file);
}

void page_rates(struct page *page, const struct rows *rows, const char *finding)
{
    const struct card card = {.name = "Best learning rate",
        .finding = finding,
        .columns = "batch, lr, lr_on_border",
        .rows = rows,
        .note =
            "Steps to the target, the median over the seeds that choose the rate. Outlined: the "
            "rate chosen for a batch size. Stronger colour: fewer steps than with its other rates. "
            "Hatched: not reached in that number of steps, or only by some of the runs."};
    page_card_begin(page, &card);
    write_map(page->file, rows);
    page_card_end(page, &card);
}
