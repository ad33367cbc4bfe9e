/* table.h: prints a table of figures as text, HTML or CSV, from rows of JSON (rows.h).
 *
 * Columns are given as a list of paths, "batch, steps_per_epoch, lr: rate"; text after a colon
 * replaces the heading from figure.h. A column that has no value in any row is omitted, except the
 * first column, which names the row. Numbers are right-aligned, text is left-aligned.
 *
 *     value                text              HTML                       CSV
 *     54000                54,000            54,000                     54000
 *     0.125 (a share)      12.5 %            12.5 %                     0.125
 *     true                 yes               yes                        true
 *     least, most          2-3               2-3                        NAME_least, NAME_most
 *     mean, least, most    2.5 [2, 3]        2.5, with 2 ... 3 below    NAME, NAME_least, NAME_most
 *     null                 -                 a dash                     nothing
 *
 * In HTML a number has its exact value in data-value (data-least, data-most).
 *
 * Threads: one per file.
 */
#pragma once

#include <stdio.h>

#include "report/rows.h"

/* Print headings and rows. While the table is wider than `most`, columns with the same value in all
 * rows are moved below it, starting with the last: "the same for all: NAME VALUE, ...". A table that
 * is still wider than the terminal is printed in parts, each with the first column. */
enum { TABLE_LINE = 98, TABLE_ANY_WIDTH = 10000 };
void table_print(FILE *file, const char *columns, const struct rows *rows, int most);
void table_print_array(FILE *file, const char *columns, const struct json *array, int most);

/* Prints an HTML table. Its caption is for screen readers only. */
void table_html(FILE *file, const char *caption, const char *columns, const struct rows *rows);

/* Prints the figures of one row that have a value, as an HTML description list. */
void table_html_list(FILE *file, const char *columns, const struct json *row);

/* Prints an array of rows as CSV: a line with the keys, then one line per row. `shape` is a row with
 * all keys, in which every repeated measurement has "least" and "most"; each line has its fields. */
void table_csv(FILE *file, const struct json *shape, const struct json *rows);
