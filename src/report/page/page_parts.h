/* page_parts.h: what the sections of a page are made of. Internal to page_*.c.
 *
 * A section is cards; a card has a title that says what is to be seen, pictures, and a table of
 * their numbers below them.
 */
#ifndef REPORT_PAGE_PAGE_PARTS_H
#define REPORT_PAGE_PAGE_PARTS_H

#include "report/page/html.h"
#include "report/page/report_input.h"
#include "report/page/plot_draw.h"

struct page {
    FILE *file;
    const struct report_input *input;
    int pictures;
};

enum { PAGE_TITLE = 320 };
#define EQUALS "\xc2\xa0=\xc2\xa0" /* that no line is broken at */

void page_section_begin(struct page *page, const char *title, const char *about);
void page_section_end(struct page *page);

enum card_width { CARD_HALF, CARD_WHOLE };
void page_card_begin(struct page *page, enum card_width width, const char *title);
void page_card_end(struct page *page);

/* A sentence or two, as a "lead" of the page or a "note" in small print. */
__attribute__((format(printf, 3, 4))) void page_say(
    struct page *page, const char *how, const char *format, ...);

/* Pictures beside each other: the first with the legend of all. Frees the plots' points. */
void page_pictures(struct page *page, struct plot *plots, int n, const char *title);

/* A value by its path, "phases.load.mean", "tiles.0.k"; NULL: there is none. */
const struct json *page_value(const struct json *row, const char *path);
double page_number(const struct json *row, const char *path);

struct column {
    const char *title; /* with its unit in brackets */
    const char *key;   /* a path */
    enum number_form form;
};

/* Columns that have no value in any row are left out. The first names the row. `caption` is for
 * those who do not see the picture. */
void page_table(struct page *page, const char *caption, const struct column *columns, int n_columns,
    const struct json *const *rows, int n_rows);
#define COLUMNS(list) (list), (int)(sizeof(list) / sizeof *(list))

/* Rows of an array, at most PAGE_ROWS of them; how many. */
enum { PAGE_ROWS = 2000 };
int page_rows(const struct json *array, const struct json *rows[PAGE_ROWS]);

/* The different texts that rows have at a key, "" for those without one, in the order in which they
 * come; how many. Losses of different functions, and different metrics, are not to be compared. */
enum { PAGE_KINDS = 8 };
int page_kinds(
    const struct json *const *rows, int n, const char *key, const char *kinds[PAGE_KINDS]);
bool page_is_of_kind(const struct json *row, const char *key, const char *kind);

/* An axis of batch sizes, with a number at each, if they are few. False: all are the same. */
bool page_batch_axis(struct plot_axis *axis, const struct json *const *rows, int n);

/* --- the sections: a file each ---------------------------------------------------------------- */

extern const char *const page_style[]; /* CSS in pieces, ended by NULL */
void page_summary(struct page *page);  /* in words */
void page_sweep(struct page *page, const struct sweep_file *sweep);
void page_runs(struct page *page);
void page_bench(struct page *page, const struct bench_file *bench);
/* Of bench scaling's rows the fastest layout, but for the first, by which the others are measured;
 * NULL: there is no other. */
const struct json *page_fastest_layout(const struct json *const *rows, int n);
void page_origins(struct page *page); /* commands, configuration, machine */

/* Pictures of figures against the batch size, of whatever has them: batches of a sweep, or runs. */
void page_batches(
    struct page *page, const struct json *sweep, const struct json *const *rows, int n);

/* Figures of runs over time, and the phases of their steps. `names[i]` is that of runs[i]. */
enum { PAGE_CURVES = 9 };
void page_curves(
    struct page *page, const struct run *const *runs, const char (*names)[PLOT_NAME], int n);

/* A bar of shares for each row. The seconds of a phase lie at "BEFORE load AFTER"; the numbers below
 * the bars at `by`, `label` says what these are. */
struct phase_paths {
    const char *before, *after;
    const char *by, *label;
};
void page_phases(
    struct page *page, const struct json *const *rows, int n, const struct phase_paths *paths);

#endif
