#include "report/page/plot_draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static struct plot_range range_of(struct plot *plot, double from, double to)
{
    struct plot_range range;
    int series = plot_series(plot, PLOT_BOTH, "a series");
    plot_add(plot, series, 1, from);
    plot_add(plot, series, 2, to);
    assert_true(plot_range_of(plot, true, &range));
    plot_clear(plot);
    return range;
}

static void assert_sensible(const struct plot_range *range, double from, double to)
{
    bool sound = range->from < range->to && range->from <= from && range->to >= to &&
                 range->ticks >= 2 && range->ticks <= 12;
    for (int i = 0; i < range->ticks; i++)
        sound &= range->tick[i] >= range->from - 1e-9 * fabs(range->from) &&
                 range->tick[i] <= range->to * (1 + 1e-9) &&
                 (i == 0 || range->tick[i] > range->tick[i - 1]);
    if (!sound)
        fail_msg("from %g to %g: axis from %g to %g, %d numbers", from, to, range->from, range->to,
            range->ticks);
}

/* Whatever the numbers, the points are within, and a handful of numbers stand at the axis. */
TEST(any_range)
{
    for (double from = 1e-6; from < 1e9; from *= 3.7)
        for (double factor = 1; factor < 1e9; factor = factor * 2.3 + 0.01) {
            struct plot linear = {.y = {.form = NUMBER_PLAIN}};
            struct plot log = {.y = {.log = true}};
            struct plot_range range = range_of(&linear, from, from * factor);
            assert_sensible(&range, from, from * factor);
            range = range_of(&log, from, from * factor);
            assert_sensible(&range, from, from * factor);
        }
}

TEST(zero)
{
    struct plot plot = {.y = {.from_zero = true}};
    struct plot_range range = range_of(&plot, 40, 90);
    assert_true(range.from == 0 && range.tick[0] == 0 && !signbit(range.tick[0]));
    struct plot none = {.y = {.from_zero = true}};
    range = range_of(&none, 0, 0);
    assert_true(range.to > 0);
    struct plot crossing = {.y = {.form = NUMBER_PLAIN}};
    range = range_of(&crossing, -1, 1);
    assert_sensible(&range, -1, 1);
}

/* A logarithm has no place for 0, and a picture without points is none. */
TEST(nothing_to_draw)
{
    struct plot plot = {.y = {.log = true}};
    struct plot_range range;
    assert_false(plot_range_of(&plot, true, &range));
    int series = plot_series(&plot, PLOT_BOTH, "zeros");
    plot_add(&plot, series, 1, 0);
    plot_add(&plot, series, 1, (double)NAN);
    plot_add(&plot, series, 1, -3);
    assert_int_equal(plot.series[series].n, 2);
    assert_false(plot_draw(stdout, &plot, "p1", "nothing"));
    assert_false(plot_range_of(&plot, true, &range));
    plot_clear(&plot);
}

TEST(guides_do_not_widen)
{
    struct plot plot = {.y = {.log = true}};
    struct plot_range range;
    int points = plot_series(&plot, PLOT_BOTH, "points"),
        guide = plot_series(&plot, PLOT_GUIDE, "g");
    plot_add(&plot, points, 1, 10);
    plot_add(&plot, points, 2, 1000);
    plot_add(&plot, guide, 1, 1e9);
    assert_true(plot_range_of(&plot, true, &range));
    assert_true(range.to < 1e4);
    plot.series[guide].widens = true;
    assert_true(plot_range_of(&plot, true, &range));
    assert_true(range.to > 1e9);
    plot_clear(&plot);
}

/* Series differ in colour, then in dash. */
TEST(colours)
{
    struct plot plot = {.n = 0};
    for (int i = 0; i < PLOT_SERIES_MAX; i++)
        plot_series(&plot, PLOT_LINE, "%d", i);
    for (int i = 0; i < PLOT_SERIES_MAX; i++)
        for (int j = 0; j < i; j++)
            assert_true(
                plot.series[i].colour % PLOT_COLOURS != plot.series[j].colour % PLOT_COLOURS ||
                plot.series[i].dash != plot.series[j].dash);
    assert_false(plot.failed);
    plot_series(&plot, PLOT_LINE, "one too many");
    assert_true(plot.failed);
    plot_clear(&plot);
}

/* Draws into a text, which the caller frees. */
static void draw(const struct plot *plot, char **text)
{
    size_t size;
    FILE *file = open_memstream(text, &size);
    assert_non_null(file);
    assert_true(plot_draw(file, plot, "p7", "a <title>"));
    plot_legend(file, plot);
    assert_int_equal(fclose(file), 0);
}

/* Where the axes lie: left, top, bottom, right; horizontally in percent of the width between them. */
static void read_frame(const char *text, double at[4])
{
    const char *frame = strstr(text, "stroke=\"var(--ink)\" d=\"M");
    assert_non_null(frame);
    const char separator[] = {'M', ',', 'V', 'H'};
    char *end = (char *)(uintptr_t)strchr(frame, 'M');
    for (int i = 0; i < 4; i++) {
        assert_int_equal(*end, separator[i]);
        at[i] = strtod(end + 1, &end);
    }
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no `%s` in `%s`", part, text);
}

/* Axes from 0 to 100 and from 1 to 10,000: points lie where their numbers stand, error bars reach from
 * low to high, and a point at 0 has no place on a logarithmic axis. */
TEST(places)
{
    struct plot plot = {
        .x = {.label = "time <s>", .ticks = 2, .tick = {0, 100}, .form = NUMBER_COUNT},
        .y = {.label = "loss", .log = true, .ticks = 3, .tick = {1, 100, 10000}}};
    struct plot_range x, y;
    int series = plot_series(&plot, PLOT_BOTH, "<b>");
    plot_add_between(&plot, series, 0, 1, 1, 100);
    plot_add(&plot, series, 100, 10000);
    plot_add(&plot, series, 50, 0);
    int guide = plot_series(&plot, PLOT_GUIDE, "guide");
    plot_add(&plot, guide, 50, 1e-300);
    plot_add(&plot, guide, 50, 1e300);
    char *text = NULL;
    draw(&plot, &text);
    assert_true(plot_range_of(&plot, false, &x) && plot_range_of(&plot, true, &y));
    double at[4];
    read_frame(text, at);
    double left = at[0], top = at[1], bottom = at[2], right = at[3];
    char line[100], bar[120];
    double x0 = left + (right - left) * (0 - x.from) / (x.to - x.from),
           x1 = left + (right - left) * (100 - x.from) / (x.to - x.from);
    double up = (bottom - top) / log(y.to / y.from);
    snprintf(line, sizeof line, "d=\"M%.2f,%.1fL%.2f,%.1f\"/>", x0, bottom - up * log(1 / y.from),
        x1, bottom - up * log(10000 / y.from));
    assert_has(text, line);
    snprintf(bar, sizeof bar,
        "<svg x=\"%.2f%%\" overflow=\"visible\"><path d=\"M-4,%.1fh8m-4,0V%.1fm-4,0h8\"/></svg>",
        x0, bottom - up * log(1 / y.from), bottom - up * log(100 / y.from));
    assert_has(text, bar);
    assert_has(text, "<title id=\"p7-title\">a &lt;title&gt;</title>");
    assert_has(text,
        "Horizontal axis: time &lt;s&gt;. Vertical axis: loss, logarithmic. &lt;b&gt;: 1 at 0, ");
    assert_has(text, "guide: at 50.");
    assert_has(text, "</svg>&lt;b&gt;</li>");
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    free(text);
    plot_clear(&plot);
}
