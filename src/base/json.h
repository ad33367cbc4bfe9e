/* json.h: builds and reads JSON values. json.c is the only file that includes jansson.
 *
 * A `struct json` belongs to its creator until it is put into another value. The setters take
 * ownership of the values they are given, and report no failures: if memory runs out, js_text()
 * returns NULL.
 * Reals that are not finite become null; a string that is not UTF-8 cannot be stored in JSON, and
 * is escaped by base/shown.h first. The prefix is js_ because json_ is jansson's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct json;

struct json *js_object(void);
struct json *js_array(void);
void js_destroy(struct json *json);
struct json *js_copy(const struct json *json); /* of all its parts */

void js_set(struct json *object, const char *key, struct json *value);     /* NULL: null */
void js_set_text(struct json *object, const char *key, const char *value); /* NULL: null */
void js_set_int(struct json *object, const char *key, int64_t value);
void js_set_real(struct json *object, const char *key, double value);
void js_set_bool(struct json *object, const char *key, bool value);

void js_append(struct json *array, struct json *value);
void js_append_int(struct json *array, int64_t value);
void js_append_real(struct json *array, double value);
void js_append_float(struct json *array, float value); /* 0.1f as 0.1 */
void js_append_text(struct json *array, const char *value);

/* Appends to the array at a key; a missing array is created empty. */
void js_push_real(struct json *object, const char *key, double value);

/* Returns a value as text, on one line or indented; the caller frees it. NULL: out of memory.
 * A real number has the shortest text that reads back as the same double.
 * Characters that are not plain (base/shown.h) are written as JSON's \u escapes, so nothing is lost
 * and the text is safe on a terminal. */
char *js_text(const struct json *json, bool indented);

/* Parses `size` bytes; `name` is used in the message. STATUS_BAD_DATA. */
enum status js_parse(
    const char *bytes, size_t size, const char *name, struct json **json, struct error *error);

/* Readers: a missing value, or one of another type, gives NULL or false. Returned values are
 * borrowed from the parent. */
const struct json *js_get(const struct json *object, const char *key);
const struct json *js_item(const struct json *array, size_t index);
size_t js_size(const struct json *json); /* entries of an array or object; else 0 */
const char *js_key(const struct json *object, size_t index); /* in the order of insertion */
const char *js_as_text(const struct json *json);
bool js_as_int(const struct json *json, int64_t *value);
bool js_as_real(const struct json *json, double *value); /* integers too */
bool js_as_bool(const struct json *json, bool *value);
