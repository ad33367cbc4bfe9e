#include "study/repetitions.h"

#include <stdarg.h>
#include <stdio.h>

enum { REPORT_MAX = 200 };

void repetitions_report(
    const struct repetitions *repetitions, int64_t done, int64_t total, const char *format, ...)
{
    char text[REPORT_MAX];
    va_list arguments;
    if (!repetitions->listener)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    repetitions->listener->hear(repetitions->listener->context, done, total, text);
}
