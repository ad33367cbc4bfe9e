#include "report/page/plot_words.h"

#include "report/html.h"

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
        if (series->n <= PLOT_FEW)
            describe_point(file, plot, &series->point[i], i ? ", " : "");
    }
    if (series->n > PLOT_FEW) {
        describe_point(file, plot, &series->point[0], "from ");
        describe_point(file, plot, &series->point[series->n - 1], " to ");
    }
    if (series->n > PLOT_FEW && series->style != PLOT_GUIDE) {
        describe_point(file, plot, least, ", lowest ");
        describe_point(file, plot, most, ", highest ");
    }
    fputc('.', file);
}

void plot_describe(FILE *file, const struct plot *plot)
{
    html_print(file, "Horizontal axis: %s%s. Vertical axis: %s%s.", plot->x.label,
        plot->x.log ? ", logarithmic" : "", plot->y.label, plot->y.log ? ", logarithmic" : "");
    for (int s = 0; s < plot->n; s++)
        if (plot->series[s].n > 0)
            describe_series(file, plot, &plot->series[s]);
}
