#include "step/step_memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/reduce_cost.h"
#include "step/pass_memory.h"
#include "step/noise.h"
#include "step/step_state.h"

/* --- sizes --------------------------------------------------------------------------------- */

static int64_t pass_rows_of(
    const struct settings *settings, const struct panels *panels, int workers)
{
    if (settings->pass_rows > 0)
        return settings->pass_rows;
    if (settings->memory > 0)
        return pass_rows_within(panels, settings->memory, workers);
    return pass_rows_default(panels, settings->plan.teams);
}

static void list_slices(const struct plan *plan, int64_t slices[PLAN_STAGES_MAX])
{
    for (int s = 0; s < plan->stages; s++)
        slices[s] = plan->stage[s].slices;
}

/* Returns the number of rows in the row panels that fit in an L1 cache, at least one panel. */
static int64_t rows_to_load(const struct panels *panels)
{
    enum { BYTES = 32 << 10, MOST_PANELS = 5 };
    int64_t panel_bytes = panels->kernel.rows * panels->layer[0].in * (int64_t)sizeof(float);
    int64_t fitting = least(BYTES / panel_bytes, MOST_PANELS);
    return (fitting < 1 ? 1 : fitting) * panels->kernel.rows;
}

/* Sets everything that determines the memory sizes of a step, for a team with `workers` workers,
 * `threads` of them on this rank. */
static void describe(
    struct step *step, const struct settings *settings, int team, int workers, int threads)
{
    const struct plan *plan = &settings->plan;
    panels_init(&step->panels, &settings->mlp, &settings->kernel, settings->cache_bytes);
    step->settings = settings;
    step->workers = workers;
    step->threads = threads;
    step->x_rows = rows_to_load(&step->panels);
    step->pass_rows = pass_rows_of(settings, &step->panels, workers);
    struct pass_extent extent = pass_extent_of(plan, team, step->pass_rows);
    step->largest_pass = extent.rows;
    gradient_init(&step->gradient, settings, &step->panels, &extent, threads);
    step->route = (struct route_request){.kind = settings->route,
        .slices = plan->stage[0].slices,
        .parameters = step->panels.parameters,
        .unit = step->panels.tile_floats,
        .teams = plan->teams};
    step->route.buckets = settings->buckets > 0
                              ? settings->buckets
                              : reduce_choose_buckets(&step->route, &settings->link);
    step->owned = route_block(&step->route, team);
    step->optimizer.settings = settings->optimizer;
}

/* --- memory layout --------------------------------------------------------------------------- */

static void place_own_sums(void *object, struct carver *carver)
{
    gradient_place_own(&((struct step *)object)->gradient, carver);
}

static void place_sums(void *object, struct carver *carver)
{
    gradient_place_home(&((struct step *)object)->gradient, carver);
}

static void place_own(void *object, struct carver *carver)
{
    struct step *step = object;
    size_t x = (size_t)(step->x_rows * step->panels.layer[0].in);
    step->own = carve(carver, (size_t)step->threads, sizeof *step->own);
    step->own_x = carve(carver, (size_t)step->threads, x * sizeof *step->own_x);
}

static void place_rank_reports(void *object, struct carver *carver)
{
    struct step *step = object;
    size_t ranks = (size_t)step->teams->comm->size;
    step->rank_reports = carve(carver, ranks + 1, step->report_bytes);
    step->subtree = carve(carver, (size_t)step->subtrees, sizeof *step->subtree);
    step->claims = carve(carver, ranks, sizeof *step->claims);
}

static void place_activations(void *object, struct carver *carver)
{
    struct step *step = object;
    const struct settings *settings = step->settings;
    int64_t rows = step->largest_pass;
    int64_t at_once = pass_rows_at_once(&step->panels, rows, step->workers);
    workspace_place(&step->workspace, &step->panels, rows, at_once, true, carver);
    size_t capacity = (size_t)step->workspace.rows;
    step->row_loss = carve(carver, capacity, sizeof *step->row_loss);
    if (step->start.frozen || noise_is_measured(noise_validity(settings)))
        step->row_square = carve(carver, capacity, sizeof *step->row_square);
    if (settings->weighted) {
        step->row_weight = carve(carver, capacity, sizeof *step->row_weight);
        step->truth.weight = carve(carver, capacity, sizeof *step->truth.weight);
    }
    if (settings->criterion.kind == LOSS_CROSS_ENTROPY)
        step->truth.label = carve(carver, capacity, sizeof *step->truth.label);
    else
        step->truth.target = carve(carver, capacity,
            (size_t)settings->mlp.width[settings->mlp.layers] * sizeof *step->truth.target);
}

static void place_worker_reports(void *object, struct carver *carver)
{
    struct step *step = object;
    size_t workers = (size_t)step->workers;
    step->report = carve(carver, workers, sizeof *step->report);
    step->noise_part = carve(carver, workers, sizeof *step->noise_part);
    step->sums = carve(carver, workers, sizeof *step->sums);
}

static void place_weights(void *object, struct carver *carver)
{
    struct step *step = object;
    weights_place(&step->weights, &step->panels, carver);
    if (step->optimizer.settings.average > 0)
        weights_place(&step->average, &step->panels, carver);
}

static void place_state(void *object, struct carver *carver)
{
    struct step *step = object;
    for (int i = 0; i < optimizer_states(&step->optimizer.settings); i++)
        step->optimizer.state[i] = carve(carver, (size_t)range_size(step->owned), sizeof(float));
    if (step->start.frozen)
        step->total = carve(carver, (size_t)range_size(step->owned), sizeof(float));
}

#define SUMS "the partial sums of gradients (a smaller --slices or a larger --pass-rows needs less)"

/* The memory blocks of a rank, and those that its team shares. */
static const struct role {
    placement *place;
    const char *what;
} rank_block[STEP_RANK_BLOCKS] = {{place_own, "the workers"}, {place_own_sums, SUMS}},
  team_block[STEP_TEAM_BLOCKS] = {
      {place_activations,
          "the activations of a pass (a smaller --pass-rows or --memory needs less)"},
      {place_worker_reports, "the workers' reports"},
      {place_weights, "the weights"},
      {place_state, "the optimizer's state (--optimizer sgd needs less)"},
      {place_sums, SUMS},
};

struct step_memory step_memory_of(const struct settings *settings, int team, int workers)
{
    const struct plan *plan = &settings->plan;
    int64_t slices[PLAN_STAGES_MAX];
    struct step step = {.settings = settings};
    list_slices(plan, slices);
    describe(&step, settings, team, workers, workers);
    struct reduce_request request = {settings->reduce, step.route, slices, plan->stages};
    int64_t received;
    struct error ignored; /* without memory for the count, creating the step fails */
    reduce_received(&request, team, &received, &ignored);
    return (struct step_memory){
        .weights = memory_measure(place_weights, &step),
        .optimizer = memory_measure(place_state, &step),
        .activations = memory_measure(place_activations, &step) +
                       memory_measure(place_worker_reports, &step) +
                       memory_measure(place_own, &step),
        .pass_rows = step.largest_pass,
        .partial_sums = memory_measure(place_sums, &step) + memory_measure(place_own_sums, &step),
        .received = received * (int64_t)sizeof(float),
    };
}

struct step_messages step_messages_of(const struct settings *settings)
{
    struct step step = {.settings = settings};
    struct step_messages messages = {.buckets = 1};
    struct reduce_cost *cost = NULL;
    struct error ignored;
    describe(&step, settings, 0, 1, 1);
    messages.buckets = step.route.buckets;
    messages.pass_rows = step.largest_pass;
    enum status status = memory_take(
        &cost, (size_t)step.route.teams, sizeof *cost, "the costs of all teams", &ignored);
    if (!status)
        status = reduce_costs(&step.route, cost, &messages.path, &ignored);
    for (int t = 0; !status && t < step.route.teams; t++) {
        const int64_t bytes = sizeof(float);
        messages.sent = larger(messages.sent, cost[t].sent * bytes);
        messages.received = larger(messages.received, cost[t].received * bytes);
        messages.both = larger(messages.both, (cost[t].sent + cost[t].received) * bytes);
    }
    free(cost);
    return messages;
}

enum status step_choose_route(struct settings *settings, struct error *error)
{
    struct step step = {.settings = settings};
    if (settings->route != ROUTE_AUTO)
        return STATUS_OK;
    settings->route = ROUTE_HALVING;
    if (settings->plan.teams == 1)
        return STATUS_OK;
    describe(&step, settings, 0, 1, 1);
    TRY(reduce_choose_route(&step.route, &settings->link, error));
    settings->route = step.route.kind;
    return STATUS_OK;
}

/* --- allocating and filling ------------------------------------------------------------------- */

static void open_workers(struct step *step)
{
    float largest = step->vector->largest(step->start.parameters, step->settings->mlp.parameters);
    int64_t x = step->x_rows * step->panels.layer[0].in;
    for (int t = 0; t < step->threads; t++) {
        step->own[t].x = step->own_x + t * x;
        step->own[t].bounds = (struct optimizer_bounds){.weight = (double)largest};
        for (int i = 0; step->start.state && i < OPTIMIZER_STATES_MAX; i++)
            step->own[t].bounds.state[i] = (double)INFINITY; /* the first step measures it */
    }
}

/* Sets the owned part of the average of the weights, if there is one, to the initial weights. */
static void begin_average(struct step *step)
{
    const struct optimizer *optimizer = &step->optimizer;
    if (optimizer->settings.average > 0)
        memcpy(optimizer->state[optimizer_states(&optimizer->settings) - 1],
            step->weights.master + step->owned.first,
            (size_t)range_size(step->owned) * sizeof(float));
}

/* Sets the owned part of the optimizer's state from the step->start of the team's first rank.
 * Collective over the team. */
static enum status restore_state(struct step *step, struct error *error)
{
    float *block = NULL;
    enum status status = STATUS_OK;
    if (step->teams->rank == 0)
        status = memory_take(
            &block, (size_t)step->panels.parameters, sizeof *block, "the optimizer's state", error);
    for (int i = 0; !status && block && i < optimizer_states(&step->settings->optimizer); i++) {
        block_from_canonical(&step->panels, &step->settings->mlp, step->start.state[i], block);
        memcpy(step->optimizer.state[i], block + step->owned.first,
            (size_t)range_size(step->owned) * sizeof *block);
    }
    free(block);
    return comm_agree_unnamed(step->teams->inside, status, error);
}

/* The rank's own memory comes first, so that a rank that gets none does not leave the others of its
 * team waiting. */
static enum status take_blocks(struct step *step, struct error *error)
{
    struct teams *teams = step->teams;
    enum status status = STATUS_OK;
    for (int b = 0; !status && b < STEP_RANK_BLOCKS; b++)
        status = memory_carve(
            &step->rank_block[b], rank_block[b].place, step, rank_block[b].what, error);
    status = comm_agree_unnamed(teams->inside, status, error);
    for (int b = 0; !status && b < STEP_TEAM_BLOCKS; b++)
        status = teams_carve(
            teams, &step->team_block[b], team_block[b].place, step, team_block[b].what, error);
    if (status)
        return status;
    open_workers(step);
    if (teams->rank == 0) {
        weights_from_canonical(
            &step->weights, &step->panels, &step->settings->mlp, step->start.parameters);
        begin_average(step);
    }
    return step->start.state ? restore_state(step, error) : STATUS_OK;
}

static enum status create_reduction(struct step *step, struct error *error)
{
    const struct plan *plan = &step->settings->plan;
    int64_t slices[PLAN_STAGES_MAX];
    list_slices(plan, slices);
    struct reduce_request request = {step->settings->reduce, step->route, slices, plan->stages};
    return reduce_create(&step->reduce, step->teams->comm, step->teams, &request,
        step->gradient.home, step->vector, error);
}

/* Allocates room for the subtrees of a team, and of all teams, in the stage that has the most. */
static enum status take_rank_reports(struct step *step, struct error *error)
{
    int most = 0;
    for (int s = 0; s < step->settings->plan.stages; s++) {
        int all = 0;
        reduce_choose(step->reduce, s);
        for (int t = 0; t < step->teams->count; t++) {
            int nodes = reduce_nodes(step->reduce, t);
            most = nodes > most ? nodes : most;
            all += nodes;
        }
        step->subtrees = all > step->subtrees ? all : step->subtrees;
    }
    size_t rows_bytes = sizeof(struct rows_report) + (size_t)most * sizeof(struct subtree_sums);
    size_t part_bytes = sizeof(struct part_report);
    step->report_bytes = rows_bytes > part_bytes ? rows_bytes : part_bytes;
    return memory_carve(
        &step->reports_block, place_rank_reports, step, "the reports of all ranks", error);
}

enum status step_take_memory(struct step *step, struct error *error)
{
    const struct settings *settings = step->settings;
    const struct criterion *criterion = &settings->criterion;
    struct comm *comm = step->teams->comm;
    int threads = settings->plan.threads;
    step->vector = vector_of(settings->kernel.level);
    if (criterion->class_weight && !settings->weighted)
        step->weight_unit = loss_weight_unit(criterion, settings->mlp.width[settings->mlp.layers]);
    describe(step, settings, step->teams->mine, teams_count_workers(step->teams, threads).count,
        threads);
    TRY(comm_agree(comm, take_blocks(step, error), error));
    TRY(create_reduction(step, error));
    return comm_agree(comm, take_rank_reports(step, error), error);
}

void step_give_memory(struct step *step)
{
    reduce_destroy(step->reduce);
    for (int b = 0; b < STEP_TEAM_BLOCKS; b++)
        teams_give(step->teams, step->team_block[b]);
    for (int b = 0; b < STEP_RANK_BLOCKS; b++)
        free(step->rank_block[b]);
    free(step->reports_block);
}
