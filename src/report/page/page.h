/* page.h: writes runs, sweeps and measurements as one HTML page.
 *
 * The page is a single file that can be opened from disk. It contains no scripts or fonts and loads
 * no other files; its content security policy enforces this. It adapts to light and dark mode, to
 * narrow screens and to print. The same input always produces the same page.
 *
 * The attribute data-value of a number in a table holds its exact value.
 *
 * Threads: any.
 */
#pragma once

#include <stdio.h>

#include "report/page/report_input.h"

/* Writes the page to a stream. Also sets "number" and "directory" in the facts of the runs of the
 * input. The caller checks the stream for write errors (ferror, fclose). Returns the number of
 * pictures in the page; -1: out of memory. */
int page_write(FILE *file, const struct report_input *input);
