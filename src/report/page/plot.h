/* plot.h: a picture: series of points on two axes, drawn by gnuplot as SVG for a page.
 *
 * gnuplot is given numbers and texts of ours alone; names of series may hold anything, since the
 * legend is HTML. Colours are custom properties of the page (--s0 ... of series, --ink, --grid), so
 * that a page has them follow light and dark. Series differ in colour, and in marker or dash too.
 *
 * Threads: one a plot.
 */
#ifndef REPORT_PAGE_PLOT_H
#define REPORT_PAGE_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/page/number.h"

enum plot_style {
    PLOT_LINE,    /* many points: markers on some of them */
    PLOT_FAINT,   /* many points: a thin line, without markers */
    PLOT_POINTS,  /* markers on all, without a line */
    PLOT_BOTH,    /* markers on all, and a line */
    PLOT_GUIDE,   /* dashed, without markers; does not widen the axes */
    PLOT_STACKED, /* a bar from `low` to `y` at x, as wide as plot.bar_width */
};

struct plot_point {
    double x, y;
    double low, high; /* NaN: no error bar */
};

enum {
    PLOT_NAME = 120,
    PLOT_SERIES_MAX = 32,
    PLOT_TICKS_MAX = 32,
    PLOT_COLOURS = 8,
    PLOT_INK = -1
};

struct plot_series {
    char name[PLOT_NAME];
    enum plot_style style;
    int colour;  /* 0 ...; PLOT_INK: that of text */
    int dash;    /* which one, of those of its style */
    bool widens; /* a guide that the axes make room for */
    int n, room;
    struct plot_point *point;
};

struct plot_axis {
    const char *label; /* with its unit in brackets; a text of ours */
    bool log;          /* points at 0 and below it are left out */
    bool from_zero;
    enum number_form form; /* of its numbers */
    int ticks;             /* where given: there, and nowhere else */
    double tick[PLOT_TICKS_MAX];
    bool renamed; /* they are called by other numbers */
    double shown[PLOT_TICKS_MAX];
};

struct plot {
    struct plot_axis x, y;
    double bar_width;
    bool small; /* one of several beside each other */
    int n;
    bool failed; /* no memory for a point, or too many series */
    struct plot_series series[PLOT_SERIES_MAX];
};

/* Adds a series of the next colour, or for guides of ink; its number. `name` is printf's. */
__attribute__((format(printf, 3, 4))) int plot_series(
    struct plot *plot, enum plot_style style, const char *name, ...);

/* A point that is not finite is passed over. */
void plot_add(struct plot *plot, int series, double x, double y);
void plot_add_between(struct plot *plot, int series, double x, double y, double low, double high);

/* Points of all series; 0: there is nothing to draw. */
int plot_size(const struct plot *plot);

/* Frees the points. */
void plot_clear(struct plot *plot);

/* The picture as <svg>, its ids beginning with `id`, `title` and plot_describe() as its text
 * alternative. False: gnuplot could not draw it, and nothing was written. */
bool plot_draw(FILE *file, const struct plot *plot, const char *id, const char *title);

/* The text alternative: axes, and of each series its points, or where they are many its first,
 * last, least and greatest. Escaped for HTML. */
void plot_describe(FILE *file, const struct plot *plot);

/* An entry of the legend for each series that has points, as HTML, with the markers of the picture
 * `id`. */
void plot_legend(FILE *file, const struct plot *plot, const char *id);

/* --- for plot.c alone: plot_axis.c, plot_svg.c ------------------------------------------------ */

struct plot_range {
    double from, to;
    int ticks;
    double tick[PLOT_TICKS_MAX], shown[PLOT_TICKS_MAX];
    int decimals; /* that tell them apart; -1: as the axis' form has it */
};

/* What an axis shows: all points but those of guides, with some room, and where its numbers stand.
 * False: no point can be shown. */
bool plot_axis_range(const struct plot *plot, bool vertical, struct plot_range *range);

/* Whether it is a whole picture by gnuplot. */
bool plot_svg_is_whole(const char *svg);

/* gnuplot's SVG in the form that stands in a page: without its prologue, titles and ids, but for
 * markers, whose ids get `id` before them; colours as custom properties. */
void plot_svg_body(FILE *file, const char *svg, const char *id);

/* A colour as gnuplot is given it: rgb(1, 1, number). plot_svg_body() knows it again. */
enum { PLOT_CODE_INK = 0, PLOT_CODE_GRID = 1, PLOT_CODE_SERIES = 16 };

#endif
