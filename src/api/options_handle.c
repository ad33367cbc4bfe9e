#include "api/options_handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lockstep/lockstep.h"
#include "options/agreed_options.h"
#include "options/option_find.h"
#include "options/option_value.h"

struct lockstep_options {
    char *argument[OPTION_COUNT_MAX]; /* parallel to option_table: "--name=value", or NULL */
};

/* --- errors --------------------------------------------------------------------------------- */

int options_handle_end(enum status status, const struct error *error, struct lockstep_error *out)
{
    if (!out)
        return (int)status;
    out->status = (int)status;
    snprintf(out->message, sizeof out->message, "%s", status ? error->text : "");
    return (int)status;
}

enum status refuse_null(const char *function, const char *what, struct error *error)
{
    return fail(error, STATUS_USAGE, "%s(): %s is NULL", function, what);
}

/* --- the handle ----------------------------------------------------------------------------- */

struct lockstep_options *lockstep_options_create(void)
{
    return calloc(1, sizeof(struct lockstep_options));
}

void lockstep_options_free(struct lockstep_options *options)
{
    for (int i = 0; options && i < option_count; i++)
        free(options->argument[i]);
    free(options);
}

/* The options of train and plan that name files of a run, or are about its data or its display. */
static bool is_about_files(const char *name)
{
    static const char *const of_files[] = {"config", "help", "data", "val-data", "test-data", "out",
        "overwrite", "resume", "checkpoint-every", "keep", "progress", "verbose", "log-every",
        "stall-warn", "stall-timeout", "tensorboard", "log-csv", "samples", "features", "outputs",
        "measure", "csv", "explain", "json"};
    for (size_t i = 0; i < sizeof of_files / sizeof *of_files; i++)
        if (strcmp(name, of_files[i]) == 0)
            return true;
    return false;
}

static bool is_accepted(const struct option *option)
{
    return option->commands & (COMMAND_TRAIN | COMMAND_PLAN) && !is_about_files(option->name);
}

struct lockstep_option lockstep_option_at(int i)
{
    for (int n = 0; i >= 0 && n < option_count; n++) {
        const struct option *option = &option_table[n];
        if (is_accepted(option) && i-- == 0)
            return (struct lockstep_option){option->name, option->help, option->fallback,
                !option_serves(option, COMMAND_TRAIN)};
    }
    return (struct lockstep_option){.name = NULL};
}

static enum status find_option(const char *name, const struct option **out, struct error *error)
{
    const struct option *option = *out = option_find(name);
    if (option && is_accepted(option))
        return STATUS_OK;
    if (option && is_about_files(name))
        return fail(error, STATUS_USAGE,
            "option %s is about the files, the data or the display of a command; in a program, "
            "datasets, shapes, models and callbacks take its place",
            name);
    const char *nearest = option_nearest(name, COMMAND_TRAIN);
    if (nearest && !option)
        return fail(error, STATUS_USAGE, "unknown option %.100s; did you mean %s?", name, nearest);
    return fail(error, STATUS_USAGE, "%s option %.100s; lockstep help train all lists them",
        option ? "training has no" : "unknown", name);
}

/* Checks a value by storing it into options of its own. */
static enum status check_value(const struct option *option, const char *value, struct error *error)
{
    struct options scratch;
    char reason[OPTION_REASON_MAX];
    enum status status = options_init(&scratch, error);
    if (!status && !option_store(option, &scratch, value, reason))
        status = fail(error, STATUS_USAGE, "option %s: \"%.200s\" %s", option->name, value, reason);
    options_clear(&scratch);
    return status;
}

static enum status set(
    struct lockstep_options *options, const char *name, const char *value, struct error *error)
{
    const struct option *option;
    char *argument = NULL;
    if (!options || !name)
        return refuse_null("lockstep_options_set", options ? "name" : "options", error);
    TRY(find_option(name, &option, error));
    if (value) {
        TRY(check_value(option, value, error));
        if (asprintf(&argument, "--%s=%s", name, value) < 0)
            return fail(error, STATUS_NO_RESOURCE, "no memory for option %s", name);
    }
    char **place = &options->argument[option - option_table];
    free(*place);
    *place = argument;
    return STATUS_OK;
}

int lockstep_options_set(struct lockstep_options *options, const char *name, const char *value,
    struct lockstep_error *error)
{
    struct error trouble;
    return options_handle_end(set(options, name, value, &trouble), &trouble, error);
}

enum status options_handle_read(struct options *options, const struct lockstep_options *handle,
    struct handle_command command, struct comm *comm, struct error *error)
{
    const char *argument[OPTION_COUNT_MAX] = {"lockstep", command.name};
    char warning[AGREED_WARNING];
    int count = 2;
    if (command.data) {
        argument[count++] = "--data";
        argument[count++] = command.data;
    }
    for (int i = 0; i < command.n; i++)
        argument[count++] = command.extra[i];
    for (int i = 0; handle && i < option_count; i++)
        if (handle->argument[i])
            argument[count++] = handle->argument[i];
    return agreed_options_read(
        options, comm, count, (char *const *)(uintptr_t)argument, NULL, warning, error);
}
