#include "options/options_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "options/option_config.h"
#include "options/option_arguments.h"
#include "options/option_rules.h"
#include "options/option_sources.h"
#include "options/option_value.h"
#include "options/resume_place.h"
#include "run/run_files.h"

enum status options_read(struct options *options, int argc, char *const *argv,
    char *const *environment, struct error *error)
{
    struct reading reading = {.options = options};
    TRY(reading_begin(&reading, argc, argv, environment, error));
    if (options->command >= COMMAND_HELP)
        return STATUS_OK;
    TRY(reading_take_resume(&reading, error));
    TRY(reading_take_config(&reading, error));
    reading_take_preset(&reading);
    TRY(reading_settle(&reading, error));
    return resume_settle(options, error);
}

static enum status write_entries(
    FILE *file, const struct options *options, enum text_purpose purpose, struct error *error)
{
    int group = -1;
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (!option_serves(option, options->command) || !option_is_stored(option))
            continue;
        char *value;
        TRY(option_text(&value, option, options, error));
        if ((int)option->group != group) {
            group = (int)option->group;
            fprintf(file, "\n# %s\n", option_group_name(option->group));
        }
        config_write(
            file, option->name, value, purpose == TEXT_RECORD && option->scope == SCOPE_PLACE);
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
        fprintf(file, OUT_MARK " repeats this run (lockstep " LOCKSTEP_VERSION ")\n",
            command_name(options->command));
    else
        fputs("# lockstep " LOCKSTEP_VERSION "\n", file);
    fprintf(file, "[%s]\n", command_name(options->command));
    enum status status = STATUS_OK;
    if (options->command >= COMMAND_HELP)
        config_write(file, "topic", options->topic, false);
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
    TRY(options_init(options, error));
    TRY(reading_take_text(&reading, text, name, error));
    if (options->command == COMMAND_NONE)
        return fail(error, STATUS_CONFIG, "%s: no section names the command", name);
    return options->command >= COMMAND_HELP ? STATUS_OK : reading_settle(&reading, error);
}
