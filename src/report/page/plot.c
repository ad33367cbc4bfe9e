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
        guides += plot->series[i].style == PLOT_GUIDE || plot->series[i].style == PLOT_BAND;
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

/* --- axes ------------------------------------------------------------------------------------- */

/* Widens a range to include a value, if the axis can show it. An empty range extends from INFINITY
 * to -INFINITY. */
static void widen(struct plot_range *range, double value, const struct plot_axis *axis)
{
    if (!(fabs(value) < 1e250) || (axis->log && value < 1e-250))
        return;
    range->from = fmin(range->from, value);
    range->to = fmax(range->to, value);
}

static void add_tick(struct plot_range *range, double value, double shown)
{
    if (range->ticks == PLOT_TICKS_MAX || value < range->from * (1 - 1e-12) - 1e-300 ||
        value > range->to * (1 + 1e-12))
        return;
    range->tick[range->ticks] = value;
    range->shown[range->ticks++] = shown;
}

/* Adds ticks at 1, 2 and 5 in every decade. A range within a single decade has more ticks, and a
 * range of more than `dense` decades has ticks only at 1. */
static void tick_log(struct plot_range *range, double dense)
{
    static const double digit[][8] = {{1, 1.5, 2, 3, 4, 5, 7}, {1, 2, 5}, {1}};
    double decades = log10(range->to / range->from);
    const double *taken = digit[decades <= 1 ? 0 : decades <= dense ? 1 : 2];
    int first = (int)floor(log10(range->from)), last = (int)ceil(log10(range->to));
    int every = decades > 7 ? (int)ceil(decades / 7) : 1;
    for (int e = first; e <= last; e += every)
        for (int i = 0; taken[i] > 0; i++)
            add_tick(range, taken[i] * pow(10, e), taken[i] * pow(10, e));
}

/* Adds ticks at multiples of 1, 2 or 5 times a power of ten, with at most `most` intervals. */
static void tick_linear(struct plot_range *range, int most)
{
    double rough = (range->to - range->from) / most, power = pow(10, floor(log10(rough)));
    double ratio = rough / power;
    double step = power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
    range->decimals = (int)fmax(0, ceil(-log10(step) - 1e-9));
    double first = ceil(range->from / step - 1e-9), last = floor(range->to / step + 1e-9);
    for (int i = 0; first + i <= last && i < PLOT_TICKS_MAX; i++) {
        range->tick[i] = range->shown[i] = (first + i) * step + 0.0; /* no -0 */
        range->ticks = i + 1;
    }
}

static void add_room(struct plot_range *range, const struct plot_axis *axis)
{
    if (axis->log) {
        double span = range->to / range->from, least = axis->vertical ? 5 : 2;
        double factor = fmax(sqrt(least / span), pow(span, axis->vertical ? 0.06 : 0.03));
        range->from /= factor;
        range->to *= factor;
        return;
    }
    if (axis->from_zero)
        range->from = fmin(range->from, 0);
    double room = (axis->vertical ? 0.06 : 0.02) * (range->to - range->from);
    if (range->to == range->from)
        room = range->to == 0 ? 1 : fabs(0.1 * range->to);
    if (!(axis->from_zero && range->from == 0))
        range->from -= room;
    range->to += room;
}

/* Adds a margin to a range that covers the points, and sets its ticks. False: no points. */
static bool complete(struct plot_range *range, const struct plot_axis *axis)
{
    for (int i = 0; i < axis->ticks; i++)
        widen(range, axis->tick[i], axis);
    if (!(range->from <= range->to))
        return false;
    add_room(range, axis);
    range->decimals = -1;
    for (int i = 0; i < axis->ticks; i++)
        add_tick(range, axis->tick[i], axis->renamed ? axis->shown[i] : axis->tick[i]);
    if (axis->ticks == 0 && axis->log)
        tick_log(range, axis->vertical ? 3.2 : axis->size == PLOT_SMALL ? 2.2 : 3);
    else if (axis->ticks == 0)
        tick_linear(range, axis->size == PLOT_SMALL                     ? 5
                           : axis->size == PLOT_WIDE && !axis->vertical ? 12
                                                                        : 7);
    return true;
}

bool plot_range_of(const struct plot *plot, bool vertical, struct plot_range *range)
{
    struct plot_axis axis = vertical ? plot->y : plot->x;
    axis.vertical = vertical;
    axis.size = plot->size;
    *range = (struct plot_range){.from = INFINITY, .to = -INFINITY};
    for (int s = 0; s < plot->n; s++) {
        const struct plot_series *series = &plot->series[s];
        bool widens = series->style != PLOT_BAND && (series->style != PLOT_GUIDE || series->widens);
        for (int i = 0; widens && i < series->n; i++) {
            const struct plot_point *point = &series->point[i];
            double bar = series->style == PLOT_STACKED ? 2 * PLOT_BAR_HALF : 0;
            widen(range, vertical ? point->low : point->x - bar, &axis);
            widen(range, vertical ? point->y : point->x, &axis);
            widen(range, vertical ? point->high : point->x + bar, &axis);
        }
    }
    return complete(range, &axis);
}
