/* option_arguments.h: reads options from a command line. */
#ifndef OPTIONS_OPTION_ARGUMENTS_H
#define OPTIONS_OPTION_ARGUMENTS_H

#include "options/option_reading.h"

/* Reads the command, its flags and the path of the config file. Does not parse the values of the
 * flags yet. For COMMAND_HELP and COMMAND_VERSION it reads only the topic. STATUS_USAGE,
 * STATUS_NO_RESOURCE. */
enum status reading_take_arguments(
    struct reading *reading, int argc, char *const *argv, struct error *error);

/* Parses and stores the values of the flags. STATUS_USAGE. */
enum status reading_take_flags(struct reading *reading, struct error *error);

#endif
