/* team_lines.h: prints teams as text and writes them as JSON.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#pragma once

#include <stdio.h>

#include "base/json.h"
#include "comm/teams.h"
#include "step/plan.h"

/* Prints a line for each of the first few teams, with the ranks and the workers of the team. The
 * numbers of workers are those of the last call of teams_count_workers(). If a plan is given, the
 * line also has the slices of the team and its rows of a whole batch.
 *
 *     team 0 (ranks 0-3): slices 0-7, rows 0-1023, 8 workers
 *
 * If every team is a single rank, the lines have the form "rank 0: ...". */
void team_lines_print(FILE *file, const struct teams *teams, const struct plan *plan);

/* Sets a key to the requested team: "node", "numa" or "rank", or a number of ranks. */
void team_set_json(struct json *object, const char *key, struct team_request request);

/* Returns an array with the ranks and workers of each team. */
struct json *team_json(const struct teams *teams);
