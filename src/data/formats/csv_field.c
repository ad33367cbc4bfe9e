#include "data/formats/csv_field.h"

#include <stdio.h>
#include <string.h>

const char *csv_line_end(const char *at, const char *end, const char **next)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    *next = newline ? newline + 1 : end;
    const char *line_end = newline ? newline : end;
    return line_end > at && line_end[-1] == '\r' ? line_end - 1 : line_end;
}

int64_t csv_count(const char *at, const char *end, char c)
{
    int64_t n = 0;
    while (at < end && (at = memchr(at, c, (size_t)(end - at)))) {
        n++;
        at++;
    }
    return n;
}

/* Doubled quotes within quotes leave their number even, as closed quotes do. */
const char *csv_record_end(const char *at, const char *end, const char **next)
{
    const char *from = at, *line_end;
    int64_t quotes = 0;
    do {
        line_end = csv_line_end(from, end, next);
        quotes += csv_count(from, line_end, '"');
        from = *next;
    } while (quotes % 2 == 1 && *next < end);
    return line_end;
}

const char *csv_skip_blanks(const char *at, const char *end, char delimiter)
{
    while (at < end && csv_is_blank(*at, delimiter))
        at++;
    return at;
}

const char *csv_field_end(const char *at, const char *end, char delimiter)
{
    const char *next = csv_skip_blanks(at, end, delimiter);
    if (next == end)
        return end;
    if (delimiter == ' ')
        return next > at ? next - 1 : NULL;
    return *next == delimiter ? next : NULL;
}

/* Reads a field whose opening quote is at `at`. */
static const char *read_quoted(
    struct csv_field *field, const char *at, const char *end, char delimiter)
{
    const char *first = ++at;
    for (; at < end; at++) {
        if (*at != '"')
            continue;
        if (at + 1 == end || at[1] != '"')
            break;
        at++;
    }
    if (at == end)
        return NULL;
    *field = (struct csv_field){first, (size_t)(at - first), true};
    return csv_field_end(at + 1, end, delimiter);
}

const char *csv_field_read(struct csv_field *field, const char *at, const char *end, char delimiter)
{
    at = csv_skip_blanks(at, end, delimiter);
    if (at < end && *at == '"') {
        const char *behind = read_quoted(field, at, end, delimiter);
        if (behind)
            return behind;
    }
    const char *behind = memchr(at, delimiter, (size_t)(end - at)), *last;
    if (!behind)
        behind = end;
    for (last = behind; last > at && csv_is_blank(last[-1], delimiter);)
        last--;
    *field = (struct csv_field){at, (size_t)(last - at), false};
    if (memchr(at, '"', field->length))
        return NULL;
    return delimiter == ' ' ? csv_field_end(behind, end, ' ') : behind;
}

bool csv_field_number(struct csv_field field, struct decimal *number)
{
    const char *end = field.text + field.length;
    return decimal_read(field.text, end, number) == end;
}

/* Reads a number of at most four digits; returns the number of digits. */
static int read_digits(const char **at, const char *end, int *value)
{
    int digits = 0;
    for (*value = 0; *at < end && **at >= '0' && **at <= '9' && digits <= 4; digits++)
        *value = 10 * *value + *(*at)++ - '0';
    return digits;
}

bool csv_field_is_date(struct csv_field field)
{
    enum { MONTHS = 12 };
    const char *at = field.text, *end = at + field.length;
    int digits[3] = {0}, value[3] = {0};
    digits[0] = read_digits(&at, end, &value[0]);
    char separator = at < end ? *at : '\0';
    if (digits[0] == 0 || !strchr("-/.", separator) || separator == '\0')
        return false;
    at++;
    digits[1] = read_digits(&at, end, &value[1]);
    if (at < end && *at == separator) {
        at++;
        digits[2] = read_digits(&at, end, &value[2]);
    }
    bool ends = at == end || *at == ' ' || *at == 'T';
    bool year_first =
        digits[0] == 4 && value[1] >= 1 && value[1] <= MONTHS && digits[1] <= 2 && digits[2] <= 2;
    bool year_last =
        digits[0] <= 2 && digits[1] >= 1 && digits[1] <= 2 && (digits[2] == 2 || digits[2] == 4);
    return ends && (year_first || year_last) && (digits[2] > 0 || (at == end && separator != '.'));
}

/* Skips what the pattern describes, in which 0 is any digit. False: nothing is skipped. */
static bool skip(const char **at, const char *end, const char *pattern)
{
    size_t n = strlen(pattern);
    if ((size_t)(end - *at) < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = (*at)[i];
        if (pattern[i] == '0' ? c < '0' || c > '9' : c != pattern[i])
            return false;
    }
    *at += n;
    return true;
}

size_t csv_field_time(struct csv_field field)
{
    const char *at = field.text, *end = at + field.length;
    char day[] = "-00";
    if (!skip(&at, end, "0000") || at == end || !strchr("-/.", *at) || !*at)
        return 0;
    *day = *at;
    if (!skip(&at, end, day) || strncmp(at - 2, "01", 2) < 0 || strncmp(at - 2, "12", 2) > 0)
        return 0;
    if (skip(&at, end, day) && (skip(&at, end, " 00:00") || skip(&at, end, "T00:00")) &&
        skip(&at, end, ":00") && skip(&at, end, ".0"))
        while (skip(&at, end, "0"))
            continue;
    return (size_t)(at - field.text);
}

size_t csv_field_copy(struct csv_field field, char *out)
{
    char *to = out;
    for (size_t i = 0; i < field.length; i++) {
        *to++ = field.text[i];
        if (field.quoted && field.text[i] == '"')
            i++;
    }
    *to++ = '\0';
    return (size_t)(to - out);
}

const char *csv_field_excerpt(struct csv_field field, char out[CSV_EXCERPT])
{
    size_t n = field.length < CSV_EXCERPT - 4 ? field.length : CSV_EXCERPT - 4;
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)field.text[i] < ' ' ? '?' : field.text[i];
    snprintf(out + n, CSV_EXCERPT - n, "%s", n < field.length ? "..." : "");
    return out;
}
