#include "run/rank_agreement.h"

#include <stdlib.h>

#include "base/hash.h"

/* The topics compared. A difference in one may cause differences in later ones. */
enum { TOPIC_TRAIN, TOPIC_HELD_OUT, TOPIC_WEIGHTS, TOPIC_KERNEL, TOPIC_SETTINGS, N_TOPICS };

uint64_t rank_agreement_set_hash(const struct loader *set, uint64_t seed)
{
    if (!set)
        return seed;
    uint64_t hash = hash_bytes(&seed, sizeof seed, dataset_fingerprint(set->dataset));
    hash = hash_bytes(&set->subset->size, sizeof set->subset->size, hash);
    if (set->subset->number)
        hash = hash_bytes(
            set->subset->number, (size_t)set->subset->size * sizeof *set->subset->number, hash);
    return encoding_hash(set->encoding, hash);
}

/* A piece of memory to hash. Structs are hashed member by member, since padding bytes are
 * undefined. */
struct piece {
    const void *bytes;
    size_t size;
};
#define PIECE(member)                                                                              \
    {                                                                                              \
        &(member), sizeof(member)                                                                  \
    }

static uint64_t hash_pieces(const struct piece *piece, size_t n, uint64_t hash)
{
    for (size_t i = 0; i < n; i++)
        hash = hash_bytes(piece[i].bytes, piece[i].size, hash);
    return hash;
}

/* Hashes the members of a plan from which all others follow, except the number of threads, which
 * may differ between ranks. */
static uint64_t hash_plan(const struct plan *plan)
{
    const struct piece piece[] = {PIECE(plan->samples), PIECE(plan->drop_last), PIECE(plan->stages),
        PIECE(plan->total_steps), PIECE(plan->cut_by_max_steps), PIECE(plan->teams)};
    uint64_t hash = hash_pieces(piece, sizeof piece / sizeof *piece, 0);
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        int64_t numbers[] = {stage->epochs_before, stage->batch, stage->slices};
        hash = hash_bytes(numbers, sizeof numbers, hash);
    }
    return hash;
}

static uint64_t hash_step(const struct settings *settings, uint64_t hash)
{
    const struct mlp *mlp = &settings->mlp;
    const struct criterion *criterion = &settings->criterion;
    const struct optimizer_settings *optimizer = &settings->optimizer;
    const struct piece piece[] = {PIECE(mlp->layers), PIECE(mlp->width), PIECE(mlp->weight_at),
        PIECE(mlp->bias_at), PIECE(mlp->parameters), PIECE(mlp->activation),
        PIECE(mlp->leaky_slope), PIECE(mlp->dropout_input), PIECE(mlp->dropout_hidden),
        PIECE(criterion->kind), PIECE(criterion->label_smoothing), PIECE(criterion->huber_delta),
        PIECE(optimizer->kind), PIECE(optimizer->momentum), PIECE(optimizer->dampening),
        PIECE(optimizer->nesterov), PIECE(optimizer->beta1), PIECE(optimizer->beta2),
        PIECE(optimizer->alpha), PIECE(optimizer->eps), PIECE(optimizer->weight_decay),
        PIECE(optimizer->average), PIECE(settings->reduce), PIECE(settings->route),
        PIECE(settings->buckets), PIECE(settings->link), PIECE(settings->clip.value),
        PIECE(settings->clip.norm), PIECE(settings->seed), PIECE(settings->shuffle),
        PIECE(settings->weighted), PIECE(settings->cache_bytes), PIECE(settings->pass_rows),
        PIECE(settings->memory), PIECE(settings->noise_scale)};
    hash = hash_pieces(piece, sizeof piece / sizeof *piece, hash);
    if (criterion->class_weight)
        hash = hash_bytes(
            criterion->class_weight, (size_t)mlp->width[mlp->layers] * sizeof(float), hash);
    return hash;
}

static uint64_t hash_run(const struct run_settings *run, uint64_t hash)
{
    const struct schedule *schedule = &run->schedule;
    const struct plateau_settings *plateau = &run->plateau;
    const struct stop_rules *stop = &run->stop;
    const struct piece piece[] = {PIECE(schedule->kind), PIECE(schedule->lr),
        PIECE(schedule->total_steps), PIECE(schedule->steps_per_epoch), PIECE(schedule->by_epoch),
        PIECE(schedule->warmup), PIECE(schedule->length), PIECE(schedule->step_size),
        PIECE(schedule->gamma), PIECE(schedule->n_milestones), PIECE(schedule->milestone),
        PIECE(schedule->end_factor), PIECE(schedule->power), PIECE(schedule->min_lr),
        PIECE(schedule->pct_start), PIECE(schedule->div_factor), PIECE(schedule->final_div_factor),
        PIECE(plateau->maximise), PIECE(plateau->factor), PIECE(plateau->patience),
        PIECE(plateau->threshold), PIECE(plateau->min_lr), PIECE(run->plateau_metric),
        PIECE(run->eval_every.unit), PIECE(run->eval_every.count), PIECE(run->verify_every.unit),
        PIECE(run->verify_every.count), PIECE(stop->early), PIECE(stop->final_weights),
        PIECE(stop->watched), PIECE(stop->patience), PIECE(stop->min_delta),
        PIECE(stop->has_target), PIECE(stop->target), PIECE(stop->goal), PIECE(stop->give_up_steps),
        PIECE(stop->max_time_s), PIECE(stop->divergence)};
    return hash_pieces(piece, sizeof piece / sizeof *piece, hash);
}

/* The text of the options is already known to be equal on all ranks (options/agreed_options.h).
 * This hash covers the settings that each machine derived from the options, and settings that an
 * embedding program sets itself. tests/unit/rank_agreement.c checks that no member is missing. */
uint64_t rank_agreement_settings_hash(
    const struct settings *settings, const struct run_settings *run)
{
    return hash_run(run, hash_step(settings, hash_plan(&settings->plan)));
}

/* Hashes the shape of the panels, which the teams share and exchange, and a tile that is summed
 * over two blocks. */
static uint64_t hash_kernel(const struct kernel *kernel)
{
    enum { STEPS = KERNEL_BLOCK + 1 }; /* a kernel may read one step past its panels */
    _Alignas(64) float lane_panel[KERNEL_LANES_MAX * STEPS] = {0};
    _Alignas(64) float row_panel[KERNEL_ROWS_MAX * STEPS] = {0};
    float tile[KERNEL_ROWS_MAX * KERNEL_LANES_MAX];
    const int shape[2] = {kernel->lanes, kernel->rows};
    for (int i = 0; i < kernel->lanes * STEPS; i++)
        lane_panel[i] = (float)(i * 7919 % 1009 - 504) / 1009;
    for (int i = 0; i < kernel->rows * STEPS; i++)
        row_panel[i] = (float)(i * 104729 % 2003 - 1001) / 2003;
    kernel->tile(kernel, KERNEL_BLOCK, lane_panel, row_panel, false, tile, kernel->lanes);
    kernel->tile(kernel, 11, lane_panel, row_panel, true, tile, kernel->lanes);
    size_t bytes = (size_t)(kernel->lanes * kernel->rows) * sizeof *tile;
    return hash_bytes(tile, bytes, hash_bytes(shape, sizeof shape, 0));
}

static enum status fail_differing(int topic, int rank, struct error *error)
{
    static const char *const name[N_TOPICS] = {"training data", "validation or test data",
        "initial weights", "panels or results of the matrix kernel", "settings"};
    bool from_files = topic != TOPIC_SETTINGS && topic != TOPIC_KERNEL;
    return fail(error, from_files ? STATUS_BAD_DATA : STATUS_BUG,
        "the %s of rank %d differ from those of rank 0%s", name[topic], rank,
        from_files ? "; each rank reads its own files: check that every machine has the same ones"
                   : "");
}

enum status rank_agreement_check_data(const struct job *job, struct error *error)
{
    const struct loader *const set[] = {&job->train, job->validation, job->test};
    for (int i = 0; i < 3; i++)
        if (set[i])
            TRY(dataset_check(set[i]->dataset, STATUS_OK, error));
    return STATUS_OK;
}

enum status rank_agreement_check(const struct job *job, struct comm *comm, struct error *error)
{
    const struct settings *settings = &job->settings;
    uint64_t mine[N_TOPICS] = {
        [TOPIC_SETTINGS] = rank_agreement_settings_hash(settings, &job->run),
        [TOPIC_TRAIN] = rank_agreement_set_hash(&job->train, 0),
        [TOPIC_HELD_OUT] =
            rank_agreement_set_hash(job->test, rank_agreement_set_hash(job->validation, 0)),
        [TOPIC_WEIGHTS] =
            hash_bytes(job->parameters, (size_t)settings->mlp.parameters * sizeof(float), 0),
        [TOPIC_KERNEL] = hash_kernel(&settings->kernel),
    };
    uint64_t *all;
    enum status status = STATUS_OK;
    /* Check the files first: one truncated since it was read changes the hash, and the message
     * should name the file. */
    TRY(comm_agree(comm, rank_agreement_check_data(job, error), error));
    TRY(comm_gather_new(comm, mine, sizeof mine, &all, "comparing the ranks", error));
    for (int r = 1; !status && r < comm->size; r++)
        for (int topic = 0; !status && topic < N_TOPICS; topic++)
            if (all[r * N_TOPICS + topic] != all[topic])
                status = fail_differing(topic, r, error);
    free(all);
    return status;
}
