#include "report/page/plot.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/page/gnuplot.h"
#include "report/page/html.h"

enum { FEW = 12, MANY = 150 };

static int width_of(const struct plot *plot)
{
    return plot->small ? 400 : 520;
}

static int height_of(const struct plot *plot)
{
    return plot->small ? 310 : 350;
}

/* --- points ---------------------------------------------------------------------------------- */

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

int plot_size(const struct plot *plot)
{
    int size = 0;
    for (int s = 0; s < plot->n; s++)
        size += plot->series[s].n;
    return size;
}

void plot_clear(struct plot *plot)
{
    for (int s = 0; s < plot->n; s++)
        free(plot->series[s].point);
    *plot = (struct plot){.n = 0};
}

/* --- how series look ------------------------------------------------------------------------- */

/* gnuplot's point type, from 1. */
static int marker_of(const struct plot_series *series)
{
    static const int marker[PLOT_COLOURS] = {7, 5, 9, 13, 11, 6, 4, 8};
    return series->colour < 0 ? 7 : marker[series->colour % PLOT_COLOURS];
}

/* Lengths of line and gap; "": a whole line. */
static const char *dash_of(const struct plot_series *series)
{
    static const char *const guide[] = {"9,5", "2,4", "12,4,2,4", "5,3"};
    static const char *const again[] = {"", "9,3", "3,3", "9,3,2,3"};
    return series->style == PLOT_GUIDE ? guide[series->dash % 4] : again[series->dash % 4];
}

static bool has_markers(const struct plot_series *series)
{
    return series->style == PLOT_POINTS || series->style == PLOT_BOTH || series->style == PLOT_LINE;
}

/* --- the script ------------------------------------------------------------------------------ */

static void print_code(FILE *script, int code)
{
    fprintf(script, "rgb 0x0101%02X", (unsigned)code);
}

static void print_axis(
    FILE *script, const char *name, const struct plot_axis *axis, const struct plot_range *range)
{
    char text[NUMBER_TEXT];
    fprintf(script, "set %slabel \"%s\" offset %s textcolor ", name, axis->label,
        *name == 'x' ? "0,0" : "-0.5,0");
    print_code(script, PLOT_CODE_INK);
    fprintf(script, "\nset %srange [%.17g:%.17g]\n", name, range->from, range->to);
    if (axis->log)
        fprintf(script, "set logscale %s\n", name);
    fprintf(script, "set %stics scale 0.5 (", name);
    for (int i = 0; i < range->ticks; i++) {
        if (range->decimals > 0 && axis->form == NUMBER_PLAIN)
            snprintf(text, sizeof text, "%.*f", range->decimals, range->shown[i]);
        else
            number_text(range->shown[i], axis->form, text);
        fprintf(script, "%s\"%s\" %.17g", i ? ", " : "", text, range->tick[i]);
    }
    fprintf(script, ")\n");
}

static void print_data(FILE *script, const struct plot *plot)
{
    for (int s = 0; s < plot->n; s++) {
        fprintf(script, "$d%d << EOD\n", s);
        for (int i = 0; i < plot->series[s].n; i++) {
            const struct plot_point *point = &plot->series[s].point[i];
            bool bar = isfinite(point->low) && isfinite(point->high);
            fprintf(script, "%.9g %.9g %.9g %.9g\n", point->x, point->y,
                bar ? point->low : point->y, bar ? point->high : point->y);
        }
        fprintf(script, "EOD\n");
    }
}

static bool has_bars(const struct plot_series *series)
{
    for (int i = 0; i < series->n; i++)
        if (isfinite(series->point[i].low))
            return true;
    return false;
}

static void print_colour_of(FILE *script, const struct plot_series *series)
{
    fprintf(script, " lc ");
    print_code(script,
        series->colour < 0 ? PLOT_CODE_INK : PLOT_CODE_SERIES + series->colour % PLOT_COLOURS);
}

/* One entry, or two, of the plot command. */
static void print_series(FILE *script, const struct plot *plot, int s)
{
    const struct plot_series *series = &plot->series[s];
    const char *dash = dash_of(series);
    if (series->style == PLOT_STACKED) {
        fprintf(script,
            "$d%d using 1:2:($1-%.9g):($1+%.9g):3:2 with boxxyerror fs solid 0.9 noborder", s,
            plot->bar_width, plot->bar_width);
        print_colour_of(script, series);
        return;
    }
    if (has_bars(series)) {
        fprintf(script, "$d%d using 1:2:3:4 with yerrorbars pt 0 lw 1.5", s);
        print_colour_of(script, series);
        fprintf(script, ", ");
    }
    fprintf(script, "$d%d using 1:2 with %s lw %s", s,
        series->style == PLOT_POINTS ? "points"
        : has_markers(series)        ? "linespoints"
                                     : "lines",
        series->style == PLOT_BOTH    ? "2.2"
        : series->style == PLOT_FAINT ? "0.9"
        : series->n > MANY            ? "1.2"
                                      : "1.8");
    if (has_markers(series))
        fprintf(script, " pt %d ps 0.75", marker_of(series));
    if (series->style == PLOT_LINE)
        fprintf(script, " pi %d", series->n > FEW ? series->n / 6 + 1 : 1);
    if (*dash)
        fprintf(script, " dt (%s)", dash);
    print_colour_of(script, series);
}

static char *write_script(
    const struct plot *plot, const struct plot_range *x, const struct plot_range *y, size_t *size)
{
    char *text = NULL;
    FILE *script = open_memstream(&text, size);
    if (!script)
        return NULL;
    fprintf(script,
        "set terminal svg noenhanced size %d,%d dynamic font \"sans-serif,15\"\n"
        "set encoding utf8\nunset key\nset clip two\nset border 3 lw 1 lc ",
        width_of(plot), height_of(plot));
    print_code(script, PLOT_CODE_INK);
    fprintf(script, "\nset tics nomirror out textcolor ");
    print_code(script, PLOT_CODE_INK);
    fprintf(script, "\nset grid back lt 1 lw 1 lc ");
    print_code(script, PLOT_CODE_GRID);
    fprintf(script, "\n");
    print_axis(script, "x", &plot->x, x);
    print_axis(script, "y", &plot->y, y);
    print_data(script, plot);
    const char *before = "plot ";
    for (int s = 0; s < plot->n; s++) {
        if (plot->series[s].n == 0)
            continue;
        fputs(before, script);
        print_series(script, plot, s);
        before = ", ";
    }
    fputc('\n', script);
    if (fclose(script) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

bool plot_draw(FILE *file, const struct plot *plot, const char *id, const char *title)
{
    struct plot_range x, y;
    size_t size = 0;
    if (plot->failed || !plot_axis_range(plot, false, &x) || !plot_axis_range(plot, true, &y))
        return false;
    char *script = write_script(plot, &x, &y, &size);
    char *svg = script ? gnuplot_run(script, size) : NULL;
    free(script);
    if (!svg || !plot_svg_is_whole(svg)) {
        free(svg);
        return false;
    }
    fprintf(file,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-title %s-desc\">"
        "<title id=\"%s-title\">",
        width_of(plot), height_of(plot), id, id, id);
    html_text(file, title);
    fprintf(file, "</title><desc id=\"%s-desc\">", id);
    plot_describe(file, plot);
    fputs("</desc>\n", file);
    plot_svg_body(file, svg, id);
    fputs("</svg>\n", file);
    free(svg);
    return true;
}

/* --- beside the picture ---------------------------------------------------------------------- */

static void describe_point(
    FILE *file, const struct plot *plot, const struct plot_point *point, const char *before)
{
    char x[NUMBER_TEXT], y[NUMBER_TEXT];
    html_print(file, "%s%s at %s", before, number_text(point->y, plot->y.form, y),
        number_text(point->x, plot->x.form, x));
}

static void describe_series(FILE *file, const struct plot *plot, const struct plot_series *series)
{
    const struct plot_point *least = series->point, *most = series->point;
    html_print(file, " %s: ", series->name);
    if (series->style == PLOT_GUIDE && series->n == 2 && series->point[0].x == series->point[1].x) {
        char x[NUMBER_TEXT];
        html_print(file, "at %s.", number_text(series->point[0].x, plot->x.form, x));
        return;
    }
    for (int i = 0; i < series->n; i++) {
        least = series->point[i].y < least->y ? &series->point[i] : least;
        most = series->point[i].y > most->y ? &series->point[i] : most;
        if (series->n <= FEW)
            describe_point(file, plot, &series->point[i], i ? ", " : "");
    }
    if (series->n > FEW) {
        describe_point(file, plot, &series->point[0], "from ");
        describe_point(file, plot, &series->point[series->n - 1], " to ");
    }
    if (series->n > FEW && series->style != PLOT_GUIDE) {
        describe_point(file, plot, least, ", least ");
        describe_point(file, plot, most, ", most ");
    }
    fputc('.', file);
}

void plot_describe(FILE *file, const struct plot *plot)
{
    html_print(file, "Across: %s%s. Up: %s%s.", plot->x.label, plot->x.log ? ", logarithmic" : "",
        plot->y.label, plot->y.log ? ", logarithmic" : "");
    for (int s = 0; s < plot->n; s++)
        if (plot->series[s].n > 0)
            describe_series(file, plot, &plot->series[s]);
}

static void print_key(FILE *file, const struct plot_series *series, const char *id)
{
    char colour[32];
    if (series->colour < 0)
        snprintf(colour, sizeof colour, "var(--ink)");
    else
        snprintf(colour, sizeof colour, "var(--s%d)", series->colour % PLOT_COLOURS);
    fputs("<li><svg viewBox=\"0 0 34 12\" aria-hidden=\"true\">", file);
    if (series->style == PLOT_STACKED)
        fprintf(file, "<rect x=\"8\" width=\"18\" height=\"12\" fill=\"%s\"/>", colour);
    else if (series->style != PLOT_POINTS)
        fprintf(file,
            "<path d=\"M1,6H33\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
            "stroke-dasharray=\"%s\"/>",
            colour, *dash_of(series) ? dash_of(series) : "none");
    if (has_markers(series))
        fprintf(file,
            "<use href=\"#%s-gpPt%d\" fill=\"none\" transform=\"translate(17,6) scale(4)\" "
            "color=\"%s\"/>",
            id, marker_of(series) - 1, colour);
    fputs("</svg>", file);
    html_text(file, series->name);
    fputs("</li>", file);
}

void plot_legend(FILE *file, const struct plot *plot, const char *id)
{
    fputs("<ul class=\"legend\">", file);
    for (int s = 0; s < plot->n; s++)
        if (plot->series[s].n > 0)
            print_key(file, &plot->series[s], id);
    fputs("</ul>\n", file);
}
