#include "api/session_base.h"

#include <stdarg.h>

#include "base/shown.h"
#include "comm/threads.h"

/* Notes are at most a few names and texts of datasets. */
enum { MESSAGE_LINE = 2048 };

enum status session_base_open(struct session_base *base, const struct options *options,
    struct comm *comm, bool team_threads, struct error *error)
{
    *base = (struct session_base){.messages = base->messages};
    base->force_memory = options->force_memory;
    memory_limits_read(&base->limits, "");
    TRY(affinity_settle(&base->affinity, comm, (int)options->threads, error));
    /* At least one thread: the checks of the kernel run on its stack. */
    int threads = team_threads ? base->affinity.threads : 1;
    TRY(comm_agree(comm, team_probe(threads, error), error));
    TRY(teams_create(&base->teams, comm, options->team, error));
    return common_kernel_choose(options->kernel, comm, &base->kernel, base->kernel_note, error);
}

void session_base_close(struct session_base *base)
{
    teams_destroy(base->teams);
    base->teams = NULL;
}

void messages_tell(const struct messages *messages, const char *format, ...)
{
    char line[MESSAGE_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (messages->tell)
        messages->tell(messages->context, line);
    else
        fprintf(stderr, "lockstep: %s\n", line);
}

void session_base_tell_notes(const struct session_base *base)
{
    const struct messages *messages = &base->messages;
    if (base->affinity.warning[0])
        messages_tell(messages, "warning: %s", base->affinity.warning);
    if (base->teams->note[0])
        messages_tell(messages, "note: %s", base->teams->note);
    if (base->kernel_note[0])
        messages_tell(messages, "note: %s", base->kernel_note);
    for (int i = 0; i < 3 && base->data[i]; i++)
        dataset_tell_note(messages, base->data[i]);
}

void dataset_tell_note(const struct messages *messages, const struct dataset *dataset)
{
    if (dataset->note[0])
        messages_tell(messages, "note: %s: %s", SHOWN(dataset->name), SHOWN(dataset->note));
}

void session_base_set_ranks(const struct session_base *base, struct plan_request *request)
{
    request->ranks = base->teams->comm->size;
    request->team_ranks = base->teams->team[0].size;
    request->teams = base->teams->count;
    request->threads = base->affinity.threads;
}

/* --- memory -------------------------------------------------------------------------------- */

struct run_memory session_base_memory(
    const struct session_base *base, const struct settings *settings, const struct run_sets *sets)
{
    const struct teams *teams = base->teams;
    struct run_memory memory = {.all = 0};
    for (int team = 0; team < teams->count; team++)
        if (teams->team[team].here)
            run_memory_add(
                &memory, settings, sets, team, teams->team[team].size, teams->comm->size > 1);
    return memory;
}

enum status memory_judge(const struct run_memory *memory, const struct session_base *base,
    const char *what, struct error *warning, struct error *error)
{
    warning->text[0] = '\0';
    enum status status = run_memory_check(memory, &base->limits, what, error);
    if (status && base->force_memory)
        *warning = *error;
    else if (!status)
        run_memory_is_scarce(memory, &base->limits, warning);
    return base->force_memory ? STATUS_OK : status;
}

/* Reports the first warning, on rank 0. */
static void warn(struct session_base *base, const struct error *warning)
{
    if (!warning->text[0] || base->memory_warned || base->teams->comm->rank > 0)
        return;
    messages_tell(&base->messages, "warning: %s", warning->text);
    base->memory_warned = true;
}

enum status memory_agree(
    const struct run_memory *memory, struct session_base *base, struct error *error)
{
    struct comm *comm = base->teams->comm;
    struct error warning;
    TRY(comm_agree(comm, memory_judge(memory, base, "", &warning, error), error));
    /* The ranks agree on a warning in the same way as on a failure, so that rank 0 gets a warning
     * that concerns any machine. */
    if (comm_agree(comm, warning.text[0] ? STATUS_NO_RESOURCE : STATUS_OK, &warning))
        warn(base, &warning);
    return STATUS_OK;
}

/* --- reading data -------------------------------------------------------------------------- */

static enum status ask(void *context, const struct dataset *set, int64_t reader_bytes,
    const char *what, struct error *error)
{
    struct session_room *asked = context;
    struct error warning;
    if (set) {
        if (asked->first.samples == 0)
            asked->first = *set;
        asked->samples += set->samples;
        run_sets_add(&asked->sets, set);
    }
    struct run_sets sets = asked->sets;
    sets.reader_bytes = reader_bytes;
    enum status status = asked->judge(asked, &sets, what, &warning, error);
    if (set)
        warn(asked->base, &warning);
    return status;
}

struct source_request source_request_of(const struct options *options, enum task task)
{
    return (struct source_request){.data = options->data,
        .labels = *options->labels ? options->labels : NULL,
        .label = *options->label ? options->label : NULL,
        .ignore = options->ignore,
        .categorical = options->categorical,
        .weight = options->weight,
        .group = options->group,
        .when = options->split_by,
        .id = options->id,
        .missing = options->missing,
        .header = options->header,
        .separator = "\0,\t;|:"[options->separator],
        .decimal = ".,"[options->decimal],
        .task = task,
        .threads = 1};
}

struct source_request session_base_request(struct session_room *asked, enum task task)
{
    struct source_request request = source_request_of(asked->options, task);
    asked->room = (struct room){ask, asked};
    request.threads = asked->base->affinity.threads;
    request.room = &asked->room;
    return request;
}
