#include "data/formats/npy.h"

#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "data/array.h"

/* --- the header ---------------------------------------------------------------------------- */

static const char magic[] = "\x93NUMPY";
enum { MAGIC_SIZE = 6, TEXT_MOST = 40 };

/* The contents of the header's dictionary, not yet checked. */
struct dictionary {
    char descr[TEXT_MOST];
    bool fortran_order;
    bool has_descr, has_order, has_shape;
};

/* The part of the dictionary that has not been read yet. */
struct cursor {
    const char *at, *end;
};

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n'))
        cursor->at++;
}

/* Skips blanks; if `word` is next, skips it and returns true. */
static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(cursor);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

static bool take(struct cursor *cursor, char c)
{
    return take_word(cursor, (char[]){c, '\0'});
}

/* Reads a Python string of plain characters. */
static bool take_text(struct cursor *cursor, char text[TEXT_MOST])
{
    char quote = take(cursor, '\'') ? '\'' : '"';
    if (quote == '"' && !take(cursor, '"'))
        return false;
    int n = 0;
    for (; cursor->at < cursor->end && *cursor->at != quote; cursor->at++) {
        bool plain = *cursor->at >= ' ' && *cursor->at <= '~' && *cursor->at != '\\';
        if (!plain || n == TEXT_MOST - 1)
            return false;
        text[n++] = *cursor->at;
    }
    text[n] = '\0';
    return take(cursor, quote);
}

static bool take_size(struct cursor *cursor, int64_t *size)
{
    const char *first = cursor->at;
    *size = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (__builtin_mul_overflow(*size, 10, size) ||
            __builtin_add_overflow(*size, *cursor->at - '0', size))
            return false;
    bool any = cursor->at > first;
    if (any && cursor->at < cursor->end && *cursor->at == 'L')
        cursor->at++; /* the suffix of a Python 2 long */
    return any;
}

/* Reads a tuple such as (), (3,), (3, 4) or (3, 4,). */
static bool take_shape(struct cursor *cursor, struct array *array)
{
    bool comma = true;
    if (!take(cursor, '('))
        return false;
    for (array->n_dimensions = 0; !take(cursor, ')'); array->n_dimensions++) {
        if (!comma || array->n_dimensions == DIMENSIONS_MAX ||
            !take_size(cursor, &array->dimension[array->n_dimensions]))
            return false;
        comma = take(cursor, ',');
    }
    return comma || array->n_dimensions > 1;
}

static bool take_entry(struct cursor *cursor, struct dictionary *dictionary, struct array *array)
{
    char key[TEXT_MOST];
    if (!take_text(cursor, key) || !take(cursor, ':'))
        return false;
    if (strcmp(key, "descr") == 0 && !dictionary->has_descr) {
        dictionary->has_descr = true;
        return take_text(cursor, dictionary->descr);
    }
    if (strcmp(key, "fortran_order") == 0 && !dictionary->has_order) {
        dictionary->has_order = true;
        dictionary->fortran_order = take_word(cursor, "True");
        return dictionary->fortran_order || take_word(cursor, "False");
    }
    if (strcmp(key, "shape") == 0 && !dictionary->has_shape) {
        dictionary->has_shape = true;
        return take_shape(cursor, array);
    }
    return false;
}

static bool take_dictionary(
    struct cursor *cursor, struct dictionary *dictionary, struct array *array)
{
    bool comma = true;
    if (!take(cursor, '{'))
        return false;
    while (!take(cursor, '}')) {
        if (!comma || !take_entry(cursor, dictionary, array))
            return false;
        comma = take(cursor, ',');
    }
    skip_blanks(cursor);
    return cursor->at == cursor->end && dictionary->has_descr && dictionary->has_order &&
           dictionary->has_shape;
}

static enum status find_type(struct array *array, const char *descr, struct error *error)
{
    static const struct {
        const char *name;
        enum value_type type;
    } known[] = {{"b1", VALUE_I8}, {"u1", VALUE_U8}, {"i1", VALUE_I8}, {"u2", VALUE_U16},
        {"i2", VALUE_I16}, {"u4", VALUE_U32}, {"i4", VALUE_I32}, {"u8", VALUE_U64},
        {"i8", VALUE_I64}, {"f4", VALUE_F32}, {"f8", VALUE_F64}};
    const char *name = descr + (strchr("<|=>", descr[0]) && descr[0]);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0) {
            array->type = known[i].type;
            if (descr[0] == '<' || (descr[0] == '|' && value_size(array->type) == 1))
                return STATUS_OK;
            return fail(error, STATUS_BAD_DATA,
                "%s contains numbers of type '%s'; only little-endian ones can be read: numpy.save "
                "them as x.astype('<%s')",
                array->path, descr, name);
        }
    return fail(error, STATUS_BAD_DATA,
        "%s contains items of type '%s'; supported are integers of 1 to 8 bytes, booleans, f4 and "
        "f8: numpy.save them as x.astype('<f4')",
        array->path, descr);
}

bool npy_begins(const char *bytes, size_t size)
{
    return size >= MAGIC_SIZE && memcmp(bytes, magic, MAGIC_SIZE) == 0;
}

/* Finds the dictionary, which follows the magic bytes, two version bytes, and its length. */
static enum status find_dictionary(
    struct cursor *cursor, const char *path, const char *bytes, size_t size, struct error *error)
{
    if (!npy_begins(bytes, size) || size < MAGIC_SIZE + 2)
        return fail(error, STATUS_BAD_DATA,
            "%s is not an NPY file: it does not begin with \\x93NUMPY and a version%s", path,
            size > 1 && bytes[0] == 'P' && bytes[1] == 'K'
                ? "; it is an .npz with several arrays: numpy.save each of them to its own file"
                : "");
    int major = (unsigned char)bytes[MAGIC_SIZE], minor = (unsigned char)bytes[MAGIC_SIZE + 1];
    if (major < 1 || major > 3 || minor != 0)
        return fail(error, STATUS_BAD_DATA,
            "%s is an NPY file of version %d.%d; 1.0, 2.0 and 3.0 are supported", path, major,
            minor);
    size_t length_size = major == 1 ? 2 : 4, start = MAGIC_SIZE + 2 + length_size;
    uint32_t length = 0;
    if (size >= start)
        memcpy(&length, bytes + MAGIC_SIZE + 2, length_size);
    length = le32toh(length);
    if (size < start || size - start < length)
        return fail(error, STATUS_BAD_DATA, "%s ends within its header", path);
    *cursor = (struct cursor){bytes + start, bytes + start + length};
    return STATUS_OK;
}

/* Reads the header of a file of `size` bytes; *start is set to the offset of the data, which must
 * fill the rest of the file exactly. Allocates no memory and trusts nothing in the header. */
static enum status read_header(
    struct array *array, size_t *start, const char *bytes, size_t size, struct error *error)
{
    struct dictionary dictionary = {.descr = ""};
    size_t wanted;
    struct cursor cursor = {bytes, bytes};
    TRY(find_dictionary(&cursor, array->path, bytes, size, error));
    *start = (size_t)(cursor.end - bytes);
    if (!take_dictionary(&cursor, &dictionary, array))
        return fail(error, STATUS_BAD_DATA,
            "%s: its header is wrong at byte %zu; expected {'descr': '<f4', 'fortran_order': "
            "False, 'shape': (N, F), } with plain numbers",
            array->path, (size_t)(cursor.at - bytes));
    if (dictionary.fortran_order && array->n_dimensions > 1)
        return fail(error, STATUS_BAD_DATA,
            "%s is stored column by column (fortran_order); numpy.save "
            "numpy.ascontiguousarray(x) instead",
            array->path);
    TRY(find_type(array, dictionary.descr, error));
    if (array->n_dimensions == 0)
        return fail(error, STATUS_BAD_DATA,
            "%s contains a single number with shape (); the first dimension must be the samples",
            array->path);
    TRY(array_measure(array, *start, &wanted, error));
    if (wanted != size)
        return fail(error, STATUS_BAD_DATA, "%s has %zu bytes, but its header declares %zu",
            array->path, size, wanted);
    return STATUS_OK;
}

/* --- datasets ------------------------------------------------------------------------------ */

/* Maps a file and reads its header; *values points to the data. On failure nothing is mapped. */
static enum status open_array(struct mapped_file *file, struct array *array, const void **values,
    const char *path, struct error *error)
{
    size_t start = 0;
    *array = (struct array){.path = path};
    TRY(mapped_file_open(file, path, error));
    enum status status = read_header(array, &start, file->bytes, file->size, error);
    status = mapped_file_check(file, path, status, error);
    if (status)
        mapped_file_close(file);
    else
        *values = file->bytes + start;
    return status;
}

static enum status map_inputs(const char *path, struct dataset *dataset, struct error *error)
{
    struct array array;
    const void *values;
    TRY(open_array(&dataset->file, &array, &values, path, error));
    if (snprintf(dataset->path, sizeof dataset->path, "%s", path) >= (int)sizeof dataset->path)
        return fail(error, STATUS_USAGE, "path too long: %.60s...", path);
    dataset->samples = array.samples;
    dataset->features = array.width;
    dataset->type = array.type;
    dataset->table = true;
    dataset->values = (void *)(uintptr_t)values;
    return dataset_check(
        dataset, array_check_finite(&array, values, array.type, "feature", error), error);
}

/* Returns K if floats are exactly the class numbers 0.0, 1.0 ... K-1, with K from 2 to 20; else 0. */
static int count_classes(const struct array *array, const void *values)
{
    enum { CLASSES_MOST = 20 };
    bool seen[CLASSES_MOST] = {false};
    int different = 0, largest = 0;
    for (int64_t i = 0; i < array->samples; i++) {
        double value = value_as_double(values, array->type, i);
        if (!(value >= 0 && value < CLASSES_MOST) || value != floor(value))
            return 0;
        int number = (int)value;
        different += !seen[number];
        seen[number] = true;
        largest = number > largest ? number : largest;
    }
    return different == largest + 1 && different > 1 ? different : 0;
}

/* Decides whether labels of which nothing is known are classes, with a note for floats. */
static bool look_like_classes(
    const struct array *array, const void *values, struct dataset *dataset)
{
    if (array->width != 1 || !value_is_float(array->type))
        return array->width == 1;
    int classes = count_classes(array, values);
    if (classes > 0)
        snprintf(dataset->note, sizeof dataset->note,
            "the labels are the whole numbers 0.0 to %d.0 and are read as %d classes; --loss mse "
            "reads them as targets",
            classes - 1, classes);
    return classes > 0;
}

static enum status make_labels(const struct array *array, const void *values, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error)
{
    bool classes =
        task == TASK_CLASSES || (task == TASK_AUTO && look_like_classes(array, values, dataset));
    if (array->n_dimensions > 2)
        return fail(error, STATUS_BAD_DATA,
            "%s has %d dimensions; labels have one, or two with several targets per sample",
            array->path, array->n_dimensions);
    if (array->width > 1 && classes)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld numbers per sample; a class label is a single number (several are targets "
            "for --loss bce or mse)",
            array->path, (long long)array->width);
    TRY(labels_expect(dataset, array, classes, room, error));
    return labels_make(dataset, array, values, classes, error);
}

static enum status read_labels(const char *path, enum task task, const struct room *room,
    struct dataset *dataset, struct error *error)
{
    struct array array;
    struct mapped_file file;
    const void *values;
    TRY(open_array(&file, &array, &values, path, error));
    enum status status = make_labels(&array, values, task, room, dataset, error);
    status = mapped_file_check(&file, path, status, error);
    mapped_file_close(&file);
    return status;
}

enum status npy_read(const char *inputs, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error)
{
    *dataset = (struct dataset){0};
    snprintf(dataset->name, sizeof dataset->name, "%s", inputs);
    enum status status = map_inputs(inputs, dataset, error);
    if (!status)
        status = task == TASK_NONE ? room_for_set(room, dataset, 0, error)
                                   : read_labels(labels, task, room, dataset, error);
    if (status)
        dataset_clear(dataset);
    return status;
}
