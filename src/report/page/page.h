/* page.h: runs, sweeps and measurements as one HTML page.
 *
 * The page is one file that opens from a disk: no script, no font, nothing is fetched, which its
 * content security policy enforces. It follows the reader's light or dark, narrow screens and paper.
 * The same input gives the same page.
 *
 * Every number of a table has its exact value in data-value.
 *
 * Threads: any.
 */
#ifndef REPORT_PAGE_PAGE_H
#define REPORT_PAGE_PAGE_H

#include <stdio.h>

#include "report/page/report_input.h"

/* Writes the page to a stream, whose failures are the caller's to see (ferror, fclose), and numbers
 * the runs of the input. Returns how many pictures the page has. */
int page_write(FILE *file, const struct report_input *input);

#endif
