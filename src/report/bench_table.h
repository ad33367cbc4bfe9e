/* bench_table.h: prints the results of `bench` as text or CSV.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#pragma once

#include <stdio.h>

#include "report/rows.h"

/* Prints a whole report: conditions, tables and notes. */
void bench_print(FILE *file, const struct json *report);

/* Prints the rows of `bench reduce` or `bench scaling` as CSV. */
void bench_csv(FILE *file, const struct json *report);

/* Writes the list of columns (table.h) for the rows of `bench kernel`. There are two columns for
 * each length of the sums. */
enum { BENCH_COLUMNS = 600 };
void bench_kernel_columns(const struct rows *rows, char out[BENCH_COLUMNS]);
