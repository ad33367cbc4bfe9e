#include "comm/teams.h"

/* True if the two ranks are in one team. */
static bool together(
    const struct team_place *a, const struct team_place *b, struct team_request request)
{
    if (a->machine != b->machine)
        return false;
    switch (request.kind) {
    case TEAM_NODE:
        return true;
    case TEAM_NUMA:
        return a->domain == b->domain;
    case TEAM_RANKS:
        break;
    }
    return a->position / request.ranks == b->position / request.ranks;
}

int teams_divide(int *team, const struct team_place *place, int ranks, struct team_request request)
{
    int count = 0;
    for (int r = 0; r < ranks; r++) {
        int earlier = r - 1;
        while (earlier >= 0 && !together(&place[earlier], &place[r], request))
            earlier--;
        team[r] = earlier >= 0 ? team[earlier] : count++;
    }
    return count;
}

int teams_width(int ranks, struct team_request request)
{
    return request.kind == TEAM_RANKS && request.ranks < ranks ? request.ranks : ranks;
}
