/* page_parts.h: the parts of a page. Internal to page_*.c.
 *
 * A section consists of cards; a card has a title that describes its pictures, the pictures, and a
 * table of their numbers.
 */
#ifndef REPORT_PAGE_PAGE_PARTS_H
#define REPORT_PAGE_PAGE_PARTS_H

#include "report/figure.h"
#include "report/html.h"
#include "report/page/plot_draw.h"
#include "report/page/report_input.h"
#include "report/rows.h"
#include "report/table.h"

struct page {
    FILE *file;
    const struct report_input *input;
    int pictures;
};

enum { PAGE_TITLE = SENTENCE };
#define EQUALS "\xc2\xa0=\xc2\xa0" /* with non-breaking spaces */

void page_section_begin(struct page *page, const char *title, const char *about); /* or NULL */
void page_section_end(struct page *page);

/* Writes a paragraph: a "lead" of the page, or a "note" in small print. */
__attribute__((format(printf, 3, 4))) void page_say(
    struct page *page, const char *how, const char *format, ...);

/* A card. Its pictures are side by side, with the legend of the first. page_card() frees their
 * points. */
struct card {
    bool whole; /* as wide as the page */
    const char *title;
    int plots;
    struct plot *plot;
    const char *columns; /* of the table (table.h); NULL: no table */
    const char *caption; /* NULL: the title */
    const struct rows *rows;
    const char *note; /* NULL: none */
};
void page_card(struct page *page, const struct card *card);

/* Returns an axis for a figure, labelled with its heading and its unit. */
struct plot_axis page_axis(const char *path, bool log);

/* Returns an axis of batch sizes, with a tick at each one, or only at some if there are many. */
struct plot_axis page_batch_axis(const struct rows *rows);

/* Adds a series that plots one figure of the rows against another, with its spread, and without a
 * line if a value of x occurs twice. Returns the number of the series. */
int page_series(struct plot *plot, const char *name, const struct rows *rows, const char *x_path,
    const char *y_path);

/* --- the sections, one file each -------------------------------------------------------------- */

extern const char *const page_style[]; /* CSS in pieces, terminated by NULL */
void page_summary(struct page *page);  /* in words */
void page_bench(struct page *page, const struct bench_file *bench);
/* Returns the fastest layout among the rows of bench scaling other than the first, which is the
 * reference; NULL: there is only one. */
const struct json *page_fastest_layout(const struct rows *rows);
void page_origins(struct page *page); /* commands, configuration, machine */

/* Draws figures against the batch size, for the batches of a sweep or, if it is NULL, for runs. */
void page_batches(struct page *page, const struct json *sweep, const struct rows *rows);

/* Writes the section "Over training", with the figures of runs over time; writes nothing
 * without runs. `by_batch`: the curves are named by batch size. */
void page_training(
    struct page *page, const struct run *runs, int n, bool by_batch, const char *about);

/* Draws a bar for each row, divided into the shares of the phases. The seconds in a phase are at
 * the path "BEFORE load AFTER", the numbers below the bars at `by`. */
struct phase_paths {
    const char *before, *after, *by;
};
void page_phases(struct page *page, const struct rows *rows, const struct phase_paths *paths);

#endif
