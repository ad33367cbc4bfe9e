#include "cli/resolved_options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct options options_resolved(const struct options *options, const struct session *session)
{
    struct options record = *options;
    options_make_absolute(&record);
    record.scale = session->scale.kind;
    record.batch.item[0] = session->job.settings.plan.stage[0].batch;
    for (int64_t s = 0; s < record.batch_schedule.n; s++)
        record.batch_schedule.item[s].batch = session->job.settings.plan.stage[s].batch;
    record.loss = 1 + (int)session->job.settings.criterion.kind;
    return record;
}
