#include "cli/commands.h"

const struct command_row *command_row(enum command command)
{
    static const struct command_row *const row[COMMAND_COUNT] = {
#define X(NAME, name) &command_##name,
        COMMANDS(X)
#undef X
    };
    return command == COMMAND_NONE ? NULL : row[__builtin_ctz(command)];
}
