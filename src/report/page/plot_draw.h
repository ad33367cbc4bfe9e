/* plot_draw.h: draws a plot as SVG, with a text alternative and a legend.
 *
 * Colours are CSS variables of the page (--s0 ... for series, --ink, --grid, --card), so the plot
 * adapts to light and dark mode. Series differ in colour and in marker or dash. The legend is HTML.
 */
#pragma once

#include <stdio.h>

#include "report/page/plot.h"

/* Writes the picture as <svg>, with ids that begin with `id`. The text alternative consists of
 * `title` and a description of the axes and of each series. All points of a series are described,
 * or only the first, last, lowest and highest if there are many. False: there was nothing to draw,
 * and nothing was written. */
bool plot_draw(FILE *file, const struct plot *plot, const char *id, const char *title);

/* Writes the legend, an HTML list of the series that have points. */
void plot_legend(FILE *file, const struct plot *plot);
