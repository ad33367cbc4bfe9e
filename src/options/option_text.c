#include "options/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/option_config.h"
#include "options/option_reading.h"
#include "options/option_value.h"
#include "run/out_kind.h"

char *option_text(const struct option *option, const struct options *options)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    option_print(file, option, options);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static enum status write_entries(
    FILE *file, const struct options *options, enum text_purpose purpose, struct error *error)
{
    int group = -1;
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (!option_serves(option, options->command) || option->kind == KIND_CONFIG ||
            option->kind == KIND_HELP)
            continue;
        char *value = option_text(option, options);
        if (!value)
            return fail(error, STATUS_NO_RESOURCE, "no memory for the text of --%s", option->name);
        if ((int)option->group != group) {
            group = (int)option->group;
            fprintf(file, "\n# %s\n", option_group_name(option->group));
        }
        config_write(file, option->name, value, purpose == TEXT_RECORD && option->place);
        free(value);
    }
    return STATUS_OK;
}

enum status options_to_text(
    const struct options *options, enum text_purpose purpose, char **text, struct error *error)
{
    size_t size;
    *text = NULL;
    FILE *file = open_memstream(text, &size);
    if (!file)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the text of the options");
    if (purpose == TEXT_RECORD)
        fprintf(file, OUT_MARK " repeats this run\n", command_name(options->command));
    fprintf(file, "[%s]\n", command_name(options->command));
    enum status status = STATUS_OK;
    if (options->command >= COMMAND_HELP)
        fprintf(file, "topic = %s\n", command_name(options->topic));
    else
        status = write_entries(file, options, purpose, error);
    if (fclose(file) != 0 && !status)
        status = fail(error, STATUS_NO_RESOURCE, "no memory for the text of the options");
    if (status) {
        free(*text);
        *text = NULL;
    }
    return status;
}

enum status options_from_text(
    struct options *options, const char *text, const char *name, struct error *error)
{
    struct reading reading = {.options = options, .config = name, .whole_text = true};
    memset(options, 0, sizeof *options);
    enum status status = reading_take_defaults(&reading, error);
    if (!status)
        status = reading_take_text(&reading, text, name, error);
    if (!status && options->command == COMMAND_NONE)
        status = fail(error, STATUS_CONFIG, "%s: no section names the command", name);
    if (status || options->command < COMMAND_HELP)
        return status ? status : reading_settle(&reading, error);

    enum command command = options->command,
                 topic = options->topic; /* as options_read() leaves it */
    memset(options, 0, sizeof *options);
    options->command = command;
    options->topic = topic;
    return STATUS_OK;
}
