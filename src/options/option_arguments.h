/* option_arguments.h: reads the options given to a process: its command line and environment. */
#pragma once

#include "options/option_reading.h"

/* Sets reading->options to the defaults, and reads the command line and then the environment, but
 * no file. For COMMAND_HELP and COMMAND_VERSION it reads only the topic. The caller must call
 * options_clear(), even on failure. STATUS_USAGE, STATUS_NO_RESOURCE. */
enum status reading_begin(struct reading *reading, int argc, char *const *argv,
    char *const *environment, struct error *error);
