#include "report/shown_streams.h"

#include <stdlib.h>
#include <string.h>
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

/* --- lines that fit --------------------------------------------------------------------------- */

FILE *wrapped_begin(struct wrapped *wrapped, FILE *out)
{
    *wrapped = (struct wrapped){.out = out};
    wrapped->text = open_memstream(&wrapped->buffer, &wrapped->size);
    return wrapped->text ? wrapped->text : out;
}

/* Returns the length of the next line of a text: up to its end, or to the last blank that fits,
 * after a comma or semicolon if there is one. */
static size_t line_length(const char *text, size_t most)
{
    size_t length = strcspn(text, "\n"), blank = 0, pause = 0;
    if (most == 0 || length <= most)
        return length;
    for (size_t i = most; i > most / 3; i--)
        if (text[i] == ' ') {
            blank = blank > 0 ? blank : i;
            pause = pause == 0 && strchr(",;:", text[i - 1]) ? i : pause;
        }
    return pause > 0 ? pause : blank > 0 ? blank : most + strcspn(text + most, " \n");
}

void wrapped_end(struct wrapped *wrapped, int indent, int most)
{
    int before = 0;
    if (wrapped->text)
        fclose(wrapped->text);
    for (const char *at = wrapped->buffer; at && *at;) {
        int room = most > 2 * indent ? most - before : 0;
        size_t length = line_length(at, (size_t)room);
        fprintf(wrapped->out, "%*s%.*s\n", before, "", (int)length, at);
        before = at[length] == ' ' ? indent : 0;
        at += length + (at[length] != '\0');
    }
    free(wrapped->buffer);
    fflush(wrapped->out);
}

/* ---------------------------------------------------------------------------------------------- */

void shown_streams_urgent(const char *text, size_t size)
{
    struct shown_writer writer = {.descriptor = STDERR_FILENO};
    shown_write(&writer, text, size);
}
