/* html.h: writes text as HTML. All text from outside the program is written by html_text().
 *
 * Write errors remain set in the stream (ferror). Threads: one per stream.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>

/* Writes text, escaped for element content and for quoted attributes. The text is also made safe as
 * described in base/shown.h, but tabs and newlines are kept. */
void html_text(FILE *file, const char *text);

/* Writes an element that contains text. `element` may include attributes: "td class=\"n\"". */
void html_element(FILE *file, const char *element, const char *text);

/* Like fprintf and vfprintf, but the result is escaped. */
__attribute__((format(printf, 2, 3))) void html_print(FILE *file, const char *format, ...);
__attribute__((format(printf, 2, 0))) void html_vprint(
    FILE *file, const char *format, va_list arguments);
