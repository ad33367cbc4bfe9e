/* figure.h: the heading and the number format of every figure in reports.
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

/* The figure at a path (rows.h), which its last known part names: "tiles.0.gflops" is "gflops". One
 * without an entry is a count with the last part of its path as heading. */
struct figure figure_of(const char *path);

/* A value as text, "" if there is none: a number in the form; several with spread as "2-3", or with
 * a mean or median as "2.5 [2, 3]"; "yes" or "no"; or a text, made safe to show. Returns out. */
enum { FIGURE_TEXT = 160 };
const char *figure_text(const struct json *value, enum number_form form, char out[FIGURE_TEXT]);

/* Fills the places of a sentence with figures of a row, into out; returns out.
 *
 *     {lr}       the figure at a path, in its form; a text; of an array the number of its entries
 *     {lr:3}     with that number of significant digits
 *     seed{n:s}  "" if the number is 1, else "s"
 */
enum { SENTENCE = 1000 };
const char *figure_sentence(const char *sentence, const struct json *row, char out[SENTENCE]);

#endif
