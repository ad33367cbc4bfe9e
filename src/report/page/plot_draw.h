/* plot_draw.h: a plot as SVG, with its text alternative and its legend.
 *
 * Colours are custom properties of the page (--s0 ... of series, --ink, --grid, --card), so that they
 * follow light and dark. Series differ in colour, and in marker or dash too. The legend is HTML.
 */
#ifndef REPORT_PAGE_PLOT_DRAW_H
#define REPORT_PAGE_PLOT_DRAW_H

#include <stdio.h>

#include "report/page/plot.h"

/* Writes the picture as <svg>, its ids beginning with `id`, with `title` and a description as its
 * text alternative: the axes, and the points of each series, or if they are many the first, last,
 * least and greatest. False: there is nothing to draw, and nothing was written. */
bool plot_draw(FILE *file, const struct plot *plot, const char *id, const char *title);

/* Writes the legend as an HTML list of the series that have points. */
void plot_legend(FILE *file, const struct plot *plot);

#endif
