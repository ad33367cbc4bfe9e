#include "run/run_reader.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/run_files.h"

enum { FILE_BYTES_MAX = 64 << 20, LINE_BYTES_MAX = 1 << 16 };

double run_real(const struct json *object, const char *key)
{
    double value;
    return js_as_real(js_get(object, key), &value) ? value : (double)NAN;
}

int64_t run_int(const struct json *object, const char *key)
{
    int64_t value;
    return js_as_int(js_get(object, key), &value) ? value : 0;
}

/* --- whole files ---------------------------------------------------------------------------- */

/* Finds the path of a file in the directory; sets *missing if it does not exist. */
static enum status find_file(char path[FILE_PATH_MAX], const char *directory, const char *name,
    bool *missing, struct error *error)
{
    enum status status = file_path(path, directory, name, error);
    *missing = !status && !file_exists(path);
    return status;
}

bool run_exists(const char *directory)
{
    char path[FILE_PATH_MAX];
    struct error error;
    bool no_summary, no_log;
    return !find_file(path, directory, RUN_SUMMARY, &no_summary, &error) &&
           !find_file(path, directory, RUN_LOG, &no_log, &error) && !(no_summary && no_log);
}

enum status run_read_json(const char *path, struct json **json, struct error *error)
{
    char *bytes;
    size_t size;
    *json = NULL;
    TRY(file_read_whole(path, FILE_BYTES_MAX, &bytes, &size, error));
    enum status status = js_parse(bytes, size, path, json, error);
    free(bytes);
    return status;
}

enum status run_read_summary(const char *directory, struct json **summary, struct error *error)
{
    char path[FILE_PATH_MAX];
    int64_t batch;
    bool missing;
    *summary = NULL;
    enum status status = find_file(path, directory, RUN_SUMMARY, &missing, error);
    if (status || missing)
        return status;
    TRY(run_read_json(path, summary, error));
    if (js_as_int(js_get(*summary, "batch"), &batch))
        return STATUS_OK;
    js_destroy(*summary);
    *summary = NULL;
    return fail(
        error, STATUS_BAD_DATA, "%s: no \"batch\": not a summary written by lockstep train", path);
}

enum status run_read_config(const char *directory, char **text, struct error *error)
{
    char path[FILE_PATH_MAX];
    size_t size;
    bool missing;
    *text = NULL;
    enum status status = find_file(path, directory, RUN_CONFIG, &missing, error);
    return status || missing ? status : file_read_whole(path, FILE_BYTES_MAX, text, &size, error);
}

/* --- the log -------------------------------------------------------------------------------- */

struct log {
    FILE *file;
    const char *path;
    void (*take)(void *context, const struct run_event *event);
    void *context;
    bool cut;
};

static enum run_event_kind kind_of(const char *name)
{
    static const char *const names[RUN_EVENT_OTHER] = {
        "start", "step", "evaluation", "epoch", "end"};
    int kind = 0;
    while (kind < RUN_EVENT_OTHER && strcmp(name, names[kind]) != 0)
        kind++;
    return (enum run_event_kind)kind;
}

/* Parses a line and passes it to the caller's function. `place`: file and line, for messages. */
static enum status take_line(
    struct log *log, const char *line, size_t length, const char *place, struct error *error)
{
    struct json *json;
    enum status status = STATUS_OK;
    TRY(js_parse(line, length, place, &json, error));
    const char *name = js_as_text(js_get(json, "event"));
    if (!name) {
        status = fail(error, STATUS_BAD_DATA,
            "%s: no \"event\": not a log line written by lockstep train", place);
    } else {
        const char *set = js_as_text(js_get(json, "set"));
        struct run_event event = {.kind = kind_of(name),
            .test = set && strcmp(set, "test") == 0,
            .step = run_real(json, "step"),
            .samples = run_real(json, "samples"),
            .elapsed_s = run_real(json, "elapsed_s"),
            .fields = json};
        log->take(log->context, &event);
    }
    js_destroy(json);
    return status;
}

static bool is_at_end(FILE *file)
{
    int next = getc(file);
    if (next != EOF)
        ungetc(next, file);
    return next == EOF;
}

/* Reads to the end of the line or file, at most LINE_BYTES_MAX bytes; returns the number of bytes
 * read. */
static size_t read_line(FILE *file, char line[LINE_BYTES_MAX])
{
    size_t length = 0;
    for (int c = 0; c != '\n' && length < LINE_BYTES_MAX && (c = getc_unlocked(file)) != EOF;)
        line[length++] = (char)c;
    return length;
}

static enum status read_lines(struct log *log, char line[LINE_BYTES_MAX], struct error *error)
{
    size_t length;
    for (long number = 1; (length = read_line(log->file, line)) > 0; number++) {
        char place[FILE_PATH_MAX + 32];
        snprintf(place, sizeof place, "%s:%ld", log->path, number);
        if (length == LINE_BYTES_MAX)
            return fail(error, STATUS_BAD_DATA,
                "%s: %d bytes or longer: not a log line written by lockstep train", place,
                LINE_BYTES_MAX);
        enum status status = take_line(log, line, length, place, error);
        log->cut = status && is_at_end(log->file);
        if (status && !log->cut)
            return status;
    }
    if (ferror(log->file))
        return fail_errno(error, STATUS_IO, errno, "cannot read %s", log->path);
    return STATUS_OK;
}

enum status run_read_log(const char *directory,
    void (*take)(void *context, const struct run_event *event), void *context, bool *cut,
    struct error *error)
{
    char path[FILE_PATH_MAX], *line = NULL;
    struct log log = {.path = path, .take = take, .context = context};
    uint64_t size;
    bool missing;
    *cut = false;
    enum status status = find_file(path, directory, RUN_LOG, &missing, error);
    if (status || missing)
        return status;
    TRY(file_open_regular(path, &log.file, &size, error));
    status = memory_take(&line, LINE_BYTES_MAX, 1, "a line of a log", error);
    if (!status)
        status = read_lines(&log, line, error);
    *cut = log.cut;
    free(line);
    fclose(log.file);
    return status;
}
