#include "base/pace.h"

#include <stdarg.h>
#include <stdio.h>

enum { TOLD_MAX = 200 };

void pace_tell(const struct pace *pace, int64_t done, int64_t total, const char *format, ...)
{
    char text[TOLD_MAX];
    va_list arguments;
    if (!pace->listener)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    pace->listener->hear(pace->listener->context, done, total, text);
}
