#include "run/rank_agreement.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

/* In the order in which one may be the cause of the next. */
enum { TOPIC_TRAIN, TOPIC_HELD_OUT, TOPIC_WEIGHTS, TOPIC_KERNEL, TOPIC_SETTINGS, N_TOPICS };

static uint64_t hash_set(const struct loader *set, uint64_t seed)
{
    if (!set)
        return seed;
    uint64_t hash = hash_bytes(&seed, sizeof seed, dataset_fingerprint(set->dataset));
    hash = hash_bytes(&set->subset->size, sizeof set->subset->size, hash);
    if (set->subset->number)
        hash = hash_bytes(
            set->subset->number, (size_t)set->subset->size * sizeof *set->subset->number, hash);
    size_t features = (size_t)set->scale->features * sizeof(float);
    hash = hash_bytes(set->scale->shift, features, hash);
    return hash_bytes(set->scale->factor, features, hash);
}

uint64_t rank_agreement_set_hash(const struct loader *set)
{
    return hash_set(set, 0);
}

/* The padding of a struct may have any bytes, so its members are hashed one by one.
 * tests/unit/rank_agreement.c checks that none is missing. */
#define ADD(hash, member) ((hash) = hash_bytes(&(member), sizeof(member), hash))

/* Threads may differ by rank; everything else in a plan follows from these. */
static uint64_t hash_plan(const struct plan *plan, uint64_t hash)
{
    ADD(hash, plan->samples);
    ADD(hash, plan->drop_last);
    ADD(hash, plan->stages);
    for (int s = 0; s < plan->stages; s++) {
        ADD(hash, plan->stage[s].epochs_before);
        ADD(hash, plan->stage[s].batch);
        ADD(hash, plan->stage[s].slices);
    }
    ADD(hash, plan->total_steps);
    ADD(hash, plan->cut_by_max_steps);
    ADD(hash, plan->teams);
    return hash;
}

static uint64_t hash_network(const struct settings *settings, uint64_t hash)
{
    const struct mlp *mlp = &settings->mlp;
    const struct criterion *criterion = &settings->criterion;
    ADD(hash, mlp->layers);
    ADD(hash, mlp->width);
    ADD(hash, mlp->weight_at);
    ADD(hash, mlp->bias_at);
    ADD(hash, mlp->parameters);
    ADD(hash, mlp->activation);
    ADD(hash, mlp->leaky_slope);
    ADD(hash, mlp->dropout_input);
    ADD(hash, mlp->dropout_hidden);
    ADD(hash, criterion->kind);
    ADD(hash, criterion->label_smoothing);
    ADD(hash, criterion->huber_delta);
    if (criterion->class_weight)
        hash = hash_bytes(
            criterion->class_weight, (size_t)mlp->width[mlp->layers] * sizeof(float), hash);
    return hash;
}

static uint64_t hash_optimizer(const struct optimizer_settings *optimizer, uint64_t hash)
{
    ADD(hash, optimizer->kind);
    ADD(hash, optimizer->momentum);
    ADD(hash, optimizer->dampening);
    ADD(hash, optimizer->nesterov);
    ADD(hash, optimizer->beta1);
    ADD(hash, optimizer->beta2);
    ADD(hash, optimizer->alpha);
    ADD(hash, optimizer->eps);
    ADD(hash, optimizer->weight_decay);
    return hash;
}

static uint64_t hash_schedule(const struct schedule *schedule, uint64_t hash)
{
    ADD(hash, schedule->kind);
    ADD(hash, schedule->lr);
    ADD(hash, schedule->total_steps);
    ADD(hash, schedule->steps_per_epoch);
    ADD(hash, schedule->by_epoch);
    ADD(hash, schedule->warmup);
    ADD(hash, schedule->length);
    ADD(hash, schedule->step_size);
    ADD(hash, schedule->gamma);
    ADD(hash, schedule->n_milestones);
    ADD(hash, schedule->milestone);
    ADD(hash, schedule->end_factor);
    ADD(hash, schedule->power);
    ADD(hash, schedule->min_lr);
    ADD(hash, schedule->pct_start);
    ADD(hash, schedule->div_factor);
    ADD(hash, schedule->final_div_factor);
    return hash;
}

static uint64_t hash_run(const struct run_settings *run, uint64_t hash)
{
    const struct plateau_settings *plateau = &run->plateau;
    const struct stop_rules *stop = &run->stop;
    hash = hash_schedule(&run->schedule, hash);
    ADD(hash, plateau->maximise);
    ADD(hash, plateau->factor);
    ADD(hash, plateau->patience);
    ADD(hash, plateau->threshold);
    ADD(hash, plateau->min_lr);
    ADD(hash, run->plateau_metric);
    ADD(hash, run->eval_unit);
    ADD(hash, run->eval_every);
    ADD(hash, run->verification.unit);
    ADD(hash, run->verification.every);
    ADD(hash, stop->early);
    ADD(hash, stop->watched);
    ADD(hash, stop->patience);
    ADD(hash, stop->min_delta);
    ADD(hash, stop->aims);
    ADD(hash, stop->target);
    ADD(hash, stop->goal);
    ADD(hash, stop->max_time_s);
    return hash;
}

/* Ranks have agreed on their options long before (options/agreed_options.h), so their text would be
 * equal: compared is what the settings came to on each machine, and what embedders set by hand. */
uint64_t rank_agreement_settings_hash(
    const struct settings *settings, const struct run_settings *run)
{
    uint64_t hash = hash_network(settings, hash_plan(&settings->plan, 0));
    hash = hash_run(run, hash_optimizer(&settings->optimizer, hash));
    ADD(hash, settings->reduce);
    ADD(hash, settings->clip.value);
    ADD(hash, settings->clip.norm);
    ADD(hash, settings->seed);
    ADD(hash, settings->shuffle);
    ADD(hash, settings->cache_bytes);
    ADD(hash, settings->pass_rows);
    ADD(hash, settings->memory);
    ADD(hash, settings->noise_scale);
    return hash;
}

/* The shape of panels, which teams share and send, and a product of odd shape over two blocks. */
static uint64_t hash_kernel(const struct kernel *kernel)
{
    enum { M = 13, N = 35, K = KERNEL_BLOCK + 11 };
    float a[M * K], b[K * N];
    float c[M * N];
    for (int i = 0; i < M * K; i++)
        a[i] = (float)(i * 7919 % 1009 - 504) / 1009;
    for (int i = 0; i < K * N; i++)
        b[i] = (float)(i * 104729 % 2003 - 1001) / 2003;
    kernel_multiply(
        kernel, M, N, K, (struct matrix){a, K, 1}, (struct matrix){b, N, 1}, false, c, N);
    const int shape[2] = {kernel->lanes, kernel->rows};
    return hash_bytes(c, sizeof c, hash_bytes(shape, sizeof shape, 0));
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

enum status rank_agreement_check_data(
    const struct job *job, enum status status, struct error *error)
{
    const struct loader *const set[] = {&job->train, job->validation, job->test};
    for (int i = 0; i < 3; i++)
        if (set[i])
            status = dataset_check(set[i]->dataset, status, error);
    return status;
}

enum status rank_agreement_check(const struct job *job, struct comm *comm, struct error *error)
{
    const struct settings *settings = &job->settings;
    uint64_t mine[N_TOPICS] = {
        [TOPIC_SETTINGS] = rank_agreement_settings_hash(settings, &job->run),
        [TOPIC_TRAIN] = hash_set(&job->train, 0),
        [TOPIC_HELD_OUT] = hash_set(job->test, hash_set(job->validation, 0)),
        [TOPIC_WEIGHTS] =
            hash_bytes(job->parameters, (size_t)settings->mlp.parameters * sizeof(float), 0),
        [TOPIC_KERNEL] = hash_kernel(&settings->kernel),
    };
    int size = comm_size(comm);
    uint64_t *all = NULL;
    enum status status =
        memory_take(&all, (size_t)size * N_TOPICS, sizeof *all, "comparing the ranks", error);
    /* The hash of a file that was truncated meanwhile would differ: its data are the cause. */
    status = comm_agree(comm, rank_agreement_check_data(job, status, error), error);
    if (!status)
        comm_gather_all(comm, mine, sizeof mine, all);
    for (int r = 1; !status && r < size; r++)
        for (int topic = 0; !status && topic < N_TOPICS; topic++)
            if (all[r * N_TOPICS + topic] != all[topic])
                status = fail_differing(topic, r, error);
    free(all);
    return status;
}
