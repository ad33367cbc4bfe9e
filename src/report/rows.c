#include "report/rows.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "base/text.h"
#include "commit.h"

#ifdef __clang__
#define COMPILER __VERSION__ /* contains the word "clang" */
#else
#define COMPILER "gcc " __VERSION__
#endif

const struct json *row_value(const struct json *row, const char *path)
{
    char part[64];
    while (row && *path) {
        size_t length = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)length, path);
        const struct json *member = js_get(row, part);
        if (isdigit((unsigned char)*part))
            member = js_item(row, strtoul(part, NULL, 10));
        else if (!member && strcmp(part, "last") == 0)
            member = js_item(row, js_size(row) - 1);
        row = member;
        path += length + (path[length] == '.');
    }
    return row;
}

double row_number(const struct json *row, const char *path)
{
    return value_number(row_value(row, path));
}

const char *row_text(const struct json *row, const char *path)
{
    return js_as_text(row_value(row, path));
}

bool row_true(const struct json *row, const char *path)
{
    bool truth = false;
    return js_as_bool(row_value(row, path), &truth) && truth;
}

const struct json *value_middle(const struct json *value)
{
    const struct json *mean = js_get(value, "mean");
    return mean ? mean : js_get(value, "median");
}

double value_number(const struct json *value)
{
    double number;
    if (js_as_real(value, &number) || js_as_real(value_middle(value), &number))
        return number;
    return (double)NAN;
}

struct rows rows_of(const struct json *array)
{
    struct rows rows = {.n = 0};
    for (size_t i = 0; i < js_size(array) && rows.n < ROWS_MAX; i++)
        if (js_item(array, i))
            rows.row[rows.n++] = js_item(array, i);
    return rows;
}

static const char *kind_of(const struct json *row, const char *path)
{
    const char *text = row_text(row, path);
    return text ? text : "";
}

bool row_is(const struct json *row, const char *path, const char *text)
{
    return strcmp(kind_of(row, path), text) == 0;
}

struct rows rows_with(const struct rows *rows, const char *path, const char *text)
{
    struct rows some = {.n = 0};
    for (int i = 0; i < rows->n; i++)
        if (row_is(rows->row[i], path, text))
            some.row[some.n++] = rows->row[i];
    return some;
}

static const struct json *extreme(const struct rows *rows, const char *path, double sign)
{
    const struct json *best = NULL;
    for (int i = 0; i < rows->n; i++) {
        double value = sign * row_number(rows->row[i], path);
        if (isfinite(value) && (!best || value > sign * row_number(best, path)))
            best = rows->row[i];
    }
    return best;
}

const struct json *rows_least(const struct rows *rows, const char *path)
{
    return extreme(rows, path, -1);
}

const struct json *rows_most(const struct rows *rows, const char *path)
{
    return extreme(rows, path, 1);
}

int rows_kinds(const struct rows *rows, const char *path, const char *kinds[ROWS_KINDS])
{
    int found = 0;
    for (int i = 0; i < rows->n && found < ROWS_KINDS; i++) {
        int same = 0;
        while (same < found && !row_is(rows->row[i], path, kinds[same]))
            same++;
        if (same == found)
            kinds[found++] = kind_of(rows->row[i], path);
    }
    return found;
}

/* --- writing ---------------------------------------------------------------------------------- */

void row_set_count(struct json *row, const char *key, int64_t count)
{
    if (count > 0)
        js_set_int(row, key, count);
    else
        js_set(row, key, NULL);
}

void row_set_hash(struct json *row, const char *key, uint64_t hash)
{
    char text[32];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    js_set_text(row, key, text);
}

void row_set_version(struct json *row)
{
    js_set_text(row, "version", LOCKSTEP_VERSION);
    js_set_text(row, "commit", LOCKSTEP_COMMIT);
}

const char *build_compiler(void)
{
    return COMPILER;
}

void row_set_build(struct json *row)
{
    js_set_text(row, "compiler", build_compiler());
    js_set_text(row, "flags", LOCKSTEP_FLAGS);
}

void row_set_metrics(struct json *row, const char *prefix, const struct metrics *metrics)
{
    for (int m = 0; m < N_METRICS; m++) {
        char key[32];
        snprintf(key, sizeof key, "%s%s", prefix, metric_name((enum metric)m));
        js_set_real(row, key, metric_of((enum metric)m, metrics));
    }
}

void row_set_comparison(struct json *row, const struct comparison *comparison)
{
    struct json *causes = js_array();
    if (comparison->known)
        js_set_bool(row, "better_than_baseline", comparison->better);
    else
        js_set_text(row, "better_than_baseline", NULL);
    for (int i = 0; i < comparison->causes; i++)
        js_append_text(causes, comparison->cause[i]);
    js_set(row, "causes", causes);
}

void row_set_weights(struct json *row, const struct result *result)
{
    if (result->stopped_by == STOP_CORRUPTED)
        js_set(row, "weights_xxh3", NULL);
    else
        row_set_hash(row, "weights_xxh3", result->weights_xxh3);
}

const char *network_text(const struct mlp *mlp, char out[NETWORK_TEXT])
{
    out[0] = '\0';
    for (int l = 0; l <= mlp->layers; l++)
        text_append(out, NETWORK_TEXT, l ? "-%" PRId64 : "%" PRId64, mlp->width[l]);
    return out;
}

/* Converts the object to text and destroys it. */
static enum status take_text(struct json *row, char **text, struct error *error)
{
    *text = js_text(row, true);
    js_destroy(row);
    return *text ? STATUS_OK : fail(error, STATUS_NO_RESOURCE, "no memory for figures as JSON");
}

enum status row_print(struct json *row, struct error *error)
{
    char *text;
    enum status status = take_text(row, &text, error);
    if (!status)
        puts(text);
    free(text);
    return status;
}

enum status row_write(
    struct json *row, const struct directory *directory, const char *name, struct error *error)
{
    char *text;
    enum status status = take_text(row, &text, error);
    if (!status)
        status = output_write_whole(directory, name, text, strlen(text), error);
    free(text);
    return status;
}
