/* command.h: names of the program's commands. They are implemented in cli (cli/commands.h). */
#pragma once

/* X(NAME, name) for each command: the constant COMMAND_NAME in this file and the function
 * `command_name` in cli/. The last two commands, help and version, take no options. */
#define COMMANDS(X)                                                                                \
    X(TRAIN, train)                                                                                \
    X(PLAN, plan)                                                                                  \
    X(SWEEP, sweep)                                                                                \
    X(FOLDS, folds)                                                                                \
    X(TUNE, tune)                                                                                  \
    X(INFO, info)                                                                                  \
    X(BENCH, bench)                                                                                \
    X(EVAL, eval)                                                                                  \
    X(PREDICT, predict)                                                                            \
    X(EXPORT, export)                                                                              \
    X(REPORT, report)                                                                              \
    X(DATA, data)                                                                                  \
    X(HELP, help)                                                                                  \
    X(VERSION, version)

enum {
#define X(NAME, name) NUMBER_OF_##NAME,
    COMMANDS(X)
#undef X
        COMMAND_COUNT
};

/* One bit per command, so that an option can store a set of them. */
enum command {
    COMMAND_NONE,
#define X(NAME, name) COMMAND_##NAME = 1 << NUMBER_OF_##NAME,
    COMMANDS(X)
#undef X
};
