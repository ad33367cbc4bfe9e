/* option_arguments.h: options from a command line. */
#ifndef OPTIONS_OPTION_ARGUMENTS_H
#define OPTIONS_OPTION_ARGUMENTS_H

#include "options/option_reading.h"

/* The command and its flags, with their values unread, and the config file that they name. With
 * COMMAND_HELP and COMMAND_VERSION only the topic. STATUS_USAGE, STATUS_NO_RESOURCE. */
enum status reading_take_arguments(
    struct reading *reading, int argc, char *const *argv, struct error *error);

/* The values of those flags. STATUS_USAGE. */
enum status reading_take_flags(struct reading *reading, struct error *error);

#endif
