/* figure.h: the heading and the number format for each figure in a report.
 *
 * Threads: any.
 */
#pragma once

#include "base/json.h"
#include "report/number.h"

enum { FIGURE_HEADING = 80 };
struct figure {
    char heading[FIGURE_HEADING];
    enum number_form form;
};

/* Returns the heading and the form of the figure at a path (rows.h). They depend on the last part
 * of the path that is in the list of figures: for "tiles.0.gflops" this is "gflops". If no part is
 * in the list, the figure is a count, and its heading is the last part of the path. */
struct figure figure_of(const char *path);

/* Formats a value into out and returns out. A missing value gives "". A number is written in the
 * given form. A range is written as "2-3", or as "2.5 [2, 3]" if it has a mean or median. A Boolean
 * is written as "yes" or "no". Text is made safe to show (base/shown.h). */
enum { FIGURE_TEXT = 160 };
const char *figure_text(const struct json *value, enum number_form form, char out[FIGURE_TEXT]);

/* Appends a sentence to a text, with its placeholders replaced by figures from a row; returns the
 * text.
 *
 *     {lr}       the value at a path: a number in its form, a text, or the length of an array
 *     {lr:3}     the number, with 3 significant digits
 *     seed{n:s}  "" if the number is 1, else "s"
 */
enum { SENTENCE = 1000 };
const char *sentence_append(char text[SENTENCE], const char *sentence, const struct json *row);

/* The sentence alone, in memory that is valid until the end of the enclosing block. */
#define FILLED(sentence, row) sentence_append((char[SENTENCE]){""}, sentence, row)
