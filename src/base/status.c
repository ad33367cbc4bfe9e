#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"

enum { RAW = 5000 }; /* room for a path and the text around it */

enum status fail(struct error *error, enum status status, const char *format, ...)
{
    char raw[RAW];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    error->status = status;
    error->number = 0;
    shown_text(error->text, sizeof error->text, raw);
    return status;
}

enum status fail_errno(struct error *error, enum status status, int number, const char *format, ...)
{
    char raw[RAW], cut[850], buffer[128]; /* cut: leaves room for the reason */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    fail(error, status, "%s: %s", shown_text(cut, sizeof cut, raw),
        strerror_r(number, buffer, sizeof buffer)); /* GNU's strerror_r */
    error->number = number;
    return status;
}

void warnings_note(struct warnings *warnings, const struct error *error)
{
    if (warnings->n++ == 0)
        warnings->first = *error;
}
