/* shown_streams.h: makes the program's standard output and standard error safe for a terminal.
 *
 * stdout and stderr become streams that escape their text as base/shown.h does, so that nothing in
 * a file, a name or an argument can reach a terminal as a control sequence. Only results as CSV and
 * NPY (base/output.h) and the progress bar are written without these streams.
 *
 * Only main() calls this: a program that embeds the library keeps its own streams.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Replaces stdout and stderr. Call it once, before anything is printed. False: out of memory. */
bool shown_streams_open(void);

/* Returns the original standard error, for the progress bar, which contains only our own text and
 * is erased by a control sequence. */
FILE *shown_streams_bar(void);

/* True if people read standard output: it is a terminal, and no launcher started the program. Open
 * MPI gives its ranks a pseudoterminal even if its own output goes to a file. */
bool shown_streams_on_terminal(void);

/* Returns the width of that terminal; 0: standard output is not read on one. */
int shown_streams_columns(void);

/* Text in lines that fit into a terminal:
 *
 *     struct wrapped wrapped;
 *     FILE *text = wrapped_begin(&wrapped, stdout);
 *     fprintf(text, ...);
 *     wrapped_end(&wrapped, 4, shown_streams_columns());
 */
struct wrapped {
    FILE *out, *text;
    char *buffer;
    size_t size;
};

/* Returns the stream for the text: in memory, or `out` itself if memory is short. */
FILE *wrapped_begin(struct wrapped *wrapped, FILE *out);

/* Prints the text to `out` in lines of at most `most` bytes, broken after a comma, semicolon or
 * colon if possible; the parts after a break are indented. A long path stays
 * whole, also with a short word before it, and so does everything if `most` is 0 or at most twice
 * the indentation. */
void wrapped_end(struct wrapped *wrapped, int indent, int most);

/* Writes to standard error without stdio, because a hung thread may hold the lock of a stdio
 * stream. Failures are ignored. */
void shown_streams_urgent(const char *text, size_t size);
