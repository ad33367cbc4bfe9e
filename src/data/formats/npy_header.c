#include "data/formats/npy_header.h"

#include <string.h>

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

/* Skips blanks; if `c` is next, skips it and returns true. */
static bool take(struct cursor *cursor, char c)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if (!take(cursor, word[0]) || (size_t)(cursor->end - cursor->at) < length - 1 ||
        memcmp(cursor->at, word + 1, length - 1) != 0)
        return false;
    cursor->at += length - 1;
    return true;
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
static bool take_shape(struct cursor *cursor, struct shape *shape)
{
    bool comma = true;
    if (!take(cursor, '('))
        return false;
    for (shape->n_dimensions = 0; !take(cursor, ')'); shape->n_dimensions++) {
        if (!comma || shape->n_dimensions == DIMENSIONS_MAX ||
            !take_size(cursor, &shape->dimension[shape->n_dimensions]))
            return false;
        comma = take(cursor, ',');
    }
    return comma || shape->n_dimensions > 1;
}

static bool take_entry(
    struct cursor *cursor, struct dictionary *dictionary, struct npy_header *header)
{
    char key[TEXT_MOST];
    if (!take_text(cursor, key) || !take(cursor, ':'))
        return false;
    if (strcmp(key, "descr") == 0 && !dictionary->has_descr) {
        dictionary->has_descr = true;
        return take_text(cursor, dictionary->descr);
    }
    if (strcmp(key, "fortran_order") == 0 && !dictionary->has_order) {
        struct cursor before = *cursor;
        dictionary->has_order = true;
        dictionary->fortran_order = take_word(cursor, "True");
        if (!dictionary->fortran_order)
            *cursor = before;
        return dictionary->fortran_order || take_word(cursor, "False");
    }
    if (strcmp(key, "shape") == 0 && !dictionary->has_shape) {
        dictionary->has_shape = true;
        return take_shape(cursor, &header->shape);
    }
    return false;
}

static bool take_dictionary(
    struct cursor *cursor, struct dictionary *dictionary, struct npy_header *header)
{
    bool comma = true;
    if (!take(cursor, '{'))
        return false;
    while (!take(cursor, '}')) {
        if (!comma || !take_entry(cursor, dictionary, header))
            return false;
        comma = take(cursor, ',');
    }
    skip_blanks(cursor);
    return cursor->at == cursor->end && dictionary->has_descr && dictionary->has_order &&
           dictionary->has_shape;
}

static enum status find_type(
    struct npy_header *header, const char *descr, const char *path, struct error *error)
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
            header->type = known[i].type;
            if (descr[0] == '<' || (descr[0] == '|' && value_size(header->type) == 1))
                return STATUS_OK;
            return fail(error, STATUS_BAD_DATA,
                "%s contains numbers of type '%s'; only little-endian ones can be read: numpy.save "
                "them as x.astype('<%s')",
                path, descr, name);
        }
    return fail(error, STATUS_BAD_DATA,
        "%s contains items of type '%s'; supported are integers of 1 to 8 bytes, booleans, f4 and "
        "f8: numpy.save them as x.astype('<f4')",
        path, descr);
}

/* Computes the size of the data and checks that it fills the file. */
static enum status measure(
    struct npy_header *header, const char *path, size_t size, struct error *error)
{
    size_t wanted;
    if (header->shape.n_dimensions == 0)
        return fail(error, STATUS_BAD_DATA,
            "%s contains a single number with shape (); the first dimension must be the samples",
            path);
    TRY(check_shape(&header->shape, header->type, header->start, &wanted, path, error));
    if (wanted != size)
        return fail(error, STATUS_BAD_DATA, "%s has %zu bytes, but its header declares %zu", path,
            size, wanted);
    return STATUS_OK;
}

bool npy_begins(const char *bytes, size_t size)
{
    return size >= MAGIC_SIZE && memcmp(bytes, magic, MAGIC_SIZE) == 0;
}

static uint32_t little_endian(const char *bytes, int size)
{
    uint32_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
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
    size_t length = size < start ? 0 : little_endian(bytes + start - length_size, (int)length_size);
    if (size < start || size - start < length)
        return fail(error, STATUS_BAD_DATA, "%s ends within its header", path);
    *cursor = (struct cursor){bytes + start, bytes + start + length};
    return STATUS_OK;
}

enum status npy_header_read(struct npy_header *header, const char *path, const char *bytes,
    size_t size, struct error *error)
{
    struct dictionary dictionary = {.descr = ""};
    struct cursor cursor = {bytes, bytes};
    *header = (struct npy_header){0};
    TRY(find_dictionary(&cursor, path, bytes, size, error));
    header->start = (size_t)(cursor.end - bytes);
    if (!take_dictionary(&cursor, &dictionary, header))
        return fail(error, STATUS_BAD_DATA,
            "%s: its header is wrong at byte %zu; expected {'descr': '<f4', 'fortran_order': "
            "False, 'shape': (N, F), } with plain numbers",
            path, (size_t)(cursor.at - bytes));
    if (dictionary.fortran_order && header->shape.n_dimensions > 1)
        return fail(error, STATUS_BAD_DATA,
            "%s is stored column by column (fortran_order); numpy.save "
            "numpy.ascontiguousarray(x) instead",
            path);
    TRY(find_type(header, dictionary.descr, path, error));
    return measure(header, path, size, error);
}
