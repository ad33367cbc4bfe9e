/* html.h: text and numbers in HTML. All texts that come from outside go through html_text().
 *
 * Failures to write stay in the stream (ferror). Threads: one a stream.
 */
#ifndef REPORT_PAGE_HTML_H
#define REPORT_PAGE_HTML_H

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "report/page/number.h"

/* Escaped for content and for attributes in quotes, and as base/shown.h shows it, but for tabs and
 * ends of lines, which stay. */
void html_text(FILE *file, const char *text);

/* printf and vprintf, but what is printed is escaped. */
__attribute__((format(printf, 2, 3))) void html_print(FILE *file, const char *format, ...);
__attribute__((format(printf, 2, 0))) void html_vprint(
    FILE *file, const char *format, va_list arguments);

/* A cell of a table, "td", or "th" for the head of its row: a number, a text, a yes or no; an object
 * {"mean" or "median", "least", "most"} as its mean, and the others below if they differ. A number's
 * exact value stands in data-value (data-least, data-most), shown is a rounded one. What is null or
 * missing is a dash. */
void html_cell(FILE *file, const char *element, const struct json *value, enum number_form form);

/* The number a JSON value holds, or the mean or median of a spread; NaN: none. */
double html_number(const struct json *value);

#endif
