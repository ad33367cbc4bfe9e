/* route_rule.h: the rules by which recursive halving (comm/route.h) chooses the team that computes
 * the sums of a tree node for another team.
 *
 * No rule is the best for every number of teams and slices, so exchange_choose() (comm/exchange.h)
 * tries all of them. Where each team holds one aligned subtree, the first is as good as any.
 *
 * A rule adds up weights for every team that holds slices of the node, and chooses the least sum:
 *
 *     hops     each hop that brings the sums to the team that computes them, and on from there
 *     sent     what the team has sent for all nodes so far, as a fraction of two rings
 *     blocks   the blocks that the team computes of this node so far, as a fraction of an even share
 *     pairs    1 if no message travels between the two teams in this round yet
 *
 * Of equals, the team that has sent fewer groups of blocks, and then the nearest, is chosen.
 */
#pragma once

#include <stdbool.h>

struct route_rule {
    int hops, sent, blocks, pairs; /* weights */
    bool delegate;    /* a team that holds slices of a node may also get its sums from another */
    bool eager;       /* it does so if both cost the same and it needs more than an even share */
    bool backward;    /* the nearest is sought among lower numbers first */
    bool last_first;  /* teams are served in descending order */
    bool right_first; /* right children come before left ones */
    bool late;        /* sums travel as late as they can, so more of them share a message */
};

enum { ROUTE_RULES = 9 };
extern const struct route_rule route_rules[ROUTE_RULES];
