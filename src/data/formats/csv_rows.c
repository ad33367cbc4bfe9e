#include "data/formats/csv_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/formats/csv_label_cell.h"
#include "data/formats/csv_parts.h"

/* --- words in cells ------------------------------------------------------------------------ */

enum { QUIET_NAN = 0x7fc00000 };

float csv_box(int32_t word)
{
    uint32_t bits = (uint32_t)QUIET_NAN | (uint32_t)(word + 1);
    float cell;
    memcpy(&cell, &bits, sizeof cell);
    return cell;
}

int32_t csv_unbox(float cell)
{
    uint32_t bits;
    memcpy(&bits, &cell, sizeof bits);
    return (int32_t)(bits & ~(uint32_t)QUIET_NAN) - 1;
}

/* Asks for memory for more words. If nearly all words of a column differ, as numeric targets do,
 * they take more memory than the table, since the set of each part doubles when it is full and the
 * sets of all parts are merged at the end. */
static bool may_grow(
    struct csv_rows *rows, struct csv_part *part, const struct word_set *set, int64_t more)
{
    int64_t line = part->line;
    int64_t all = atomic_fetch_add(&rows->word_bytes, more) + more;
    return !room_for_reader(rows->head->room, 3 * all, &part->error,
        "%.200s, up to %s %lld with %lld different words in column %lld", rows->head->name,
        csv_unit(rows->head), (long long)line, (long long)set->n, (long long)part->column + 1);
}

bool csv_rows_put(struct csv_rows *rows, struct csv_part *part, struct word_set *set,
    struct csv_field field, int32_t *number)
{
    int64_t known = set->n, bytes = word_set_bytes(set);
    if (word_set_put(set, field.text, field.length, number, &part->error))
        return false;
    if (set->n == known)
        return true;
    if (word_set_bytes(set) > bytes && !may_grow(rows, part, set, word_set_bytes(set) - bytes))
        return false;
    return text_is_utf8(field.text, field.length) ||
           csv_rows_refuse(rows->head, part, field, csv_not_utf8);
}

/* Returns where the words of the current column are kept. NULL: the part's error is set. */
static struct csv_words *words_of(struct csv_rows *rows, struct csv_part *part)
{
    int64_t features = rows->head->features;
    if (!part->of_input) {
        struct csv_words *words;
        if (!may_grow(rows, part, &part->words, features * (int64_t)sizeof *words) ||
            memory_take(&words, (size_t)features, sizeof *words, "the columns", &part->error))
            return NULL;
        part->of_input = words;
    }
    return part->of_input + csv_feature_of(rows->head->role[part->column]);
}

/* Counts a cell that holds this word of its column, and returns what is stored for it. */
static float count_word(
    struct csv_words *words, const struct csv_part *part, struct csv_field field, int32_t number)
{
    if (words->cells < CSV_ODD_SHOWN)
        words->odd[words->cells] = (struct csv_sample){part->line, field};
    words->cells++;
    return csv_box(number);
}

static bool note_word(
    struct csv_rows *rows, struct csv_part *part, struct csv_field field, float *value)
{
    struct csv_words *words = words_of(rows, part);
    int32_t number;
    if (!words || !csv_rows_put(rows, part, &words->set, field, &number))
        return false;
    if (number > CSV_WORDS_MOST)
        return csv_rows_refuse(rows->head, part, field,
            "is one of more than 4 million different words in its column; omit it with --ignore");
    *value = count_word(words, part, field, number);
    return true;
}

static bool note_missing(struct csv_rows *rows, struct csv_part *part, float *value)
{
    struct csv_words *words = words_of(rows, part);
    if (!words)
        return false;
    words->missing++;
    *value = csv_box(-1);
    return true;
}

/* --- faults -------------------------------------------------------------------------------- */

/* True if the list "a,b" has the field's text. */
static bool is_listed(const char *list, struct csv_field field)
{
    while (list && *list) {
        size_t length = strcspn(list, ",");
        if (length == field.length && memcmp(list, field.text, length) == 0)
            return true;
        list += length + (list[length] == ',');
    }
    return false;
}

const char *const csv_missing_words[] = {"", "?", "na", "n/a", "nan", "null", "none"};

bool csv_is_missing(const struct csv_head *head, struct csv_field field, bool label)
{
    int words = label ? 5 : N_CSV_MISSING_WORDS;
    for (int i = 0; i < words && field.length <= CSV_MISSING_LONGEST; i++)
        if (strlen(csv_missing_words[i]) == field.length &&
            strncasecmp(csv_missing_words[i], field.text, field.length) == 0)
            return true;
    return is_listed(head->missing, field);
}

bool csv_is_missing_number(const struct csv_head *head, float number)
{
    for (int64_t i = 0; i < head->missing_numbers; i++)
        if (head->missing_number[i] == number)
            return true;
    return false;
}

bool csv_rows_refuse(
    const struct csv_head *head, struct csv_part *part, struct csv_field field, const char *fault)
{
    char name[64] = "", excerpt[CSV_EXCERPT];
    if (head->column_name)
        snprintf(name, sizeof name, " (\"%.50s\")", head->column_name[part->column]);
    fail(&part->error, STATUS_BAD_DATA, "%s, %s %lld, column %lld%s: \"%s\" %s", head->name,
        csv_unit(head), (long long)part->line, (long long)part->column + 1, name,
        csv_field_excerpt(field, excerpt), fault);
    return false;
}

static bool refuse_count(const struct csv_head *head, struct csv_part *part, const char *compared)
{
    const char *cure = *compared == 'f' ? ""
                       : head->delimiter == ','
                           ? "; a number such as 1,000 must be written 1000, a text with commas "
                             "needs double quotes, and row names need a name in the header"
                       : head->delimiter == ' ' ? "; a text with blanks needs double quotes"
                                                : "";
    fail(&part->error, STATUS_BAD_DATA,
        "%s, line %lld has %s fields than line %lld, which has %lld%s", head->name,
        (long long)part->line, compared, (long long)head->counted_line, (long long)head->columns,
        cure);
    return false;
}

const char csv_no_number[] = "is not a number";
static const char too_large[] = "is too large for float32";

const char *csv_fault_of_text(struct csv_field field)
{
    static const char sign[] = "$%\xc2\xa3\xc2\xa5\xe2\x82\xac"; /* $, %, pound, yen, euro */
    size_t digits = 0, commas = 0, others = 0, signs = 0;
    for (size_t i = 0; i < field.length; i++) {
        char c = field.text[i];
        others += digits > 0 && (c == '-' || c == '+'); /* a range */
        digits += c >= '0' && c <= '9';
        commas += c == ',';
        signs += strchr(sign, c) && c;
        others += c && !strchr("0123456789,.+- ", c) && !strchr(sign, c);
    }
    if (digits == 0 || others > 0 || commas + signs == 0)
        return csv_no_number;
    return signs > 0 ? "is not a number: remove the currency or percent sign from this column"
                     : "is not a number: use --decimal , if it has a "
                       "decimal comma, and write no separators between thousands";
}

/* --- a cell -------------------------------------------------------------------------------- */

/* Reads a field; returns its end. NULL: its quotes are wrong. */
static const char *read_field(const struct csv_head *head, struct csv_part *part, const char *at,
    const char *end, struct csv_field *field)
{
    const char *behind = csv_field_read(field, at, end, head->delimiter);
    if (!behind)
        csv_rows_refuse(head, part, *field, "has wrong quotes");
    return behind;
}

/* Takes the word of an input that its column has had before: it has been found to be neither a
 * number nor a missing value. */
static bool take_known_word(
    const struct csv_rows *rows, const struct csv_part *part, struct csv_field field, float *value)
{
    if (!part->of_input)
        return false;
    struct csv_words *words = &part->of_input[csv_feature_of(rows->head->role[part->column])];
    int32_t number = word_set_find(&words->set, field.text, field.length);
    if (number >= 0)
        *value = count_word(words, part, field, number);
    return number >= 0;
}

/* Takes the field of an input that does not simply begin with its number. */
static bool take_field(struct csv_rows *rows, struct csv_part *part, struct csv_field field,
    enum csv_kind kind, float *value)
{
    struct decimal number;
    if (take_known_word(rows, part, field, value))
        return true;
    if (csv_is_missing(rows->head, field, false))
        return note_missing(rows, part, value);
    if (kind == CSV_WORDS || kind == CSV_TEXTS)
        return note_word(rows, part, field, value);
    if (csv_head_number(rows->head, field, &number)) {
        if (csv_is_missing_number(rows->head, number.value))
            return note_missing(rows, part, value);
        *value = number.value;
        return isfinite(number.value) || csv_rows_refuse(rows->head, part, field, too_large);
    }
    return kind == CSV_FIND ? note_word(rows, part, field, value)
                            : csv_rows_refuse(rows->head, part, field, csv_fault_of_text(field));
}

static const char *read_input(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end, float *value)
{
    const struct csv_head *head = rows->head;
    enum csv_kind kind = head->kind[part->column];
    struct decimal number;
    struct csv_field field;
    if (kind != CSV_WORDS && head->decimal != ',') {
        const char *behind = decimal_read(at, head->end, &number); /* stops at a line end */
        if (behind && (behind == end || *behind == head->delimiter) && isfinite(number.value)) {
            *value = number.value;
            if (!csv_is_missing_number(head, number.value))
                return head->delimiter == ' ' ? csv_field_end(behind, end, ' ') : behind;
        }
    }
    at = read_field(head, part, at, end, &field);
    return at && take_field(rows, part, field, kind, value) ? at : NULL;
}

static bool take_weight(const struct csv_rows *rows, struct csv_part *part, struct csv_field field)
{
    struct decimal number;
    bool reads =
        csv_head_number(rows->head, field, &number) && isfinite(number.value) && number.value >= 0;
    if (!reads)
        return csv_rows_refuse(
            rows->head, part, field, "is not a weight, which is a number from 0");
    if (number.value > DATASET_WEIGHT_MOST)
        return csv_rows_refuse(rows->head, part, field,
            "is too large for a weight, at most 1e30; only the ratios of weights matter, so divide "
            "all of them by the same number");
    rows->set->weight[part->row] = number.value == 0 ? 0 : number.value; /* never -0 */
    return true;
}

/* Takes the field of a column that is neither an input nor a label. */
static bool take_extra(
    struct csv_rows *rows, struct csv_part *part, struct csv_field field, int32_t role)
{
    if (role == CSV_LEFT_OUT)
        return true;
    if (role == CSV_EMPTY)
        return field.length == 0 ||
               csv_rows_refuse(rows->head, part, field,
                   "is behind the last separator, where the lines before have nothing");
    if (role == CSV_WEIGHT)
        return take_weight(rows, part, field);
    enum csv_extra extra = csv_extra_of(role);
    if ((extra == CSV_GROUP || extra == CSV_WHEN) && csv_is_missing(rows->head, field, false))
        return csv_rows_refuse(rows->head, part, field,
            extra == CSV_GROUP ? "is a missing value, but every sample needs a group"
                               : "is a missing value, but samples are to be split by this column");
    return csv_rows_put(rows, part, &part->of_extra[extra], field, &rows->extra[extra][part->row]);
}

bool csv_rows_take(struct csv_rows *rows, struct csv_part *part, struct csv_field field)
{
    const struct csv_head *head = rows->head;
    int32_t role = head->role[part->column];
    float *value = (float *)rows->set->values + part->row * head->features;
    if (role >= 0)
        return csv_label_take(rows, part, field, role);
    bool also_id = part->column + 1 == head->also_id;
    bool taken = csv_is_feature(role) ? take_field(rows, part, field, head->kind[part->column],
                                            value + csv_feature_of(role))
                                      : take_extra(rows, part, field, role);
    return taken && (!also_id || take_extra(rows, part, field, CSV_EXTRA + CSV_ID));
}

/* --- a line -------------------------------------------------------------------------------- */

/* Parses a line into a row. False: the part's error gives the reason. */
static bool parse_line(
    struct csv_rows *rows, struct csv_part *part, const char *at, const char *end)
{
    const struct csv_head *head = rows->head;
    float *value = (float *)rows->set->values + part->row * head->features;
    if (at == end && head->columns > 1) {
        fail(&part->error, STATUS_BAD_DATA, "%s, line %lld is empty", head->name,
            (long long)part->line);
        return false;
    }
    for (int64_t c = 0; c < head->columns; c++) {
        part->column = c;
        if (c > 0 && at++ == end)
            return refuse_count(head, part, "fewer");
        int32_t role = head->role[c];
        bool input = csv_is_feature(role) && c + 1 != head->also_id;
        struct csv_field field;
        at = input ? read_input(rows, part, at, end, value + csv_feature_of(role))
                   : read_field(head, part, at, end, &field);
        if (!at || !(input || csv_rows_take(rows, part, field)))
            return false;
    }
    return at == end || refuse_count(head, part, "more");
}

enum { ROWS_A_BEAT = 1 << 12 };

static void parse_part(struct csv_rows *rows, struct csv_part *part)
{
    const struct csv_head *head = rows->head;
    csv_line_parser *parse = head->parse ? head->parse : parse_line;
    const char *at = part->text;
    part->line = part->first_line;
    for (int64_t i = 0; i < part->rows; i++) {
        const char *next = at, *end = at;
        if (head->rows == 0)
            end = head->has_quotes ? csv_record_end(at, part->end, &next)
                                   : csv_line_end(at, part->end, &next);
        part->row = part->first_row + i;
        if (rows->set->line)
            rows->set->line[part->row] = part->line;
        if (i % ROWS_A_BEAT == 0)
            heartbeat_beat();
        if (!parse(rows, part, at, end))
            return;
        part->line += head->has_quotes ? 1 + csv_count(at, end, '\n') : 1;
        at = next;
    }
}

/* --- all parts ----------------------------------------------------------------------------- */

static enum status take_arrays(struct csv_rows *rows, struct error *error)
{
    const struct csv_head *head = rows->head;
    size_t n = (size_t)rows->rows;
    bool classes = head->labels == 1 && head->task != TASK_VALUES;
    *rows->set = (struct dataset){.samples = rows->rows,
        .features = head->features,
        .type = VALUE_F32,
        .table = true,
        .classes = classes ? 2 : 0,
        .outputs = head->labels,
        .first_line = head->first_line};
    snprintf(rows->set->name, sizeof rows->set->name, "%s", head->name);
    if (!head->asked)
        TRY(room_for_set(head->room, rows->set, 0, error));
    TRY(dataset_take(rows->set, head->name, error));
    if (rows->lines > rows->rows)
        TRY(memory_take(&rows->set->line, n, sizeof(int64_t), head->name, error));
    if (head->has_weight)
        TRY(memory_take(&rows->set->weight, n, sizeof(float), head->name, error));
    for (int e = 0; e < N_CSV_EXTRAS; e++)
        if (head->has_extra[e])
            TRY(memory_take(&rows->extra[e], n, sizeof *rows->extra[e], head->name, error));
    return STATUS_OK;
}

enum status csv_rows_read(struct csv_rows *rows, struct dataset *set, const struct csv_head *head,
    int threads, struct error *error)
{
    *rows = (struct csv_rows){.head = head, .set = set, .features = head->features};
    TRY(csv_parts_cut(rows, threads, error));
    TRY(take_arrays(rows, error));
    csv_parts_run(rows, threads, parse_part);
    return csv_parts_status(rows, error);
}

void csv_rows_clear(struct csv_rows *rows)
{
    for (int p = 0; p < rows->parts; p++) {
        struct csv_part *part = &rows->part[p];
        word_set_clear(&part->words);
        for (int64_t f = 0; part->of_input && f < rows->features; f++)
            word_set_clear(&part->of_input[f].set);
        free(part->of_input);
        for (int e = 0; e < N_CSV_EXTRAS; e++)
            word_set_clear(&part->of_extra[e]);
    }
    for (int e = 0; e < N_CSV_EXTRAS; e++)
        free(rows->extra[e]);
    free(rows->part);
    *rows = (struct csv_rows){0};
}
