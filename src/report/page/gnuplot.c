#include "report/page/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

static bool start(pid_t *child, int input, int output)
{
    char path[4200], *const arguments[] = {(char[]){"gnuplot"}, (char[]){"-d"}, NULL};
    char *const environment[] = {path, (char[]){"LC_ALL=C"}, NULL};
    posix_spawn_file_actions_t actions;
    const char *search = getenv("PATH");
    snprintf(path, sizeof path, "PATH=%s", search ? search : "/usr/bin:/bin");
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    bool ready =
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0;
    bool started =
        ready && posix_spawnp(child, "gnuplot", &actions, NULL, arguments, environment) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

/* Whether there is something to read before the time is over. */
static bool wait_readable(int descriptor, double deadline)
{
    for (;;) {
        double left = deadline - clock_now_s();
        struct pollfd entry = {.fd = descriptor, .events = POLLIN};
        int ready = left > 0 ? poll(&entry, 1, (int)(1000 * left) + 1) : 0;
        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

/* All that comes until the end; NULL: it does not end in time, or is too much. */
static char *read_all(int descriptor, double deadline)
{
    char *text = NULL, chunk[1 << 14];
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    bool whole = false;
    while (file && !whole && size < GNUPLOT_OUTPUT_MAX && wait_readable(descriptor, deadline)) {
        ssize_t n = read(descriptor, chunk, sizeof chunk);
        if (n < 0 && errno != EINTR)
            break;
        whole = n == 0;
        if (n > 0 && (fwrite(chunk, 1, (size_t)n, file) != (size_t)n || fflush(file) != 0))
            break;
    }
    if (file && fclose(file) != 0)
        whole = false;
    if (!whole) {
        free(text);
        text = NULL;
    }
    return text;
}

/* Whether it ended by itself, before the time was over, and was content. One that closes its output
 * need not end. */
static bool finish(pid_t child, double deadline)
{
    enum { MILLISECONDS = 1 };
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 && clock_now_s() < deadline)
        poll(NULL, 0, MILLISECONDS);
    if (ended == 0) {
        kill(child, SIGKILL);
        do
            ended = waitpid(child, &status, 0);
        while (ended < 0 && errno == EINTR);
    }
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A file without a name, at its beginning; -1: there is none. */
static int script_file(const char *script, size_t size)
{
    FILE *file = tmpfile();
    int copy = -1;
    if (!file)
        return -1;
    if (fwrite(script, 1, size, file) == size && fflush(file) == 0)
        copy = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
    fclose(file);
    if (copy >= 0 && lseek(copy, 0, SEEK_SET) != 0) {
        close(copy);
        copy = -1;
    }
    return copy;
}

char *gnuplot_run(const char *script, size_t size)
{
    int pipes[2], input = script_file(script, size);
    char *text = NULL;
    pid_t child;
    if (input < 0)
        return NULL;
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        close(input);
        return NULL;
    }
    bool started = start(&child, input, pipes[1]);
    close(input);
    close(pipes[1]);
    if (started) {
        double deadline = clock_now_s() + GNUPLOT_SECONDS;
        text = read_all(pipes[0], deadline);
        if (!finish(child, text ? deadline : 0)) {
            free(text);
            text = NULL;
        }
    }
    close(pipes[0]);
    return text;
}

bool gnuplot_is_here(void)
{
    static const char script[] = "set print '-'\nprint 'here'\n";
    char *text = gnuplot_run(script, sizeof script - 1);
    bool here = text && strncmp(text, "here", 4) == 0;
    free(text);
    return here;
}
