#include "data/formats/csv_delimiter.h"

#include <string.h>

/* Returns the most frequent of comma, tab and semicolon outside quotes; if several are equally
 * frequent, tab is preferred to semicolon, and semicolon to comma. 0: there is none. */
static char find_delimiter(const char *at, const char *end)
{
    static const char delimiter[] = "\t;,";
    int count[3] = {0}, most = 2;
    bool quoted = false;
    for (; at < end; at++) {
        const char *found = *at ? strchr(delimiter, *at) : NULL;
        quoted ^= *at == '"';
        if (found && !quoted)
            count[found - delimiter]++;
    }
    for (int i = 2; i >= 0; i--)
        if (count[i] > 0 && count[i] >= count[most])
            most = i;
    return count[most] > 0 ? delimiter[most] : '\0';
}

/* Returns the number of fields of a line if blanks separate them, and sets *first; 0: its quotes are
 * wrong. */
static int64_t count_words(const char *at, const char *end, struct csv_field *first)
{
    struct csv_field field;
    for (int64_t n = 1;; n++, at++) {
        at = csv_field_read(n == 1 ? first : &field, at, end, ' ');
        if (!at || at == end)
            return at ? n : 0;
    }
}

static bool has_blanks(const struct csv_head *head, const struct first_line *line)
{
    const char *next, *end = csv_record_end(line->next, head->end, &next);
    struct csv_field first;
    struct decimal number;
    int64_t words = count_words(line->text, line->end, &first);
    int64_t below = count_words(line->next, end, &first);
    char other = find_delimiter(line->next, end);
    if (words == 0 || below < 2 || (other && other != head->decimal))
        return false;
    return below == words ||
           (below == words + 1 && (first.quoted || csv_field_number(first, &number)));
}

enum status csv_delimiter_choose(
    struct csv_head *head, const struct first_line *line, char asked, struct error *error)
{
    char found = find_delimiter(line->text, line->end);
    head->delimiter = asked ? asked : found ? found : has_blanks(head, line) ? ' ' : ',';
    if (head->decimal == head->delimiter)
        return fail(error, STATUS_USAGE,
            "--decimal %c: the fields of %s are separated by commas, too; --separator names "
            "another separator",
            head->decimal, head->name);
    if (asked || found || !memchr(line->text, '|', (size_t)(line->end - line->text)))
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s, line 1 has no comma, tab or semicolon, but \"|\"; if that separates its fields, use "
        "--separator '|'",
        head->name);
}
