#include "report/shown_streams.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/shown.h"
#include "comm/world.h"

static FILE *bar; /* set once, before threads start; NULL: the streams are unchanged */

/* The write function for fopencookie(). A return value of 0 means failure. */
static ssize_t write_shown(void *writer, const char *text, size_t size)
{
    return shown_write(writer, text, size) ? (ssize_t)size : 0;
}

/* Opens a stream with the buffering of a standard stream. */
static FILE *open_shown(struct shown_writer *writer, int mode)
{
    FILE *file = fopencookie(writer, "w", (cookie_io_functions_t){.write = write_shown});
    if (file)
        setvbuf(file, NULL, mode, BUFSIZ);
    return file;
}

bool shown_streams_open(void)
{
    static struct shown_writer out = {.descriptor = STDOUT_FILENO};
    static struct shown_writer err = {.descriptor = STDERR_FILENO};
    FILE *shown_out = open_shown(&out, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
    FILE *shown_err = open_shown(&err, _IONBF);
    if (!shown_out || !shown_err)
        return false;
    bar = stderr;
    stdout = shown_out;
    stderr = shown_err;
    return true;
}

FILE *shown_streams_bar(void)
{
    return bar ? bar : stderr;
}

bool shown_streams_on_terminal(void)
{
    const char *launcher;
    return isatty(STDOUT_FILENO) && world_launched_ranks(&launcher) == 0;
}

int shown_streams_columns(void)
{
    struct winsize size;
    bool sized = shown_streams_on_terminal() && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return sized ? size.ws_col : 0;
}

void shown_streams_urgent(const char *text, size_t size)
{
    struct shown_writer writer = {.descriptor = STDERR_FILENO};
    shown_write(&writer, text, size);
}
