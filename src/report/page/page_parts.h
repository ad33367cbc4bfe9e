/* page_parts.h: the parts of a page. Internal to page_*.c.
 *
 * A section consists of cards. A card consists of a title that describes the pictures, the pictures
 * themselves, and a table of their numbers.
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

void page_section_begin(struct page *page, const char *title, const char *about); /* NULL: none */
void page_section_end(struct page *page);

/* Writes a paragraph. `how` is its CSS class: "lead", the text at the top of the page; "about", the
 * text below the title of a section; or "note", small print. */
__attribute__((format(printf, 3, 4))) void page_say(
    struct page *page, const char *how, const char *format, ...);

/* A card. Its pictures are drawn side by side and share the legend of the first one. page_card()
 * frees the points of the pictures. */
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

/* Returns the axis for the quantity at a path, labelled with its heading and its unit. */
struct plot_axis page_axis(const char *path, bool log);

/* Returns an axis of batch sizes, with a tick at each size, or only at some sizes if there are
 * many. */
struct plot_axis page_batch_axis(const struct rows *rows);

/* Adds a series that plots the values at y_path against those at x_path, with error bars for
 * values of y that have a spread. If a value of x occurs twice, no line is drawn. Returns the
 * number of the series. */
int page_series(struct plot *plot, const char *name, const struct rows *rows, const char *x_path,
    const char *y_path);

/* --- the sections, one file each -------------------------------------------------------------- */

extern const char *const page_style[]; /* CSS in pieces, terminated by NULL */
void page_summary(struct page *page);  /* in words */
void page_bench(struct page *page, const struct bench_file *bench);
/* Returns the fastest layout in the rows of `bench scaling`, not counting the first row, which is
 * the reference. NULL: the reference is the only row. */
const struct json *page_fastest_layout(const struct rows *rows);

/* Draws figures against the batch size. The rows are the batch sizes of a sweep, or runs if `sweep`
 * is NULL. */
void page_batches(struct page *page, const struct json *sweep, const struct rows *rows);

/* Writes the section "Training curves", which shows how the figures of runs change over time. Without
 * runs, nothing is written. `by_batch`: the curves are named by batch size. */
void page_training(
    struct page *page, const struct run *runs, int n, bool by_batch, const char *about);

/* Draws a bar for each row, divided into the shares of the phases. The seconds in a phase are at
 * the path formed by `before`, the name of the phase and `after`. The number below a bar is at the
 * path `by`. */
struct phase_paths {
    const char *before, *after, *by;
};
void page_phases(struct page *page, const struct rows *rows, const struct phase_paths *paths);

#endif
