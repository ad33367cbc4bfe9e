#include "report/team_lines.h"

#include <inttypes.h>

#include "report/number.h"

enum { TEAMS_SHOWN = 8, RUNS_SHOWN = 4 };

/* Prints "rank 3" or "ranks 0-3, 8". */
static void print_ranks(FILE *file, const int *rank, int n)
{
    int runs = 0;
    fputs(n == 1 ? "rank" : "ranks", file);
    for (int first = 0, last; first < n; first = last + 1, runs++) {
        for (last = first; last + 1 < n && rank[last + 1] == rank[last] + 1; last++)
            ;
        if (runs == RUNS_SHOWN) {
            fprintf(file, " and %d more", n - first);
            break;
        }
        fprintf(file, "%s %d", runs > 0 ? "," : "", rank[first]);
        if (last > first)
            fprintf(file, "-%d", rank[last]);
    }
}

/* Prints "8 workers", or "5 workers (3 + 2)" if ranks have different numbers of threads. */
static void print_workers(FILE *file, const struct teams *teams, int team, const char *what)
{
    const int *rank = teams->team[team].ranks;
    int n = teams->team[team].size, workers = teams->team[team].workers;
    bool equal = true;
    for (int i = 1; i < n; i++)
        equal &= teams->threads[rank[i]] == teams->threads[rank[0]];
    fprintf(file, "%d %s%s", workers, what, NUMBER_PLURAL(workers));
    for (int i = 0; !equal && i < n && i < TEAMS_SHOWN; i++)
        fprintf(file, "%s%d", i > 0 ? " + " : " (", teams->threads[rank[i]]);
    if (!equal)
        fputs(n > TEAMS_SHOWN ? " ...)" : ")", file);
}

static void print_team(
    FILE *file, const struct teams *teams, const struct plan *plan, int team, bool by_rank)
{
    fputs("    ", file);
    if (!by_rank)
        fprintf(file, "team %d (", team);
    print_ranks(file, teams->team[team].ranks, teams->team[team].size);
    fputs(by_rank ? ": " : "): ", file);
    const struct plan_stage *first = plan ? &plan->stage[0] : NULL;
    struct range slices = plan ? plan_team_slices(first, team) : (struct range){0, 0};
    struct range rows = plan ? plan_team_rows(first, first->batch, team) : (struct range){0, 0};
    if (range_size(slices) > 0)
        fprintf(file, "slices %" PRId64 "-%" PRId64 ", rows %" PRId64 "-%" PRId64 ", ",
            slices.first, slices.end - 1, rows.first, rows.end - 1);
    else if (plan)
        fputs("no slice, ", file);
    print_workers(file, teams, team, by_rank ? "thread" : "worker");
    fputc('\n', file);
}

void team_lines_print(FILE *file, const struct teams *teams, const struct plan *plan)
{
    int count = teams->count;
    bool by_rank = count == teams->comm->size;
    for (int t = 0; t < count && t < TEAMS_SHOWN; t++)
        print_team(file, teams, plan, t, by_rank);
    if (count > TEAMS_SHOWN)
        fprintf(file, "    ... and %d more %ss\n", count - TEAMS_SHOWN, by_rank ? "rank" : "team");
}

void team_set_json(struct json *object, const char *key, struct team_request request)
{
    char name[16];
    if (request.kind == TEAM_RANKS && request.ranks > 1)
        js_set_int(object, key, request.ranks);
    else
        js_set_text(object, key, team_name(request, name));
}

struct json *team_json(const struct teams *teams)
{
    struct json *array = js_array();
    for (int t = 0; t < teams->count; t++) {
        struct json *team = js_object(), *ranks = js_array();
        for (int i = 0; i < teams->team[t].size; i++)
            js_append_int(ranks, teams->team[t].ranks[i]);
        js_set_int(team, "team", t);
        js_set(team, "ranks", ranks);
        js_set_int(team, "workers", teams->team[t].workers);
        js_append(array, team);
    }
    return array;
}
