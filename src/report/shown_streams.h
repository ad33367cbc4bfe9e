/* shown_streams.h: the program's standard output and standard error, made harmless in one place.
 *
 * stdout and stderr become streams that write what base/shown.h shows of their text, so nothing that a
 * file, a name or an argument holds can reach a terminal as a control sequence, whoever prints it.
 * What goes around them says why: results as CSV and NPY (base/output.h), and the bar of progress.
 *
 * For main alone: the streams of a program that embeds the library are its own.
 */
#ifndef REPORT_SHOWN_STREAMS_H
#define REPORT_SHOWN_STREAMS_H

#include <stdbool.h>
#include <stdio.h>

/* Once, before anything is printed. False: no memory. */
bool shown_streams_open(void);

/* Standard error as it was, for a bar, which is made of numbers and of words of ours, and is erased by
 * a control sequence. */
FILE *shown_streams_bar(void);

/* Writes to standard error past stdio, whose lock a thread that hangs may hold; what fails is
 * ignored. */
void shown_streams_urgent(const char *text, size_t size);

#endif
