#include "cli/study_run.h"

#include "base/definition.h"
#include "report/rows.h"
#include "run/checkpoint_read.h"
#include "run/run_reader.h"

struct options study_run_options(const struct options *options, const char *directory)
{
    struct options train = *options;
    train.command = COMMAND_TRAIN;
    train.overwrite = true;
    train.out = directory;
    if (options->progress == PROGRESS_AUTO)
        train.progress = PROGRESS_OFF;
    return train;
}

static bool has_ended(const struct json *summary)
{
    return row_text(summary, "stopped_by") &&
           !row_is(summary, "stopped_by", stop_reason_name(STOP_SIGNAL)) &&
           !row_is(summary, "stopped_by", stop_reason_name(STOP_FAILED)) &&
           !row_is(summary, "stopped_by", stop_reason_name(STOP_CORRUPTED));
}

/* Called for each event of a log. Stores steps_done in *context if the event is the end of a run,
 * else -1, so that the last event decides. */
static void note_end(void *context, const struct run_event *event)
{
    int64_t *steps = context;
    if (event->kind != RUN_EVENT_END || !js_as_int(js_get(event->fields, "steps_done"), steps))
        *steps = -1;
}

/* True if the log ends at the step that the summary gives. It may not, if the process was killed
 * after writing only one of the two. Also true if the log has a damaged line, which
 * the study's own reader reports. */
static bool log_has_end(const char *directory, const struct json *summary)
{
    struct error error;
    int64_t steps = -1;
    bool cut;
    enum status status = run_read_log(directory, note_end, &steps, &cut, &error);
    return status == STATUS_BAD_DATA ||
           (!status && !cut && steps == run_int(summary, "steps_done"));
}

/* Returns NULL on errors, which the study's own reader reports. */
static struct json *read_summary(const char *directory)
{
    struct json *summary;
    struct error ignored;
    run_read_summary(directory, &summary, &ignored);
    return summary;
}

/* True if a run was given up earlier than now. */
static bool continues(const struct json *summary, int64_t give_up_steps)
{
    return row_is(summary, "stopped_by", stop_reason_name(STOP_GIVE_UP)) &&
           (give_up_steps == 0 || run_int(summary, "steps_done") < give_up_steps);
}

enum study_run_state study_run_state_of(const char *directory, int64_t give_up_steps)
{
    struct json *summary = read_summary(directory);
    bool ended = has_ended(summary) && !continues(summary, give_up_steps),
         complete = ended && log_has_end(directory, summary);
    js_destroy(summary);
    if (complete)
        return STUDY_RUN_DONE;
    return !ended && checkpoint_any(directory) ? STUDY_RUN_BEGUN : STUDY_RUN_OPEN;
}

int64_t study_run_definition(const char *directory)
{
    struct json *summary = read_summary(directory);
    int64_t definition = summary ? definition_of(summary) : checkpoint_definition(directory);
    js_destroy(summary);
    return definition;
}
