#include "options/option_number.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "options/option_find.h"

bool option_refuse(char *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, OPTION_REASON_MAX, format, arguments);
    va_end(arguments);
    return false;
}

/* --- words ------------------------------------------------------------------------------------ */

static int count_words(const struct option *option)
{
    int n = 0;
    while (option->words && option->words[n])
        n++;
    return n;
}

int option_find_word(const struct option *option, const char *text)
{
    for (int i = count_words(option) - 1; i >= 0; i--)
        if (strcmp(option->words[i], text) == 0)
            return i;
    return -1;
}

bool option_refuse_word(const struct option *option, const char *text, char *reason)
{
    char list[OPTION_LIST_TEXT];
    int n = count_words(option);
    option_list_words(option->words, (1U << n) - 1, " or ", list);
    const char *nearest = n > 1 ? text_nearest(text, option->words, n) : NULL;
    return nearest ? option_refuse(reason, "must be %s; did you mean %s?", list, nearest)
                   : option_refuse(reason, "must be %s", list);
}

bool option_is_zero_word(const struct option *option, const char *text)
{
    return option_find_word(option, text) == 0;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* True if commas separate groups of three digits: "32,64" is a list, not a four-digit number. */
static bool commas_group(const char *text)
{
    for (const char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ','))
        if (strspn(comma + 1, "0123456789") != 3)
            return false;
    return true;
}

bool option_read_number(const struct option *option, const char *text, int64_t *value, char *reason)
{
    int64_t number;
    if (!commas_group(text) || !text_to_int(text, &number)) {
        bool digits = text[strspn(text, "0123456789")] == '\0' && *text;
        if (digits)
            return option_refuse(reason, "number too large (%s)", option->unit);
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

bool option_read_int(const struct option *option, void *place, const char *text, char *reason)
{
    int64_t *value = place;
    int word = option_find_word(option, text);
    if (word < 0)
        return option_read_number(option, text, value, reason);
    *value = word == 0 ? 0 : INT64_MAX;
    return true;
}

void option_print_int(FILE *file, const struct option *option, const void *place)
{
    int64_t value = *(const int64_t *)place;
    int n = count_words(option);
    if (n > 0 && value == 0)
        fputs(option->words[0], file);
    else if (n > 1 && value == INT64_MAX)
        fputs(option->words[1], file);
    else
        fprintf(file, "%" PRId64, value);
}

void option_twice_int(void *value)
{
    int64_t *number = value;
    *number = *number > INT64_MAX / 2 ? INT64_MAX : 2 * *number;
}

bool option_is_above_int(const void *value, const void *last)
{
    return *(const int64_t *)value > *(const int64_t *)last;
}

bool option_read_bytes(const struct option *option, void *place, const char *text, char *reason)
{
    char digits[64];
    int64_t number = 0, unit = 1;
    size_t length = strcspn(text, "BKMGT");
    bool zero = option_is_zero_word(option, text);
    if (!zero &&
        (length == 0 || length >= sizeof digits || !text_to_byte_unit(text + length, &unit)))
        return option_refuse(reason,
            "must be a number of bytes such as 512MiB (KiB, MiB, GiB, TiB), or %s",
            option->words[0]);
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    if (!zero && !option_read_number(option, digits, &number, reason))
        return false;
    if (number > option->most / unit)
        return option_refuse(reason, "must be at most %" PRId64 " bytes", option->most);
    *(int64_t *)place = number * unit;
    return true;
}

void option_print_bytes(FILE *file, const struct option *option, const void *place)
{
    char text[32];
    int64_t bytes = *(const int64_t *)place;
    fputs(bytes == 0 ? option->words[0] : text_from_bytes(bytes, text), file);
}

bool option_read_seconds(const struct option *option, void *place, const char *text, char *reason)
{
    int64_t *seconds = place;
    *seconds = 0;
    if (option_is_zero_word(option, text) || text_to_seconds(text, seconds))
        return true;
    return option_refuse(
        reason, "must be a time such as 90s, 10min, 2h or 1d, or %s", option->words[0]);
}

void option_print_seconds(FILE *file, const struct option *option, const void *place)
{
    char text[32];
    int64_t seconds = *(const int64_t *)place;
    fputs(seconds == 0 ? option->words[0] : text_from_seconds(seconds, text), file);
}

/* Reals are used as float32, so the value must be in bounds after rounding to float32. */
static bool read_finite(const struct option *option, const char *text, double *place, char *reason)
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
            number < option->to ? "; as a float32 it is not" : "");
    *place = number;
    return true;
}

/* Returns the number that a word means: 0 for "none", OPTION_AUTO for "auto". */
static double value_of_word(const char *word)
{
    return strcmp(word, "auto") == 0 ? OPTION_AUTO : 0;
}

bool option_read_real(const struct option *option, void *place, const char *text, char *reason)
{
    if (option_find_word(option, text) < 0)
        return read_finite(option, text, place, reason);
    *(double *)place = value_of_word(text);
    return true;
}

void option_print_real(FILE *file, const struct option *option, const void *place)
{
    char number[32];
    double value = *(const double *)place;
    bool word = !option->list && option->words && value == value_of_word(option->words[0]);
    fputs(word ? option->words[0] : text_from_real(value, number), file);
}

/* Doubles a value and rounds it to the one that a user would write: 0.64, not
 * 0.6400000000000001. */
void option_twice_real(void *value)
{
    char text[32];
    text_to_real(text_from_float((float)(2 * *(double *)value), text), value);
}

bool option_is_above_real(const void *value, const void *last)
{
    return (float)*(const double *)value > (float)*(const double *)last;
}

/* Reads a number with a point or an exponent as a fraction, and any other number as a count. */
bool option_read_split(const struct option *option, void *place, const char *text, char *reason)
{
    struct split_size split = {0};
    if (!strpbrk(text, ".eE")) {
        if (!option_read_number(option, text, &split.count, reason))
            return false;
    } else if (!text_to_real(text, &split.fraction) || !(split.fraction > 0 && split.fraction < 1))
        return option_refuse(
            reason, "must be a fraction above 0 and below 1, or a count of %s", option->unit);
    *(struct split_size *)place = split;
    return true;
}

void option_print_split(FILE *file, const struct option *option, const void *place)
{
    const struct split_size *split = place;
    char number[32];
    (void)option;
    if (split->fraction > 0)
        fputs(text_from_real(split->fraction, number), file);
    else
        fprintf(file, "%" PRId64, split->count);
}
