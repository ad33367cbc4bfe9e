/* run_reader.h: reads the files that a run wrote to its directory (run_files.h).
 *
 * A run that is still running or was killed has no summary.json, and its log may end in an
 * incomplete line. A missing file is not an error: the result is NULL, or no events.
 *
 * STATUS_BAD_DATA (the message names the file, and the line of the log), STATUS_NO_INPUT (not a
 * regular file), STATUS_IO, STATUS_NO_RESOURCE. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/* True if a directory has a log or a summary. */
bool run_exists(const char *directory);

/* Reads summary.json; the caller destroys it. */
enum status run_read_summary(const char *directory, struct json **summary, struct error *error);

/* Reads the text of config.ini; the caller frees it. */
enum status run_read_config(const char *directory, char **text, struct error *error);

enum run_event_kind {
    RUN_EVENT_START,
    RUN_EVENT_STEP,
    RUN_EVENT_EVALUATION,
    RUN_EVENT_EPOCH,
    RUN_EVENT_END,
    RUN_EVENT_OTHER,
};

/* A line of metrics.jsonl. Numbers missing from the line are NaN. */
struct run_event {
    enum run_event_kind kind;
    bool test; /* true: evaluated on the test data; false: on the validation data */
    double step, samples, elapsed_s;
    const struct json *fields; /* all entries of the line */
};

/* Calls take() with each event of metrics.jsonl in order; memory use does not grow with the log.
 * Sets *cut if the log ends in an incomplete line, which is skipped. */
enum status run_read_log(const char *directory,
    void (*take)(void *context, const struct run_event *event), void *context, bool *cut,
    struct error *error);

/* Reads any JSON file that lockstep wrote; it must exist. */
enum status run_read_json(const char *path, struct json **json, struct error *error);

/* Return a number in an object; if it is missing, return NaN or 0 respectively. */
double run_real(const struct json *object, const char *key);
int64_t run_int(const struct json *object, const char *key);
