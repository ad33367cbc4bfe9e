/* page_parts.h: the parts of a page. Internal to page_*.c.
 *
 * A section consists of cards, and may end with folded cards, which a reader opens with a click. A
 * card consists of its name, the finding, the pictures, and a folded table of their numbers. Sections
 * and cards are listed at the top of the page.
 */
#pragma once

#include "report/figure.h"
#include "report/html.h"
#include "report/page/plot_draw.h"
#include "report/page/report_input.h"
#include "report/rows.h"
#include "report/table.h"

struct page {
    FILE *file;     /* receives the sections and cards */
    FILE *contents; /* receives a link to each of them */
    const struct report_input *input;
    int pictures, places; /* places: sections and cards, which are the targets of links */
    bool folds;           /* the cards of the section are now folded */
};

enum { PAGE_TITLE = SENTENCE };
#define EQUALS "\xc2\xa0=\xc2\xa0" /* with non-breaking spaces */

void page_section_begin(struct page *page, const char *title, const char *about); /* NULL: none */
/* Folds the cards that follow in this section, under a title. */
void page_section_fold(struct page *page, const char *title);
void page_section_begin_folded(struct page *page, const char *title); /* the whole section */
void page_section_end(struct page *page);

/* Writes a paragraph. `how` is its CSS class: "lead", the text at the top of the page; "about", the
 * text below the title of a section; or "note", small print. */
__attribute__((format(printf, 3, 4))) void page_say(
    struct page *page, const char *how, const char *format, ...);

/* A card. Its pictures are drawn side by side and share the legend of the first one. page_card()
 * frees the points of the pictures. */
struct card {
    bool whole; /* as wide as the page */
    const char *name;
    const char *finding; /* a sentence without a full stop; NULL or "": none */
    int plots, folded;   /* all pictures; the last ones, which are folded with the table */
    struct plot *plot;
    const char *columns; /* of the table (table.h); NULL: no table */
    const struct rows *rows;
    const char *fold; /* the title of the folded part; NULL: "Table" */
    const char *note; /* NULL: none */
};
void page_card(struct page *page, const struct card *card);

/* The same in parts, for a card with another kind of picture, which is written between them. */
void page_card_begin(struct page *page, const struct card *card);
void page_card_end(struct page *page, const struct card *card);

/* Returns the axis for the quantity at a path, labelled with its heading and the unit that suits its
 * values in the rows. */
struct plot_axis page_axis(const char *path, bool log, const struct rows *rows);

/* Sets the unit that suits values of a typical size, and adds it to the label. */
void page_axis_unit(struct plot_axis *axis, enum number_form form, double typical);

/* Returns an axis of batch sizes, with a tick at each size, or only at some sizes if there are
 * many. */
struct plot_axis page_batch_axis(const struct rows *rows);

/* Adds a series that plots the values at y_path against those at x_path, with error bars for
 * values of y that have a spread, or from the interval that page_interval() finds. If a value of x occurs twice, no line is drawn. Returns the
 * number of the series. */
int page_series(struct plot *plot, const char *name, const struct rows *rows, const char *x_path,
    const char *y_path);

/* Returns the key of the interval of a figure; "": it has none. */
const char *page_interval(const char *path);

/* --- the sections, one file each -------------------------------------------------------------- */

extern const char *const page_style[]; /* CSS in pieces, terminated by NULL */
void page_summary(struct page *page);  /* in words */
void page_benches(struct page *page);
/* Returns the fastest layout in the rows of `bench scaling`, not counting the first row, which is
 * the reference. NULL: the reference is the only row. */
const struct json *page_fastest_layout(const struct rows *rows);

/* Draws figures against the batch size. The rows are the batch sizes of a sweep, or runs if `sweep`
 * is NULL. */
void page_batches(struct page *page, const struct json *sweep, const struct rows *rows);

/* Draws the steps to the target of every learning rate and batch size of a sweep as a map. The rows
 * are the batch sizes, with "rates". */
void page_rates(struct page *page, const struct rows *rows, const char *finding);

/* Writes the section "Training curves", which shows how the figures of runs change over time. Without
 * runs, nothing is written. `by_batch`: the curves are named by batch size. */
void page_training(
    struct page *page, const struct run *runs, int n, bool by_batch, const char *about);

/* Appends the finding of a curve of runs to an empty text: of one run, where the curve is lowest (an
 * accuracy: highest) and how it ends; of several, which of them ends best. */
void page_curve_finding(char text[SENTENCE], const struct run *const *runs, int n, const char *name,
    enum run_curve which);

/* Draws a bar for each row, divided into the shares of the phases. The seconds per step in a phase
 * are at the path "phase_s.NAME"; rows without them are omitted. The number below a bar is at the
 * path `by`. */
void page_phases(struct page *page, const struct rows *rows, const char *by);
