/* option_reading.h: options while they are being gathered from several sources. Internal to cli/.
 */
#ifndef OPTIONS_OPTION_READING_H
#define OPTIONS_OPTION_READING_H

#include "options/option_table.h"

/* From the weakest source to the strongest. */
enum origin { FROM_DEFAULT, FROM_CONFIG, FROM_ENVIRONMENT, FROM_FLAG };

/* The arrays go with option_table. */
struct reading {
    struct options *options;
    const char *config;                 /* path of the config file; NULL: none */
    char resumed_config[FILE_PATH_MAX]; /* of the run to be resumed */
    bool whole_text;                    /* options_from_text(): the section names the command */
    enum origin origin[OPTION_COUNT_MAX];
    int line[OPTION_COUNT_MAX];         /* in the config file; 0: not there */
    const char *flag[OPTION_COUNT_MAX]; /* value on the command line; NULL: not there */
    char *paths;                        /* those on the command line, a line each */
};

static inline size_t option_index(const struct option *option)
{
    return (size_t)(option - option_table);
}

/* "LOCKSTEP_VAL_SPLIT" */
enum { VARIABLE_MAX = 64 };
void option_variable(const struct option *option, char out[VARIABLE_MAX]);

/* The command and its flags, the values as they stand there, and the config file they name. With
 * COMMAND_HELP and COMMAND_VERSION no more than the topic. STATUS_USAGE. */
enum status reading_take_arguments(
    struct reading *reading, int argc, char *const *argv, struct error *error);

/* The values of those flags. STATUS_USAGE. */
enum status reading_take_flags(struct reading *reading, struct error *error);

enum status reading_take_defaults(struct reading *reading, struct error *error);

/* All entries of a config file's content. STATUS_CONFIG. */
enum status reading_take_text(
    struct reading *reading, const char *text, const char *name, struct error *error);

/* The file reading->config, if there is one. */
enum status reading_take_config(struct reading *reading, struct error *error);

/* Values of the environment; with `config_only` no more than the path of the config file. An empty
 * variable counts as none. */
enum status reading_take_environment(
    struct reading *reading, char *const *environment, bool config_only, struct error *error);

/* With --resume, names the config file of that run, unless --config names another. After flags and
 * --config are known; those of `environment` count. STATUS_USAGE, STATUS_NO_INPUT. */
enum status reading_take_resume(
    struct reading *reading, char *const *environment, struct error *error);

/* What must hold between options, once all sources are in. */
enum status reading_settle(struct reading *reading, struct error *error);

/* Whether an option has the value that it takes when nobody gives it and the others are these. */
bool option_is_usual(const struct option *option, const struct options *options);

#endif
