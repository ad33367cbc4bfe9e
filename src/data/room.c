#include "data/room.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

enum { WHAT = 300 };

enum status room_for_set(
    const struct room *room, const struct dataset *set, int64_t reader_bytes, struct error *error)
{
    char what[WHAT], samples[32], values[32];
    if (!room)
        return STATUS_OK;
    snprintf(what, sizeof what, "%.200s, %s samples of %s values", set->name,
        text_grouped(set->samples, samples), text_grouped(set->features, values));
    return room->ask(room->context, set, reader_bytes, what, error);
}

enum status room_for_reader(
    const struct room *room, int64_t reader_bytes, struct error *error, const char *what, ...)
{
    char text[WHAT];
    va_list arguments;
    if (!room)
        return STATUS_OK;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    return room->ask(room->context, NULL, reader_bytes, text, error);
}
