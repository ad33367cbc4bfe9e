#include "options/option_sources.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "options/option_config.h"

static const char variable_prefix[] = "LOCKSTEP_";

void option_variable(const struct option *option, char out[VARIABLE_MAX])
{
    int used = snprintf(out, VARIABLE_MAX, "%s%s", variable_prefix, option->name);
    for (int i = 0; i < used && i < VARIABLE_MAX - 1; i++)
        out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

bool reading_store(struct reading *reading, const struct option *option, enum origin origin,
    const char *text, char *reason)
{
    enum origin *held = &reading->origin[option_index(option)];
    struct options unused = *reading->options;
    if (*held > origin)
        return option_store(option, &unused, text, reason);
    *held = origin;
    return option_store(option, reading->options, text, reason);
}

static enum status unknown_key(
    const struct config_entry *entry, enum command command, struct error *error)
{
    const struct option *option = option_find(entry->key);
    const char *nearest = option_nearest(entry->key, command);
    char list[OPTION_LIST_TEXT];
    if (option && option->kind == KIND_CONFIG)
        return fail(error, STATUS_CONFIG, "%s:%d: a config file cannot name another config file",
            entry->file, entry->line);
    if (option && option->kind != KIND_HELP)
        return fail(error, STATUS_CONFIG, "%s:%d: %s is an option of %s, not of %s", entry->file,
            entry->line, entry->key, option_takers(option, list), command_name(command));
    if (!nearest)
        return fail(
            error, STATUS_CONFIG, "%s:%d: unknown option %s", entry->file, entry->line, entry->key);
    return fail(error, STATUS_CONFIG, "%s:%d: unknown option %s; did you mean %s?", entry->file,
        entry->line, entry->key, nearest);
}

/* Checks the section of an entry. With `whole_text`, the section names the command. In any other
 * config file, a section may be [train], as in config.ini, or that of the command. */
static enum status take_section(
    struct reading *reading, const struct config_entry *entry, struct error *error)
{
    struct options *options = reading->options;
    if (reading->whole_text && options->command == COMMAND_NONE)
        options->command = command_find(entry->section);
    const char *own = command_name(options->command);
    bool known = reading->whole_text ? *own && strcmp(entry->section, own) == 0
                                     : !*entry->section || strcmp(entry->section, "train") == 0 ||
                                           strcmp(entry->section, own) == 0;
    if (!known)
        return fail(error, STATUS_CONFIG, "%s:%d: unknown section [%s]; omit it, or use [train]",
            entry->file, entry->line, entry->section);
    return STATUS_OK;
}

static enum status take_entry(void *context, const struct config_entry *entry, struct error *error)
{
    struct reading *reading = context;
    char reason[OPTION_REASON_MAX];
    TRY(take_section(reading, entry, error));
    if (reading->whole_text && strcmp(entry->key, "topic") == 0) {
        reading->options->topic = options_keep(reading->options, entry->value);
        return reading->options->topic
                   ? STATUS_OK
                   : fail(error, STATUS_NO_RESOURCE, "no memory for the help topic");
    }
    const struct option *option = option_find(entry->key);
    if (!option || !option_serves(option, reading->options->command) || !option_is_stored(option))
        return unknown_key(entry, reading->options->command, error);

    size_t i = option_index(option);
    if (reading->line[i] > 0)
        return fail(error, STATUS_CONFIG, "%s:%d: %s was already given in line %d", entry->file,
            entry->line, entry->key, reading->line[i]);
    const char *value = entry->value;
    if (reading->former && option->former_auto && strcmp(value, "auto") == 0)
        value = option->former_auto;
    if (!reading_store(reading, option, FROM_CONFIG, value, reason))
        return fail(error, STATUS_CONFIG, "%s:%d: %s = %s: %s", entry->file, entry->line,
            entry->key, entry->value, reason);
    reading->line[i] = entry->line;
    return STATUS_OK;
}

void reading_take_former(struct reading *reading)
{
    char reason[OPTION_REASON_MAX];
    for (int i = 0; i < option_count; i++)
        if (option_table[i].former && reading->origin[i] == FROM_DEFAULT)
            option_store(&option_table[i], reading->options, option_table[i].former, reason);
}

enum status reading_take_text(
    struct reading *reading, const char *text, const char *name, struct error *error)
{
    static const char mark[] = "# lockstep "; /* the beginning of OUT_MARK */
    reading->former = strncmp(text, mark, sizeof mark - 1) == 0 && !config_names_version(text);
    TRY(config_read(text, name, take_entry, reading, error));
    if (reading->former)
        reading_take_former(reading);
    return STATUS_OK;
}

enum status reading_take_config(struct reading *reading, struct error *error)
{
    enum { LARGEST = 1 << 20 };
    char *text = NULL;
    size_t size = 0;
    if (!reading->config)
        return STATUS_OK;
    enum status status = file_read_whole(reading->config, LARGEST, &text, &size, error);
    if (status)
        return status;
    if (strlen(text) != size)
        status = fail(error, STATUS_CONFIG, "%s: not a text file", reading->config);
    else
        status = reading_take_text(reading, text, reading->config, error);
    free(text);
    return status;
}

/* Finds the option that a variable LOCKSTEP_NAME sets; *value points to the text after the "=". */
static enum status read_variable(const char *variable, enum command command,
    const struct option **option, const char **value, struct error *error)
{
    const char *end = strchr(variable, '=');
    size_t skip = sizeof variable_prefix - 1;
    char name[VARIABLE_MAX], hint[VARIABLE_MAX];
    size_t length = end ? (size_t)(end - variable) - skip : strlen(variable + skip);
    snprintf(name, sizeof name, "%.*s", (int)length, variable + skip);
    for (char *at = name; *at; at++)
        *at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
    *option = option_find(name);
    *value = end ? end + 1 : "";
    if (*option && (*option)->kind != KIND_HELP)
        return STATUS_OK;

    const char *nearest = option_nearest(name, command);
    if (nearest)
        option_variable(option_find(nearest), hint);
    return fail(error, STATUS_USAGE,
        "unknown environment variable %.*s%s%s%s; unset it if it is not meant for lockstep",
        (int)(length + skip), variable, nearest ? "; did you mean " : "", nearest ? hint : "",
        nearest ? "?" : "");
}

enum status reading_take_environment(
    struct reading *reading, char *const *environment, struct error *error)
{
    enum command command = reading->options->command;
    char reason[OPTION_REASON_MAX];
    for (; environment && *environment; environment++) {
        const struct option *option;
        const char *value;
        if (strncmp(*environment, variable_prefix, sizeof variable_prefix - 1) != 0)
            continue;
        TRY(read_variable(*environment, command, &option, &value, error));
        if (!*value || !option_serves(option, command))
            continue;
        if (option->kind == KIND_CONFIG)
            reading->config = reading->config ? reading->config : value;
        else if (!reading_store(reading, option, FROM_ENVIRONMENT, value, reason))
            return fail(error, STATUS_USAGE, "%s: %s", *environment, reason);
    }
    return STATUS_OK;
}

/* --- presets ---------------------------------------------------------------------------------- */

/* Chosen on ten tables with LightGBM and scikit-learn's MLP beside it, and then
 * measured on ten others (bench/README.md). */
static const struct {
    const char *name, *value;
} of_table[] = {{"val-split", "0.2"}, {"encode", "piecewise"}, {"scale", "robust"},
    {"activation", "gelu"}, {"batch", "32"}, {"epochs", "80"}, {"ema", "1ep"},
    {"early-stop", "val_ema_loss"}, {"patience", "16"}};
enum { N_VALUES = sizeof of_table / sizeof *of_table };

/* True if an option that was given leaves no use for this one. */
static bool is_replaced(const struct reading *reading, const char *name)
{
    return (strcmp(name, "val-split") == 0 && reading_origin(reading, "val-data")) ||
           (strcmp(name, "epochs") == 0 && reading_origin(reading, "max-steps"));
}

void reading_take_preset(struct reading *reading)
{
    char reason[OPTION_REASON_MAX];
    if (reading->options->preset != PRESET_TABLE)
        return;
    for (int i = 0; i < N_VALUES; i++) {
        const struct option *option = option_find(of_table[i].name);
        if (option_serves(option, reading->options->command) &&
            !is_replaced(reading, of_table[i].name))
            reading_store(reading, option, FROM_PRESET, of_table[i].value, reason);
    }
}
