#include "options/option_given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "options/option_sources.h"

static bool is_given(const struct reading *given, int i)
{
    if (option_table[i].kind == KIND_CONFIG) /* not in struct options */
        return given->config;
    return given->origin[i] != FROM_DEFAULT;
}

/* Sets *value to the value as a text, which the caller frees. */
static enum status value_of(char **value, const struct reading *given, int i, struct error *error)
{
    if (option_table[i].kind != KIND_CONFIG)
        return option_text(value, &option_table[i], given->options, error);
    *value = strdup(given->config);
    return *value ? STATUS_OK : fail(error, STATUS_NO_RESOURCE, "no memory for the options");
}

enum status given_take_own(
    const struct reading *given, struct options *options, struct error *error)
{
    char reason[OPTION_REASON_MAX], *value;
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (!(option->per_rank & (unsigned)options->command) || !is_given(given, i))
            continue;
        TRY(value_of(&value, given, i, error));
        bool stored = option_store(option, options, value, reason);
        free(value);
        if (!stored)
            return fail(error, STATUS_NO_RESOURCE, "--%s: %s", option->name, reason);
    }
    return STATUS_OK;
}

enum status given_hashes(
    const struct reading *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error)
{
    char *value;
    memset(hash, 0, OPTION_COUNT_MAX * sizeof *hash);
    for (int i = 0; i < option_count; i++) {
        if (!is_given(given, i))
            continue;
        TRY(value_of(&value, given, i, error));
        hash[i] = hash_bytes(value, strlen(value), 1);
        free(value);
    }
    return STATUS_OK;
}

void given_describe(const struct reading *given, int i, char out[GIVEN_TEXT])
{
    const struct option *option = &option_table[i];
    const char *dashes = option->positional & (unsigned)given->options->command ? "" : "--";
    char variable[VARIABLE_MAX], *value = NULL;
    struct error ignored;
    option_variable(option, variable);
    if (is_given(given, i))
        value_of(&value, given, i, &ignored);
    for (char *at = value; at && *at; at++) /* newlines separate paths */
        *at = *at == '\n' ? ' ' : *at;
    if (!value)
        snprintf(out, GIVEN_TEXT, "no %s%s", dashes, option->name);
    else if (given->origin[i] == FROM_ENVIRONMENT)
        snprintf(out, GIVEN_TEXT, "%s=%s", variable, value);
    else
        snprintf(out, GIVEN_TEXT, "%s%s %s", dashes, option->name, value);
    free(value);
}
