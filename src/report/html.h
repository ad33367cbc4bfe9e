/* html.h: text in HTML. All texts from outside go through html_text().
 *
 * Failures to write stay in the stream (ferror). Threads: one per stream.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdarg.h>
#include <stdio.h>

/* Escaped for content and for attributes in quotes, and as base/shown.h shows it, except for tabs and
 * ends of lines, which stay. */
void html_text(FILE *file, const char *text);

/* An element with a text; `element` may have attributes, "td class=\"n\"". */
void html_element(FILE *file, const char *element, const char *text);

/* printf and vprintf with an escaped result. */
__attribute__((format(printf, 2, 3))) void html_print(FILE *file, const char *format, ...);
__attribute__((format(printf, 2, 0))) void html_vprint(
    FILE *file, const char *format, va_list arguments);

#endif
