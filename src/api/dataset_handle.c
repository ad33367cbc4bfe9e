#include "api/dataset_handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/shown.h"
#include "api/dataset_table.h"
#include "api/model_handle.h"
#include "api/options_handle.h"
#include "api/session_base.h"
#include "comm/affinity.h"
#include "data/formats/arrow.h"
#include "data/source.h"
#include "lockstep/lockstep.h"
#include "options/training_settings.h"

static enum status create(struct lockstep_dataset **out, struct error *error)
{
    return memory_take(out, 1, sizeof **out, "a dataset", error);
}

/* Makes the note one line of UTF-8: names in it may be cut, or have control characters. */
static void show_note(struct dataset *set)
{
    char note[sizeof set->note];
    memcpy(note, set->note, sizeof note);
    shown_text(set->note, sizeof set->note, note);
}

static int end(struct lockstep_dataset **out, enum status status, const struct error *trouble,
    struct lockstep_error *error)
{
    if (status) {
        lockstep_dataset_free(*out);
        *out = NULL;
    } else {
        show_note(&(*out)->set);
    }
    return options_handle_end(status, trouble, error);
}

int lockstep_dataset_from_table(
    struct lockstep_dataset **out, const struct lockstep_table *table, struct lockstep_error *error)
{
    struct error trouble;
    if (out)
        *out = NULL;
    if (!out || !table)
        return options_handle_end(
            refuse_null("lockstep_dataset_from_table", out ? "table" : "out", &trouble), &trouble,
            error);
    enum status status = create(out, &trouble);
    if (!status) {
        struct dataset *set = &(*out)->set;
        snprintf(set->name, sizeof set->name, "%s", table->name ? table->name : "the data");
        (*out)->borrowed = table->borrows ? table->x.data : NULL;
        status = dataset_from_table(set, table, &trouble);
    }
    return end(out, status, &trouble, error);
}

static enum status read_source(struct dataset *set, const struct source_request *request,
    enum lockstep_role role, struct error *error)
{
    struct dataset test = {0};
    if (role != LOCKSTEP_TRAIN)
        return source_read_held_out(
            request, role == LOCKSTEP_VALIDATION ? ROLE_VALIDATION : ROLE_TEST, set, error);
    TRY(source_read_train(request, set, &test, error));
    dataset_clear(&test);
    return STATUS_OK;
}

static enum status make_request(struct source_request *request, const struct options *options,
    const struct lockstep_model *model, bool labelled, struct error *error)
{
    struct affinity affinity;
    TRY(affinity_settle(&affinity, comm_self(), (int)options->threads, error));
    *request = source_request_of(options, labelled ? training_settings_task(options) : TASK_NONE);
    request->threads = affinity.threads;
    if (model)
        model_handle_request(model, labelled, request);
    return STATUS_OK;
}

static enum status read_with_options(struct dataset *set, enum lockstep_role role,
    const struct options *options, const struct lockstep_model *model, struct error *error)
{
    struct source_request request;
    TRY(make_request(&request, options, model, role != LOCKSTEP_UNLABELLED, error));
    if ((unsigned)role > LOCKSTEP_UNLABELLED)
        return fail(error, STATUS_USAGE, "lockstep_dataset_read(): %d is not a role", (int)role);
    return read_source(set, &request, role, error);
}

int lockstep_dataset_read(struct lockstep_dataset **out, const char *source,
    enum lockstep_role role, const struct lockstep_options *options,
    const struct lockstep_model *model, struct lockstep_error *error)
{
    struct error trouble;
    struct options read = {0};
    if (out)
        *out = NULL;
    if (!out || !source)
        return options_handle_end(
            refuse_null("lockstep_dataset_read", out ? "source" : "out", &trouble), &trouble,
            error);
    enum status status = create(out, &trouble);
    if (!status)
        status = options_handle_read(&read, options,
            (struct handle_command){"train", source, NULL, 0}, comm_self(), &trouble);
    if (!status)
        status = read_with_options(&(*out)->set, role, &read, model, &trouble);
    options_clear(&read);
    return end(out, status, &trouble, error);
}

static enum status read_stream(struct dataset *set, struct ArrowArrayStream *stream,
    const struct lockstep_options *handle, const struct lockstep_model *model,
    const struct lockstep_table *labels, struct error *error)
{
    struct options options = {0};
    struct source_request request;
    enum status status = options_handle_read(
        &options, handle, (struct handle_command){"train", "memory", NULL, 0}, comm_self(), error);
    if (!status)
        status = make_request(&request, &options, model, !labels, error);
    if (!status)
        status = arrow_read(
            labels && labels->name ? labels->name : "the data", stream, &request, set, error);
    if (!status && labels)
        status = dataset_take_labels(set, labels, error);
    options_clear(&options);
    return status;
}

static enum status from_arrow(struct lockstep_dataset **out, struct ArrowArrayStream *stream,
    const struct lockstep_options *options, const struct lockstep_model *model,
    const struct lockstep_table *labels, struct error *error)
{
    if (!out)
        return refuse_null("lockstep_dataset_from_arrow", "out", error);
    *out = NULL;
    if (!stream)
        return refuse_null("lockstep_dataset_from_arrow", "stream", error);
    TRY(create(out, error));
    return read_stream(&(*out)->set, stream, options, model, labels, error);
}

int lockstep_dataset_from_arrow(struct lockstep_dataset **out, struct ArrowArrayStream *stream,
    const struct lockstep_options *options, const struct lockstep_model *model,
    const struct lockstep_table *labels, struct lockstep_error *error)
{
    struct error trouble;
    enum status status = from_arrow(out, stream, options, model, labels, &trouble);
    if (stream && stream->release)
        stream->release(stream);
    return out ? end(out, status, &trouble, error) : options_handle_end(status, &trouble, error);
}

void lockstep_dataset_free(struct lockstep_dataset *dataset)
{
    if (dataset && dataset->borrowed == dataset->set.values)
        dataset->set.values = NULL;
    if (dataset)
        dataset_clear(&dataset->set);
    free(dataset);
}

struct lockstep_shape lockstep_dataset_shape(const struct lockstep_dataset *dataset)
{
    if (!dataset)
        return (struct lockstep_shape){0};
    const struct dataset *set = &dataset->set;
    return (struct lockstep_shape){set->samples, set->features, set->classes, set->outputs};
}

const char *lockstep_dataset_note(const struct lockstep_dataset *dataset)
{
    return dataset ? dataset->set.note : "";
}
