#include "api/resolved_options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A path that exists, as one that means the same in any directory. */
static bool make_absolute(char path[FILE_PATH_MAX])
{
    char absolute[PATH_MAX];
    if (!path[0] || !realpath(path, absolute) || strlen(absolute) >= FILE_PATH_MAX)
        return false;
    snprintf(path, FILE_PATH_MAX, "%s", absolute);
    return true;
}

/* A source is a path, two with a comma between, or a name, which stays. */
static void make_source_absolute(char source[FILE_PATH_MAX])
{
    char images[FILE_PATH_MAX], labels[FILE_PATH_MAX];
    char *comma = strchr(source, ',');
    if (strcmp(source, "fashion-mnist") == 0 || make_absolute(source) || !comma)
        return;
    snprintf(images, sizeof images, "%.*s", (int)(comma - source), source);
    snprintf(labels, sizeof labels, "%s", comma + 1);
    if (make_absolute(images) && make_absolute(labels) &&
        strlen(images) + strlen(labels) + 2 <= FILE_PATH_MAX)
        snprintf(source, FILE_PATH_MAX, "%.*s,%.*s", (int)strlen(images), images,
            (int)strlen(labels), labels);
}

void options_make_absolute(struct options *options)
{
    make_source_absolute(options->data);
    make_source_absolute(options->val_data);
    make_source_absolute(options->test_data);
    make_absolute(options->labels);
    make_absolute(options->init_from);
}

enum status options_resolve(struct options **record, const struct options *options,
    const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    *record = NULL;
    enum status status = memory_take(record, 1, sizeof **record, "the options", error);
    if (status)
        return status;
    struct options *made = *record;
    *made = *options;
    options_make_absolute(made);
    made->scale = session->scale.kind;
    made->batch.item[0] = plan->stage[0].batch;
    for (int64_t s = 0; s < made->batch_schedule.n; s++)
        made->batch_schedule.item[s].batch = plan->stage[s].batch;
    made->loss = 1 + (int)session->job.settings.criterion.kind;
    return STATUS_OK;
}
