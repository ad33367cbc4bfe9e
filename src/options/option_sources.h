/* option_sources.h: options from their defaults, the environment and a config file. */
#ifndef OPTIONS_OPTION_SOURCES_H
#define OPTIONS_OPTION_SOURCES_H

#include "options/option_reading.h"

/* "LOCKSTEP_VAL_SPLIT" */
enum { VARIABLE_MAX = 64 };
void option_variable(const struct option *option, char out[VARIABLE_MAX]);

enum status reading_take_defaults(struct reading *reading, struct error *error);

/* All entries of a config file's content. STATUS_CONFIG. */
enum status reading_take_text(
    struct reading *reading, const char *text, const char *name, struct error *error);

/* The file reading->config, if there is one. */
enum status reading_take_config(struct reading *reading, struct error *error);

/* Values of the environment; with `config_only` only the path of the config file. An empty variable
 * counts as not set. STATUS_USAGE. */
enum status reading_take_environment(
    struct reading *reading, char *const *environment, bool config_only, struct error *error);

#endif
