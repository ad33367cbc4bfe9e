/* team_lines.h: teams, for people and for programs.
 *
 * Threads: any. Collective: no; call on one rank.
 */
#ifndef REPORT_TEAM_LINES_H
#define REPORT_TEAM_LINES_H

#include <stdio.h>

#include "base/json.h"
#include "comm/teams.h"
#include "step/plan.h"

/* A line a team, the first of them: its ranks and workers, as teams_count_workers() last counted
 * them, and with a plan its slices and rows of a whole batch.
 *
 *     team 0 (ranks 0-3): slices 0-7, rows 0-1023, 8 workers
 *
 * Where every team is one rank, that stands in its place: "rank 0: ...". */
void team_lines_print(FILE *file, const struct teams *teams, const struct plan *plan);

/* "node", "numa" or "rank"; or a number of ranks, as a number. */
void team_set_json(struct json *object, const char *key, struct team_request request);

/* An array: of each team its ranks and workers. */
struct json *team_json(const struct teams *teams);

#endif
