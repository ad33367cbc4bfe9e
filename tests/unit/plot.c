#include "report/page/plot.h"

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
    assert_true(plot_axis_range(plot, true, &range));
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
    assert_false(plot_axis_range(&plot, true, &range));
    int series = plot_series(&plot, PLOT_BOTH, "zeros");
    plot_add(&plot, series, 1, 0);
    plot_add(&plot, series, 1, (double)NAN);
    plot_add(&plot, series, 1, -3);
    assert_int_equal(plot_size(&plot), 2);
    assert_false(plot_axis_range(&plot, true, &range));
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
    assert_true(plot_axis_range(&plot, true, &range));
    assert_true(range.to < 1e4);
    plot.series[guide].widens = true;
    assert_true(plot_axis_range(&plot, true, &range));
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

static char *body_of(const char *svg)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    plot_svg_body(file, svg, "p7");
    assert_int_equal(fclose(file), 0);
    return text;
}

TEST(svg_of_gnuplot)
{
    char *text = body_of(
        "<?xml version=\"1.0\"?>\n<svg xmlns:xlink=\"x\">\n<title>Gnuplot</title>"
        "<g id=\"gnuplot_canvas\"><path id='gpPt6'/><g id=\"gnuplot_plot_1\" ><title>$d0</title>"
        "<use xlink:href='#gpPt6' color='rgb(  1,   1,  18)'/><path stroke='rgb(  1,   1,   1)'/>"
        "<text fill=\"rgb(1,1,0)\">a</text><use color='white'/><path stroke='rgb(1,2,3)'/></g></g>"
        "</svg>\n");
    assert_string_equal(text,
        "<g><path id='p7-gpPt6'/><g ><use href='#p7-gpPt6' color='var(--s2)'/>"
        "<path stroke='var(--grid)'/><text fill=\"var(--ink)\">a</text>"
        "<use color='var(--card)'/><path stroke='rgb(1,2,3)'/></g></g>");
    free(text);
    assert_true(plot_svg_is_whole("<svg><g id=\"gnuplot_canvas\"></g></svg>"));
    assert_false(plot_svg_is_whole("<svg></svg>"));
    assert_false(plot_svg_is_whole("</svg><g id=\"gnuplot_canvas\">"));
    text = body_of("not a picture");
    assert_string_equal(text, "");
    free(text);
    text = body_of("<g id=\"gnuplot_canvas\"><title>without an end");
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_range),
        cmocka_unit_test(zero),
        cmocka_unit_test(nothing_to_draw),
        cmocka_unit_test(guides_do_not_widen),
        cmocka_unit_test(colours),
        cmocka_unit_test(svg_of_gnuplot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
