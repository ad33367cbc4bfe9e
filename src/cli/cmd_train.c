#include "cli/commands.h"

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    struct result result;
    return train_by_options(options, invocation, comm, &result, error);
}

const struct command_row command_train = {
    .arguments = "[options]",
    .summary = "train a network; mpirun -n RANKS lockstep train ... on several ranks",
    .help =
        "  lockstep train --data fashion-mnist --hidden 256,128 --batch 128 --epochs 5\n"
        "  mpirun -n 4 lockstep train --data fashion-mnist --val-split 0.1 --threads 2\n"
        "  lockstep train --config runs/first/config.ini --out runs/again\n"
        "  lockstep train --resume runs/first\n"
        "\n"
        "For batch, epochs, dropout, init and scaling, auto depends on the data: lockstep help\n"
        "defaults.\n",
    .watched = true,
    .stoppable = true,
    .run = run,
};
