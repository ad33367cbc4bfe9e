#include <stdio.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "commit.h"

static enum status help(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    bool leads = comm->rank == 0;
    return comm_agree(comm, leads ? help_print(stdout, options->topic, error) : STATUS_OK, error);
}

static enum status version(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)options, (void)invocation, (void)error;
    if (comm->rank == 0)
        printf("lockstep %s (%s)\n", LOCKSTEP_VERSION, LOCKSTEP_COMMIT);
    return STATUS_OK;
}

const struct command_row command_help = {
    .arguments = "COMMAND [all]|TOPIC",
    .summary =
        "the most used options of a command, all its options, or a topic; also lockstep COMMAND "
        "--help",
    .help = "",
    .run = help,
};

const struct command_row command_version = {
    .arguments = "",
    .summary = "version and commit; also lockstep --version",
    .help = "",
    .run = version,
};
