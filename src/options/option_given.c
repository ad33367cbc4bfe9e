#include "options/option_given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "options/option_arguments.h"
#include "options/option_sources.h"
#include "options/option_value.h"

struct given {
    struct options options;
    struct reading reading;
};

static enum status read_both(
    struct given *given, int argc, char *const *argv, char *const *environment, struct error *error)
{
    struct reading *reading = &given->reading;
    reading->options = &given->options;
    enum status status = reading_take_arguments(reading, argc, argv, error);
    if (status || given->options.command >= COMMAND_HELP)
        return status;
    status = reading_take_environment(reading, environment, true, error);
    if (!status)
        status = reading_take_environment(reading, environment, false, error);
    return status ? status : reading_take_flags(reading, error);
}

void given_destroy(struct given *given)
{
    if (given)
        options_clear(&given->options);
    free(given);
}

enum status options_given(struct given **given, int argc, char *const *argv,
    char *const *environment, struct error *error)
{
    enum status status = memory_take(given, 1, sizeof **given, "the options", error);
    if (!status)
        status = options_init(&(*given)->options, error);
    if (!status)
        status = read_both(*given, argc, argv, environment, error);
    if (!status)
        return STATUS_OK;
    given_destroy(*given);
    *given = NULL;
    return status;
}

enum command given_command(const struct given *given)
{
    return given->options.command;
}

static bool is_given(const struct given *given, int i)
{
    if (option_table[i].kind == KIND_CONFIG) /* not in struct options */
        return given->reading.config;
    return given->reading.origin[i] != FROM_DEFAULT;
}

/* Returns the value as a text, which the caller frees; NULL: no memory. */
static char *value_of(const struct given *given, int i)
{
    const struct option *option = &option_table[i];
    return option->kind == KIND_CONFIG ? strdup(given->reading.config)
                                       : option_text(option, &given->options);
}

enum status given_take_own(const struct given *given, struct options *options, struct error *error)
{
    char reason[OPTION_REASON_MAX];
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (!(option->per_rank & (unsigned)options->command) || !is_given(given, i))
            continue;
        char *value = value_of(given, i);
        bool stored = value && option_store(option, options, value, reason);
        free(value);
        if (!stored)
            return fail(error, STATUS_NO_RESOURCE, "no memory for the text of --%s", option->name);
    }
    return STATUS_OK;
}

enum status given_hashes(
    const struct given *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error)
{
    memset(hash, 0, OPTION_COUNT_MAX * sizeof *hash);
    for (int i = 0; i < option_count; i++) {
        if (!is_given(given, i))
            continue;
        char *value = value_of(given, i);
        if (!value)
            return fail(
                error, STATUS_NO_RESOURCE, "no memory for the text of --%s", option_table[i].name);
        hash[i] = hash_bytes(value, strlen(value), 1);
        free(value);
    }
    return STATUS_OK;
}

void given_describe(const struct given *given, int i, char out[GIVEN_TEXT])
{
    const struct option *option = &option_table[i];
    const char *dashes = option->positional ? "" : "--";
    char variable[VARIABLE_MAX];
    char *value = is_given(given, i) ? value_of(given, i) : NULL;
    option_variable(option, variable);
    for (char *at = value; at && *at; at++) /* newlines separate paths */
        *at = *at == '\n' ? ' ' : *at;
    if (!value)
        snprintf(out, GIVEN_TEXT, "no %s%s", dashes, option->name);
    else if (given->reading.origin[i] == FROM_ENVIRONMENT)
        snprintf(out, GIVEN_TEXT, "%s=%s", variable, value);
    else
        snprintf(out, GIVEN_TEXT, "%s%s %s", dashes, option->name, value);
    free(value);
}
