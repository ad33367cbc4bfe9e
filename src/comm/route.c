#include "comm/route.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sums/tree.h"
#include "comm/deal.h"

/* A node of the tree above the subtrees that the teams hold. */
struct node {
    int left, right; /* children; -1: a subtree of one team */
    int place;       /* of the subtree at its team */
    int first, last; /* the teams that hold slices of it, except idle teams in between */
    int height;
};

/* The sums of one node. */
struct sums {
    int first, last; /* the teams that may compute some */
    int *blocks;     /* [team]: those that it computes */
    int64_t *floats; /* [team]: their size */
    int *round;      /* [team]: it has computed them when the hops of all earlier rounds arrived */
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
    int *groups; /* [team]: groups of blocks that it sends, so far */
    int hops;
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
    walk->node[walk->root] = (struct node){left, right, 0, a->first, b->last, height + 1};
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
            walk->node[walk->root] = (struct node){-1, -1, i, t, t, 0};
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
    for (int i = 0; i < 2 * rows; i++) {
        struct sums sums = {.blocks = carve(carver, teams, sizeof *sums.blocks),
            .floats = carve(carver, teams, sizeof *sums.floats),
            .round = carve(carver, teams, sizeof *sums.round),
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

/* Returns the team that computes a child's sums for `team`: the one with the
 * fewest blocks so far among those that hold slices of it. */
static int source_for(
    const struct walk *walk, const struct node *child, int team, const int *blocks)
{
    int best = -1, far = 0;
    for (int u = child->first; u <= child->last; u++) {
        int distance = (u - team + walk->teams) % walk->teams;
        if (!holds(walk, child, u))
            continue;
        if (best < 0 || blocks[u] < blocks[best] ||
            (blocks[u] == blocks[best] &&
                (walk->groups[u] < walk->groups[best] ||
                    (walk->groups[u] == walk->groups[best] && distance < far)))) {
            best = u;
            far = distance;
        }
    }
    return best;
}

/* Decides where a child's sums are computed for those teams that need them to compute the sums
 * `needed`. */
static void choose(
    struct walk *walk, const struct node *child, const struct sums *needed, struct sums *sums)
{
    bool direct = walk->request->kind == ROUTE_DIRECT && child->left >= 0;
    sums->first = direct ? needed->first : child->first;
    sums->last = direct ? needed->last : child->last;
    for (int t = sums->first; t <= sums->last; t++)
        sums->floats[t] = sums->blocks[t] = 0;
    for (int t = needed->first; t <= needed->last; t++) {
        sums->from[t] = -1;
        if (needed->blocks[t] == 0 || (!direct && !holds(walk, child, t)))
            continue;
        sums->from[t] = t;
        sums->blocks[t] = needed->blocks[t];
        sums->floats[t] = needed->floats[t];
    }
    for (int t = needed->first; t <= needed->last; t++) {
        if (needed->blocks[t] == 0 || sums->from[t] >= 0)
            continue;
        int from = source_for(walk, child, t, sums->blocks);
        sums->from[t] = from;
        sums->blocks[from] += needed->blocks[t];
        sums->floats[from] += needed->floats[t];
        walk->groups[from]++;
    }
    for (int b = 0; sums->team && b < walk->teams; b++)
        sums->team[b] = sums->from[needed->team[b]];
}

/* --- the walk --------------------------------------------------------------------------------- */

static void compute(struct walk *walk, const struct node *node, struct sums *sums);

static void report_hops(struct walk *walk, const struct sums *needed, struct sums *sums)
{
    for (int b = 0; b < walk->teams; b++) {
        int from = sums->team[b], to = needed->team[b];
        if (from == to)
            continue;
        struct route_hop hop = {walk->hops++, sums->round[from], from, to, b, sums->place[b]};
        walk->visitor->hop(walk->visitor->context, &hop);
        sums->place[b] = ~hop.number;
    }
}

/* Gets a child's sums to the teams that need them: from then on, sums->place and sums->round are
 * theirs. */
static void obtain(
    struct walk *walk, const struct node *child, const struct sums *needed, struct sums *sums)
{
    choose(walk, child, needed, sums);
    compute(walk, child, sums);
    if (sums->team)
        report_hops(walk, needed, sums);
    for (int t = needed->first; t <= needed->last; t++) {
        int from = sums->from[t];
        if (from < 0 || from == t)
            continue;
        struct route_message message = {sums->round[from], from, t, needed->floats[t]};
        if (walk->visitor->message)
            walk->visitor->message(walk->visitor->context, &message);
        sums->round[t] = message.round + 1; /* t has computed none of them */
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
    obtain(walk, &walk->node[node->left], sums, left);
    obtain(walk, &walk->node[node->right], sums, right);
    for (int t = sums->first; t <= sums->last; t++)
        sums->round[t] = (int)larger(left->round[t], right->round[t]);
    if (sums->team)
        report_adds(walk, left, right, sums);
}

static void visit(struct walk *walk)
{
    const struct node *root = &walk->node[walk->root];
    struct sums *sums = &walk->sums[root->height][0], *owned = sums + 1;
    owned->last = walk->teams - 1;
    for (int t = 0; t < walk->teams; t++) {
        owned->floats[t] = range_size(route_bucket(walk->request, t));
        owned->blocks[t] = 1;
        if (owned->team)
            owned->team[t] = t;
    }
    obtain(walk, root, owned, sums);
    for (int b = 0; sums->team && b < walk->teams; b++)
        walk->visitor->end(walk->visitor->context, b, sums->place[b]);
}

enum status route_visit(
    const struct route_request *request, const struct route_visitor *visitor, struct error *error)
{
    static const char what[] = "the route of the partial sums";
    struct tree_node cover[TREE_DEPTH];
    struct walk walk = {.request = request, .visitor = visitor, .teams = request->teams};
    for (int t = 0; t < walk.teams; t++)
        walk.subtrees += cover_of(&walk, t, cover);
    enum status status = memory_carve(&walk.node_block, place_nodes, &walk, what, error);
    if (!status) {
        build_tree(&walk);
        status = memory_carve(&walk.sums_block, place_sums, &walk, what, error);
    }
    if (!status)
        visit(&walk);
    free(walk.sums_block);
    free(walk.node_block);
    return status;
}
