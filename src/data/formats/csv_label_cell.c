#include "data/formats/csv_label_cell.h"

#include <math.h>
#include <string.h>

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
        point = *at == '.' || *at == ',' ? at : point;
        last = *at >= '1' && *at <= '9' ? at : last;
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

/* Keeps the text of a label that may be a class. */
static bool note_word(struct csv_rows *rows, struct csv_part *part, struct csv_field field,
    enum label_look look, int64_t line)
{
    if (!part->look[look].field.text)
        part->look[look] = (struct csv_sample){line, field};
    if (part->look[LOOKS_FRACTION].field.text || part->look[LOOKS_DECIMAL].field.text)
        return true; /* the labels will not be words */
    return csv_rows_put(rows, part, &part->words, field, &rows->set->labels[part->row]);
}

static bool note_label(struct csv_rows *rows, struct csv_part *part, struct csv_field field)
{
    const struct csv_head *head = rows->head;
    struct decimal number;
    enum label_look look = LOOKS_WORD;
    if (csv_head_number(rows->head, field, &number)) {
        if (!isfinite(number.value))
            return csv_rows_refuse(head, part, field, "is too large for float32");
        rows->set->targets[part->row] = number.value;
        look = look_at_number(&field, number.value);
    } else if (head->task == TASK_AUTO && csv_fault_of_text(field) != csv_no_number) {
        return csv_rows_refuse(head, part, field, csv_fault_of_text(field));
    }
    return note_word(rows, part, field, look, part->line);
}

static bool is_missing(const struct csv_head *head, struct csv_field field)
{
    struct decimal number;
    return csv_is_missing(head, field, true) ||
           (head->missing_numbers > 0 && csv_head_number(head, field, &number) &&
               csv_is_missing_number(head, number.value));
}

bool csv_label_take(
    struct csv_rows *rows, struct csv_part *part, struct csv_field field, int32_t which)
{
    struct dataset *set = rows->set;
    struct decimal number;
    float *target = &set->targets[part->row * rows->head->labels + which];
    if (is_missing(rows->head, field)) {
        part->unlabelled = true;
        *target = csv_box(-1);
        if (set->labels)
            set->labels[part->row] = -1;
        return true;
    }
    if (set->labels)
        return note_label(rows, part, field);
    if (!csv_head_number(rows->head, field, &number))
        return csv_rows_refuse(rows->head, part, field, csv_fault_of_text(field));
    if (!isfinite(number.value))
        return csv_rows_refuse(rows->head, part, field, "is too large for float32");
    *target = number.value;
    return true;
}
