/* plot_words.h: the description of a plot in words, for readers who cannot see it.
 *
 * It names the axes and describes each series. All points of a series are described, or only the
 * first, last, lowest and highest if it has more than PLOT_FEW.
 */
#ifndef REPORT_PAGE_PLOT_WORDS_H
#define REPORT_PAGE_PLOT_WORDS_H

#include <stdio.h>

#include "report/page/plot.h"

enum { PLOT_FEW = 12 };
void plot_describe(FILE *file, const struct plot *plot);

#endif
