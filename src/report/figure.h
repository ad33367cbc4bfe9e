/* figure.h: the heading and the number format for each figure in a report.
 *
 * Threads: any.
 */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "base/json.h"
#include "report/number.h"

enum { FIGURE_HEADING = 80 };
struct figure {
    char heading[FIGURE_HEADING];
    enum number_form form;
};

/* Returns the figure at a path (rows.h), named by the last part of the path that is in the list:
 * "tiles.0.gflops" is "gflops". If none is, it is a count, headed by the last part of its path. */
struct figure figure_of(const char *path);

/* Formats a value into out, "" if there is none; returns out. A number is written in the given
 * form, a range as "2-3", or as "2.5 [2, 3]" with its mean or median; a Boolean as "yes" or "no"; a
 * text is made safe to show. */
enum { FIGURE_TEXT = 160 };
const char *figure_text(const struct json *value, enum number_form form, char out[FIGURE_TEXT]);

/* Replaces the placeholders in a sentence with figures from a row, into out; returns out.
 *
 *     {lr}       the figure at a path, in its form; a text; the length of an array
 *     {lr:3}     with that number of significant digits
 *     seed{n:s}  "" if the number is 1, else "s"
 */
enum { SENTENCE = 1000 };
const char *figure_sentence(const char *sentence, const struct json *row, char out[SENTENCE]);

#endif
