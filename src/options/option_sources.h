/* option_sources.h: reads options from defaults, the environment and a config file. */
#ifndef OPTIONS_OPTION_SOURCES_H
#define OPTIONS_OPTION_SOURCES_H

#include "options/option_reading.h"

/* Writes the name of an option's environment variable, "LOCKSTEP_VAL_SPLIT". */
enum { VARIABLE_MAX = 64 };
void option_variable(const struct option *option, char out[VARIABLE_MAX]);

enum status reading_take_defaults(struct reading *reading, struct error *error);

/* Stores all entries of `text`, the content of a config file. STATUS_CONFIG. */
enum status reading_take_text(
    struct reading *reading, const char *text, const char *name, struct error *error);

/* Reads the file reading->config, if there is one. */
enum status reading_take_config(struct reading *reading, struct error *error);

/* Stores the values of environment variables; with `config_only`, only the path of the config file.
 * A variable with an empty value counts as not set. STATUS_USAGE. */
enum status reading_take_environment(
    struct reading *reading, char *const *environment, bool config_only, struct error *error);

#endif
