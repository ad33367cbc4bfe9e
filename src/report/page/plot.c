#include "report/page/plot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int plot_series(struct plot *plot, enum plot_style style, const char *name, ...)
{
    struct plot_series series = {.style = style};
    va_list arguments;
    va_start(arguments, name);
    vsnprintf(series.name, sizeof series.name, name, arguments);
    va_end(arguments);
    int guides = 0;
    for (int i = 0; i < plot->n; i++)
        guides += plot->series[i].style == PLOT_GUIDE;
    series.colour = style == PLOT_GUIDE ? PLOT_INK : plot->n - guides;
    series.dash = style == PLOT_GUIDE ? guides : series.colour / PLOT_COLOURS;
    plot->failed |= plot->n == PLOT_SERIES_MAX;
    if (plot->n < PLOT_SERIES_MAX)
        plot->series[plot->n++] = series;
    return plot->n - 1;
}

void plot_add_between(struct plot *plot, int series, double x, double y, double low, double high)
{
    struct plot_series *to = &plot->series[series];
    if (!isfinite(x) || !isfinite(y))
        return;
    if (to->n == to->room) {
        int room = to->room ? 2 * to->room : 64;
        void *grown = realloc(to->point, (size_t)room * sizeof *to->point);
        plot->failed |= !grown;
        if (!grown)
            return;
        to->point = grown;
        to->room = room;
    }
    to->point[to->n++] = (struct plot_point){x, y, low, high};
}

void plot_add(struct plot *plot, int series, double x, double y)
{
    plot_add_between(plot, series, x, y, (double)NAN, (double)NAN);
}

void plot_clear(struct plot *plot)
{
    for (int s = 0; s < plot->n; s++)
        free(plot->series[s].point);
    *plot = (struct plot){.n = 0};
}

bool plot_range_of(const struct plot *plot, bool vertical, struct plot_range *range)
{
    struct plot_axis axis = vertical ? plot->y : plot->x;
    axis.vertical = vertical;
    axis.small = plot->small;
    *range = (struct plot_range){.from = INFINITY, .to = -INFINITY};
    for (int s = 0; s < plot->n; s++) {
        const struct plot_series *series = &plot->series[s];
        for (int i = 0; (series->style != PLOT_GUIDE || series->widens) && i < series->n; i++) {
            const struct plot_point *point = &series->point[i];
            double bar = series->style == PLOT_STACKED ? 2 * PLOT_BAR_HALF : 0;
            plot_range_widen(range, vertical ? point->low : point->x - bar, &axis);
            plot_range_widen(range, vertical ? point->y : point->x, &axis);
            plot_range_widen(range, vertical ? point->high : point->x + bar, &axis);
        }
    }
    return plot_range_complete(range, &axis);
}
