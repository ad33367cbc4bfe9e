#include "data/formats/arrow_cells.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* --- types ---------------------------------------------------------------------------------- */

/* Formats of the specification that are complete: one character for each number, or more. */
static const struct {
    const char *format;
    enum arrow_kind kind;
    enum value_type value;
} formats[] = {{"n", ARROW_NOTHING, VALUE_U8}, {"b", ARROW_TRUTH, VALUE_U8},
    {"c", ARROW_NUMBER, VALUE_I8}, {"C", ARROW_NUMBER, VALUE_U8}, {"s", ARROW_NUMBER, VALUE_I16},
    {"S", ARROW_NUMBER, VALUE_U16}, {"i", ARROW_NUMBER, VALUE_I32}, {"I", ARROW_NUMBER, VALUE_U32},
    {"l", ARROW_NUMBER, VALUE_I64}, {"L", ARROW_NUMBER, VALUE_U64}, {"f", ARROW_NUMBER, VALUE_F32},
    {"g", ARROW_NUMBER, VALUE_F64}, {"e", ARROW_HALF, VALUE_U16}, {"u", ARROW_TEXT, VALUE_U8},
    {"U", ARROW_LARGE_TEXT, VALUE_U8}, {"vu", ARROW_TEXT_VIEW, VALUE_U8},
    {"tdD", ARROW_TIME, VALUE_I32}, {"tts", ARROW_TIME, VALUE_I32}, {"ttm", ARROW_TIME, VALUE_I32}};

static void find_format(const char *format, enum arrow_kind *kind, enum value_type *value)
{
    bool long_time = format[0] == 't' && format[1] != '\0' && format[1] != 'i';
    *kind = long_time ? ARROW_TIME : ARROW_OTHER;
    *value = VALUE_I64;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i].format) == 0) {
            *kind = formats[i].kind;
            *value = formats[i].value;
        }
}

struct arrow_type arrow_type_of(const struct ArrowSchema *schema)
{
    struct arrow_type type = {.word = ARROW_OTHER};
    const struct ArrowSchema *words = schema->dictionary;
    find_format(schema->format, &type.kind, &type.value);
    if (!words)
        return type;
    if (words->format && !words->dictionary)
        find_format(words->format, &type.word, &type.word_value);
    bool usable = type.kind == ARROW_NUMBER && !value_is_float(type.value) &&
                  type.word != ARROW_OTHER && type.word != ARROW_TIME;
    type.kind = usable ? ARROW_DICTIONARY : ARROW_OTHER;
    return type;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool bit(const void *bits, int64_t i)
{
    return ((const uint8_t *)bits)[i / 8] >> i % 8 & 1;
}

static bool is_null(const struct arrow_cells *cells, int64_t row)
{
    return cells->kind == ARROW_NOTHING || (cells->valid && !bit(cells->valid, cells->first + row));
}

/* Returns whole number i of a buffer, at any alignment. The indices of a dictionary are below 2^53. */
static int64_t whole_at(const void *data, enum value_type type, int64_t i)
{
    int64_t number;
    if (type != VALUE_I64)
        return (int64_t)value_as_double(data, type, i);
    memcpy(&number, (const char *)data + i * (int64_t)sizeof number, sizeof number);
    return number;
}

/* A text that may lie outside its buffer: then its place is NULL. */
struct span {
    const char *text;
    int64_t length;
};

static struct span span_of_offsets(const struct arrow_cells *cells, int64_t i)
{
    enum value_type type = cells->kind == ARROW_TEXT ? VALUE_I32 : VALUE_I64;
    int64_t from = whole_at(cells->data, type, i), to = whole_at(cells->data, type, i + 1);
    if (from == to)
        return (struct span){"", 0};
    bool wrong = from < 0 || to < from || !cells->text;
    return (struct span){wrong ? NULL : cells->text + from, to - from};
}

/* A view: its length, and then up to 12 bytes of text, or 4 of them, and the number of a buffer and
 * the place there. */
static struct span span_of_view(const struct arrow_cells *cells, int64_t i)
{
    enum { VIEW_BYTES = 16, INSIDE_MOST = 12 };
    int32_t view[4];
    const char *at = (const char *)cells->data + i * VIEW_BYTES;
    memcpy(view, at, sizeof view);
    int64_t length = view[0], part = view[2], from = view[3];
    if (length >= 0 && length <= INSIDE_MOST)
        return (struct span){at + sizeof *view, length};
    bool wrong = length < 0 || part < 0 || part >= cells->parts || from < 0 ||
                 from + length > whole_at(cells->part_size, VALUE_I64, part) || !cells->part[part];
    return (struct span){wrong ? NULL : (const char *)cells->part[part] + from, length};
}

static bool has_spans(const struct arrow_cells *cells)
{
    return cells->kind == ARROW_TEXT || cells->kind == ARROW_LARGE_TEXT ||
           cells->kind == ARROW_TEXT_VIEW;
}

static struct span span_at(const struct arrow_cells *cells, int64_t row)
{
    int64_t i = cells->first + row;
    return cells->kind == ARROW_TEXT_VIEW ? span_of_view(cells, i) : span_of_offsets(cells, i);
}

static struct csv_field strip(struct span span)
{
    const char *at = span.text, *end = at + span.length;
    at = csv_skip_blanks(at, end, ',');
    while (end > at && csv_is_blank(end[-1], ','))
        end--;
    return (struct csv_field){at, (size_t)(end - at), false};
}

struct csv_field arrow_cells_text(const struct arrow_cells *cells, int64_t row)
{
    if (is_null(cells, row))
        return (struct csv_field){"", 0, false};
    if (cells->kind == ARROW_DICTIONARY)
        return arrow_cells_text(
            cells->word, whole_at(cells->data, cells->value, cells->first + row));
    if (cells->kind == ARROW_TRUTH)
        return bit(cells->data, cells->first + row) ? (struct csv_field){"true", 4, false}
                                                    : (struct csv_field){"false", 5, false};
    return strip(span_at(cells, row));
}

static float half_as_float(uint16_t half)
{
    int exponent = half >> 10 & 31;
    float fraction = (float)(half & 1023);
    float magnitude = exponent == 0   ? ldexpf(fraction, -24)
                      : exponent < 31 ? ldexpf(fraction + 1024, exponent - 25)
                      : fraction == 0 ? INFINITY
                                      : NAN;
    return half >> 15 ? -magnitude : magnitude;
}

float arrow_cells_number(const struct arrow_cells *cells, int64_t row)
{
    int64_t i = cells->first + row;
    if (is_null(cells, row))
        return NAN;
    return cells->kind == ARROW_HALF ? half_as_float((uint16_t)whole_at(cells->data, VALUE_U16, i))
                                     : value_as_float(cells->data, cells->value, i);
}

/* --- opening -------------------------------------------------------------------------------- */

static enum status refuse(const char *place, const char *what, struct error *error)
{
    return fail(error, STATUS_BAD_DATA, "%s: its Arrow array is malformed: %s", place, what);
}

static enum status check_shape(const struct ArrowArray *array, enum arrow_kind kind, int64_t skip,
    int64_t rows, const char *place, struct error *error)
{
    int64_t buffers = kind == ARROW_NOTHING ? 0
                      : kind == ARROW_TEXT || kind == ARROW_LARGE_TEXT || kind == ARROW_TEXT_VIEW
                          ? 3
                          : 2;
    if (array->offset < 0 || array->length < 0 || skip > array->length ||
        rows > array->length - skip || array->offset > INT64_MAX / 64 - array->length)
        return refuse(place, "its length contradicts that of the batch", error);
    bool others = kind == ARROW_TEXT_VIEW ? array->n_buffers < buffers
                                          : array->n_buffers != buffers && kind != ARROW_NOTHING;
    if (others) /* of a column of nulls, polars has a bitmap */
        return refuse(place, "its type has another number of buffers", error);
    if (buffers > 0 && (!array->buffers || (rows > 0 && !array->buffers[1])))
        return refuse(place, "a buffer is missing", error);
    if (buffers > 0 && array->null_count > 0 && !array->buffers[0])
        return refuse(place, "it has nulls, but no bitmap of them", error);
    return STATUS_OK;
}

static void take_buffers(struct arrow_cells *cells, const struct ArrowArray *array)
{
    if (cells->kind == ARROW_NOTHING)
        return;
    cells->valid = array->buffers[0];
    cells->data = array->buffers[1];
    cells->text = has_spans(cells) ? array->buffers[2] : NULL;
    if (cells->kind == ARROW_TEXT_VIEW) {
        cells->parts = array->n_buffers - 3;
        cells->part = array->buffers + 2;
        cells->part_size = array->buffers[array->n_buffers - 1];
    }
}

static enum status check_texts(
    const struct arrow_cells *cells, const char *place, struct error *error)
{
    for (int64_t row = 0; has_spans(cells) && row < cells->rows; row++)
        if (!is_null(cells, row) && !span_at(cells, row).text)
            return refuse(place, "the offsets of a text are wrong", error);
    return STATUS_OK;
}

static enum status open_plain(struct arrow_cells *cells, const struct ArrowArray *array,
    int64_t skip, int64_t rows, const char *place, struct error *error)
{
    TRY(check_shape(array, cells->kind, skip, rows, place, error));
    cells->rows = rows;
    cells->first = array->offset + skip;
    take_buffers(cells, array);
    if (cells->parts > 0 && !cells->part_size)
        return refuse(place, "the sizes of its buffers are missing", error);
    return check_texts(cells, place, error);
}

static enum status open_words(struct arrow_cells *cells, struct arrow_type type,
    const struct ArrowArray *array, const char *place, struct error *error)
{
    if (!array->dictionary)
        return refuse(place, "its dictionary is missing", error);
    TRY(memory_take(&cells->word, 1, sizeof *cells->word, place, error));
    cells->word->kind = type.word;
    cells->word->value = type.word_value;
    TRY(open_plain(cells->word, array->dictionary, 0, array->dictionary->length, place, error));
    for (int64_t row = 0; row < cells->rows; row++) {
        int64_t i =
            is_null(cells, row) ? -1 : whole_at(cells->data, cells->value, cells->first + row);
        if (i >= cells->word->rows || (i < 0 && !is_null(cells, row)))
            return refuse(place, "an index is outside its dictionary", error);
    }
    return STATUS_OK;
}

enum status arrow_cells_open(struct arrow_cells *cells, struct arrow_type type,
    const struct ArrowArray *array, int64_t skip, int64_t rows, const char *place,
    struct error *error)
{
    cells->kind = type.kind;
    cells->value = type.value;
    TRY(open_plain(cells, array, skip, rows, place, error));
    return type.kind == ARROW_DICTIONARY ? open_words(cells, type, array, place, error) : STATUS_OK;
}

void arrow_cells_clear(struct arrow_cells *cells)
{
    if (cells->word)
        arrow_cells_clear(cells->word);
    free(cells->word);
    free(cells->own);
    *cells = (struct arrow_cells){0};
}

/* --- texts ---------------------------------------------------------------------------------- */

enum { NUMBER_MOST = 40 };

/* Writes a float as programs write it to a table: a whole one with a point, which shows its type. */
static int write_real(const struct arrow_cells *cells, int64_t row, char out[NUMBER_MOST])
{
    double value = cells->value == VALUE_F64
                       ? value_as_double(cells->data, VALUE_F64, cells->first + row)
                       : (double)arrow_cells_number(cells, row);
    if (cells->value == VALUE_F64 && isfinite(value))
        text_from_real(value, out);
    else
        text_from_float((float)value, out);
    if (!strpbrk(out, ".en"))
        strcat(out, ".0");
    return (int)strlen(out);
}

static int write_number(const struct arrow_cells *cells, int64_t row, char out[NUMBER_MOST])
{
    uint64_t large;
    if (cells->kind == ARROW_HALF || value_is_float(cells->value))
        return write_real(cells, row, out);
    if (cells->value != VALUE_U64)
        return snprintf(
            out, NUMBER_MOST, "%" PRId64, whole_at(cells->data, cells->value, cells->first + row));
    memcpy(&large, (const char *)cells->data + (cells->first + row) * (int64_t)sizeof large,
        sizeof large);
    return snprintf(out, NUMBER_MOST, "%" PRIu64, large);
}

static int64_t write_span(struct span span, char *out)
{
    char *to = out;
    for (int64_t i = 0; i < span.length; i++) {
        *to++ = span.text[i];
        if (span.text[i] == '"')
            *to++ = '"';
    }
    return to - out;
}

/* Returns the length of all texts, at most, and sets *quotes if one has quotes. */
static int64_t measure(const struct arrow_cells *cells, bool *quotes)
{
    int64_t bytes = 0;
    for (int64_t row = 0; row < cells->rows; row++) {
        if (is_null(cells, row))
            continue;
        struct span span = has_spans(cells) ? span_at(cells, row) : (struct span){"", NUMBER_MOST};
        *quotes |= memchr(span.text, '"', (size_t)(has_spans(cells) ? span.length : 0)) != NULL;
        bytes += has_spans(cells) ? 2 * span.length : span.length;
    }
    return bytes;
}

/* Writes the texts and their offsets. */
static void write_texts(const struct arrow_cells *cells, char decimal, int64_t *offset, char *text)
{
    int64_t used = 0;
    for (int64_t row = 0; row < cells->rows; row++) {
        char *at = text + used;
        if (!is_null(cells, row) && has_spans(cells)) {
            used += write_span(span_at(cells, row), at);
        } else if (!is_null(cells, row)) {
            used += write_number(cells, row, at);
            char *point = memchr(at, '.', (size_t)(text + used - at));
            if (point && decimal == ',')
                *point = ',';
        }
        offset[row + 1] = used;
    }
}

enum status arrow_cells_make_text(struct arrow_cells *cells, char decimal, struct error *error)
{
    bool quotes = false;
    if (cells->kind == ARROW_DICTIONARY)
        return arrow_cells_make_text(cells->word, decimal, error);
    if (cells->kind == ARROW_NOTHING || cells->kind == ARROW_TRUTH)
        return STATUS_OK;
    int64_t bytes = measure(cells, &quotes);
    if (has_spans(cells) && !quotes)
        return STATUS_OK;
    size_t offsets = ((size_t)cells->rows + 1) * sizeof(int64_t);
    TRY(memory_take(&cells->own, offsets + (size_t)bytes, 1, "the texts of a column", error));
    char *text = (char *)cells->own + offsets;
    write_texts(cells, decimal, cells->own, text);
    cells->kind = ARROW_LARGE_TEXT;
    cells->valid = NULL;
    cells->first = 0;
    cells->data = cells->own;
    cells->text = text;
    return STATUS_OK;
}
