/* main.c: the program. Only here are errors printed and is the process ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "options/agreed_options.h"
#include "cli/bus_errors.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "report/shown_streams.h"
#include "cli/watchdog.h"
#include "commit.h"
#include "comm/stack.h"
#include "comm/world.h"
#include "net/kernel.h"

/* The one thing a signal handler can talk to. */
static atomic_int stop_signal; /* lock-free, so a handler may write it */

/* The first signal asks for an orderly end; a second one gets its default, the end at once. */
static void on_signal(int number)
{
    atomic_store(&stop_signal, number);
}

/* A signal that the starter wanted ignored (nohup, a job in the background) stays ignored. */
static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART},
                     old;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
}

/* A standard stream that is closed would be the next file opened, and progress would be written
 * into results. What stands in for standard output cannot be written to: that failure should show.
 */
static void occupy_standard_streams(void)
{
    for (int stream = 0; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY) != stream)
            _exit(STATUS_NO_RESOURCE);
}

static enum status join_arguments(int argc, char **argv, char **line, struct error *error)
{
    size_t size = 1;
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    enum status status = memory_take(line, size, 1, "the command line", error);
    for (int i = 0; !status && i < argc; i++) {
        strcat(*line, i ? " " : "");
        strcat(*line, argv[i]);
    }
    return status;
}

static enum status train(
    const struct options *options, const char *line, struct comm *world, struct error *error)
{
    struct invocation invocation = {.command_line = line, .stop_signal = &stop_signal};
    struct result result;
    catch_signals();
    if (options->command == COMMAND_SWEEP)
        return command_sweep(options, &invocation, world, error);
    return train_by_options(options, &invocation, world, &result, error);
}

/* train, sweep and bench, which tell how they were called. */
static enum status run_recorded(
    const struct options *options, int argc, char **argv, struct comm *world, struct error *error)
{
    char *line = NULL;
    watchdog_start(options, world, &stop_signal);
    enum status status = comm_agree(world, join_arguments(argc, argv, &line, error), error);
    if (!status && (options->command == COMMAND_TRAIN || options->command == COMMAND_SWEEP))
        status = train(options, line, world, error);
    else if (!status)
        status = command_bench(options, &(struct invocation){.command_line = line}, world, error);
    free(line);
    return status;
}

static enum status run_command(
    const struct options *options, int argc, char **argv, struct comm *world, struct error *error)
{
    bool leads = comm_rank(world) == 0;
    switch (options->command) {
    case COMMAND_TRAIN:
    case COMMAND_SWEEP:
    case COMMAND_BENCH:
        return run_recorded(options, argc, argv, world, error);
    case COMMAND_PLAN:
        return command_plan(options, world, error);
    case COMMAND_INFO:
        return command_info(options, world, error);
    case COMMAND_EVAL:
        return command_eval(options, world, error);
    case COMMAND_PREDICT:
        return command_predict(options, world, error);
    case COMMAND_REPORT:
        return comm_agree(world, leads ? command_report(options, error) : STATUS_OK, error);
    case COMMAND_VERSION:
        if (leads)
            printf("lockstep %s (%s)\n", LOCKSTEP_VERSION, LOCKSTEP_COMMIT);
        return STATUS_OK;
    default:
        if (leads)
            help_print(stdout, options->topic);
        return STATUS_OK;
    }
}

static enum status run(int argc, char **argv, struct comm *world, struct error *error)
{
    struct options options;
    char warning[AGREED_WARNING];
    enum status status = agreed_options_read(&options, world, argc, argv, environ, warning, error);
    if (!status && warning[0])
        fprintf(stderr, "lockstep: warning: %s\n", warning);
    if (!status) {
        kernel_prepare_process(options.kernel);
        status = run_command(&options, argc, argv, world, error);
    }
    options_clear(&options);
    return status;
}

static int start(int argc, char **argv)
{
    struct error error = {0};
    struct comm *world;
    occupy_standard_streams();
    if (!shown_streams_open())
        return STATUS_NO_RESOURCE;
    signal(SIGPIPE, SIG_IGN); /* progress that nobody reads any more is no reason to lose a run */
    signal(SIGXFSZ, SIG_IGN); /* then a write fails, and is told */
    enum status status = world_open(&world, &error);
    bool opened = !status;
    bus_errors_catch();
    if (!status)
        status = run(argc, argv, world, &error);
    if (!status && (fflush(stdout) != 0 || ferror(stdout)))
        status = fail(&error, STATUS_IO, "cannot write the results to standard output");
    /* Under a launcher every process is told of the failure; one of them says so. */
    if (status && comm_rank(world) == 0 && (opened || world_launched_rank() == 0))
        fprintf(stderr, "lockstep: %s\n", error.text);
    world_close(world);
    return (int)status;
}

int main(int argc, char **argv)
{
    return stack_run(start, argc, argv);
}
