/* gnuplot.h: the program gnuplot, as a function from a script to a picture.
 *
 * It is run without a shell, in the C locale and without the user's settings; the script is its
 * standard input, the picture its standard output. One that takes longer than GNUPLOT_SECONDS is
 * ended. Threads: any.
 */
#ifndef REPORT_PAGE_GNUPLOT_H
#define REPORT_PAGE_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

enum { GNUPLOT_SECONDS = 20, GNUPLOT_OUTPUT_MAX = 16 << 20 };

/* Whether it can be run. */
bool gnuplot_is_here(void);

/* What it writes, and a 0 behind it; the caller frees it. NULL: it could not be run, failed, or took
 * too long. */
char *gnuplot_run(const char *script, size_t size);

#endif
