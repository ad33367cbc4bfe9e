/* verify.c: a bit that changes in the memory of one team is found, the team is named, and no file is
 * written of the weights. Runs that nothing happens to are never accused, and keep their bits.
 *
 * Nothing looked at the weights that teams hold once training had begun: a wrong bit in one team's
 * memory went into checkpoints and models without a word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "comm/threads.h"
#include "support/fill.h"
#include "support/ranks.h"
#include "support/training.h"
#include "run/checkpoint_read.h"
#include "step/step_state.h"
#include "run/trainer_state.h"

enum { SAMPLES = 200, INPUTS = 40, HIDDEN = 70, CLASSES = 10, STEPS = 12 };
enum { PARAMETERS = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES };

static float x[SAMPLES * INPUTS], parameters[PARAMETERS], want[PARAMETERS];
static int32_t label[SAMPLES];

static struct reference_problem make_problem(void)
{
    fill_uniform(x, SAMPLES * INPUTS, 1);
    fill_labels(label, SAMPLES, CLASSES, 2);
    return (struct reference_problem){.layers = 2,
        .width = {INPUTS, HIDDEN, CLASSES},
        .loss = LOSS_CROSS_ENTROPY,
        .x = x,
        .label = label,
        .samples = SAMPLES,
        .batch = 60,
        .slices = 4,
        .steps = STEPS,
        .lr = 0.1,
        .momentum = 0.5};
}

static const struct team_request layouts[] = {{TEAM_RANKS, 1}, {TEAM_RANKS, 2}, {TEAM_NODE, 0}};
enum { N_LAYOUTS = sizeof layouts / sizeof *layouts };

/* --- one bit ------------------------------------------------------------------------------- */

enum spot { FIRST_WEIGHT, LATER_BIAS, LATER_WEIGHT, FORWARD_COPY, MOMENTUM, N_SPOTS };

static float *place_of(const struct step *step, enum spot spot)
{
    const struct panel_layer *first = &step->panels.layer[0], *later = &step->panels.layer[1];
    switch (spot) {
    case FIRST_WEIGHT:
        return step->weights.master + first->weight_at + 1;
    case LATER_BIAS:
        return step->weights.master + later->bias_at + 1;
    case LATER_WEIGHT:
        return step->weights.master + later->weight_at;
    case FORWARD_COPY:
        return step->weights.derived + later->forward_at;
    default:
        return step->optimizer.state[0] + range_size(step->owned) - 1;
    }
}

/* The lowest bit of the fraction: nothing that training itself would notice. */
static void flip(float *number)
{
    uint32_t bits;
    memcpy(&bits, number, sizeof bits);
    bits ^= 1;
    memcpy(number, &bits, sizeof bits);
}

/* --- steps, and the looks at their memory -------------------------------------------------- */

enum moment { AFTER_STEP, AFTER_LOOK };
enum { FLIP_AT = 2 };

struct trial {
    enum spot spot;
    enum moment moment;
    int victim; /* the team */
    struct job *job;
    struct teams *teams;
    struct step *step;
    bool found; /* by this rank's first thread */
    int64_t at; /* the step that was over, or not taken as it should */
};

/* The first worker of the victim flips the bit, when it is time. */
static void strike(
    const struct trial *trial, const struct worker *worker, enum moment moment, int64_t number)
{
    if (moment == trial->moment && number == FLIP_AT && worker_leads(worker) &&
        trial->teams->mine == trial->victim)
        flip(place_of(trial->step, trial->spot));
    team_barrier(worker);
}

/* Whether all is well after the step. */
static bool take_step(struct trial *trial, const struct worker *worker, int64_t number)
{
    struct batch batch = plan_batch(&trial->job->settings.plan, number);
    struct order order;
    order_init(&order, SAMPLES, false, 0, RANDOM_ORDER, (uint64_t)batch.epoch);
    struct verdict verdict = step_run(trial->step, worker, &batch, &order, 0.1, STATUS_OK);
    if (verdict.requests & STEP_REQUEST_ABORT)
        return false;
    strike(trial, worker, AFTER_STEP, number);
    if (!step_verify(trial->step, worker, number))
        return false;
    strike(trial, worker, AFTER_LOOK, number);
    return true;
}

static void work(const struct worker *worker, void *argument)
{
    struct trial *trial = argument;
    for (int64_t number = 1; number <= STEPS; number++) {
        if (take_step(trial, worker, number))
            continue;
        if (worker_speaks(worker)) {
            trial->found = true;
            trial->at = number;
        }
        return;
    }
}

static enum status run_steps(
    void *context, struct job *job, struct teams *teams, struct error *error)
{
    struct trial *trial = context;
    trial->job = job;
    trial->teams = teams;
    struct step_start start = {job->train, job->parameters, NULL, false};
    enum status status = step_create(&trial->step, &job->settings, &start, teams, error);
    if (status)
        return status;
    trial->victim %= teams->count;
    status = team_run(teams, job->settings.plan.threads, work, trial, error);
    if (!status)
        status = comm_agree_unnamed(teams->comm, step_fault(trial->step, error), error);
    step_destroy(trial->step);
    return status;
}

/* What must come of it, as a part of the message; "": nothing. */
static void expect(const struct trial *trial, int teams, char *out, size_t size)
{
    bool two_copies = trial->spot == LATER_WEIGHT || trial->spot == FORWARD_COPY;
    if (trial->moment == AFTER_LOOK)
        snprintf(out, size, "in the memory of team %d (", trial->victim);
    else if (trial->spot == MOMENTUM || (teams == 1 && !two_copies))
        out[0] = '\0';
    else if (two_copies)
        snprintf(out, size, "layer 2 that team %d (", trial->victim);
    else if (teams == 2)
        snprintf(out, size, "differ between team 0 (");
    else
        snprintf(out, size, "held by team %d (", trial->victim);
}

static void check_trial(struct team_request layout, enum spot spot, enum moment moment, int victim)
{
    struct reference_problem problem = make_problem();
    struct way way = {.threads = TEAMS_HAVE_THREADS ? 2 : 1, .team = layout};
    struct trial trial = {.spot = spot, .moment = moment, .victim = victim};
    struct error error = {.text = ""};
    char wanted[64], where[96];
    enum status status =
        training_with(&problem, &way, world, parameters, run_steps, &trial, &error);
    int ranks = world->size,
        teams = (int)divide_up(ranks, layout.kind == TEAM_NODE ? ranks : layout.ranks);
    expect(&trial, teams, wanted, sizeof wanted);
    snprintf(where, sizeof where, "%d teams, spot %d, moment %d, team %d", teams, (int)spot,
        (int)moment, trial.victim);
    assert_ranks(status == (*wanted ? STATUS_NO_RESOURCE : STATUS_OK), "%s: status %d: %s", where,
        (int)status, error.text);
    assert_ranks(trial.found == (*wanted != '\0'), "%s: found: %d", where, trial.found);
    if (!*wanted)
        return;
    assert_ranks(strstr(error.text, wanted), "%s: not \"%s\": %s", where, wanted, error.text);
    assert_ranks(trial.at == (moment == AFTER_LOOK ? FLIP_AT + 1 : FLIP_AT), "%s: at %d", where,
        (int)trial.at);
    assert_ranks(strstr(error.text, moment == AFTER_LOOK ? "steps 2 and 3" : "after step 2"),
        "%s: the step: %s", where, error.text);
    const char *section = spot == FIRST_WEIGHT ? "the weights of layer 1"
                          : spot == LATER_BIAS ? "the biases of layer 2"
                          : spot == MOMENTUM   ? "the optimizer's momentum_buffer"
                                               : "weights of layer 2";
    assert_ranks(strstr(error.text, section), "%s: not %s: %s", where, section, error.text);
}

/* Every kind of memory, in every team, at either time. */
TEST(a_bit_is_found_and_its_team_named)
{
    for (int l = 0; l < N_LAYOUTS; l++)
        for (enum spot spot = 0; spot < N_SPOTS; spot++)
            for (int victim = 0; victim < world->size; victim++) {
                check_trial(layouts[l], spot, AFTER_STEP, victim);
                check_trial(layouts[l], spot, AFTER_LOOK, victim);
            }
}

/* --- no false alarm ------------------------------------------------------------------------ */

/* Looked at after every step, by any optimizer and on any teams: nothing is found, and the weights
 * are those of the reference. */
TEST(sound_runs_keep_their_bits)
{
    for (enum optimizer_kind kind = 0; kind < N_OPTIMIZERS; kind++) {
        struct reference_problem problem = make_problem();
        problem.optimizer = kind;
        problem.lr = 0.01;
        problem.momentum = kind == OPTIMIZER_SGD ? 0.5 : 0;
        problem.beta1 = 0.9;
        problem.beta2 = 0.999;
        problem.alpha = 0.99;
        problem.eps = 1e-8;
        problem.clip_norm = kind == OPTIMIZER_ADAM ? 0.5 : 0; /* the long way */
        reference_train(&problem, want, NULL);
        for (int l = 0; l < N_LAYOUTS; l++) {
            struct way way = {.threads = 1,
                .team = layouts[l],
                .noise_scale = NOISE_SCALE_TRAILING,
                .verify_every = {EVAL_STEPS, 1}};
            struct result result;
            struct error error = {.text = ""};
            char why[COMPARE_TEXT] = "";
            enum status status =
                training_run(&problem, &way, world, parameters, NULL, &result, &error);
            assert_ranks(status == STATUS_OK, "optimizer %d: %s", (int)kind, error.text);
            assert_ranks(compare_bits(parameters, want, PARAMETERS, why),
                "optimizer %d, layout %d: %s", (int)kind, l, why);
        }
    }
}

/* --- a run with checkpoints ---------------------------------------------------------------- */

enum { CHECKPOINT_EVERY = 3, STRUCK = 8 };
enum strike_at { AT_STEP, AT_CHECKPOINT, AT_END, NEVER };

/* A run that keeps checkpoints, to whose first team something happens: only rank 0 is observed. */
struct story {
    enum strike_at when;
    enum spot spot;
    struct trainer *trainer;
    float *weights; /* of the job */
    int64_t kept;   /* rank 0, then all: the step of the last checkpoint that was taken */
    struct result result;
    char path[64]; /* of a run, on rank 0 */
    struct directory run;
};

static enum status on_step(void *context, const struct step_record *record, struct error *error)
{
    const struct story *story = context;
    (void)error;
    if (story->when == AT_STEP && record->batch.step == STRUCK)
        flip(place_of(story->trainer->step, story->spot));
    return STATUS_OK;
}

static enum status on_checkpoint(
    void *context, const struct checkpoint_record *record, struct error *error)
{
    struct story *story = context;
    (void)error;
    story->kept = record->step;
    if (story->when == AT_CHECKPOINT)
        flip(place_of(story->trainer->step, story->spot));
    return STATUS_OK;
}

/* Of the last epoch, the weights have been exported already. */
static enum status on_epoch(void *context, const struct epoch_record *record, struct error *error)
{
    const struct story *story = context;
    (void)error;
    if (story->when == AT_END && record->step == STEPS)
        flip(&story->weights[5]);
    return STATUS_OK;
}

static enum status run_story(
    void *context, struct job *job, struct teams *teams, struct error *error)
{
    struct story *story = context;
    static const struct identity identity = {.n = 0};
    const struct model model = {.mlp = job->settings.mlp,
        .criterion = job->settings.criterion,
        .input = *job->train.encoding};
    story->weights = job->parameters;
    job->observer = (struct observer){
        .context = story, .on_step = on_step, .on_epoch = on_epoch, .on_checkpoint = on_checkpoint};
    job->checkpoints = (struct checkpoints){.every = {EVAL_STEPS, CHECKPOINT_EVERY},
        .keep = 100,
        .run = &story->run,
        .identity = &identity,
        .model = &model};
    enum status status = trainer_create(&story->trainer, job, teams, error);
    if (!status)
        status = trainer_run(story->trainer, &story->result, error);
    trainer_destroy(story->trainer);
    return status;
}

/* Rank 0: the step of the newest sound checkpoint, 0 for none; and removes all of them. */
static int64_t take_newest(struct story *story)
{
    char path[FILE_PATH_MAX], report[4096];
    struct error error;
    struct warnings warnings = {0};
    int64_t step = 0;
    if (!checkpoint_find(story->path, path, report, sizeof report, &error))
        step = strtoll(strrchr(path, '-') + 1, NULL, 10);
    checkpoint_clean(&story->run, 0, &warnings, &error);
    directory_close(&story->run);
    rmdir(story->path);
    return step;
}

static enum status tell(
    struct story *story, const struct way *way, int64_t *newest, struct error *error)
{
    struct reference_problem problem = make_problem();
    enum status status = STATUS_OK;
    story->run.descriptor = -1;
    snprintf(story->path, sizeof story->path, "/tmp/lockstep-verify-%d", (int)getpid());
    if (world->rank == 0)
        status = file_make_directory(story->path, error);
    if (world->rank == 0 && !status)
        status = directory_open(&story->run, story->path, error);
    assert_ranks(status == STATUS_OK, "%s", error->text);
    status = training_with(&problem, way, world, parameters, run_story, story, error);
    *newest = world->rank == 0 ? take_newest(story) : 0;
    comm_broadcast(world, newest, sizeof *newest);
    comm_broadcast(world, &story->kept, sizeof story->kept);
    return status;
}

/* The run ends with 71, its message names the team and the last good checkpoint, and that is the
 * newest one: nothing is written after it. */
static void assert_corrupted(
    const struct story *story, enum status status, const struct error *error, int64_t newest)
{
    char path[32];
    assert_ranks(status == STATUS_NO_RESOURCE, "story %d: status %d: %s", (int)story->when,
        (int)status, error->text);
    assert_ranks(story->result.stopped_by == STOP_CORRUPTED, "stopped by %s",
        stop_reason_name(story->result.stopped_by));
    assert_ranks(strstr(error->text, "team 0 (rank 0 on host "), "%s", error->text);
    assert_ranks(newest == story->kept && newest > 0, "newest checkpoint: %lld, not %lld",
        (long long)newest, (long long)story->kept);
    snprintf(path, sizeof path, "step-%09lld", (long long)newest);
    assert_ranks(world->rank > 0 || strstr(error->text, path), "not %s: %s", path, error->text);
}

TEST(no_wrong_weights_are_written)
{
    for (int l = 0; l < N_LAYOUTS; l++) {
        struct way way = {.threads = 1, .team = layouts[l]};
        struct error error = {.text = ""};
        int64_t newest;
        /* Found by the look after that very step; the next update would derive the copy anew. Only
         * where rank 0's team has other workers, which do not wait for its observer, may they have
         * looked already: then by the second look, in the next step. */
        struct story story = {.when = AT_STEP, .spot = FORWARD_COPY};
        way.verify_every = (struct interval){EVAL_STEPS, 4};
        enum status status = tell(&story, &way, &newest, &error);
        assert_corrupted(&story, status, &error, newest);
        int64_t late = story.result.steps_done - STRUCK;
        assert_ranks(late == 0 || (late == 1 && l > 0 && world->size > 1), "%lld steps late",
            (long long)late);
        /* Found by the second look: the checkpoint itself is good. */
        story = (struct story){.when = AT_CHECKPOINT, .spot = FIRST_WEIGHT};
        way.verify_every = (struct interval){EVAL_END, 0};
        status = tell(&story, &way, &newest, &error);
        assert_corrupted(&story, status, &error, newest);
        assert_ranks(story.result.steps_done == newest + 1, "%lld steps",
            (long long)story.result.steps_done);
        /* The same, not looked at. */
        way.verify_every = (struct interval){EVAL_NEVER, 0};
        status = tell(&story, &way, &newest, &error);
        assert_ranks(
            status == STATUS_OK && newest == STEPS, "status %d: %s", (int)status, error.text);
    }
}

/* What is to be written at the end is compared as well. */
TEST(the_result_is_verified)
{
    struct way way = {.threads = 1, .team = {TEAM_RANKS, 1}};
    struct error error = {.text = ""};
    struct story story = {.when = AT_END};
    int64_t newest;
    enum status status = tell(&story, &way, &newest, &error);
    if (world->size == 1)
        assert_ranks(status == STATUS_OK, "%s", error.text); /* nobody to compare with */
    else {
        assert_corrupted(&story, status, &error, newest);
        assert_ranks(strstr(error.text, "the weights of the result"), "%s", error.text);
    }
    story = (struct story){.when = NEVER};
    status = tell(&story, &way, &newest, &error);
    assert_ranks(status == STATUS_OK && newest == STEPS, "status %d: %s", (int)status, error.text);
}
