/* commands.h: the commands of the program. Each command has an entry in options/command.h and a
 * file cmd_NAME.c that defines `command_NAME`.
 *
 * Commands print their results on stdout. Only main() prints errors and exits.
 */
#pragma once

#include "api/train.h"

struct command_row {
    const char *arguments; /* "[options]" */
    const char *summary;   /* for the list of commands */
    const char *help;      /* part of its help page before the options: examples and explanations */
    bool watched;          /* a watchdog (cli/watchdog.h) reports stalls */
    bool stoppable;        /* a signal requests an orderly end */

    /* Collective over comm, with equal options on all ranks. */
    enum status (*run)(const struct options *options, const struct invocation *invocation,
        struct comm *comm, struct error *error);
};

#define X(NAME, name) extern const struct command_row command_##name;
COMMANDS(X)
#undef X

/* Returns NULL for COMMAND_NONE. */
const struct command_row *command_row(enum command command);
