#include <math.h>

#include "report/page/page_parts.h"
#include "study/repetitions.h"

/* The runs of a sweep at one batch size and rate, with the geometric mean of their steps to the
 * target; NaN: not all of them reached it. */
struct cell {
    int runs, reached, diverged;
    double steps, missed; /* missed: the fewest steps of a run that did not reach it */
    bool chosen;          /* the rate of the batch size */
};

static struct cell cell_of(const struct rows *runs, const struct json *batch, double rate)
{
    struct cell cell = {.missed = INFINITY, .chosen = row_number(batch, "lr") == rate};
    double logs = 0, chosen = row_number(batch, "steps_to_target");
    for (int i = 0; i < runs->n; i++) {
        const struct json *run = runs->row[i];
        bool reached = false, diverged = false;
        if (row_number(run, "batch") != row_number(batch, "batch") || row_number(run, "lr") != rate)
            continue;
        cell.runs++;
        js_as_bool(js_get(run, "reached"), &reached);
        js_as_bool(js_get(run, "diverged"), &diverged);
        cell.reached += reached;
        cell.diverged += diverged;
        cell.missed = reached ? cell.missed : fmin(cell.missed, row_number(run, "steps_done"));
        logs += log(row_number(run, "steps_to_target"));
    }
    cell.steps = cell.reached < cell.runs || cell.runs == 0 ? (double)NAN
                 : cell.chosen && isfinite(chosen)          ? chosen
                                                            : exp(logs / cell.runs);
    return cell;
}

/* Lists the different rates, the highest first. */
static int rates_of(const struct rows *runs, double rates[ROWS_MAX])
{
    int n = 0;
    for (int i = 0; i < runs->n; i++)
        if (row_number(runs->row[i], "lr") > 0)
            rates[n++] = -row_number(runs->row[i], "lr");
    sort_reals(rates, n);
    int different = 0;
    for (int i = 0; i < n; i++)
        if (i == 0 || -rates[i] != rates[different - 1])
            rates[different++] = -rates[i];
    return different;
}

/* The colour of a cell, from 0 to 1: the fewest steps of its batch size are 1, four times as many or
 * more are 0. */
static double shade_of(const struct cell *cell, double fewest)
{
    return fmax(0, 1 - log(cell->steps / fewest) / log(4));
}

static void write_cell(FILE *file, const struct cell *cell, double fewest)
{
    const char *best = cell->chosen ? " best" : "";
    if (isfinite(cell->steps))
        fprintf(file, "<td class=\"n%s\" style=\"--part:%.0f%%\">%s</td>", best,
            60 * shade_of(cell, fewest), NUMBER(cell->steps, NUMBER_COUNT));
    else if (cell->runs == 0)
        fputs("<td></td>", file);
    else if (cell->reached > 0)
        fprintf(file, "<td class=\"n missed%s\">%d of %d</td>", best, cell->reached, cell->runs);
    else if (cell->diverged == cell->runs)
        fprintf(file, "<td class=\"n missed%s\">diverged</td>", best);
    else
        fprintf(file, "<td class=\"n missed%s\">&gt; %s</td>", best,
            NUMBER(cell->missed, NUMBER_COUNT));
}

static void write_map(FILE *file, const struct rows *runs, const struct rows *batches)
{
    double rates[ROWS_MAX], fewest[ROWS_MAX];
    int n = rates_of(runs, rates);
    fputs("<div class=\"table\"><table class=\"map\">\n<caption>Map of steps to "
          "target</caption>\n<thead><tr>"
          "<th scope=\"col\">rate \\ B</th>",
        file);
    for (int b = 0; b < batches->n; b++) {
        fewest[b] = INFINITY;
        for (int r = 0; r < n; r++)
            fewest[b] = fmin(fewest[b], cell_of(runs, batches->row[b], rates[r]).steps);
        html_element(file, "th scope=\"col\" class=\"n\"",
            NUMBER(row_number(batches->row[b], "batch"), NUMBER_COUNT));
    }
    fputs("</tr></thead>\n<tbody>\n", file);
    for (int r = 0; r < n; r++) {
        fprintf(file, "<tr><th scope=\"row\">%s</th>", NUMBER(rates[r], NUMBER_PLAIN));
        for (int b = 0; b < batches->n; b++) {
            struct cell cell = cell_of(runs, batches->row[b], rates[r]);
            write_cell(file, &cell, fewest[b]);
        }
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

void page_rates(
    struct page *page, const struct json *sweep, const struct rows *rows, const char *finding)
{
    struct rows runs = rows_of(js_get(sweep, "runs"));
    const struct card card = {.name = "Best learning rate",
        .finding = finding,
        .columns = "batch, lr, lr_on_border",
        .rows = rows,
        .note = "Steps to the target with each rate. Outlined: the rate chosen for a batch size. "
                "Darker: fewer steps than with its other rates. Hatched: not reached in that "
                "number of steps, or only by some of the runs."};
    page_card_begin(page, &card);
    write_map(page->file, &runs, rows);
    page_card_end(page, &card);
}
