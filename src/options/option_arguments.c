#include "options/option_arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "options/option_sources.h"

enum { WITH_OPTIONS = NUMBER_OF_HELP }; /* commands that take options */

static enum status unknown_command(const char *word, struct error *error)
{
    char list[OPTION_LIST_TEXT];
    const char *nearest = text_nearest(word, command_words, WITH_OPTIONS);
    if (nearest)
        return fail(error, STATUS_USAGE, "unknown command %s; did you mean %s?", word, nearest);
    return fail(error, STATUS_USAGE, "unknown command %s; the commands are %s", word,
        option_list_words(command_words, (1U << WITH_OPTIONS) - 1, " and ", list));
}

static bool asks_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* Joins the words that follow `help`: "train all". */
static enum status read_topic(
    struct options *options, int n, char *const *word, struct error *error)
{
    size_t size = 1;
    for (int i = 0; i < n; i++)
        size += strlen(word[i]) + 1;
    char *topic = options_room(options, size);
    if (!topic)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the help topic");
    for (int i = 0; i < n; i++)
        if (!asks_help(word[i]))
            sprintf(topic + strlen(topic), "%s%s", *topic ? " " : "", word[i]);
    options->topic = topic;
    return STATUS_OK;
}

/* Refuses an option that precedes the command, and names a command that takes it: the one that
 * follows, or else the first. */
static enum status refuse_before_command(int argc, char *const *argv, struct error *error)
{
    const char *word = argv[1];
    char name[VARIABLE_MAX];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const struct option *option = strncmp(word, "--", 2) == 0 ? option_find(name) : NULL;
    enum command command = COMMAND_NONE;
    for (int i = 2; option && i < argc && !(option->commands & command); i++)
        command = command_find(argv[i]);
    for (int i = 0; option && i < WITH_OPTIONS && !(option->commands & command); i++)
        command = command_find(command_words[i]);
    if (!option)
        return fail(error, STATUS_USAGE, "unknown option %s; see lockstep --help", word);
    return fail(error, STATUS_USAGE, "%s before a command: lockstep %s %s ...", word,
        command_name(command), word);
}

static enum status read_command(
    struct options *options, int argc, char *const *argv, struct error *error)
{
    char list[OPTION_LIST_TEXT];
    if (argc < 2)
        return fail(error, STATUS_USAGE, "no command; the commands are %s; see lockstep --help",
            option_list_words(command_words, (1U << WITH_OPTIONS) - 1, " and ", list));
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        word = "version";
    if (asks_help(word))
        word = "help";
    if (word[0] == '-')
        return refuse_before_command(argc, argv, error);
    options->command = command_find(word);
    if (options->command == COMMAND_NONE)
        return unknown_command(word, error);
    if (options->command == COMMAND_HELP)
        return read_topic(options, argc - 2, argv + 2, error);
    for (int i = 2; i < argc; i++)
        if (options->command < COMMAND_HELP && asks_help(argv[i])) {
            options->topic = command_name(options->command);
            options->command = COMMAND_HELP;
        }
    return STATUS_OK;
}

static enum status unknown_flag(const char *name, enum command command, struct error *error)
{
    char list[OPTION_LIST_TEXT];
    const struct option *option = option_find(name);
    if (option && strcmp(name, "ranks") == 0)
        return fail(error, STATUS_USAGE,
            "--ranks is an option of plan; here the ranks come from mpirun -n");
    if (option && !option_alias(name, command))
        return fail(error, STATUS_USAGE, "--%s is an option of %s, not of %s", name,
            option_takers(option, list), command_name(command));
    const struct option *negated = strncmp(name, "no-", 3) == 0 ? option_find(name + 3) : NULL;
    if (negated && negated->kind == KIND_SWITCH)
        return fail(error, STATUS_USAGE, "unknown option --%s; write --%s off", name, name + 3);
    const char *nearest = option_nearest(name, command);
    if (nearest)
        return fail(error, STATUS_USAGE, "unknown option --%s; did you mean --%s?", name, nearest);
    return fail(error, STATUS_USAGE, "unknown option --%s; lockstep %s --help lists them", name,
        command_name(command));
}

/* Finds the option in "--name", "--name=value" or "--no-name", and the value if the argument has
 * one. */
static enum status read_flag(const char *argument, enum command command,
    const struct option **option_out, const char **value_out, struct error *error)
{
    char name[VARIABLE_MAX];
    size_t length = strcspn(argument + 2, "=");
    if (length >= sizeof name)
        return fail(error, STATUS_USAGE, "unknown option %s", argument);
    snprintf(name, sizeof name, "%.*s", (int)length, argument + 2);
    const struct option *option = option_find(name);
    const char *value = argument[2 + length] == '=' ? argument + 3 + length : NULL;
    if (!option && strncmp(name, "no-", 3) == 0) {
        option = option_find(name + 3);
        if (option && option->kind == KIND_FLAG && !value)
            value = "off";
        else
            option = NULL;
    }
    if (!option || !option_serves(option, command))
        return unknown_flag(name, command, error);
    if (option->kind == KIND_FLAG && !value)
        value = "on";
    *option_out = option;
    *value_out = value;
    return STATUS_OK;
}

/* Adds one more path to `paths`, which has room for it. */
static enum status read_path(char *paths, const char *path, struct error *error)
{
    size_t used = strlen(paths);
    if (!*path || strchr(path, '\n'))
        return fail(error, STATUS_USAGE, "\"%s\" is not a path: it %s", path,
            *path ? "contains a newline" : "is empty");
    if (used + strlen(path) + 2 > OPTION_PATHS_MAX)
        return fail(error, STATUS_USAGE,
            "more than %d bytes of paths; name a directory that contains them", OPTION_PATHS_MAX);
    sprintf(paths + used, "%s%s", used > 0 ? "\n" : "", path);
    return STATUS_OK;
}

/* Finds the value of each option on the command line; value[i] is that of option_table[i], or
 * NULL. */
static enum status find_values(const char *value[OPTION_COUNT_MAX], const struct options *options,
    int argc, char *const *argv, struct error *error)
{
    const struct option *positional = option_positional(options->command);
    char *paths = options_room(options, OPTION_PATHS_MAX);
    if (!paths)
        return fail(error, STATUS_NO_RESOURCE, "no memory for the options");
    for (int i = 2; i < argc; i++) {
        const struct option *option = NULL;
        const char *text = NULL;
        char form[64];
        if (argv[i][0] != '-' && positional && positional->kind == KIND_PATHS) {
            TRY(read_path(paths, argv[i], error));
            value[option_index(positional)] = paths;
            continue;
        }
        if (argv[i][0] != '-' && positional && !value[option_index(positional)]) {
            value[option_index(positional)] = argv[i];
            continue;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            bool dash = argv[i][0] == '-';
            bool path = !dash && strpbrk(argv[i], "./") &&
                        option_serves(option_find("data"), options->command);
            return fail(error, STATUS_USAGE, "unexpected argument %s%s%s", argv[i],
                dash   ? " (options have two dashes)"
                : path ? "; for data, write --data "
                       : "; see lockstep help ",
                dash   ? ""
                : path ? argv[i]
                       : command_name(options->command));
        }
        TRY(read_flag(argv[i], options->command, &option, &text, error));
        if (!text && i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0)
            text = argv[++i];
        if (!text)
            return fail(
                error, STATUS_USAGE, "%s: needs a value: %s", argv[i], option_form(option, form));
        value[option_index(option)] = text;
    }
    return STATUS_OK;
}

static enum status read_flags(
    struct reading *reading, int argc, char *const *argv, struct error *error)
{
    const char *value[OPTION_COUNT_MAX] = {NULL};
    char reason[OPTION_REASON_MAX];
    TRY(find_values(value, reading->options, argc, argv, error));
    for (int i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (option->kind == KIND_CONFIG)
            reading->config = value[i];
        if (!value[i] || option->kind == KIND_CONFIG)
            continue;
        /* A config file may set a text to "". On a command line, an empty text usually comes from
         * an unset shell variable. */
        if (!*value[i])
            return fail(error, STATUS_USAGE, "--%s: needs a value", option->name);
        if (!reading_store(reading, option, FROM_FLAG, value[i], reason))
            return fail(error, STATUS_USAGE, "%s%s %s: %s",
                option->positional & (unsigned)reading->options->command ? "" : "--", option->name,
                value[i], reason);
    }
    return STATUS_OK;
}

enum status reading_begin(struct reading *reading, int argc, char *const *argv,
    char *const *environment, struct error *error)
{
    TRY(options_init(reading->options, error));
    TRY(read_command(reading->options, argc, argv, error));
    if (reading->options->command >= COMMAND_HELP)
        return STATUS_OK;
    TRY(read_flags(reading, argc, argv, error));
    return reading_take_environment(reading, environment, error);
}
