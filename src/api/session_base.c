#include "api/session_base.h"

#include <string.h>

#include "base/shown.h"
#include "comm/threads.h"

enum status session_base_open(struct session_base *base, const struct options *options,
    struct comm *comm, bool team_threads, struct error *error)
{
    memset(base, 0, sizeof *base);
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

void session_base_print_notes(FILE *file, const struct session_base *base)
{
    if (base->affinity.warning[0])
        fprintf(file, "lockstep: warning: %s\n", base->affinity.warning);
    if (base->teams->note[0])
        fprintf(file, "lockstep: note: %s\n", base->teams->note);
    if (base->kernel_note[0])
        fprintf(file, "lockstep: note: %s\n", base->kernel_note);
    for (int i = 0; i < 3 && base->data[i]; i++)
        dataset_print_note(file, base->data[i]);
}

void dataset_print_note(FILE *file, const struct dataset *dataset)
{
    if (dataset->note[0])
        fprintf(file, "lockstep: note: %s: %s\n", SHOWN(dataset->name), SHOWN(dataset->note));
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

/* Prints the first warning, on rank 0. */
static void warn(struct session_base *base, const struct error *warning)
{
    if (!warning->text[0] || base->memory_warned || base->teams->comm->rank > 0)
        return;
    fprintf(stderr, "lockstep: warning: %s\n", warning->text);
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
