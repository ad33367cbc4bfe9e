/* plot_axis.h: the range of an axis of a picture and its ticks. Threads: any. */
#ifndef REPORT_PAGE_PLOT_AXIS_H
#define REPORT_PAGE_PLOT_AXIS_H

#include <stdbool.h>

#include "report/number.h"

enum { PLOT_TICKS_MAX = 32 };

struct plot_axis {
    char label[120]; /* with its unit in brackets */
    double unit;     /* values are divided by it (page_series()); 0 means 1 */
    bool log;        /* points at or below 0 are omitted */
    bool from_zero;
    bool vertical, small;  /* set by plot.c */
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

/* Widens from ... to, which begin as INFINITY ... -INFINITY, by a value that the axis can show. */
void plot_range_widen(struct plot_range *range, double value, const struct plot_axis *axis);

/* Completes a range whose from ... to covers the points: adds some room and sets the ticks. False:
 * no point can be shown. */
bool plot_range_complete(struct plot_range *range, const struct plot_axis *axis);

#endif
