#include "report/page/plot_draw.h"

#include <math.h>
#include <string.h>

#include "report/html.h"

enum { FEW = 12, MANY = 150 }; /* numbers of points in a series */

/* --- appearance of series --------------------------------------------------------------------- */

/* Returns the marker of a series, a closed path around the point; "": the series has no marker.
 * Shapes with an index of FIRST_HOLLOW or more are hollow. */
enum { FIRST_HOLLOW = 5 };
static const char *marker_of(const struct plot_series *series)
{
    static const char *const shape[PLOT_COLOURS] = {"m-4,0a4,4,0,1,0,8,0a4,4,0,1,0,-8,0z",
        "m-3.6,-3.6h7.2v7.2h-7.2z", "m0,-4.8l4.6,8h-9.2z", "m0,-5l5,5l-5,5l-5,-5z",
        "m0,4.8l4.6,-8h-9.2z", "m-4,0a4,4,0,1,0,8,0a4,4,0,1,0,-8,0z", "m-3.6,-3.6h7.2v7.2h-7.2z",
        "m0,-4.8l4.6,8h-9.2z"};
    bool marked =
        series->style == PLOT_POINTS || series->style == PLOT_BOTH || series->style == PLOT_LINE;
    return !marked ? "" : series->colour < 0 ? shape[0] : shape[series->colour % PLOT_COLOURS];
}

/* Returns the lengths of the dashes and gaps of a series. */
static const char *dash_of(const struct plot_series *series)
{
    static const char *const guide[] = {"9,5", "2,4", "12,4,2,4", "5,3"};
    static const char *const again[] = {"none", "9,3", "3,3", "9,3,2,3"};
    return series->style == PLOT_GUIDE ? guide[series->dash % 4] : again[series->dash % 4];
}

static void print_colour(FILE *file, const char *attribute, const struct plot_series *series)
{
    if (series->colour < 0)
        fprintf(file, " %s=\"var(--ink)\"", attribute);
    else
        fprintf(file, " %s=\"var(--s%d)\"", attribute, series->colour % PLOT_COLOURS);
}

/* Begins a group for the markers of a series. */
static void begin_markers(FILE *file, const struct plot_series *series)
{
    bool hollow = series->colour % PLOT_COLOURS >= FIRST_HOLLOW;
    fputs("<g stroke-width=\"1.4\"", file);
    print_colour(file, "stroke", series);
    if (hollow)
        fputs(" fill=\"none\"", file);
    else
        print_colour(file, "fill", series);
    fputs(">\n", file);
}

/* --- the picture ------------------------------------------------------------------------------ */

/* The picture. Horizontal positions are percentages of the width between the axes, so a picture is
 * as wide as its card while its text keeps its size. Vertical positions are pixels from the top. */
struct canvas {
    FILE *file;
    const struct plot *plot;
    struct plot_range x, y;
    double left, height; /* the room for the numbers of the y axis; the height between the axes */
};
enum { ABOVE = 10, BELOW = 46, RIGHT = 18, NARROW = 250 }; /* NARROW: between the axes on a phone */

/* The height of a picture and its width between the axes, on a wide screen. */
static double height_of(const struct plot *plot)
{
    return plot->size == PLOT_WIDE ? 370 : plot->size == PLOT_SMALL ? 280 : 310;
}

static double width_of(const struct plot *plot)
{
    return plot->size == PLOT_WIDE ? 1050 : plot->size == PLOT_SMALL ? 280 : 450;
}

static double place(double value, const struct plot_axis *axis, const struct plot_range *range,
    double from, double to)
{
    double share = axis->log ? log(value / range->from) / log(range->to / range->from)
                             : (value - range->from) / (range->to - range->from);
    return fmax(-1e4, fmin(1e4, from + share * (to - from)));
}

static double across(const struct canvas *canvas, double value)
{
    return place(value, &canvas->plot->x, &canvas->x, 0, 100);
}

static double up(const struct canvas *canvas, double value)
{
    return place(value, &canvas->plot->y, &canvas->y, canvas->height, 0);
}

static bool is_shown(const struct canvas *canvas, double x, double y)
{
    return (!canvas->plot->x.log || x > 0) && (!canvas->plot->y.log || y > 0);
}

/* Begins an inner <svg> that is stretched to the area within the axes, and clips to it or not. Its
 * width is 100. The page's style keeps the strokes in it unstretched. */
static void begin_stretched(const struct canvas *canvas, bool clips)
{
    fprintf(canvas->file, "<svg viewBox=\"0 0 100 %.0f\" preserveAspectRatio=\"none\"%s>",
        canvas->height, clips ? "" : " overflow=\"visible\"");
}

static void end_stretched(const struct canvas *canvas)
{
    fputs("</svg>\n", canvas->file);
}

/* Formats the number of a tick: millions as "1.5M", if that distinguishes the ticks. */
static void tick_text(
    const struct plot_axis *axis, const struct plot_range *range, int i, char out[NUMBER_TEXT])
{
    double step = range->ticks > 1 ? fabs(range->shown[1] - range->shown[0]) : 0;
    bool large = fabs(range->shown[i]) >= 1e6 && step * 1000 >= fabs(range->shown[i]);
    if (large && axis->form == NUMBER_PLAIN)
        number_text(range->shown[i], NUMBER_SHORT, out);
    else if (range->decimals > 0 && axis->form == NUMBER_PLAIN)
        snprintf(out, NUMBER_TEXT, "%.*f", range->decimals, range->shown[i]);
    else
        number_text(range->shown[i], axis->form, out);
}

/* Returns the approximate width of a text in the font of the axes. */
static double text_width(const char *text)
{
    return 7.4 * (double)strlen(text);
}

static struct canvas canvas_of(FILE *file, const struct plot *plot)
{
    struct canvas canvas = {
        .file = file, .plot = plot, .height = height_of(plot) - ABOVE - BELOW, .left = 0};
    char text[NUMBER_TEXT];
    plot_range_of(plot, false, &canvas.x);
    plot_range_of(plot, true, &canvas.y);
    for (int i = 0; i < canvas.y.ticks; i++) {
        tick_text(&plot->y, &canvas.y, i, text);
        canvas.left = fmax(canvas.left, text_width(text));
    }
    canvas.left += 36;
    return canvas;
}

static void draw_grid(const struct canvas *canvas)
{
    FILE *file = canvas->file;
    begin_stretched(canvas, false);
    fputs("<path stroke=\"var(--grid)\" d=\"", file);
    for (int i = 0; i < canvas->x.ticks; i++)
        fprintf(file, "M%.2f,%.0fV0", across(canvas, canvas->x.tick[i]), canvas->height);
    for (int i = 0; i < canvas->y.ticks; i++)
        fprintf(file, "M0,%.1fH100", up(canvas, canvas->y.tick[i]));
    fprintf(file, "\"/><path fill=\"none\" stroke=\"var(--ink)\" d=\"M0,0V%.0fH100\"/>",
        canvas->height);
    end_stretched(canvas);
}

/* True if a number at x is clear of the number that ends at *end, in an axis of a width; *end is
 * then moved. */
static bool has_room(double x, double width, const char *text, double *end)
{
    double from = x / 100 * width - text_width(text) / 2;
    if (from < *end)
        return false;
    *end = from + text_width(text) + 6;
    return true;
}

/* Writes the numbers of the x axis. Those that have no room are omitted, on narrow screens (class
 * "w") or everywhere. */
static void number_x_axis(const struct canvas *canvas)
{
    char text[NUMBER_TEXT];
    double end = -INFINITY, narrow_end = -INFINITY;
    for (int i = 0; i < canvas->x.ticks; i++) {
        double x = across(canvas, canvas->x.tick[i]);
        tick_text(&canvas->plot->x, &canvas->x, i, text);
        if (!has_room(x, width_of(canvas->plot), text, &end))
            continue;
        bool narrow = has_room(x, NARROW, text, &narrow_end);
        fprintf(canvas->file, "<text x=\"%.2f%%\" y=\"%.0f\"%s>%s</text>", x, canvas->height + 19,
            narrow ? "" : " class=\"w\"", text);
    }
}

static void draw_axes(const struct canvas *canvas)
{
    FILE *file = canvas->file;
    char text[NUMBER_TEXT];
    draw_grid(canvas);
    fputs("<g fill=\"var(--ink)\" font-size=\"13\" text-anchor=\"middle\">\n", file);
    number_x_axis(canvas);
    for (int i = 0; i < canvas->y.ticks; i++) {
        tick_text(&canvas->plot->y, &canvas->y, i, text);
        fprintf(file, "<text x=\"-8\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
            up(canvas, canvas->y.tick[i]) + 5, text);
    }
    fprintf(file, "\n<text x=\"50%%\" y=\"%.0f\">", canvas->height + 40);
    html_text(file, canvas->plot->x.label);
    fprintf(file, "</text><text transform=\"translate(%.0f,%.0f) rotate(-90)\">", 14 - canvas->left,
        canvas->height / 2);
    html_text(file, canvas->plot->y.label);
    fputs("</text></g>\n", file);
}

static void draw_stack(const struct canvas *canvas, const struct plot_series *series)
{
    begin_stretched(canvas, true);
    fputs("<path", canvas->file);
    print_colour(canvas->file, "fill", series);
    fputs(" d=\"", canvas->file);
    for (int i = 0; i < series->n; i++) {
        const struct plot_point *point = &series->point[i];
        fprintf(canvas->file, "M%.2f,%.1fH%.2fV%.1fH%.2fz",
            across(canvas, point->x - PLOT_BAR_HALF), up(canvas, point->low),
            across(canvas, point->x + PLOT_BAR_HALF), up(canvas, point->y),
            across(canvas, point->x - PLOT_BAR_HALF));
    }
    fputs("\"/>", canvas->file);
    end_stretched(canvas);
}

static void draw_band(const struct canvas *canvas, const struct plot_series *series)
{
    begin_stretched(canvas, true);
    fputs("<path fill-opacity=\"0.14\"", canvas->file);
    print_colour(canvas->file, "fill", series);
    fputs(" d=\"", canvas->file);
    for (int i = 0; i < 2 * series->n; i++) {
        bool back = i >= series->n;
        const struct plot_point *point = &series->point[back ? 2 * series->n - 1 - i : i];
        fprintf(canvas->file, "%c%.2f,%.1f", i == 0 ? 'M' : 'L', across(canvas, point->x),
            up(canvas, back ? point->high : point->low));
    }
    fputs("z\"/>", canvas->file);
    end_stretched(canvas);
}

/* Draws the line of a series; that of a guide may leave the area within the axes, and is clipped. */
static void draw_line(const struct canvas *canvas, const struct plot_series *series)
{
    const char *width = series->style == PLOT_BOTH    ? "2.2"
                        : series->style == PLOT_FAINT ? "0.9"
                        : series->n > MANY            ? "1.2"
                                                      : "1.8";
    begin_stretched(canvas, series->style == PLOT_GUIDE);
    fprintf(canvas->file, "<path fill=\"none\" stroke-width=\"%s\" stroke-dasharray=\"%s\"", width,
        dash_of(series));
    print_colour(canvas->file, "stroke", series);
    fputs(" d=\"", canvas->file);
    char command = 'M';
    for (int i = 0; i < series->n; i++) {
        const struct plot_point *point = &series->point[i];
        if (!is_shown(canvas, point->x, point->y))
            continue;
        fprintf(
            canvas->file, "%c%.2f,%.1f", command, across(canvas, point->x), up(canvas, point->y));
        command = 'L';
    }
    fputs("\"/>", canvas->file);
    end_stretched(canvas);
}

/* Begins an inner <svg> whose origin is at x, for shapes that must not be stretched. */
static void begin_at(const struct canvas *canvas, double x)
{
    fprintf(canvas->file, "<svg x=\"%.2f%%\" overflow=\"visible\">", across(canvas, x));
}

static void draw_error_bars(const struct canvas *canvas, const struct plot_series *series)
{
    fputs("<g stroke-width=\"1.5\"", canvas->file);
    print_colour(canvas->file, "stroke", series);
    fputs(">\n", canvas->file);
    for (int i = 0; i < series->n; i++) {
        const struct plot_point *point = &series->point[i];
        if (!isfinite(point->low) || !isfinite(point->high) ||
            !is_shown(canvas, point->x, point->low))
            continue;
        begin_at(canvas, point->x);
        fprintf(canvas->file, "<path d=\"M-4,%.1fh8m-4,0V%.1fm-4,0h8\"/></svg>",
            up(canvas, point->low), up(canvas, point->high));
    }
    fputs("</g>\n", canvas->file);
}

static void draw_markers(const struct canvas *canvas, const struct plot_series *series)
{
    int every = series->style == PLOT_LINE && series->n > FEW ? series->n / 6 + 1 : 1;
    if (!*marker_of(series))
        return;
    begin_markers(canvas->file, series);
    for (int i = 0; i < series->n; i += every) {
        const struct plot_point *point = &series->point[i];
        if (!is_shown(canvas, point->x, point->y))
            continue;
        begin_at(canvas, point->x);
        fprintf(
            canvas->file, "<path d=\"M0,%.1f%s\"/></svg>", up(canvas, point->y), marker_of(series));
    }
    fputs("</g>\n", canvas->file);
}

static void draw_series(const struct canvas *canvas, const struct plot_series *series)
{
    if (series->style == PLOT_STACKED)
        draw_stack(canvas, series);
    else if (series->style == PLOT_BAND)
        draw_band(canvas, series);
    else {
        draw_error_bars(canvas, series);
        if (series->style != PLOT_POINTS)
            draw_line(canvas, series);
        draw_markers(canvas, series);
    }
}

/* --- in words --------------------------------------------------------------------------------- */

static void describe_point(
    FILE *file, const struct plot *plot, const struct plot_point *point, const char *before)
{
    html_print(
        file, "%s%s at %s", before, NUMBER(point->y, plot->y.form), NUMBER(point->x, plot->x.form));
}

static void describe_series(FILE *file, const struct plot *plot, const struct plot_series *series)
{
    const struct plot_point *least = series->point, *most = series->point;
    html_print(file, " %s: ", series->name);
    if (series->style == PLOT_GUIDE && series->n == 2 && series->point[0].x == series->point[1].x) {
        html_print(file, "at %s.", NUMBER(series->point[0].x, plot->x.form));
        return;
    }
    if (series->style == PLOT_BAND) {
        html_print(file, "from %s to %s.", NUMBER(series->point[0].x, plot->x.form),
            NUMBER(series->point[series->n - 1].x, plot->x.form));
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
        describe_point(file, plot, least, ", lowest ");
        describe_point(file, plot, most, ", highest ");
    }
    fputc('.', file);
}

static void describe(FILE *file, const struct plot *plot)
{
    html_print(file, "Horizontal axis: %s%s. Vertical axis: %s%s.", plot->x.label,
        plot->x.log ? ", logarithmic" : "", plot->y.label, plot->y.log ? ", logarithmic" : "");
    for (int s = 0; s < plot->n; s++)
        if (plot->series[s].n > 0)
            describe_series(file, plot, &plot->series[s]);
}

bool plot_draw(FILE *file, const struct plot *plot, const char *id, const char *title)
{
    struct plot_range range;
    if (plot->failed || !plot_range_of(plot, false, &range) || !plot_range_of(plot, true, &range))
        return false;
    struct canvas canvas = canvas_of(file, plot);
    fprintf(file,
        "<svg height=\"%.0f\" style=\"padding:%dpx %dpx %dpx %.0fpx\" role=\"img\" "
        "aria-labelledby=\"%s-title %s-desc\"><title id=\"%s-title\">",
        height_of(plot), ABOVE, RIGHT, BELOW, canvas.left, id, id, id);
    html_text(file, title);
    fprintf(file, "</title><desc id=\"%s-desc\">", id);
    describe(file, plot);
    fputs("</desc>\n", file);
    draw_axes(&canvas);
    for (int s = 0; s < plot->n; s++)
        if (plot->series[s].n > 0)
            draw_series(&canvas, &plot->series[s]);
    fputs("</svg>\n", file);
    return true;
}

/* --- the legend ------------------------------------------------------------------------------- */

static void print_key(FILE *file, const struct plot_series *series)
{
    fputs("<li><svg viewBox=\"0 0 34 12\" aria-hidden=\"true\">", file);
    if (series->style == PLOT_STACKED || series->style == PLOT_BAND) {
        fprintf(file, "<path d=\"M8,0h18v12h-18z\"%s",
            series->style == PLOT_BAND ? " fill-opacity=\"0.3\"" : "");
        print_colour(file, "fill", series);
        fputs("/>", file);
    } else if (series->style != PLOT_POINTS) {
        fputs("<path d=\"M1,6H33\" fill=\"none\" stroke-width=\"2\"", file);
        print_colour(file, "stroke", series);
        fprintf(file, " stroke-dasharray=\"%s\"/>", dash_of(series));
    }
    if (*marker_of(series)) {
        begin_markers(file, series);
        fprintf(file, "<path d=\"M17,6%s\"/></g>", marker_of(series));
    }
    fputs("</svg>", file);
    html_text(file, series->name);
    fputs("</li>", file);
}

void plot_legend(FILE *file, const struct plot *plot)
{
    fputs("<ul class=\"legend\">", file);
    for (int s = 0; s < plot->n; s++)
        if (plot->series[s].n > 0)
            print_key(file, &plot->series[s]);
    fputs("</ul>\n", file);
}
