/* csv_parts.h: cuts the lines of a text table into parts, on which several threads work.
 *
 * Threads: one caller at a time per table. Collective: no.
 */
#pragma once

#include "data/formats/csv_rows.h"

/* Cuts the text at line ends into nearly equal parts, and counts and numbers their rows.
 * STATUS_NO_RESOURCE. */
enum status csv_parts_cut(struct csv_rows *rows, int threads, struct error *error);

/* Calls work(rows, part) once for each part, on at most `threads` threads including this one. If the
 * system refuses a thread, the others do its parts, so this cannot fail. */
void csv_parts_run(
    struct csv_rows *rows, int threads, void (*work)(struct csv_rows *rows, struct csv_part *part));

/* Returns the error of the first part that has one. */
enum status csv_parts_status(const struct csv_rows *rows, struct error *error);
