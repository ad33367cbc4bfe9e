/* commands.h: the commands of the program. A command is a row of options/command.h and a file
 * cmd_NAME.c with its `command_NAME`.
 *
 * A command prints its results on stdout; none prints an error or exits, main does.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "api/train.h"

struct command_row {
    const char *arguments; /* "[options]" */
    const char *summary;   /* for the list of commands */
    const char *help;      /* its page, before the options: examples and explanations */
    bool watched;          /* by a watchdog (cli/watchdog.h), which reports stalls */
    bool stoppable;        /* a signal asks for an orderly end */

    /* Collective over comm, with equal options on all ranks. */
    enum status (*run)(const struct options *options, const struct invocation *invocation,
        struct comm *comm, struct error *error);
};

#define X(NAME, name) extern const struct command_row command_##name;
COMMANDS(X)
#undef X

/* NULL for COMMAND_NONE. */
const struct command_row *command_row(enum command command);

#endif
