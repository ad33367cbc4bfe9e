#include "base/text.h"

#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_to_int(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    const char *at = text + (*text == '-' || *text == '+');
    int64_t sum = 0;
    if (!isdigit((unsigned char)*at))
        return false;
    for (; *at; at++) {
        if ((*at == '_' || *at == ',') && isdigit((unsigned char)at[-1]) &&
            isdigit((unsigned char)at[1]))
            continue;
        if (!isdigit((unsigned char)*at))
            return false;
        int digit = *at - '0';
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}

bool text_to_real(const char *text, double *value)
{
    if (!*text || strlen(text) > 60 || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    char *end;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* that of the program may differ */
    double number = strtod_l(text, &end, c);
    freelocale(c);
    if (*end || !isfinite(number))
        return false;
    *value = number;
    return true;
}

/* Replaces the decimal comma that printf() writes in some locales. */
static char *with_point(char *number)
{
    for (char *at = number; *at; at++)
        if (*at == ',')
            *at = '.';
    return number;
}

/* 15 (6) digits always survive a round trip, 17 (9) always distinguish neighbours (DBL_DIG,
 * DBL_DECIMAL_DIG; for floats FLT_DIG, FLT_DECIMAL_DIG). %g omits trailing zeros, so fewer need not
 * be tried, except for subnormals. */
char *text_from_real(double value, char out[32])
{
    for (int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return with_point(out);
}

char *text_from_float(float value, char out[32])
{
    for (int digits = fabsf(value) < FLT_MIN ? 1 : FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
        snprintf(out, 32, "%.*g", digits, (double)value);
        if (strtof(out, NULL) == value)
            break;
    }
    return with_point(out);
}

char *text_grouped(int64_t value, char out[32])
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value), used = 0;
    int start = digits[0] == '-';
    for (int i = 0; i < length; i++) {
        if (i > start && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

char *text_significant(double value, int digits, char out[32])
{
    if (!isfinite(value)) {
        snprintf(out, 32, "%g", value);
        return out;
    }
    double rounded = fabs(value) * (1 + 0.5 * pow(10, -digits)); /* 9.999 becomes 10.0 */
    int before = value == 0 ? 1 : 1 + (int)floor(log10(rounded));
    int behind = digits - before;
    snprintf(out, 32, "%.*f", behind < 0 ? 0 : behind > 12 ? 12 : behind, value);
    return with_point(out);
}

char *text_bytes(double bytes, char out[32])
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    int u = 0;
    for (; bytes >= 1024 && u < 5; u++)
        bytes /= 1024;
    snprintf(out, 32, u == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, unit[u]);
    return out;
}

/* Units are listed largest first; the last one divides every integer. */
struct unit {
    const char *name;
    int64_t size;
};
static const struct unit byte_units[] = {{"TiB", INT64_C(1) << 40}, {"GiB", 1 << 30},
    {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}, {NULL, 0}};
static const struct unit time_units[] = {
    {"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}, {NULL, 0}};

/* Returns the size of the unit with this name; 0: there is none. */
static int64_t size_of_unit(const struct unit *unit, const char *name)
{
    while (unit->name && strcmp(unit->name, name) != 0)
        unit++;
    return unit->size;
}

/* Formats n in the largest unit that divides it exactly. */
static char *in_whole_units(const struct unit *unit, int64_t n, char out[32])
{
    while (n % unit->size != 0)
        unit++;
    snprintf(out, 32, "%" PRId64 "%s", n / unit->size, unit->name);
    return out;
}

bool text_to_byte_unit(const char *text, int64_t *bytes)
{
    int64_t size = size_of_unit(byte_units, text);
    if (size > 0)
        *bytes = size;
    return size > 0;
}

char *text_from_bytes(int64_t bytes, char out[32])
{
    return in_whole_units(byte_units, bytes, out);
}

bool text_to_seconds(const char *text, int64_t *seconds)
{
    char digits[32];
    size_t length = strspn(text, "0123456789");
    int64_t number, unit = size_of_unit(time_units, text + length);
    if (length == 0 || length >= sizeof digits || unit == 0)
        return false;
    snprintf(digits, sizeof digits, "%.*s", (int)length, text);
    return text_to_int(digits, &number) && number > 0 &&
           !__builtin_mul_overflow(number, unit, seconds);
}

char *text_from_seconds(int64_t seconds, char out[32])
{
    return in_whole_units(time_units, seconds, out);
}

/* Rejects overlong forms, halves of surrogate pairs, and codes beyond U+10FFFF. */
size_t text_character(const char *text, size_t size, uint32_t *code)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if ((*at >= 0x80 && *at < 0xc2) || *at > 0xf4 || length > size)
        return 0;
    *code = length == 1 ? *at : *at & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3fU);
    }
    bool wrong = (*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] >= 0xa0) ||
                 (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] >= 0x90);
    return wrong ? 0 : length;
}

bool text_is_utf8(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t length = text_character(text + at, size - at, &code);
        if (length == 0 || code == 0)
            return false;
        at += length;
    }
    return true;
}

/* Returns the Levenshtein distance between words shorter than 64; longer ones count as far from
 * everything. */
static int edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t n = strlen(a), m = strlen(b);
    if (n >= LONGEST || m >= LONGEST)
        return INT_MAX;
    int row[LONGEST];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int corner = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int change = corner + (a[i - 1] != b[j - 1]);
            int drop = row[j] + 1, add = row[j - 1] + 1;
            corner = row[j];
            row[j] = change < drop ? change : drop;
            row[j] = add < row[j] ? add : row[j];
        }
    }
    return row[m];
}

const char *text_nearest(const char *word, const char *const *names, int n)
{
    const char *nearest = NULL;
    int least = 1 + (int)(strlen(word) / 3) + 1; /* a larger distance is not a useful hint */
    for (int i = 0; i < n; i++) {
        int distance = edit_distance(word, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

void text_append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}
