#include "options/option_item.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#include "base/text.h"

bool option_refuse(char reason[OPTION_REASON_MAX], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, OPTION_REASON_MAX, format, arguments);
    va_end(arguments);
    return false;
}

int option_find_word(const struct option *option, const char *text)
{
    for (int i = option_words(option) - 1; i >= 0; i--)
        if (strcmp(option->words[i], text) == 0)
            return i;
    return -1;
}

bool option_refuse_word(
    const struct option *option, const char *text, char reason[OPTION_REASON_MAX])
{
    char list[128] = "";
    int n = option_words(option);
    for (int i = 0; i < n; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s",
            i == 0 ? "" : (i == n - 1 ? " or " : ", "), option->words[i]);
    }
    const char *nearest = n > 1 ? text_nearest(text, option->words, n) : NULL;
    return nearest ? option_refuse(reason, "must be %s; did you mean %s?", list, nearest)
                   : option_refuse(reason, "must be %s", list);
}

/* "32,64" is a list and no number of four digits: commas must stand before groups of three. */
static bool commas_group(const char *text)
{
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        if (strspn(comma + 1, "0123456789") != 3)
            return false;
    return true;
}

bool option_read_int(
    const struct option *option, const char *text, int64_t *value, char reason[OPTION_REASON_MAX])
{
    int64_t number;
    if (!commas_group(text) || !text_to_int(text, &number)) {
        bool digits = text[strspn(text, "0123456789")] == '\0' && *text;
        if (digits)
            return option_refuse(reason, "too large a number (%s)", option->unit);
        return option_refuse(reason, "must be a whole number (%s)%s%s", option->unit,
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    }
    if (number < option->least)
        return option_refuse(
            reason, "must be at least %" PRId64 " (%s)", option->least, option->unit);
    if (number > option->most)
        return option_refuse(
            reason, "must be at most %" PRId64 " (%s)", option->most, option->unit);
    *value = number;
    return true;
}

bool option_read_real(
    const struct option *option, const char *text, double *place, char reason[OPTION_REASON_MAX])
{
    double number;
    char bound[32];
    if (!text_to_real(text, &number))
        return option_refuse(reason, "must be a number (%s)", option->unit);
    float used = (float)number;
    if (!isfinite(used))
        return option_refuse(reason, "too large for a float32");
    if (option->open ? !(used > option->from) : !(used >= option->from))
        return option_refuse(reason, "must be %s %s%s", option->open ? "above" : "at least",
            text_from_real(option->from, bound),
            number > option->from ? "; it is 0 as a float32" : "");
    if (!(used < option->to))
        return option_refuse(reason, "must be below %s%s", text_from_real(option->to, bound),
            number < option->to ? "; it is not as a float32" : "");
    *place = number;
    return true;
}

bool option_looks_counted(const char *text)
{
    size_t letters = strcspn(text, "abcdefghijklmnopqrstuvwxyz");
    return isdigit((unsigned char)*text) && (!text[letters] || strcmp(text + letters, "ep") == 0);
}

bool option_read_count(const struct option *option, const char *text, int64_t *count, bool *epochs,
    char reason[OPTION_REASON_MAX])
{
    char number[64];
    size_t length = strlen(text);
    *epochs = length > 2 && strcmp(text + length - 2, "ep") == 0;
    snprintf(number, sizeof number, "%.*s", (int)(*epochs ? length - 2 : length), text);
    if (length >= sizeof number || !option_looks_counted(text))
        return option_refuse(reason, "must be epochs as 5ep, or steps as 500%s%s",
            option->words ? ", or " : "", option->words ? option->words[0] : "");
    return option_read_int(option, number, count, reason);
}

bool option_read_length(const struct option *option, const char *text, struct length *place,
    char reason[OPTION_REASON_MAX])
{
    int64_t count;
    bool epochs;
    if (!option_read_count(option, text, &count, &epochs, reason))
        return false;
    *place = (struct length){epochs ? 0 : count, epochs ? count : 0};
    return true;
}
