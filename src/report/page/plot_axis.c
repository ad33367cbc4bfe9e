#include "report/page/plot.h"

#include <math.h>

static double along(const struct plot_point *point, bool vertical)
{
    return vertical ? point->y : point->x;
}

static void widen(struct plot_range *range, double value, bool log)
{
    if (!(fabs(value) < 1e250) || (log && value < 1e-250))
        return;
    range->from = fmin(range->from, value);
    range->to = fmax(range->to, value);
}

/* Bounds of what is to be seen, given ticks too: of numbers that leave room for more. */
static void take_points(
    struct plot_range *range, const struct plot *plot, const struct plot_axis *axis, bool vertical)
{
    *range = (struct plot_range){.from = INFINITY, .to = -INFINITY, .decimals = -1};
    for (int i = 0; i < axis->ticks; i++)
        widen(range, axis->tick[i], axis->log);
    for (int s = 0; s < plot->n; s++) {
        const struct plot_series *series = &plot->series[s];
        for (int i = 0; (series->style != PLOT_GUIDE || series->widens) && i < series->n; i++) {
            widen(range, along(&series->point[i], vertical), axis->log);
            if (vertical) {
                widen(range, series->point[i].low, axis->log);
                widen(range, series->point[i].high, axis->log);
            } else if (series->style == PLOT_STACKED) {
                widen(range, series->point[i].x - 0.7, axis->log);
                widen(range, series->point[i].x + 0.7, axis->log);
            }
        }
    }
}

static void add_tick(struct plot_range *range, double value)
{
    if (range->ticks < PLOT_TICKS_MAX && value >= range->from * (1 - 1e-12) - 1e-300 &&
        value <= range->to * (1 + 1e-12))
        range->tick[range->ticks++] = value;
}

/* 1, 2, 5 of every decade, or more of a part of one; over more than `dense` decades 1; over many not
 * all of these. */
static void tick_log(struct plot_range *range, double dense)
{
    static const double digit[][8] = {{1, 1.5, 2, 3, 4, 5, 7}, {1, 2, 5}, {1}};
    double decades = log10(range->to / range->from);
    const double *taken = digit[decades <= 1 ? 0 : decades <= dense ? 1 : 2];
    int first = (int)floor(log10(range->from)), last = (int)ceil(log10(range->to));
    int every = decades > 7 ? (int)ceil(decades / 7) : 1;
    for (int e = first; e <= last; e += every)
        for (int i = 0; taken[i] > 0; i++)
            add_tick(range, taken[i] * pow(10, e));
}

/* A step of 1, 2 or 5 times a power of ten, so that there are at most `most` of them. */
static void tick_linear(struct plot_range *range, int most)
{
    double rough = (range->to - range->from) / most, power = pow(10, floor(log10(rough)));
    double ratio = rough / power;
    double step = power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
    range->decimals = (int)fmax(0, ceil(-log10(step) - 1e-9));
    double first = ceil(range->from / step - 1e-9), last = floor(range->to / step + 1e-9);
    for (int i = 0; first + i <= last && i < PLOT_TICKS_MAX; i++)
        range->tick[range->ticks++] = (first + i) * step + 0.0; /* no -0 */
}

static void add_room(struct plot_range *range, const struct plot_axis *axis, bool vertical)
{
    if (axis->log) {
        double span = range->to / range->from, least = vertical ? 5 : 2;
        double factor = fmax(sqrt(least / span), pow(span, vertical ? 0.06 : 0.03));
        range->from /= factor;
        range->to *= factor;
        return;
    }
    if (axis->from_zero)
        range->from = fmin(range->from, 0);
    double room = (vertical ? 0.06 : 0.02) * (range->to - range->from);
    if (range->to == range->from)
        room = range->to == 0 ? 1 : fabs(0.1 * range->to);
    if (!(axis->from_zero && range->from == 0))
        range->from -= room;
    range->to += room;
}

bool plot_axis_range(const struct plot *plot, bool vertical, struct plot_range *range)
{
    const struct plot_axis *axis = vertical ? &plot->y : &plot->x;
    take_points(range, plot, axis, vertical);
    if (!(range->from <= range->to))
        return false;
    add_room(range, axis, vertical);
    if (axis->ticks > 0)
        for (int i = 0; i < axis->ticks; i++)
            add_tick(range, axis->tick[i]);
    else if (axis->log)
        tick_log(range, vertical ? 3.2 : plot->small ? 2.2 : 3);
    else
        tick_linear(range, plot->small ? 5 : 7);
    for (int i = 0; i < range->ticks; i++)
        range->shown[i] = axis->renamed ? axis->shown[i] : range->tick[i];
    return true;
}
