/* team_lines.h: teams as text and as JSON.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_TEAM_LINES_H
#define REPORT_TEAM_LINES_H

#include <stdio.h>

#include "base/json.h"
#include "comm/teams.h"
#include "step/plan.h"

/* Prints a line for each of the first teams: its ranks, its workers as teams_count_workers() last
 * counted them, and with a plan its slices and rows of a whole batch.
 *
 *     team 0 (ranks 0-3): slices 0-7, rows 0-1023, 8 workers
 *
 * If every team is one rank, the line begins with "rank 0: ...". */
void team_lines_print(FILE *file, const struct teams *teams, const struct plan *plan);

/* Sets "node", "numa" or "rank", or a number of ranks. */
void team_set_json(struct json *object, const char *key, struct team_request request);

/* An array with the ranks and workers of each team. */
struct json *team_json(const struct teams *teams);

#endif
