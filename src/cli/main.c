/* main.c: the main program, which prints all errors and ends the process. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mapped_file.h"
#include "base/memory.h"
#include "options/agreed_options.h"
#include "cli/commands.h"
#include "report/shown_streams.h"
#include "cli/watchdog.h"
#include "comm/world.h"
#include "net/kernel.h"

/* The only variable that the signal handler writes. */
static atomic_int stop_signal; /* lock-free, so a handler may write it */

/* Requests an orderly end at the first signal; a second one has its default effect and ends the
 * process at once. */
static void on_signal(int number)
{
    atomic_store(&stop_signal, number);
}

/* Installs the signal handler. A signal that is ignored at the start (nohup, a background job)
 * stays ignored. */
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

static struct sigaction bus_error_before; /* written before there are threads */

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int kept = errno;
    (void)context;
    bool fault = info->si_code > 0; /* a signal from kill() has no address */
    if (!fault || !mapped_file_stand_in(info->si_addr)) {
        sigaction(number, &bus_error_before, NULL);
        raise(number);
    }
    errno = kept;
}

/* Installs the handler that reports a truncated or unreadable mapped file as bad data instead of
 * letting the program crash (base/mapped_file.h). Called after MPI has started, since MPI installs
 * its own handler for SIGBUS, which prints a trace. Any other SIGBUS still goes to that handler. */
static void catch_bus_errors(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &bus_error_before);
}

/* Opens /dev/null for each standard stream that is closed. If it stayed closed, the next file to be
 * opened would get its descriptor, and progress would be written into results. The replacement for
 * standard output is not writable, so that writing results to it fails visibly. */
static void occupy_standard_streams(void)
{
    for (int stream = 0; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY) != stream)
            _exit(STATUS_NO_RESOURCE);
}

/* The call of the program, and its exit code. */
struct call {
    int argc;
    char **argv;
    double started_s;
    int value;
};

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

static enum status run_command(
    const struct options *options, const struct call *call, struct comm *world, struct error *error)
{
    const struct command_row *command = command_row(options->command);
    char *line = NULL;
    if (command->watched)
        watchdog_start(options, world, &stop_signal);
    if (command->stoppable)
        catch_signals();
    enum status status =
        comm_agree(world, join_arguments(call->argc, call->argv, &line, error), error);
    struct invocation invocation = {.command_line = line,
        .started_s = call->started_s,
        .stop_signal = command->stoppable ? &stop_signal : NULL};
    if (!status)
        status = command->run(options, &invocation, world, error);
    free(line);
    return status;
}

static enum status run(const struct call *call, struct comm *world, struct error *error)
{
    struct options options;
    char warning[AGREED_WARNING];
    enum status status =
        agreed_options_read(&options, world, call->argc, call->argv, environ, warning, error);
    if (!status && warning[0])
        fprintf(stderr, "lockstep: warning: %s\n", warning);
    if (!status) {
        kernel_prepare_process(options.kernel);
        status = run_command(&options, call, world, error);
    }
    options_clear(&options);
    return status;
}

static int start(const struct call *call)
{
    struct error error = {0};
    struct comm *world;
    occupy_standard_streams();
    if (!shown_streams_open())
        return STATUS_NO_RESOURCE;
    signal(SIGPIPE, SIG_IGN); /* a closed progress pipe must not end a run */
    signal(SIGXFSZ, SIG_IGN); /* writing beyond the limit then fails, and that is reported */
    enum status status = world_open(&world, &error);
    bool opened = !status;
    catch_bus_errors();
    if (!status)
        status = run(call, world, &error);
    if (!status && (fflush(stdout) != 0 || ferror(stdout)))
        status = fail(&error, STATUS_IO, "cannot write the results to standard output");
    /* If MPI did not start, all processes of a launcher fail, but only one prints the error. */
    if (status && world->rank == 0 && (opened || world_launched_rank() == 0))
        fprintf(stderr, "lockstep: %s\n", error.text);
    world_close(world);
    return (int)status;
}

/* --- enough stack ----------------------------------------------------------------------------- */

enum { STACK_BYTES = 8 << 20 };

static void *make_call(void *argument)
{
    struct call *call = argument;
    call->value = start(call);
    return NULL;
}

/* Commands need up to a megabyte of stack, and MPI and its threads need more. A stack overflow is a
 * crash without a message. So if the limit (ulimit -s) is below 8 MiB, the program runs on a new
 * thread with a stack of 8 MiB, and 8 MiB becomes the default for all threads. If that thread
 * cannot be created, the program runs on the present stack. The default is set before MPI and
 * OpenMP start. */
int main(int argc, char **argv)
{
    struct call call = {argc, argv, clock_now_s(), 0};
    struct rlimit limit;
    pthread_attr_t attributes;
    pthread_t thread;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
        return start(&call);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_setattr_default_np(&attributes);
    int failed = pthread_create(&thread, &attributes, make_call, &call);
    pthread_attr_destroy(&attributes);
    if (failed)
        return start(&call);
    pthread_join(thread, NULL);
    return call.value;
}
