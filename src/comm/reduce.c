#include "comm/reduce.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/deal.h"
#include "comm/exchange.h"
#include "comm/reduce_cost.h"

/* The plan of the exchange for one number of slices. */
struct deal {
    int64_t slices;
    int nodes;              /* of all teams */
    int *first_node;        /* [size + 1]: team t's subtrees are node[first_node[t]] ... */
    struct tree_node *node; /* the subtrees of all teams, in the order of their slices */
    struct exchange exchange[ROUTE_BUCKETS_MAX];
};

struct reduce {
    struct comm *comm;
    struct teams *teams;
    enum reduce_kind kind;
    const struct vector *vector;
    struct route_request route; /* of the first deal */
    int team, size;             /* number of this rank's team, and of teams */
    void *block;
    const struct deal *now;         /* the one in use */
    float *received;                /* pieces from other teams, in this team's memory */
    float *const *buffer;           /* owned by the caller */
    struct comm *leads;             /* allreduce: the first rank of each team; else NULL */
    struct message *send, *receive; /* [size + 1]: of a publication */
    unsigned char *bucket_of;       /* [units] */
    int deals;
    struct deal deal[];
};

static struct range owned_by(const struct reduce *reduce, int team)
{
    return route_block(&reduce->route, team);
}

static int cover_of(int64_t slices, int teams, int team, struct tree_node node[TREE_DEPTH])
{
    struct range range = deal_slices(slices, teams, team);
    return tree_cover(range.first, range.end, node, NULL);
}

/* --- creation -------------------------------------------------------------------------------- */

static void list_nodes(const struct reduce *reduce, struct deal *deal)
{
    for (int t = 0; t < reduce->size; t++) {
        struct tree_node cover[TREE_DEPTH];
        int n = cover_of(deal->slices, reduce->size, t, cover);
        memcpy(deal->node + deal->first_node[t], cover, (size_t)n * sizeof *cover);
        deal->first_node[t + 1] = deal->first_node[t] + n;
    }
}

static int nodes_of(const struct deal *deal, int team)
{
    return deal->first_node[team + 1] - deal->first_node[team];
}

int reduce_nodes(const struct reduce *reduce, int team)
{
    return nodes_of(reduce->now, team);
}

void reduce_choose(struct reduce *reduce, int64_t deal)
{
    reduce->now = &reduce->deal[deal];
}

/* Returns the rank of another team with which this rank exchanges messages; -1: another rank of
 * this team exchanges messages with it. */
static int partner_in(const struct reduce *reduce, int other)
{
    const struct teams *teams = reduce->teams;
    if (other == reduce->team || other % teams->team[reduce->team].size != teams->rank)
        return -1;
    return teams->team[other].ranks[reduce->team % teams->team[other].size];
}

static int64_t units_of(const struct route_request *route)
{
    return divide_up(route->parameters, route->unit);
}

static void place_lists(void *object, struct carver *carver)
{
    struct reduce *reduce = object;
    size_t size = (size_t)reduce->size;
    reduce->send = carve(carver, size + 1, sizeof *reduce->send);
    reduce->receive = carve(carver, size + 1, sizeof *reduce->receive);
    reduce->bucket_of = carve(carver, (size_t)units_of(&reduce->route), 1);
    for (int i = 0; i < reduce->deals; i++) {
        struct deal *deal = &reduce->deal[i];
        deal->first_node = carve(carver, size + 1, sizeof *deal->first_node);
        deal->node = carve(carver, (size_t)deal->nodes, sizeof *deal->node);
    }
}

static enum status take_lists(struct reduce *reduce, const int64_t *slices, struct error *error)
{
    for (int i = 0; i < reduce->deals; i++) {
        struct tree_node cover[TREE_DEPTH];
        reduce->deal[i].slices = slices[i];
        for (int t = 0; t < reduce->size; t++)
            reduce->deal[i].nodes += cover_of(slices[i], reduce->size, t, cover);
    }
    TRY(memory_carve(&reduce->block, place_lists, reduce, "the plan of the reduction", error));
    for (int i = 0; i < reduce->deals; i++)
        list_nodes(reduce, &reduce->deal[i]);
    for (int64_t u = 0; u < units_of(&reduce->route); u++)
        reduce->bucket_of[u] =
            (unsigned char)route_bucket_of(&reduce->route, u * reduce->route.unit);
    reduce->now = reduce->deal;
    return STATUS_OK;
}

static struct route_request route_of(
    const struct reduce *reduce, const struct deal *deal, int bucket)
{
    struct route_request route = reduce->route;
    route.slices = deal->slices;
    route.bucket = bucket;
    return route;
}

/* Keeps the messages of this rank, and replaces teams by their ranks. */
static int keep_own(const struct reduce *reduce, struct message *message, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        message[kept] = message[i];
        message[kept].rank = partner_in(reduce, message[i].rank);
        kept += message[kept].rank >= 0;
    }
    return kept;
}

/* Lists the exchange of all buckets. Each has its own part of the memory for sums from others. */
static enum status list_exchanges(struct reduce *reduce, struct deal *deal, struct error *error)
{
    float *received = reduce->received;
    for (int b = 0; b < reduce->route.buckets; b++) {
        struct exchange *exchange = &deal->exchange[b];
        struct exchange_request request = {
            route_of(reduce, deal, b), reduce->team, reduce->buffer, received};
        TRY(exchange_list(exchange, &request, error));
        received += exchange->received;
        for (int r = 0; r < exchange->rounds; r++) {
            struct exchange_round *round = &exchange->round[r];
            round->sends = keep_own(reduce, round->send, round->sends);
            round->receives = keep_own(reduce, round->receive, round->receives);
        }
    }
    return STATUS_OK;
}

/* Returns the buffer of a team that receives the whole sum of a deal. */
static float *whole_sum(const struct reduce *reduce, const struct deal *deal)
{
    return nodes_of(deal, reduce->team) > 0 ? reduce->buffer[0] : reduce->received;
}

static enum status plan_allreduce(struct reduce *reduce, struct error *error)
{
    bool leads = reduce->teams->rank == 0;
    for (int i = 0; i < reduce->deals; i++)
        reduce->deal[i].exchange[0].sum =
            whole_sum(reduce, &reduce->deal[i]) + owned_by(reduce, reduce->team).first;
    enum status status = comm_split(&reduce->leads, reduce->comm, leads, error);
    if (status)
        reduce->leads = NULL;
    return status;
}

static enum status plan_exchanges(struct reduce *reduce, struct error *error)
{
    if (reduce->kind == REDUCE_ALLREDUCE)
        return plan_allreduce(reduce, error);
    enum status status = STATUS_OK;
    for (int i = 0; !status && i < reduce->deals; i++)
        status = list_exchanges(reduce, &reduce->deal[i], error);
    return status;
}

/* Allocates the lists and the team's memory for sums from others. The ranks agree after each. */
static enum status take_memory(
    struct reduce *reduce, const struct reduce_request *request, struct error *error)
{
    int64_t received = 0;
    enum status status = take_lists(reduce, request->slices, error);
    if (!status)
        status = reduce_received(request, reduce->team, &received, error);
    TRY(comm_agree(reduce->comm, status, error));
    if (received > 0)
        status = teams_take(reduce->teams, &reduce->received, (size_t)received, sizeof(float),
            "the partial sums that other teams send", error);
    return comm_agree(reduce->comm, status, error);
}

enum status reduce_create(struct reduce **reduce, struct comm *comm, struct teams *teams,
    const struct reduce_request *request, float *const *buffer, const struct vector *vector,
    struct error *error)
{
    struct reduce *made = NULL;
    *reduce = NULL;
    size_t bytes = sizeof *made + (size_t)request->deals * sizeof *made->deal;
    TRY(comm_agree(comm, memory_take(&made, 1, bytes, "the reduction", error), error));
    *made = (struct reduce){.comm = comm,
        .teams = teams,
        .kind = teams->count == 1 ? REDUCE_ORDERED : request->kind,
        .vector = vector,
        .route = request->route,
        .team = teams->mine,
        .size = teams->count,
        .buffer = buffer,
        .deals = request->deals};
    if (made->route.buckets == 0 || made->kind == REDUCE_ALLREDUCE)
        made->route.buckets = 1;
    enum status status = take_memory(made, request, error);
    if (!status)
        status = comm_agree(comm, plan_exchanges(made, error), error);
    if (status)
        reduce_destroy(made);
    else
        *reduce = made;
    return status;
}

void reduce_destroy(struct reduce *reduce)
{
    if (!reduce)
        return;
    for (int i = 0; i < reduce->deals; i++)
        for (int b = 0; b < reduce->route.buckets; b++)
            free(reduce->deal[i].exchange[b].lists);
    teams_give(reduce->teams, reduce->received);
    comm_destroy(reduce->leads);
    free(reduce->block);
    free(reduce);
}

/* --- a step ---------------------------------------------------------------------------------- */

/* The first rank of each team exchanges the sums for the whole team. */
static void exchange_allreduce(struct reduce *reduce)
{
    int mine = reduce_nodes(reduce, reduce->team);
    float *sum = whole_sum(reduce, reduce->now);
    if (reduce->teams->rank > 0)
        return;
    if (mine == 0)
        memset(sum, 0, (size_t)reduce->route.parameters * sizeof *sum);
    for (int i = mine - 1; i > 0; i--)
        reduce->vector->add(reduce->buffer[i - 1], reduce->buffer[i], reduce->route.parameters);
    comm_allreduce_floats(reduce->leads, sum, reduce->route.parameters);
}

int reduce_buckets(const struct reduce *reduce)
{
    return reduce->route.buckets;
}

const unsigned char *reduce_bucket_of(const struct reduce *reduce)
{
    return reduce->bucket_of;
}

/* Returns the part of a team's block that is in a bucket. */
static struct range part_of(const struct reduce *reduce, int team, int bucket)
{
    struct route_request route = reduce->route;
    route.bucket = bucket;
    return route_bucket(&route, team);
}

struct range reduce_share(const struct reduce *reduce, const struct worker *worker, int bucket)
{
    struct range part = part_of(reduce, reduce->team, bucket);
    struct range share = worker_share(worker, range_size(part), reduce->route.unit);
    return (struct range){part.first + share.first, part.first + share.end};
}

const float *reduce_sums(const struct reduce *reduce, const struct worker *worker, int bucket)
{
    int64_t first = part_of(reduce, reduce->team, bucket).first;
    return reduce->now->exchange[bucket].sum + (reduce_share(reduce, worker, bucket).first - first);
}

/* A worker takes the same share of a bucket in every addition, so these need no barrier in between,
 * nor does the use of its share of the sums. */
static void add_sums(
    const struct reduce *reduce, const struct worker *worker, const struct exchange_round *round)
{
    for (int i = 0; i < round->adds; i++) {
        const struct exchange_add *add = &round->add[i];
        struct range share = worker_share(worker, add->n, reduce->route.unit);
        reduce->vector->add(add->left + share.first, add->right + share.first, range_size(share));
    }
}

/* --- publication ------------------------------------------------------------------------------ */

enum { ALL_BUCKETS = -1 };

static int publication_rounds(const struct reduce *reduce)
{
    int rounds = 0;
    for (int has = 1; has < reduce->size; has *= 2)
        rounds++;
    return reduce->route.kind == ROUTE_DIRECT ? rounds > 0 : rounds;
}

/* Appends a message of the blocks first ... first + n - 1, counted in a circle, or of their parts in
 * a bucket, for another team; unless another rank of this team exchanges messages with it. */
static int append_blocks(const struct reduce *reduce, struct message *list, int entries, int team,
    float *parameters, int bucket, int first, int n)
{
    int rank = partner_in(reduce, team), begin = entries;
    for (int i = 0; rank >= 0 && i < n; i++) {
        int block = (first + i) % reduce->size;
        struct range part =
            bucket == ALL_BUCKETS ? owned_by(reduce, block) : part_of(reduce, block, bucket);
        if (range_size(part) > 0)
            list[entries++] =
                (struct message){rank, parameters + part.first, range_size(part), true};
    }
    if (entries > begin)
        list[entries - 1].continues = false;
    return entries;
}

/* The messages of a round of a publication. */
struct publication {
    int sends, receives;
};

/* Every team sends its own block to all others. */
static struct publication list_directly(struct reduce *reduce, float *parameters, int bucket)
{
    struct publication of = {0};
    for (int t = 0; t < reduce->size; t++) {
        of.sends =
            append_blocks(reduce, reduce->send, of.sends, t, parameters, bucket, reduce->team, 1);
        of.receives =
            append_blocks(reduce, reduce->receive, of.receives, t, parameters, bucket, t, 1);
    }
    return of;
}

/* Bruck's allgather: the blocks that a team has, from its own on, double in each round. */
static void start_publication(struct reduce *reduce, float *parameters, int bucket, int round)
{
    int size = reduce->size, me = reduce->team, has = 1 << round;
    int from = (me + has) % size, to = (me + size - has) % size, n = (int)least(has, size - has);
    struct publication of;
    if (reduce->route.kind == ROUTE_DIRECT)
        of = list_directly(reduce, parameters, bucket);
    else
        of = (struct publication){
            append_blocks(reduce, reduce->send, 0, to, parameters, bucket, me, n),
            append_blocks(reduce, reduce->receive, 0, from, parameters, bucket, from, n)};
    comm_exchange_start(reduce->comm, reduce->send, of.sends, reduce->receive, of.receives);
}

void reduce_publish(struct reduce *reduce, const struct worker *worker, float *parameters)
{
    for (int r = 0; r < publication_rounds(reduce); r++) {
        if (r > 0)
            team_barrier(worker); /* all ranks of the team have received what leaves next */
        if (!worker_speaks(worker))
            continue;
        start_publication(reduce, parameters, ALL_BUCKETS, r);
        comm_exchange_ended(reduce->comm, true);
    }
}

/* --- the stages of a bucket -------------------------------------------------------------------- */

/* Every worker goes through the same stages, bucket after bucket, with a barrier after each:
 *
 *     0                 all workers have filled the bucket
 *     1, 3 ... 2R - 1   additions of rounds 0 ... R - 1; after the last, the caller uses the sums
 *     2, 4 ... 2R - 2   messages of rounds 0 ... R - 2
 *     2R ...            rounds of the publication
 */

static int rounds_of(const struct reduce_walk *walk)
{
    const struct reduce *reduce = walk->reduce;
    return reduce->kind == REDUCE_ALLREDUCE ? 2 : reduce->now->exchange[walk->bucket].rounds;
}

static int stages_of(const struct reduce_walk *walk)
{
    return 2 * rounds_of(walk) + (walk->use->publish ? publication_rounds(walk->reduce) : 0);
}

/* Returns the round whose sums are added in this stage; NULL: there are none to add. */
static const struct exchange_round *adding(const struct reduce_walk *walk)
{
    if (walk->reduce->kind == REDUCE_ALLREDUCE || walk->stage % 2 == 0)
        return NULL;
    return &walk->reduce->now->exchange[walk->bucket].round[walk->stage / 2];
}

static void start_messages(struct reduce_walk *walk)
{
    struct reduce *reduce = walk->reduce;
    int rounds = rounds_of(walk);
    if (walk->stage >= 2 * rounds) {
        start_publication(reduce, walk->use->publish, walk->bucket, walk->stage - 2 * rounds);
        return;
    }
    const struct exchange_round *round =
        &reduce->now->exchange[walk->bucket].round[walk->stage / 2 - 1];
    comm_exchange_start(reduce->comm, round->send, round->sends, round->receive, round->receives);
}

/* True if the messages of this stage have arrived. */
static bool exchange_messages(struct reduce_walk *walk, bool wait)
{
    if (!worker_speaks(walk->worker))
        return true;
    if (walk->reduce->kind == REDUCE_ALLREDUCE && walk->stage < 2 * rounds_of(walk)) {
        exchange_allreduce(walk->reduce);
        return true;
    }
    if (!walk->started)
        start_messages(walk);
    walk->started = !comm_exchange_ended(walk->reduce->comm, wait);
    return !walk->started;
}

/* True if this worker's part of the stage is complete. */
static bool run_stage(struct reduce_walk *walk, bool wait)
{
    int last_add = 2 * rounds_of(walk) - 1;
    if (walk->stage == 0)
        return walk->filled > walk->bucket;
    if (walk->stage > last_add || walk->stage % 2 == 0)
        return exchange_messages(walk, wait);
    if (adding(walk))
        add_sums(walk->reduce, walk->worker, adding(walk));
    if (walk->stage == last_add)
        walk->use->summed(walk->use->context, walk->worker, walk->bucket);
    return true;
}

/* Additions that do not exist need no barrier. */
static bool stage_is_empty(const struct reduce_walk *walk)
{
    return walk->stage % 2 == 1 && walk->stage < 2 * rounds_of(walk) - 1 &&
           (!adding(walk) || adding(walk)->adds == 0);
}

/* Goes as far as possible; with `wait`, to the end. */
static void advance(struct reduce_walk *walk, bool wait)
{
    while (!walk->arrived || team_met(walk->worker, walk->round, wait)) {
        walk->arrived = false;
        if (walk->bucket == walk->reduce->route.buckets || !run_stage(walk, wait))
            return;
        if (!stage_is_empty(walk)) {
            walk->round = team_arrive(walk->worker);
            walk->arrived = true;
        }
        if (++walk->stage == stages_of(walk)) {
            walk->stage = 0;
            walk->bucket++;
        }
    }
}

void reduce_begin(struct reduce_walk *walk, struct reduce *reduce, const struct worker *worker,
    const struct reduce_use *use)
{
    *walk = (struct reduce_walk){.reduce = reduce, .worker = worker, .use = use};
}

void reduce_fill(struct reduce_walk *walk)
{
    walk->filled++;
    advance(walk, false);
}

void reduce_tend(struct reduce_walk *walk)
{
    advance(walk, false);
}

void reduce_end(struct reduce_walk *walk)
{
    walk->filled = walk->reduce->route.buckets;
    advance(walk, true);
}

/* --- scalars --------------------------------------------------------------------------------- */

double reduce_join_doubles(const struct reduce *reduce, const double *value)
{
    struct tree_stack stack;
    double sum[TREE_DEPTH];
    stack.size = 0;
    for (int i = 0; i < reduce->now->first_node[reduce->size]; i++) {
        sum[tree_push(&stack, reduce->now->node[i])] = value[i];
        while (tree_join(&stack))
            sum[stack.size - 1] += sum[stack.size];
    }
    while (tree_fold(&stack))
        sum[stack.size - 1] += sum[stack.size];
    return sum[0];
}
