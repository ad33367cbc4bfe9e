#include "api/resolved_options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_MAX = 2 * PATH_MAX };

/* A source is a path, two separated by a comma, or a name, which stays. False: a name, or a path
 * that does not exist. */
static bool absolute_source(char out[SOURCE_MAX], const char *source)
{
    char inputs[PATH_MAX], first[PATH_MAX], second[PATH_MAX];
    const char *comma = strchr(source, ',');
    if (!source[0] || strcmp(source, "fashion-mnist") == 0)
        return false;
    if (realpath(source, out))
        return true;
    if (!comma || comma - source >= PATH_MAX)
        return false;
    snprintf(inputs, sizeof inputs, "%.*s", (int)(comma - source), source);
    if (!realpath(inputs, first) || !realpath(comma + 1, second))
        return false;
    snprintf(out, SOURCE_MAX, "%s,%s", first, second);
    return true;
}

enum status options_make_absolute(struct options *options, struct error *error)
{
    const char **const source[] = {&options->data, &options->val_data, &options->test_data,
        &options->labels, &options->init_from};
    char absolute[SOURCE_MAX];
    for (size_t i = 0; i < sizeof source / sizeof *source; i++) {
        if (!absolute_source(absolute, *source[i]) || strlen(absolute) >= FILE_PATH_MAX)
            continue;
        *source[i] = options_keep(options, absolute);
        if (!*source[i])
            return fail(error, STATUS_NO_RESOURCE, "no memory for the path %s", absolute);
    }
    return STATUS_OK;
}

enum status options_resolve(struct options *record, const struct options *options,
    const struct session *session, struct error *error)
{
    const struct plan *plan = &session->job.settings.plan;
    *record = *options;
    record->scale = session->scale.kind;
    record->batch.item[0] = plan->stage[0].batch;
    for (int s = 0; s < record->batch_schedule.n; s++)
        record->batch_schedule.item[s].batch = plan->stage[s].batch;
    record->loss = session->job.settings.criterion.kind;
    return options_make_absolute(record, error);
}
