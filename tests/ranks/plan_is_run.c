/* plan_is_run.c: the executed steps, tails and rows are those that the plan said, and every sample
 * is trained on exactly once an epoch, by exactly one team.
 *
 * Who was trained on shows in the weights: sample i is the unit vector e_i, the model is linear
 * without history, so the gradient of weight i is sample i's own, and after an epoch it has moved
 * by as many steps as sample i had visits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/encoding_fit.h"
#include "support/ranks.h"
#include "support/training.h"

struct seen {
    const struct plan *plan;
    int64_t steps, wrong;
};

static enum status count_step(void *context, const struct step_record *record, struct error *error)
{
    struct seen *seen = context;
    struct batch wanted = plan_batch(seen->plan, seen->steps + 1);
    (void)error;
    seen->steps++;
    seen->wrong += memcmp(&wanted, &record->batch, sizeof wanted) != 0;
    return STATUS_OK;
}

/* Identity matrix, targets 1, weights 0, a rate so small that visits do not disturb each other. */
static const double lr = 1e-4;

struct grid {
    int64_t samples, batch, epochs, max_steps, slices;
    bool drop_last, shuffle;
};

/* How many visits, at least `least` and at most one an epoch, moved a weight so far; -1: none did.
 * One visit moves it by 2 lr / size of its batch, which is B or the tail. */
static int64_t visits_of(float weight, const struct plan *plan, int64_t least)
{
    double whole = 2 * lr / (double)plan->stage[0].batch,
           tail = 2 * lr / (double)plan->stage[0].last_batch;
    for (int64_t k = least; k <= plan->epochs_begun; k++)
        for (int64_t in_tail = 0; in_tail <= k; in_tail++) {
            double move = (double)(k - in_tail) * whole + (double)in_tail * tail;
            if (fabs((double)weight - move) < 0.02 * whole)
                return k;
        }
    return -1;
}

/* The plan's teams and workers are those that the ranks of this machine make. */
static void assert_plan_of_teams(const struct plan *plan, struct teams *teams, int threads)
{
    teams_count_workers(teams, threads);
    bool same = plan->teams == teams->count;
    for (int t = 0; same && t < plan->teams; t++)
        same = plan_team_workers(plan, t) == teams->team[t].workers;
    assert_ranks(same, "the plan has %d teams, the first of %lld workers; there are %d of %d",
        plan->teams, (long long)plan_team_workers(plan, 0), teams->count, teams->team[0].workers);
}

/* Every sample was visited as the plan wants it. */
static void assert_visits(
    const struct plan *plan, const float *parameters, const struct result *result)
{
    int64_t n = plan->samples, visits = 0, strange = 0, epochs = plan->epochs_begun;
    bool everyone = !plan->cut_by_max_steps && plan->stage[0].dropped_per_epoch == 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t k = visits_of(parameters[i], plan, everyone ? epochs : 0);
        strange += k < 0;
        visits += k;
    }
    assert_ranks(strange == 0,
        "N %lld B %lld ranks %d: %lld samples were not visited as they should", (long long)n,
        (long long)plan->stage[0].batch, world->size, (long long)strange);
    /* Over several epochs a visit in a tail may look like several others. */
    assert_ranks(epochs > 1 || visits == result->samples_seen,
        "N %lld B %lld: %lld visits, %lld samples seen", (long long)n,
        (long long)plan->stage[0].batch, (long long)visits, (long long)result->samples_seen);
}

static void run_case(const struct grid *grid, int threads, struct team_request team)
{
    int64_t n = grid->samples;
    float *x = calloc((size_t)(n * n), sizeof *x), *target = calloc((size_t)n, sizeof *target);
    float *parameters = calloc((size_t)n + 1, sizeof *parameters);
    int width = teams_width(world->size, team); /* as `lockstep plan` reckons */
    struct plan_request request = {.samples = n,
        .batch = grid->batch,
        .epochs = grid->epochs,
        .max_steps = grid->max_steps,
        .drop_last = grid->drop_last,
        .slices = grid->slices,
        .teams = (int)divide_up(world->size, width),
        .threads = threads,
        .ranks = world->size,
        .team_ranks = width};
    struct settings settings = {
        .criterion = {.kind = LOSS_MSE}, .seed = 7, .shuffle = grid->shuffle};
    struct error error = {0};
    struct result result = {0};
    for (int64_t i = 0; i < n; i++) {
        x[i * n + i] = 1;
        target[i] = 1;
    }
    struct dataset dataset = {.samples = n,
        .features = n,
        .type = VALUE_F32,
        .values = x,
        .outputs = 1,
        .targets = target};
    struct subset all = {.size = n};
    struct encoding encoding = {0};
    enum status status = plan_make(&settings.plan, &request, &error);
    if (!status)
        status = mlp_init(&settings.mlp, n, NULL, 0, 1, &error);
    if (!status)
        status = kernel_choose("auto", &settings.kernel, &error);
    if (!status)
        status = encoding_fit(
            &encoding, &(struct encoding_choice){.scale = SCALE_NONE}, &dataset, &all, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);

    struct seen seen = {&settings.plan, 0, 0};
    struct job job = {.settings = settings,
        .run = {.schedule = {.lr = lr}, .eval_every = {.unit = EVAL_NEVER}},
        .train = {&dataset, &all, &encoding, vector_of(settings.kernel.level), NULL},
        .parameters = parameters,
        .observer = {.context = &seen, .on_step = count_step}};
    struct teams *teams;
    seen.plan = &job.settings.plan;
    status = teams_create(&teams, world, team, &error);
    if (!status) {
        assert_plan_of_teams(&job.settings.plan, teams, threads);
        status = train_job(&job, teams, &result, &error);
    }
    teams_destroy(teams);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    const struct plan *plan = &job.settings.plan;
    bool told = world->rank > 0 || (seen.steps == plan->total_steps && seen.wrong == 0);
    assert_ranks(told && result.steps_done == plan->total_steps,
        "N %lld B %lld: %lld of %lld steps, %lld unlike the plan", (long long)n,
        (long long)grid->batch, (long long)seen.steps, (long long)plan->total_steps,
        (long long)seen.wrong);
    assert_visits(plan, parameters, &result);
    encoding_clear(&encoding);
    free(x);
    free(target);
    free(parameters);
}

TEST(test_grid)
{
    static const int64_t samples[] = {1, 7, 33}, batches[] = {1, 2, 5, 16, 33, 50};
    static const struct team_request teams[] = {{TEAM_RANKS, 1}, {TEAM_NODE, 0}, {TEAM_RANKS, 3}};
    for (int s = 0; s < 3; s++)
        for (int b = 0; b < 6; b++)
            for (int variant = 0; variant < 8; variant++) {
                struct grid grid = {.samples = samples[s],
                    .batch = batches[b],
                    .epochs = variant & 1 ? 2 : 1,
                    .max_steps = variant & 2 ? 3 : 0,
                    .slices = variant & 2 ? 4 : 0,
                    .drop_last = (variant & 4) && batches[b] <= samples[s],
                    .shuffle = variant != 0};
                for (int t = 0; t < 3; t++)
                    run_case(&grid, 1 + variant % 3, teams[t]);
            }
}

/* With drop-last the samples left out are others in other epochs. */
TEST(test_drop_last_drops_others_each_epoch)
{
    enum { N = 40 };
    struct order one, two;
    int64_t same = 0;
    order_init(&one, N, true, 3, RANDOM_ORDER, 1);
    order_init(&two, N, true, 3, RANDOM_ORDER, 2);
    for (int64_t i = 32; i < N; i++) /* B = 16: positions 32 ... 39 are dropped */
        for (int64_t j = 32; j < N; j++)
            same += order_at(&one, i) == order_at(&two, j);
    assert_ranks(same < N - 32, "the same samples are dropped in both epochs");
}
