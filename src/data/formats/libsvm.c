#include "data/formats/libsvm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/formats/csv_dataset.h"
#include "data/formats/csv_label_cell.h"
#include "data/formats/csv_rows.h"

static bool is_blank(char c)
{
    return csv_is_blank(c, '\0');
}

static const char *token_end(const char *at, const char *end)
{
    while (at < end && !is_blank(*at))
        at++;
    return at;
}

/* Returns the end of a line without its comment and the blanks before the comment. */
static const char *content_end(const char *at, const char *end)
{
    const char *comment = memchr(at, '#', (size_t)(end - at));
    if (comment)
        end = comment;
    while (end > at && is_blank(end[-1]))
        end--;
    return end;
}

/* Reads the index at `at`, if a colon follows it, and sets *behind to the position after the colon.
 * -1: there is none, or it has too many digits. */
static int64_t read_index(const char *at, const char *end, const char **behind)
{
    enum { DIGITS_MOST = 10 };
    const char *digit = at;
    int64_t index = 0;
    while (digit < end && *digit >= '0' && *digit <= '9' && digit - at < DIGITS_MOST)
        index = 10 * index + (*digit++ - '0');
    *behind = digit + 1;
    return digit > at && digit < end && *digit == ':' ? index : -1;
}

bool libsvm_begins(const char *start, size_t size)
{
    const char *end = start + size, *next;
    for (const char *at = start; at < end; at = next) {
        const char *line_end = content_end(at, csv_line_end(at, end, &next)), *behind;
        const char *feature = csv_skip_blanks(token_end(at, line_end), line_end, '\0');
        if (feature < line_end)
            return read_index(feature, line_end, &behind) >= 0 ||
                   (line_end - feature > 4 && memcmp(feature, "qid:", 4) == 0);
        if (memchr(at, ',', (size_t)(line_end - at)))
            return false;
    }
    return false;
}

/* --- a line -------------------------------------------------------------------------------- */

static bool refuse(const struct csv_head *head, struct csv_part *part, const char *at,
    const char *end, const char *why)
{
    char excerpt[CSV_EXCERPT];
    struct csv_field field = {at, (size_t)(token_end(at, end) - at), false};
    fail(&part->error, STATUS_BAD_DATA, "%s, line %lld: \"%s\": %s", head->name,
        (long long)part->line, csv_field_excerpt(field, excerpt), why);
    return false;
}

static bool refuse_index(const struct csv_head *head, struct csv_part *part, const char *at,
    const char *end, int64_t index)
{
    char why[120] = "not a feature, which is written as index:value";
    if (end - at > 4 && memcmp(at, "qid:", 4) == 0)
        snprintf(why, sizeof why, "query groups (qid, for ranking) are not supported");
    else if (index == 0)
        snprintf(why, sizeof why, "indices start at 1");
    else if (index > head->features)
        snprintf(why, sizeof why, "the model or the training data has %lld features",
            (long long)head->features);
    else if (index > 0)
        snprintf(why, sizeof why, "indices must ascend within a line, without duplicates");
    return refuse(head, part, at, end, why);
}

static bool parse_line(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end)
{
    const struct csv_head *head = rows->head;
    float *value = (float *)rows->set->values + part->row * head->features;
    end = content_end(at, end);
    const char *behind = token_end(at, end);
    if (at == end)
        return refuse(
            head, part, at, end, "not a sample; comment lines must come before the first sample");
    if (memchr(at, ',', (size_t)(behind - at)))
        return refuse(head, part, at, end, "several labels per sample are not supported");
    if (at == behind || memchr(at, ':', (size_t)(behind - at)))
        return refuse(head, part, at, end, "a sample begins with its label");
    struct csv_field label = {at, (size_t)(behind - at), false};
    if (csv_is_missing(head, label, true))
        return refuse(head, part, at, end, "a missing value, but a sample begins with its label");
    if (head->labels && !csv_label_take(rows, part, label, 0))
        return false;
    int64_t last = 0;
    while ((at = csv_skip_blanks(behind, end, '\0')) < end) {
        struct decimal number;
        int64_t index = read_index(at, end, &behind);
        if (index <= last || index > head->features)
            return refuse_index(head, part, at, end, index);
        behind = decimal_read(behind, end, &number);
        if (!behind || (behind < end && !is_blank(*behind)))
            return refuse(head, part, at, end, "the value is not a number");
        if (!isfinite(number.value))
            return refuse(head, part, at, end, "the value is too large for float32");
        value[index - 1] = number.value;
        last = index;
    }
    return true;
}

/* --- a file -------------------------------------------------------------------------------- */

static int64_t largest_index(const struct csv_head *head)
{
    const char *next, *behind;
    int64_t most = 0;
    for (const char *at = head->text; at < head->end; at = next) {
        const char *end = content_end(at, csv_line_end(at, head->end, &next));
        for (at = token_end(at, end); at < end; at = token_end(at, end)) {
            at = csv_skip_blanks(at, end, '\0');
            int64_t index = read_index(at, end, &behind);
            most = index > most ? index : most;
        }
    }
    return most;
}

static enum status read_head(struct csv_head *head, const char *path, const char *text, size_t size,
    const struct source_request *request, struct error *error)
{
    const char *next;
    *head = (struct csv_head){.name = path,
        .text = text,
        .end = text + size,
        .first_line = 1,
        .columns = 1,
        .labels = request->task != TASK_NONE,
        .task = request->task,
        .parse = parse_line,
        .room = request->room};
    while (head->end > head->text && memchr("\n\r \t", head->end[-1], 4))
        head->end--;
    for (; head->text < head->end && *head->text == '#'; head->text = next, head->first_line++)
        csv_line_end(head->text, head->end, &next);
    head->features = request->features > 0 ? request->features : largest_index(head);
    if (head->text >= head->end)
        return fail(error, STATUS_BAD_DATA, "%s has no samples", path);
    if (head->features == 0)
        return fail(error, STATUS_BAD_DATA, "%s has no features (index:value)", path);
    if (head->features > INT32_MAX)
        return fail(error, STATUS_BAD_DATA,
            "%s has the index %lld; the largest possible is 2,147,483,647", path,
            (long long)head->features);
    return STATUS_OK;
}

enum status libsvm_read(const char *path, const struct source_request *request,
    struct dataset *dataset, struct error *error)
{
    return csv_dataset_read(dataset, path, read_head, request, error);
}
