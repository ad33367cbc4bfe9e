#include "support/arrow_frame.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static int unreleased;

int arrow_frame_unreleased(void)
{
    return unreleased;
}

/* Zeroed memory that is freed by the release of its owner. A size of 0 gives memory, too. */
static void *room(size_t size)
{
    void *block = calloc(1, size + 1);
    assert_non_null(block);
    return block;
}

/* --- arrays --------------------------------------------------------------------------------- */

enum { BUFFERS = 5, ROWS_MOST = 64 };

static void release_array(struct ArrowArray *array)
{
    assert_non_null(array->release);
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)(uintptr_t)array->buffers[i]);
    free(array->buffers);
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]) {
            array->children[i]->release(array->children[i]);
            free(array->children[i]);
        }
    }
    free(array->children);
    if (array->dictionary) {
        array->dictionary->release(array->dictionary);
        free(array->dictionary);
    }
    array->release = NULL;
    unreleased--;
}

static void array_begin(struct ArrowArray *array, int64_t length, int64_t offset, int buffers)
{
    *array = (struct ArrowArray){.length = length,
        .offset = offset,
        .n_buffers = buffers,
        .buffers = room(BUFFERS * sizeof(void *)),
        .release = release_array};
    unreleased++;
}

static uint16_t half_of(double value)
{
    for (int half = 0; half < 0x7c00; half++) {
        int exponent = half >> 10;
        double magnitude =
            exponent ? ldexp(1024 + (half & 1023), exponent - 25) : ldexp(half & 1023, -24);
        if (magnitude == fabs(value))
            return (uint16_t)(half | (value < 0 ? 0x8000 : 0));
    }
    fail_msg("%g is not a half", value);
    return 0;
}

static void put_number(void *data, char format, int64_t i, const char *text)
{
    double real = strtod(text, NULL);
    long long whole = strtoll(text, NULL, 10);
    unsigned long long natural = strtoull(text, NULL, 10);
    switch (format) {
    case 'c':
        ((int8_t *)data)[i] = (int8_t)whole;
        break;
    case 'C':
        ((uint8_t *)data)[i] = (uint8_t)whole;
        break;
    case 's':
        ((int16_t *)data)[i] = (int16_t)whole;
        break;
    case 'S':
        ((uint16_t *)data)[i] = (uint16_t)whole;
        break;
    case 'i':
        ((int32_t *)data)[i] = (int32_t)whole;
        break;
    case 'I':
        ((uint32_t *)data)[i] = (uint32_t)whole;
        break;
    case 'l':
        ((int64_t *)data)[i] = whole;
        break;
    case 'L':
        ((uint64_t *)data)[i] = natural;
        break;
    case 'e':
        ((uint16_t *)data)[i] = half_of(real);
        break;
    case 'f':
        ((float *)data)[i] = strtof(text, NULL);
        break;
    default:
        ((double *)data)[i] = real;
        break;
    }
}

static void set_bit(void *bits, int64_t i)
{
    ((uint8_t *)bits)[i / 8] |= (uint8_t)(1 << i % 8);
}

/* Texts with offsets of 32 or 64 bits. */
static void put_texts(struct ArrowArray *array, const char *const *text, int64_t n, bool large)
{
    size_t used = 0, width = large ? 8 : 4;
    char *offset = room((size_t)(n + 1) * width), *bytes = room(1 << 12);
    for (int64_t i = 0; i < n; i++) {
        size_t length = text[i] ? strlen(text[i]) : 3; /* a null may have text */
        memcpy(bytes + used, text[i] ? text[i] : "???", length);
        used += length;
        memcpy(offset + (size_t)(i + 1) * width, &used, width);
    }
    array->buffers[1] = offset;
    array->buffers[2] = bytes;
}

/* Views, whose long texts are in two buffers in turn. */
static void put_views(struct ArrowArray *array, const char *const *text, int64_t n)
{
    int64_t *size = room(2 * sizeof *size);
    int32_t *view = room((size_t)n * 16);
    char *part[2] = {room(1 << 12), room(1 << 12)};
    for (int64_t i = 0; i < n; i++) {
        int32_t length = text[i] ? (int32_t)strlen(text[i]) : 0;
        view[4 * i] = length;
        if (length <= 12) {
            memcpy(&view[4 * i + 1], text[i] ? text[i] : "", (size_t)length);
            continue;
        }
        memcpy(&view[4 * i + 1], text[i], 4);
        view[4 * i + 2] = (int32_t)(i % 2);
        view[4 * i + 3] = (int32_t)size[i % 2];
        memcpy(part[i % 2] + size[i % 2], text[i], (size_t)length);
        size[i % 2] += length;
    }
    array->n_buffers = BUFFERS;
    array->buffers[1] = view;
    array->buffers[2] = part[0];
    array->buffers[3] = part[1];
    array->buffers[4] = size;
}

/* Fills an array without its dictionary. */
static void put_cells(
    struct ArrowArray *array, const char *format, const char *const *text, int64_t n)
{
    bool texts = strpbrk(format, "uU") != NULL;
    array_begin(array, n, 0, *format == 'n' ? 0 : texts ? 3 : 2);
    if (*format == 'n')
        return;
    uint8_t *valid = room((size_t)n / 8 + 1);
    array->buffers[0] = valid;
    for (int64_t i = 0; i < n; i++)
        if (text[i])
            set_bit(valid, i);
        else
            array->null_count++;
    if (texts && *format == 'v') {
        put_views(array, text, n);
    } else if (texts) {
        put_texts(array, text, n, *format == 'U');
    } else {
        void *data = room((size_t)n * 8);
        array->buffers[1] = data;
        for (int64_t i = 0; i < n; i++)
            if (*format != 'b')
                put_number(data, strchr("ts", *format) && format[1] ? 'l' : *format, i,
                    text[i] ? text[i] : "77");
            else if (text[i] && strcmp(text[i], "true") == 0)
                set_bit(data, i);
    }
}

static void put_dictionary(
    struct ArrowArray *array, const char *format, const char *const *text, int64_t n)
{
    const char *word[ROWS_MOST], *index[ROWS_MOST];
    char number[ROWS_MOST][12];
    int words = 0;
    for (int64_t i = n - 1; i >= 0; i--) { /* from the last */
        int w = 0;
        while (w < words && text[i] && strcmp(word[w], text[i]) != 0)
            w++;
        if (text[i] && w == words)
            word[words++] = text[i];
        snprintf(number[i], sizeof number[i], "%d", w);
        index[i] = text[i] ? number[i] : NULL;
    }
    put_cells(array, (char[]){format[0], '\0'}, index, n);
    array->dictionary = room(sizeof *array->dictionary);
    put_cells(array->dictionary, format + 2, word, words);
}

/* Makes the column of a batch, with rows in front that its offset leaves out. */
static struct ArrowArray *make_column(
    const struct arrow_frame *frame, int column, int first, int rows)
{
    const char *text[ROWS_MOST], *format = frame->format[column];
    int before = frame->skip + frame->batch_skip;
    struct ArrowArray *array = room(sizeof *array);
    assert_true(before + rows <= ROWS_MOST);
    for (int i = 0; i < before; i++)
        text[i] = i % 2 ? NULL : strchr("uU", format[0]) ? "left out" : "1";
    for (int i = 0; i < rows; i++)
        text[before + i] = frame->cell[(first + i) * frame->columns + column];
    if (format[0] != '\0' && format[1] == '<')
        put_dictionary(array, format, text, before + rows);
    else
        put_cells(array, format, text, before + rows);
    array->offset = frame->skip;
    array->length -= frame->skip;
    return array;
}

/* --- the stream ------------------------------------------------------------------------------ */

struct source {
    const struct arrow_frame *frame;
    int next, calls; /* row of the next batch */
};

static void release_schema(struct ArrowSchema *schema)
{
    assert_non_null(schema->release);
    for (int64_t i = 0; i < schema->n_children; i++) {
        schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    if (schema->dictionary) {
        schema->dictionary->release(schema->dictionary);
        free(schema->dictionary);
    }
    free((void *)(uintptr_t)schema->format);
    schema->release = NULL;
    unreleased--;
}

static void schema_begin(struct ArrowSchema *schema, const char *format, const char *name)
{
    bool coded = format[0] != '\0' && format[1] == '<';
    char *own = strdup(format);
    if (coded)
        own[1] = '\0';
    *schema = (struct ArrowSchema){
        .format = own, .name = name, .flags = ARROW_FLAG_NULLABLE, .release = release_schema};
    unreleased++;
    if (coded) {
        schema->dictionary = room(sizeof *schema);
        schema_begin(schema->dictionary, format + 2, NULL);
    }
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema)
{
    const struct arrow_frame *frame = ((struct source *)stream->private_data)->frame;
    schema_begin(schema, "+s", NULL);
    schema->n_children = frame->columns;
    schema->children = room((size_t)frame->columns * sizeof(void *));
    for (int c = 0; c < frame->columns; c++) {
        schema->children[c] = room(sizeof *schema);
        schema_begin(schema->children[c], frame->format[c], frame->name[c]);
    }
    if (frame->spoil_schema)
        frame->spoil_schema(schema);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *array)
{
    struct source *source = stream->private_data;
    const struct arrow_frame *frame = source->frame;
    int left = frame->rows - source->next, most = frame->batch ? frame->batch : frame->rows;
    int rows = left < most ? left : most;
    source->calls++;
    if (source->calls == frame->fails_at)
        return EIO;
    array->release = NULL;
    if (frame->empty_first && source->calls == 1)
        rows = 0;
    else if (left == 0)
        return 0;
    array_begin(array, rows, frame->batch_skip, 1);
    array->n_children = frame->columns;
    array->children = room((size_t)frame->columns * sizeof(void *));
    for (int c = 0; c < frame->columns; c++)
        array->children[c] = make_column(frame, c, source->next, rows);
    source->next += rows;
    if (frame->spoil && source->next == frame->rows)
        frame->spoil(array);
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    return ((struct source *)stream->private_data)->frame->says;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    assert_non_null(stream->release);
    free(stream->private_data);
    stream->release = NULL;
    unreleased--;
}

void arrow_frame_open(const struct arrow_frame *frame, struct ArrowArrayStream *stream)
{
    struct source *source = room(sizeof *source);
    source->frame = frame;
    *stream =
        (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, source};
    unreleased++;
}

/* --- CSV ------------------------------------------------------------------------------------- */

static void write_cell(FILE *file, const char *text, char behind)
{
    bool quoted = text && strpbrk(text, ",\"\n");
    fputs(quoted ? "\"" : "", file);
    for (; text && *text; text++)
        fprintf(file, "%s%c", *text == '"' ? "\"" : "", *text);
    fprintf(file, "%s%c", quoted ? "\"" : "", behind);
}

char *arrow_frame_csv(const struct arrow_frame *frame)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    for (int row = -1; row < frame->rows; row++)
        for (int c = 0; c < frame->columns; c++)
            write_cell(file, row < 0 ? frame->name[c] : frame->cell[row * frame->columns + c],
                c + 1 < frame->columns ? ',' : '\n');
    assert_int_equal(fclose(file), 0);
    return text;
}
