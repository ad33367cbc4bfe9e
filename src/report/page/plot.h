/* plot.h: a plot: series of points, and two axes with ranges and ticks. Threads: one per plot. */
#pragma once

#include <stdbool.h>

#include "report/number.h"

/* The room that a picture has on a wide screen: half of the page, all of it, or a third. */
enum plot_size { PLOT_HALF, PLOT_WIDE, PLOT_SMALL };

enum { PLOT_TICKS_MAX = 32 };
struct plot_axis {
    char label[120]; /* with its unit in parentheses */
    double unit;     /* page_series() divides values by it; 0 means 1 */
    bool log;        /* points at or below 0 are omitted */
    bool from_zero;
    bool vertical; /* these two are set by plot_range_of() */
    enum plot_size size;
    enum number_form form; /* number format of the ticks */
    int ticks;             /* 0: chosen automatically */
    double tick[PLOT_TICKS_MAX];
    bool renamed; /* ticks show shown[] instead of tick[] */
    double shown[PLOT_TICKS_MAX];
};

struct plot_range {
    double from, to;
    int ticks;
    double tick[PLOT_TICKS_MAX], shown[PLOT_TICKS_MAX];
    int decimals; /* enough to distinguish the ticks; -1: use the form of the axis */
};

enum plot_style {
    PLOT_LINE,    /* many points: markers on some of them */
    PLOT_FAINT,   /* many points: a thin line, without markers */
    PLOT_POINTS,  /* markers without a line */
    PLOT_BOTH,    /* a line with a marker at each point */
    PLOT_GUIDE,   /* dashed, without markers; widens the axes only if `widens` is set */
    PLOT_BAND,    /* the area from `low` to `high`, tinted; never widens the axes */
    PLOT_STACKED, /* bars from `low` to `y` at x */
};

struct plot_point {
    double x, y;
    double low, high; /* NaN: no error bar */
};

#define PLOT_BAR_HALF 0.36 /* half the width of a bar; bars are centred at whole numbers */
enum { PLOT_NAME = 120, PLOT_SERIES_MAX = 32, PLOT_COLOURS = 8, PLOT_INK = -1 };

struct plot_series {
    char name[PLOT_NAME];
    enum plot_style style;
    int colour;  /* 0 ...; PLOT_INK: the colour of text */
    int dash;    /* index into the dash patterns of its style */
    bool widens; /* the axes are widened to show this guide */
    int n, room;
    struct plot_point *point;
};

struct plot {
    struct plot_axis x, y;
    enum plot_size size;
    bool thinned; /* at least one series shows only some of its values */
    int n;
    bool failed; /* out of memory, or too many series: nothing is drawn */
    struct plot_series series[PLOT_SERIES_MAX];
};

/* Adds a series in the next colour; a guide is drawn in PLOT_INK. `name` is a printf format.
 * Returns the number of the series. */
__attribute__((format(printf, 3, 4))) int plot_series(
    struct plot *plot, enum plot_style style, const char *name, ...);

/* Add a point if it is finite. plot_add_between() gives it an error bar from low to high. */
void plot_add(struct plot *plot, int series, double x, double y);
void plot_add_between(struct plot *plot, int series, double x, double y, double low, double high);

/* Computes the range that an axis needs to show all points, except those of guides that do not
 * widen the axes. False: the plot has no points. */
bool plot_range_of(const struct plot *plot, bool vertical, struct plot_range *range);

/* Frees the points. */
void plot_clear(struct plot *plot);
