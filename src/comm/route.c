#include "comm/route.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sums/tree.h"
#include "comm/deal.h"
#include "comm/route_rule.h"

enum { HOP = 1 << 20 }; /* the unit of weights */

/* A node of the tree above the subtrees that the teams hold. */
struct node {
    int left, right; /* children; -1: a subtree of one team */
    int place;       /* of the subtree at its team */
    int first, last; /* the teams that hold slices of it, except idle teams in between */
    int height;
    int *hops; /* [team - first]: the fewest that bring its sums there; if the rule weighs them */
};

/* The sums of one node. */
struct sums {
    int first, last; /* the teams that may compute some */
    int *blocks;     /* [team]: those that it computes */
    int64_t *floats; /* [team]: their size */
    int *round;      /* [team]: it has computed them when the hops of all earlier rounds arrived */
    int *late;       /* [team]: the fewest rounds that follow when it has computed them */
    int *ready;      /* [team that needs them]: as `round`, when it has got them */
    int64_t per_block; /* weight of a block that a team computes */
    int even;          /* share of a team that holds slices */
    int *from; /* [team]: the team from which it gets those that it needs; -1: it needs none */

    /* set only if the visitor needs hops */
    int *team;  /* [block] that computes it */
    int *place; /* [block] in that team's memory */
};

struct walk {
    const struct route_request *request;
    const struct route_visitor *visitor;
    int teams;
    void *node_block, *sums_block;
    int subtrees; /* of all teams */
    struct node *node;
    int root;
    const struct route_rule *rule;
    int64_t per_sent; /* weight of a block that a team has sent */
    int *groups;      /* [team]: groups of blocks that it sends, so far */
    int64_t *sent;    /* [team]: blocks that it sends, so far */
    uint64_t *pairs;  /* [from][to]: rounds with a message, by `late`; if the rule weighs them */
    int hops, rounds;
    struct sums sums[TREE_DEPTH + 1][2]; /* of the two children of a node, by its height - 1 */
};

const char *route_name(enum route_kind kind)
{
    return kind == ROUTE_DIRECT ? "direct" : "halving";
}

struct range route_block(const struct route_request *request, int team)
{
    return split_aligned(request->parameters, request->unit, request->teams, team);
}

struct range route_bucket(const struct route_request *request, int team)
{
    struct range block = route_block(request, team);
    if (request->buckets == 0)
        return block;
    struct range part =
        split_aligned(range_size(block), request->unit, request->buckets, request->bucket);
    return (struct range){block.first + part.first, block.first + part.end};
}

/* Returns the part of split_aligned() that item i is in. */
static int64_t part_with(int64_t i, int64_t n, int64_t unit, int64_t parts)
{
    return ((i / unit + 1) * parts - 1) / divide_up(n, unit);
}

int route_bucket_of(const struct route_request *request, int64_t parameter)
{
    int64_t unit = request->unit;
    int64_t team = part_with(parameter, request->parameters, unit, request->teams);
    struct range block = route_block(request, (int)team);
    return (int)part_with(parameter - block.first, range_size(block), unit, request->buckets);
}

int route_buckets(const struct route_request *request)
{
    enum { LEAST_BYTES = 128 << 10 };
    int64_t bytes = request->parameters / request->teams * (int64_t)sizeof(float);
    return request->teams == 1 ? 1 : (int)larger(1, least(bytes / LEAST_BYTES, ROUTE_BUCKETS_MAX));
}

/* --- the tree --------------------------------------------------------------------------------- */

static int cover_of(const struct walk *walk, int team, struct tree_node cover[TREE_DEPTH])
{
    struct range range = deal_slices(walk->request->slices, walk->teams, team);
    return tree_cover(range.first, range.end, cover, NULL);
}

static void place_nodes(void *object, struct carver *carver)
{
    struct walk *walk = object;
    walk->node = carve(carver, (size_t)(2 * walk->subtrees - 1), sizeof *walk->node);
}

static int join(struct walk *walk, int left, int right)
{
    const struct node *a = &walk->node[left], *b = &walk->node[right];
    int height = a->height > b->height ? a->height : b->height;
    walk->node[walk->root] = (struct node){
        .left = left, .right = right, .first = a->first, .last = b->last, .height = height + 1};
    return walk->root++;
}

/* Joins the subtrees of all teams as they are summed (base/sums/tree.h). */
static void build_tree(struct walk *walk)
{
    struct tree_stack stack;
    int top[TREE_DEPTH];
    stack.size = 0;
    for (int t = 0; t < walk->teams; t++) {
        struct tree_node cover[TREE_DEPTH];
        int n = cover_of(walk, t, cover);
        for (int i = 0; i < n; i++) {
            walk->node[walk->root] =
                (struct node){.left = -1, .right = -1, .place = i, .first = t, .last = t};
            top[tree_push(&stack, cover[i])] = walk->root++;
            while (tree_join(&stack))
                top[stack.size - 1] = join(walk, top[stack.size - 1], top[stack.size]);
        }
    }
    while (tree_fold(&stack))
        top[stack.size - 1] = join(walk, top[stack.size - 1], top[stack.size]);
    walk->root--;
}

static void place_sums(void *object, struct carver *carver)
{
    struct walk *walk = object;
    size_t teams = (size_t)walk->teams;
    int rows = walk->node[walk->root].height + 1;
    walk->groups = carve(carver, teams, sizeof *walk->groups);
    walk->sent = carve(carver, teams, sizeof *walk->sent);
    walk->pairs = carve(carver, walk->rule->pairs ? teams * teams : 0, sizeof *walk->pairs);
    for (int i = 0; walk->rule->hops && i <= walk->root; i++) {
        struct node *node = &walk->node[i];
        node->hops = carve(carver, (size_t)(node->last - node->first + 1), sizeof *node->hops);
    }
    for (int i = 0; i < 2 * rows; i++) {
        struct sums sums = {.blocks = carve(carver, teams, sizeof *sums.blocks),
            .floats = carve(carver, teams, sizeof *sums.floats),
            .round = carve(carver, teams, sizeof *sums.round),
            .late = carve(carver, teams, sizeof *sums.late),
            .ready = carve(carver, teams, sizeof *sums.ready),
            .from = carve(carver, teams, sizeof *sums.from)};
        if (walk->visitor->hop) {
            sums.team = carve(carver, teams, sizeof *sums.team);
            sums.place = carve(carver, teams, sizeof *sums.place);
        }
        walk->sums[i / 2][i % 2] = sums;
    }
}

/* --- the rule --------------------------------------------------------------------------------- */

static bool holds(const struct walk *walk, const struct node *node, int team)
{
    int64_t slices = walk->request->slices;
    return team >= node->first && team <= node->last &&
           (slices >= walk->teams || range_size(deal_slices(slices, walk->teams, team)) > 0);
}

/* Returns the fewest hops that bring a node's sums to a team. */
static int hops_to(const struct walk *walk, const struct node *node, int team)
{
    bool own = team >= node->first && team <= node->last;
    int fewest = own ? node->hops[team - node->first] : INT_MAX;
    for (int i = 0; (!own || walk->rule->delegate) && i <= node->last - node->first; i++)
        fewest = (int)least(fewest, node->hops[i] + 1);
    return fewest;
}

static void count_hops(struct walk *walk)
{
    for (int i = 0; i <= walk->root; i++) {
        struct node *node = &walk->node[i];
        for (int t = node->first; t <= node->last; t++)
            node->hops[t - node->first] = node->left < 0
                                              ? 0
                                              : hops_to(walk, &walk->node[node->left], t) +
                                                    hops_to(walk, &walk->node[node->right], t);
    }
}

static uint64_t round_bit(int late)
{
    return UINT64_C(1) << least(late, 63);
}

static uint64_t *pair_of(const struct walk *walk, int from, int to)
{
    return &walk->pairs[(size_t)from * (size_t)walk->teams + (size_t)to];
}

/* Returns the cost of computing a child's sums at `from` for `team`, in 1/HOP hops
 * (comm/route_rule.h). */
static int64_t cost_of(const struct walk *walk, const struct node *child, const struct sums *needed,
    const struct sums *sums, int team, int from)
{
    const struct route_rule *rule = walk->rule;
    int64_t cost = needed->per_block * sums->blocks[from];
    if (rule->hops)
        cost += HOP * (int64_t)rule->hops * child->hops[from - child->first];
    if (from == team)
        return cost + (rule->eager && needed->blocks[team] > needed->even ? HOP / 2 : 0);
    cost += HOP * (int64_t)rule->hops + walk->groups[from] + walk->per_sent * walk->sent[from];
    if (rule->pairs && !(*pair_of(walk, from, team) & round_bit(needed->late[team])))
        cost += HOP * (int64_t)rule->pairs;
    return cost;
}

/* Returns the team that computes a child's sums for `team`: the one for which it costs least, among
 * those that hold slices of it. */
static int source_for(const struct walk *walk, const struct node *child, const struct sums *needed,
    const struct sums *sums, int team)
{
    int best = -1, far = 0;
    int64_t least_cost = 0;
    for (int u = child->first; u <= child->last; u++) {
        if (!holds(walk, child, u))
            continue;
        int distance = (walk->rule->backward ? team - u : u - team) + walk->teams;
        int64_t cost = cost_of(walk, child, needed, sums, team, u);
        distance %= walk->teams;
        if (best < 0 || cost < least_cost || (cost == least_cost && distance < far)) {
            best = u;
            far = distance;
            least_cost = cost;
        }
    }
    return best;
}

static void choose_for(struct walk *walk, const struct node *child, const struct sums *needed,
    struct sums *sums, int team)
{
    bool own = child->left < 0 || !walk->rule->delegate;
    bool direct = walk->request->kind == ROUTE_DIRECT && child->left >= 0;
    int from = direct || (own && holds(walk, child, team))
                   ? team
                   : source_for(walk, child, needed, sums, team);
    int late = needed->late[team] + (from != team);
    sums->from[team] = from;
    sums->blocks[from] += needed->blocks[team];
    sums->floats[from] += needed->floats[team];
    sums->late[from] = (int)larger(sums->late[from], late);
    walk->rounds = (int)larger(walk->rounds, late);
    if (from == team)
        return;
    walk->groups[from]++;
    walk->sent[from] += needed->blocks[team];
    if (walk->rule->pairs)
        *pair_of(walk, from, team) |= round_bit(needed->late[team]);
}

/* Decides where a child's sums are computed for those teams that need them to compute the sums
 * `needed`: first for those that hold slices of it. */
static void choose(
    struct walk *walk, const struct node *child, struct sums *needed, struct sums *sums)
{
    bool direct = walk->request->kind == ROUTE_DIRECT && child->left >= 0;
    int n = needed->last - needed->first + 1;
    sums->first = direct ? needed->first : child->first;
    sums->last = direct ? needed->last : child->last;
    for (int t = sums->first; t <= sums->last; t++)
        sums->floats[t] = sums->blocks[t] = sums->late[t] = 0;
    int64_t blocks = 0, holders = 0;
    for (int t = needed->first; t <= needed->last; t++)
        blocks += needed->blocks[t];
    for (int t = child->first; t <= child->last; t++)
        holders += holds(walk, child, t);
    needed->per_block = HOP * holders * walk->rule->blocks / larger(1, blocks);
    needed->even = (int)(blocks / larger(1, holders));
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n; i++) {
            int t = walk->rule->last_first ? needed->last - i : needed->first + i;
            if (needed->blocks[t] > 0 && (direct || holds(walk, child, t)) == (pass == 0))
                choose_for(walk, child, needed, sums, t);
        }
    for (int t = needed->first; t <= needed->last; t++)
        sums->from[t] = needed->blocks[t] > 0 ? sums->from[t] : -1;
    for (int b = 0; sums->team && b < walk->teams; b++)
        sums->team[b] = sums->from[needed->team[b]];
}

/* --- the walk --------------------------------------------------------------------------------- */

static void compute(struct walk *walk, const struct node *node, struct sums *sums);

/* Returns the round in which a child's sums travel. */
static int leaving(
    const struct walk *walk, const struct sums *needed, const struct sums *sums, int to)
{
    return walk->rule->late ? walk->rounds - 1 - needed->late[to] : sums->round[sums->from[to]];
}

static void report_hops(struct walk *walk, const struct sums *needed, struct sums *sums)
{
    for (int b = 0; b < walk->teams; b++) {
        int from = sums->team[b], to = needed->team[b];
        if (from == to)
            continue;
        struct route_hop hop = {
            walk->hops++, leaving(walk, needed, sums, to), from, to, b, sums->place[b]};
        walk->visitor->hop(walk->visitor->context, &hop);
        sums->place[b] = ~hop.number;
    }
}

/* Gets a child's sums to the teams that need them: from then on, sums->place is theirs. */
static void obtain(
    struct walk *walk, const struct node *child, struct sums *needed, struct sums *sums)
{
    choose(walk, child, needed, sums);
    compute(walk, child, sums);
    if (walk->visitor->hop)
        report_hops(walk, needed, sums);
    for (int t = needed->first; t <= needed->last; t++) {
        int from = sums->from[t];
        if (from < 0)
            continue;
        sums->ready[t] = sums->round[from];
        if (from == t)
            continue;
        struct route_message message = {leaving(walk, needed, sums, t), from, t, needed->floats[t]};
        if (walk->visitor->message)
            walk->visitor->message(walk->visitor->context, &message);
        sums->ready[t] = message.round + 1;
    }
}

static void report_adds(
    struct walk *walk, const struct sums *left, const struct sums *right, struct sums *sums)
{
    for (int b = 0; b < walk->teams; b++) {
        int team = sums->team[b];
        struct route_add add = {sums->round[team], team, b, left->place[b], right->place[b]};
        walk->visitor->add(walk->visitor->context, &add);
        sums->place[b] = add.left;
    }
}

/* Computes the sums of a node where sums->blocks says; sets their places and rounds. */
static void compute(struct walk *walk, const struct node *node, struct sums *sums)
{
    if (node->left < 0) {
        sums->round[node->first] = 0;
        for (int b = 0; sums->place && b < walk->teams; b++)
            sums->place[b] = node->place;
        return;
    }
    struct sums *left = &walk->sums[node->height - 1][0], *right = left + 1;
    if (walk->rule->right_first)
        obtain(walk, &walk->node[node->right], sums, right);
    obtain(walk, &walk->node[node->left], sums, left);
    if (!walk->rule->right_first)
        obtain(walk, &walk->node[node->right], sums, right);
    for (int t = sums->first; t <= sums->last; t++)
        sums->round[t] = walk->rule->late ? walk->rounds - sums->late[t]
                                          : (int)larger(left->ready[t], right->ready[t]);
    if (walk->visitor->hop)
        report_adds(walk, left, right, sums);
}

static void visit(struct walk *walk)
{
    const struct node *root = &walk->node[walk->root];
    struct sums *sums = &walk->sums[root->height][0], *owned = sums + 1;
    size_t teams = (size_t)walk->teams;
    walk->hops = 0;
    walk->per_sent = walk->teams > 1 ? HOP * walk->rule->sent / (3 * (walk->teams - 1)) : 0;
    memset(walk->groups, 0, teams * sizeof *walk->groups);
    memset(walk->sent, 0, teams * sizeof *walk->sent);
    if (walk->rule->pairs)
        memset(walk->pairs, 0, teams * teams * sizeof *walk->pairs);
    owned->last = walk->teams - 1;
    for (int t = 0; t < walk->teams; t++) {
        owned->floats[t] = range_size(route_bucket(walk->request, t));
        owned->blocks[t] = 1;
        owned->late[t] = 0;
        if (owned->team)
            owned->team[t] = t;
    }
    obtain(walk, root, owned, sums);
    for (int b = 0; walk->visitor->hop && b < walk->teams; b++)
        walk->visitor->end(walk->visitor->context, b, sums->place[b]);
}

enum status route_visit(
    const struct route_request *request, const struct route_visitor *visitor, struct error *error)
{
    static const char what[] = "the route of the partial sums";
    struct tree_node cover[TREE_DEPTH];
    struct walk walk = {.request = request,
        .visitor = visitor,
        .rule = &route_rules[request->rule],
        .teams = request->teams};
    for (int t = 0; t < walk.teams; t++)
        walk.subtrees += cover_of(&walk, t, cover);
    enum status status = memory_carve(&walk.node_block, place_nodes, &walk, what, error);
    if (!status) {
        build_tree(&walk);
        status = memory_carve(&walk.sums_block, place_sums, &walk, what, error);
    }
    if (!status && walk.rule->hops)
        count_hops(&walk);
    if (!status && walk.rule->late) { /* counts the rounds */
        const struct route_visitor none = {0};
        walk.visitor = &none;
        visit(&walk);
        walk.visitor = visitor;
    }
    if (!status)
        visit(&walk);
    free(walk.sums_block);
    free(walk.node_block);
    return status;
}
