#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status fail(struct error *error, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    error->number = 0;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

enum status fail_errno(struct error *error, enum status status, int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    error->number = number;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);

    char buffer[128];
    const char *reason = strerror_r(number, buffer, sizeof buffer); /* the GNU one */
    size_t used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, ": %s", reason);
    return status;
}

void warnings_note(struct warnings *warnings, const struct error *error)
{
    if (warnings->n++ == 0)
        warnings->first = *error;
}
