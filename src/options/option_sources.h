/* option_sources.h: reads options from the environment, a config file and a preset. */
#pragma once

#include "options/option_reading.h"
#include "options/option_value.h"

/* Writes the name of an option's environment variable, "LOCKSTEP_VAL_SPLIT". */
enum { VARIABLE_MAX = 64 };
void option_variable(const struct option *option, char out[VARIABLE_MAX]);

/* Checks a value from this source, and stores it unless an overriding source has given one. False:
 * the value is not valid; `reason` then gives the requirement (option_store()). */
bool reading_store(struct reading *reading, const struct option *option, enum origin origin,
    const char *text, char *reason);

/* Stores all entries of `text`, the content of a config file. If lockstep 0.1 wrote it, its values
 * and the options that it does not name keep their meaning in that version. STATUS_CONFIG. */
enum status reading_take_text(
    struct reading *reading, const char *text, const char *name, struct error *error);

/* Gives the options that lockstep 0.1 had other defaults for, and that no source has given, those
 * defaults. */
void reading_take_former(struct reading *reading);

/* Reads the file reading->config, if there is one. */
enum status reading_take_config(struct reading *reading, struct error *error);

/* Stores the values of environment variables, and the path of the config file unless there is one.
 * A variable with an empty value counts as not set. STATUS_USAGE. */
enum status reading_take_environment(
    struct reading *reading, char *const *environment, struct error *error);

/* Stores the values of --preset for the options that no flag, variable or config file has given. */
void reading_take_preset(struct reading *reading);
