#include "base/json.h"

#include <jansson.h>
#include <math.h>

/* `struct json` is jansson's json_t under a name of ours: nothing is wrapped or copied. */
static json_t *inner(struct json *json)
{
    return (json_t *)json;
}

static const json_t *inner_const(const struct json *json)
{
    return (const json_t *)json;
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

void js_set(struct json *object, const char *key, struct json *value)
{
    json_object_set_new(inner(object), key, inner(value));
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void js_set_text(struct json *object, const char *key, const char *value)
{
    json_object_set_new(inner(object), key, value ? json_string(value) : json_null());
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

void js_set_null(struct json *object, const char *key)
{
    json_object_set_new(inner(object), key, json_null());
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

void js_append_text(struct json *array, const char *value)
{
    json_array_append_new(inner(array), json_string(value));
}

char *js_text(const struct json *json, bool indented)
{
    return json_dumps(inner_const(json), indented ? JSON_INDENT(2) : JSON_COMPACT);
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
    return (const struct json *)json_object_get(inner_const(object), key);
}

const struct json *js_item(const struct json *array, size_t index)
{
    return (const struct json *)json_array_get(inner_const(array), index);
}

size_t js_size(const struct json *json)
{
    const json_t *value = inner_const(json);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const char *js_key(const struct json *object, size_t index)
{
    json_t *value = (json_t *)(uintptr_t)object;
    void *at = json_object_iter(value);
    for (; at && index > 0; index--)
        at = json_object_iter_next(value, at);
    return at ? json_object_iter_key(at) : NULL;
}

const char *js_as_text(const struct json *json)
{
    return json_string_value(inner_const(json));
}

bool js_as_int(const struct json *json, int64_t *value)
{
    if (!json_is_integer(inner_const(json)))
        return false;
    *value = json_integer_value(inner_const(json));
    return true;
}

bool js_as_real(const struct json *json, double *value)
{
    if (!json_is_number(inner_const(json)))
        return false;
    *value = json_number_value(inner_const(json));
    return true;
}

bool js_as_bool(const struct json *json, bool *value)
{
    if (!json_is_boolean(inner_const(json)))
        return false;
    *value = json_is_true(inner_const(json));
    return true;
}
