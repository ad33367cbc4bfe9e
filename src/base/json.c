#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"

/* `struct json` is another name for jansson's json_t: nothing is wrapped or copied. */
static json_t *inner(const struct json *json)
{
    return (json_t *)(uintptr_t)json;
}

struct json *js_object(void)
{
    return (struct json *)json_object();
}

struct json *js_array(void)
{
    return (struct json *)json_array();
}

void js_destroy(struct json *json)
{
    json_decref(inner(json));
}

struct json *js_copy(const struct json *json)
{
    return (struct json *)json_deep_copy(inner(json));
}

void js_set(struct json *object, const char *key, struct json *value)
{
    json_object_set_new(inner(object), key, value ? inner(value) : json_null());
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Returns a JSON string. NULL: out of memory, which js_text() will report. */
static json_t *text_or_shown(const char *text)
{
    enum { LONGEST = 4 }; /* characters per byte */
    if (text_is_utf8(text, strlen(text)))
        return json_string(text);
    size_t room = LONGEST * strlen(text) + LONGEST;
    char *shown = malloc(room);
    json_t *value = shown ? json_string(shown_text(shown, room, text)) : NULL;
    free(shown);
    return value;
}

void js_set_text(struct json *object, const char *key, const char *value)
{
    json_object_set_new(inner(object), key, value ? text_or_shown(value) : json_null());
}

void js_set_int(struct json *object, const char *key, int64_t value)
{
    json_object_set_new(inner(object), key, json_integer(value));
}

void js_set_real(struct json *object, const char *key, double value)
{
    json_object_set_new(inner(object), key, real_or_null(value));
}

void js_set_bool(struct json *object, const char *key, bool value)
{
    json_object_set_new(inner(object), key, json_boolean(value));
}

void js_append(struct json *array, struct json *value)
{
    json_array_append_new(inner(array), inner(value));
}

void js_append_int(struct json *array, int64_t value)
{
    json_array_append_new(inner(array), json_integer(value));
}

void js_append_real(struct json *array, double value)
{
    json_array_append_new(inner(array), real_or_null(value));
}

void js_append_float(struct json *array, float value)
{
    char text[32];
    double nearest;
    bool same = text_to_real(text_from_float(value, text), &nearest) && (float)nearest == value;
    js_append_real(array, same ? nearest : (double)value);
}

void js_append_text(struct json *array, const char *value)
{
    json_array_append_new(inner(array), text_or_shown(value));
}

void js_push_real(struct json *object, const char *key, double value)
{
    if (!json_object_get(inner(object), key))
        json_object_set_new(inner(object), key, json_array());
    json_array_append_new(json_object_get(inner(object), key), real_or_null(value));
}

static void print_escape(FILE *file, uint32_t code)
{
    if (code > 0xffff) { /* a surrogate pair */
        fprintf(file, "\\u%04x", 0xd800 + ((code - 0x10000) >> 10));
        code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    fprintf(file, "\\u%04x", code);
}

/* Prints the number at the beginning of a JSON text and returns its length. jansson writes 17 digits
 * of a real number, e.g. 0.60999999999999999. */
static size_t print_number(FILE *file, const char *text)
{
    size_t length = strspn(text, "+-.0123456789eE");
    char number[64], shortest[32];
    double value;
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    bool whole = !strpbrk(number, ".eE") || !text_to_real(number, &value);
    fputs(whole ? number : text_from_real(value, shortest), file);
    if (!whole && !strpbrk(shortest, ".e"))
        fputs(".0", file); /* it stays a real number */
    return length;
}

static size_t print_character(FILE *file, const char *text, size_t size)
{
    uint32_t code;
    size_t length = text_character(text, size, &code);
    if (code == '\n' || shown_plainly(code))
        fwrite(text, 1, length, file);
    else
        print_escape(file, code);
    return length;
}

/* Copies a JSON text with the shortest form of each real number, and with escapes for all
 * characters that are not plain. jansson has already escaped the ASCII control characters except
 * DEL, and the rest occur only in strings. NULL: out of memory. */
static char *rewritten(const char *text)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    bool quoted = false;
    if (!file)
        return NULL;
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        if (!quoted && (*text == '-' || (*text >= '0' && *text <= '9'))) {
            length = print_number(file, text);
            continue;
        }
        quoted ^= *text == '"';
        if (quoted && *text == '\\') /* the next character may be a quotation mark */
            length = fwrite(text, 1, 2, file);
        else
            length = print_character(file, text, left);
    }
    if (fclose(file) == 0)
        return out;
    free(out);
    return NULL;
}

char *js_text(const struct json *json, bool indented)
{
    char *raw = json_dumps(inner(json), indented ? JSON_INDENT(2) : JSON_COMPACT);
    char *text = raw ? rewritten(raw) : NULL;
    free(raw);
    return text;
}

enum status js_parse(
    const char *bytes, size_t size, const char *name, struct json **json, struct error *error)
{
    json_error_t reason;
    json_t *value = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &reason);
    if (!value)
        return fail(error, STATUS_BAD_DATA, "%s: not JSON: line %d, column %d: %s", name,
            reason.line, reason.column, reason.text);
    *json = (struct json *)value;
    return STATUS_OK;
}

const struct json *js_get(const struct json *object, const char *key)
{
    return (const struct json *)json_object_get(inner(object), key);
}

const struct json *js_item(const struct json *array, size_t index)
{
    return (const struct json *)json_array_get(inner(array), index);
}

size_t js_size(const struct json *json)
{
    const json_t *value = inner(json);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const char *js_key(const struct json *object, size_t index)
{
    json_t *value = inner(object);
    void *at = json_object_iter(value);
    for (; at && index > 0; index--)
        at = json_object_iter_next(value, at);
    return at ? json_object_iter_key(at) : NULL;
}

const char *js_as_text(const struct json *json)
{
    return json_string_value(inner(json));
}

bool js_as_int(const struct json *json, int64_t *value)
{
    if (!json_is_integer(inner(json)))
        return false;
    *value = json_integer_value(inner(json));
    return true;
}

bool js_as_real(const struct json *json, double *value)
{
    if (!json_is_number(inner(json)))
        return false;
    *value = json_number_value(inner(json));
    return true;
}

bool js_as_bool(const struct json *json, bool *value)
{
    if (!json_is_boolean(inner(json)))
        return false;
    *value = json_is_true(inner(json));
    return true;
}
