#include "run/rank_agreement.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

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

/* Field by field: a struct's padding is anything. */
static uint64_t hash_update(
    const struct settings *settings, const struct run_settings *run, uint64_t seed)
{
    const struct optimizer_settings *optimizer = &settings->optimizer;
    const struct schedule *schedule = &run->schedule;
    const struct plateau_settings *plateau = &run->plateau;
    int64_t whole[] = {optimizer->kind, optimizer->nesterov, schedule->kind, schedule->total_steps,
        schedule->steps_per_epoch, schedule->by_epoch, schedule->warmup, schedule->length,
        schedule->step_size, schedule->n_milestones, plateau->maximise, plateau->patience};
    double real[] = {optimizer->momentum, optimizer->dampening, optimizer->beta1, optimizer->beta2,
        optimizer->alpha, optimizer->eps, optimizer->weight_decay, schedule->lr, schedule->gamma,
        schedule->end_factor, schedule->power, schedule->min_lr, schedule->pct_start,
        schedule->div_factor, schedule->final_div_factor, plateau->factor, plateau->threshold,
        plateau->min_lr, settings->clip.value, settings->clip.norm};
    uint64_t hash = hash_bytes(whole, sizeof whole, seed);
    hash = hash_bytes(schedule->milestone, sizeof schedule->milestone, hash);
    return hash_bytes(real, sizeof real, hash);
}

static uint64_t hash_settings(const struct settings *settings, const struct run_settings *run)
{
    const struct plan *plan = &settings->plan;
    int64_t whole[] = {plan->samples, plan->drop_last, plan->total_steps, plan->teams,
        settings->mlp.parameters, settings->criterion.kind, settings->reduce,
        (int64_t)settings->seed, settings->shuffle, settings->pass_rows, settings->memory,
        settings->cache_bytes, run->eval_unit, run->eval_every, run->verification.unit,
        run->verification.every, run->stop.early, run->stop.patience, run->stop.aims,
        settings->noise_scale};
    double goals[] = {run->stop.min_delta, run->stop.goal};
    const struct mlp *mlp = &settings->mlp;
    const struct criterion *criterion = &settings->criterion;
    float rates[] = {mlp->leaky_slope, mlp->dropout_input, mlp->dropout_hidden,
        criterion->label_smoothing, criterion->huber_delta};
    uint64_t hash = hash_bytes(whole, sizeof whole, 0);
    for (int s = 0; s < plan->stages; s++) {
        const struct plan_stage *stage = &plan->stage[s];
        int64_t numbers[] = {stage->epochs_before, stage->batch, stage->slices};
        hash = hash_bytes(numbers, sizeof numbers, hash);
    }
    hash = hash_bytes(mlp->width, sizeof mlp->width, hash);
    hash = hash_bytes(mlp->activation, sizeof mlp->activation, hash);
    hash = hash_bytes(rates, sizeof rates, hash);
    hash = hash_bytes(goals, sizeof goals, hash);
    if (criterion->class_weight)
        hash = hash_bytes(
            criterion->class_weight, (size_t)mlp->width[mlp->layers] * sizeof(float), hash);
    return hash_update(settings, run, hash);
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

static enum status complain(int topic, int rank, struct error *error)
{
    static const char *const what[N_TOPICS] = {"training data", "validation or test data",
        "initial weights", "panels or results of the matrix kernel", "settings"};
    bool ours = topic == TOPIC_SETTINGS || topic == TOPIC_KERNEL;
    return fail(error, ours ? STATUS_BUG : STATUS_BAD_DATA,
        "the %s of rank %d are not those of rank 0; the ranks read their own files, so check that "
        "every machine has the same ones",
        what[topic], rank);
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
        [TOPIC_SETTINGS] = hash_settings(settings, &job->run),
        [TOPIC_TRAIN] = hash_set(&job->train, 0),
        [TOPIC_HELD_OUT] = hash_set(job->test, hash_set(job->validation, 0)),
        [TOPIC_WEIGHTS] =
            hash_bytes(job->parameters, (size_t)settings->mlp.parameters * sizeof(float), 0),
        [TOPIC_KERNEL] = hash_kernel(&settings->kernel),
    };
    int size = comm_size(comm);
    uint64_t *all = malloc((size_t)size * sizeof mine);
    enum status status = STATUS_OK;
    if (!all)
        status = fail(error, STATUS_NO_RESOURCE, "no memory to compare %d ranks", size);
    /* A hash of a file that was cut meanwhile would blame the ranks. */
    status = comm_agree(comm, rank_agreement_check_data(job, status, error), error);
    if (!status)
        comm_gather_all(comm, mine, sizeof mine, all);
    for (int r = 1; !status && r < size; r++)
        for (int topic = 0; !status && topic < N_TOPICS; topic++)
            if (all[r * N_TOPICS + topic] != all[topic])
                status = complain(topic, r, error);
    free(all);
    return status;
}
