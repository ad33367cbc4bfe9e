#include "data/formats/csv_rows.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/split.h"
#include "base/text.h"

/* --- threads ------------------------------------------------------------------------------- */

enum { THREADS_MOST = 256 };

struct parallel {
    atomic_int next;
    int parts;
    void (*work)(void *context, int part);
    void *context;
};

static void *run_parts(void *argument)
{
    struct parallel *job = argument;
    for (int part; (part = atomic_fetch_add(&job->next, 1)) < job->parts;)
        job->work(job->context, part);
    return NULL;
}

/* Calls work(context, part) once for each part, on at most `threads` threads including this one. If
 * the system refuses a thread, the others do its parts, so this cannot fail. */
static void run_parallel(
    int threads, int parts, void (*work)(void *context, int part), void *context)
{
    struct parallel job = {.parts = parts, .work = work, .context = context};
    pthread_t thread[THREADS_MOST];
    int wanted = threads < parts ? threads : parts, started = 0;
    while (started < wanted - 1 && started < THREADS_MOST &&
           pthread_create(&thread[started], NULL, run_parts, &job) == 0)
        started++;
    run_parts(&job);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}

/* --- cutting and counting ------------------------------------------------------------------ */

enum { PART_LEAST = 16 << 10, PARTS_A_THREAD = 4, PARTS_MOST = 4096 };

/* Returns the beginning of the first line that begins at or after `offset`. */
static const char *cut(const struct csv_head *head, int64_t offset)
{
    if (offset == 0)
        return head->text;
    const char *before = head->text + offset - 1;
    const char *newline = memchr(before, '\n', (size_t)(head->end - before));
    return newline ? newline + 1 : head->end;
}

static enum status cut_parts(struct csv_rows *rows, int threads, struct error *error)
{
    int64_t size = rows->head->end - rows->head->text;
    int64_t parts = threads > 1 ? (int64_t)threads * PARTS_A_THREAD : 1;
    parts = least(least(parts, PARTS_MOST), divide_up(size, PART_LEAST));
    enum status status =
        memory_take(&rows->part, (size_t)parts, sizeof *rows->part, "the table parts", error);
    if (!status)
        rows->parts = (int)parts;
    for (int p = 0; p < rows->parts; p++) {
        struct range range = split_even(size, rows->parts, p);
        rows->part[p].text = cut(rows->head, range.first);
        rows->part[p].end = cut(rows->head, range.end);
    }
    return status;
}

static void count_lines(void *context, int p)
{
    struct csv_part *part = &((struct csv_rows *)context)->part[p];
    for (const char *at = part->text; at < part->end; part->rows++) {
        const char *newline = memchr(at, '\n', (size_t)(part->end - at));
        at = newline ? newline + 1 : part->end;
    }
}

/* Numbers the rows. A row of n fields has at least 2 n - 1 characters and a line end, so the size
 * of the text limits the number of rows. If there are more lines than this limit, one of the lines
 * within it is too short. So memory is allocated for at most that number of rows, and later lines
 * are not read. */
static void number_rows(struct csv_rows *rows)
{
    const struct csv_head *head = rows->head;
    int64_t most = (head->end - head->text) / (2 * head->columns) + 1;
    for (int p = 0; p < rows->parts; p++) {
        rows->part[p].first_row = rows->rows;
        rows->part[p].rows = least(rows->part[p].rows, most - rows->rows);
        rows->rows += rows->part[p].rows;
    }
}

static enum status take_arrays(struct csv_rows *rows, struct error *error)
{
    const struct csv_head *head = rows->head;
    bool classes = head->labels == 1 && head->task != TASK_VALUES;
    *rows->set = (struct dataset){.samples = rows->rows,
        .features = head->features,
        .type = VALUE_F32,
        .table = true,
        .classes = classes ? 2 : 0,
        .outputs = head->labels,
        .first_line = head->first_line};
    snprintf(rows->set->name, sizeof rows->set->name, "%s", head->name);
    TRY(room_for_set(head->room, rows->set, 0, error));
    return dataset_take(rows->set, head->name, error);
}

/* --- a line -------------------------------------------------------------------------------- */

/* True if a field stands for a missing value. In labels, "null" and "none" may be class names. */
static bool is_missing(struct csv_field field, bool label)
{
    static const char *const word[] = {"", "?", "na", "n/a", "nan", "null", "none"};
    int words = label ? 5 : 7;
    for (int i = 0; i < words; i++)
        if (strlen(word[i]) == field.length && strncasecmp(word[i], field.text, field.length) == 0)
            return true;
    return false;
}

/* Reports a fault of a field of the current line. Returns false. */
static bool refuse(
    const struct csv_head *head, struct csv_part *part, struct csv_field field, const char *fault)
{
    char name[64] = "", excerpt[CSV_EXCERPT];
    if (head->column_name)
        snprintf(name, sizeof name, " (\"%.50s\")", head->column_name[part->column]);
    fail(&part->error, STATUS_BAD_DATA, "%s, line %lld, column %lld%s: \"%s\" %s", head->name,
        (long long)head->first_line + part->row, (long long)part->column + 1, name,
        csv_field_excerpt(field, excerpt), fault);
    return false;
}

static bool refuse_count(const struct csv_head *head, struct csv_part *part, const char *compared)
{
    bool commas = *compared == 'm' && head->delimiter == ',';
    fail(&part->error, STATUS_BAD_DATA, "%s, line %lld has %s fields than line 1, which has %lld%s",
        head->name, (long long)head->first_line + part->row, compared, (long long)head->columns,
        commas ? "; a number such as 1,000 must be written 1000" : "");
    return false;
}

static const char missing[] = "is a missing value; fill it in, or remove the line";
static const char not_a_number[] = "is not a number";

/* Returns why a field is not a number, with the remedy for the usual ways to write numbers. */
static const char *fault_of_text(struct csv_field field)
{
    static const char sign[] = "$%\xc2\xa3\xc2\xa5\xe2\x82\xac"; /* $, %, pound, yen, euro */
    size_t digits = 0, commas = 0, others = 0, signs = 0;
    for (size_t i = 0; i < field.length; i++) {
        char c = field.text[i];
        digits += c >= '0' && c <= '9';
        commas += c == ',';
        signs += strchr(sign, c) && c;
        others += c && !strchr("0123456789,.+- ", c) && !strchr(sign, c);
    }
    if (digits == 0 || others > 0 || commas + signs == 0)
        return not_a_number;
    return signs > 0 ? "is not a number: remove the currency or percent sign from this column"
                     : "is not a number: write a decimal point, and no commas between digits";
}

/* Reads a field that should be a number. Returns its fault; NULL: none. */
static const char *fault_of(struct csv_field field, struct decimal *number)
{
    if (csv_field_number(field, number))
        return isfinite(number->value) ? NULL : "is too large for float32";
    return is_missing(field, false) ? missing : fault_of_text(field);
}

/* Reads a field; returns its end. NULL: its quotes are wrong. */
static const char *read_field(const struct csv_head *head, struct csv_part *part, const char *at,
    const char *end, struct csv_field *field)
{
    const char *behind = csv_field_read(field, at, end, head->delimiter);
    if (!behind)
        refuse(head, part, *field, "has wrong quotes");
    return behind;
}

/* Reads a number that fills its field; returns the end of the field. NULL: the fault is
 * reported. */
static const char *read_number(const struct csv_head *head, struct csv_part *part, const char *at,
    const char *end, float *value)
{
    struct decimal number;
    const char *behind = decimal_read(at, head->end, &number); /* stops at a line end */
    if (!behind || (behind < end && *behind != head->delimiter) || !isfinite(number.value)) {
        struct csv_field field; /* with blanks, quotes, or a fault */
        behind = read_field(head, part, at, end, &field);
        const char *fault = behind ? fault_of(field, &number) : NULL;
        if (fault)
            refuse(head, part, field, fault);
        if (!behind || fault)
            return NULL;
    }
    *value = number.value;
    return behind;
}

/* Reads the exponent of a number, from its "e" to the end, as at most a few thousand. */
static int read_exponent(const char *at, const char *end)
{
    enum { MOST = 10000 };
    int exponent = 0;
    bool negative = at + 1 < end && at[1] == '-';
    for (at++; at < end; at++)
        if (*at >= '0' && *at <= '9' && exponent < MOST)
            exponent = 10 * exponent + (*at - '0');
    return negative ? -exponent : exponent;
}

/* True if a number without its sign has no digit other than 0 after the decimal point, once its
 * exponent has moved the point. */
static bool is_whole(const char *digits, const char *end)
{
    const char *point = NULL, *last = NULL; /* last: the last digit that is not 0 */
    const char *at = digits;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        point = *at == '.' ? at : point;
        last = *at != '0' && *at != '.' ? at : last;
    }
    if (!last)
        return true;
    const char *units = point ? point : at;
    int64_t behind = last < units ? last + 1 - units : last - units; /* digits behind the point */
    return behind <= (at < end ? read_exponent(at, end) : 0);
}

/* Returns the kind of a number. Removes its plus sign, so that equal whole numbers have equal
 * texts. */
static enum label_look look_at_number(struct csv_field *field, float value)
{
    enum { DIGITS_MOST = 18 };
    const float most = 0x1p24F; /* floats of this size are still exact */
    const char *end = field->text + field->length;
    if (*field->text == '+') {
        field->text++;
        field->length--;
    }
    const char *digit = field->text + (*field->text == '-'), *behind = digit;
    while (behind < end && *behind >= '0' && *behind <= '9')
        behind++;
    if (behind < end || behind == digit)
        return is_whole(digit, end) && fabsf(value) < most ? LOOKS_DECIMAL : LOOKS_FRACTION;
    bool plain = *digit != '0' || (behind == digit + 1 && digit == field->text);
    return plain && behind - digit <= DIGITS_MOST ? LOOKS_WHOLE : LOOKS_WORD;
}

/* Asks for memory for more words. If nearly all labels differ, as numeric targets do, the words
 * take more memory than the table, since the set of each part doubles when it is full and the sets
 * of all parts are merged at the end. */
static bool may_grow(struct csv_rows *rows, struct csv_part *part)
{
    int64_t more = word_set_bytes(&part->words) - part->counted_bytes;
    int64_t line = rows->head->first_line + part->row;
    part->counted_bytes += more;
    int64_t all = atomic_fetch_add(&rows->word_bytes, more) + more;
    return !room_for_reader(rows->head->room, 3 * all, &part->error,
        "%.200s, up to line %lld with %lld different labels", rows->head->name, (long long)line,
        (long long)part->words.n);
}

static bool note_label(struct csv_rows *rows, struct csv_part *part, struct csv_field field)
{
    const struct csv_head *head = rows->head;
    struct decimal number;
    enum label_look look = LOOKS_WORD;
    if (is_missing(field, true))
        return refuse(head, part, field, missing);
    if (csv_field_number(field, &number)) {
        if (!isfinite(number.value))
            return refuse(head, part, field, "is too large for float32");
        rows->set->targets[part->row] = number.value;
        look = look_at_number(&field, number.value);
    } else if (head->task == TASK_AUTO && fault_of_text(field) != not_a_number)
        return refuse(head, part, field, fault_of_text(field));
    if (part->look[look].line == 0)
        part->look[look] = (struct label_sample){head->first_line + part->row, field};
    if (part->look[LOOKS_FRACTION].line > 0 || part->look[LOOKS_DECIMAL].line > 0)
        return true; /* the labels will not be words */
    int64_t known = part->words.n;
    if (word_set_put(
            &part->words, field.text, field.length, &rows->set->labels[part->row], &part->error))
        return false;
    bool is_new = part->words.n > known;
    if (word_set_bytes(&part->words) > part->counted_bytes && !may_grow(rows, part))
        return false;
    return !is_new || text_is_utf8(field.text, field.length) ||
           refuse(head, part, field, "is not UTF-8 text");
}

bool csv_rows_label(struct csv_rows *rows, struct csv_part *part, struct csv_field field)
{
    struct decimal number;
    if (rows->set->labels)
        return note_label(rows, part, field);
    const char *fault = fault_of(field, &number);
    if (fault)
        return refuse(rows->head, part, field, fault);
    rows->set->targets[part->row] = number.value;
    return true;
}

static const char *read_label(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end, int32_t which)
{
    const struct csv_head *head = rows->head;
    struct csv_field field;
    if (!rows->set->labels)
        return read_number(
            head, part, at, end, &rows->set->targets[part->row * head->labels + which]);
    const char *behind = read_field(head, part, at, end, &field);
    return behind && csv_rows_label(rows, part, field) ? behind : NULL;
}

/* Parses a line into a row. False: the part's error gives the reason. */
static bool parse_line(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end)
{
    const struct csv_head *head = rows->head;
    float *value = (float *)rows->set->values + part->row * head->features;
    struct csv_field omitted;
    if (at == end && head->columns > 1) {
        fail(&part->error, STATUS_BAD_DATA, "%s, line %lld is empty", head->name,
            (long long)head->first_line + part->row);
        return false;
    }
    for (int64_t c = 0; c < head->columns; c++) {
        part->column = c;
        if (c > 0 && at++ == end)
            return refuse_count(head, part, "fewer");
        int32_t role = head->role[c];
        if (role >= 0)
            at = read_label(rows, part, at, end, role);
        else if (role == CSV_LEFT_OUT)
            at = read_field(head, part, at, end, &omitted);
        else
            at = read_number(head, part, at, end, value + csv_feature_of(role));
        if (!at)
            return false;
    }
    return at == end || refuse_count(head, part, "more");
}

enum { ROWS_A_BEAT = 1 << 12 };

static void parse_part(void *context, int p)
{
    struct csv_rows *rows = context;
    struct csv_part *part = &rows->part[p];
    csv_line_parser *parse = rows->head->parse ? rows->head->parse : parse_line;
    const char *at = part->text;
    for (int64_t i = 0; i < part->rows; i++) {
        const char *next, *end = csv_line_end(at, part->end, &next);
        part->row = part->first_row + i;
        if (i % ROWS_A_BEAT == 0)
            heartbeat_beat();
        if (!parse(rows, part, at, end))
            return;
        at = next;
    }
}

/* --- all parts ----------------------------------------------------------------------------- */

enum status csv_rows_read(struct csv_rows *rows, struct dataset *set, const struct csv_head *head,
    int threads, struct error *error)
{
    *rows = (struct csv_rows){.head = head, .set = set};
    enum status status = cut_parts(rows, threads, error);
    if (!status) {
        run_parallel(threads, rows->parts, count_lines, rows);
        number_rows(rows);
        status = take_arrays(rows, error);
    }
    if (!status)
        run_parallel(threads, rows->parts, parse_part, rows);
    for (int p = 0; p < rows->parts && !status; p++)
        if (rows->part[p].error.status) {
            *error = rows->part[p].error;
            status = error->status;
        }
    return status;
}

void csv_rows_clear(struct csv_rows *rows)
{
    for (int p = 0; p < rows->parts; p++)
        word_set_clear(&rows->part[p].words);
    free(rows->part);
    *rows = (struct csv_rows){0};
}
