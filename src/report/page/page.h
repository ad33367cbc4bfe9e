/* page.h: writes runs, sweeps and measurements as one HTML page.
 *
 * The page is a single file that can be opened from disk: it has no scripts and no fonts and
 * fetches nothing, which its content security policy enforces. It adapts to light and dark mode, to
 * narrow screens and to print. The same input gives the same page.
 *
 * Every number in a table has its exact value in data-value.
 *
 * Threads: any.
 */
#ifndef REPORT_PAGE_PAGE_H
#define REPORT_PAGE_PAGE_H

#include <stdio.h>

#include "report/page/report_input.h"

/* Writes the page to a stream, and numbers the runs of the input. The caller checks the stream for
 * write errors (ferror, fclose). Returns the number of pictures in the page. */
int page_write(FILE *file, const struct report_input *input);

#endif
