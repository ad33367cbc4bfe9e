/* evaluate.c: the figures of a held-out set are the same bits on any number of ranks and threads
 * as on one rank alone, and every sample counts once. What they are, tests/unit/evaluate.c says.
 */
#include "model/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "comm/threads.h"
#include "data/encoding_fit.h"
#include "support/fill.h"
#include "support/net.h"
#include "support/ranks.h"

/* Of 1 to 12 blocks: fewer than ranks, not divided by them, whole and not. */
static const int64_t set_sizes[] = {1, 2, 255, 256, 257, 512, 1000, 1280, 3000};
enum { N_SIZES = sizeof set_sizes / sizeof set_sizes[0], THREADS_MAX = 3, INPUTS = 6 };

struct set {
    struct dataset dataset;
    struct subset subset;
    struct encoding encoding;
    struct criterion criterion;
    struct kernel kernel;
    struct mlp mlp;
    struct loader loader;
    float *parameters;
};

static void *take(int64_t n)
{
    void *block = malloc((size_t)n * 4);
    if (!block)
        abort();
    return block;
}

/* A 6-9-outputs network and a set for it, with weights of its samples or not; the same on every
 * rank. */
static void make_set(
    struct set *set, enum loss_kind loss, int64_t samples, int64_t outputs, bool weighted)
{
    bool classes = loss == LOSS_CROSS_ENTROPY;
    struct error error = {0};
    *set = (struct set){.subset = {.size = samples}, .criterion = {.kind = loss}};
    set->dataset = (struct dataset){.name = "test",
        .samples = samples,
        .features = INPUTS,
        .type = VALUE_F32,
        .values = take(samples * INPUTS),
        .classes = classes ? outputs : 0,
        .labels = take(samples),
        .outputs = classes ? 0 : outputs,
        .targets = take(samples * outputs)};
    fill_uniform(set->dataset.values, samples * INPUTS, 1);
    fill_uniform(set->dataset.targets, samples * outputs, 2);
    fill_labels(set->dataset.labels, samples, outputs, 3);
    set->dataset.weight = weighted ? take(samples) : NULL;
    fill_uniform(set->dataset.weight, weighted ? samples : 0, 5);
    for (int64_t i = 0; i < samples && weighted; i++)
        set->dataset.weight[i] += 1.01f;
    enum status status = encoding_fit(&set->encoding,
        &(struct encoding_choice){.scale = SCALE_NONE}, &set->dataset, &set->subset, &error);
    if (!status)
        status = kernel_choose("auto", &set->kernel, &error);
    if (!status)
        status = mlp_init(&set->mlp, INPUTS, &(int64_t){9}, 1, outputs, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    set->parameters = take(set->mlp.parameters);
    fill_uniform(set->parameters, set->mlp.parameters, 4);
    set->loader = (struct loader){
        &set->dataset, &set->subset, &set->encoding, vector_of(set->kernel.level), NULL};
}

static void clear_set(struct set *set)
{
    dataset_clear(&set->dataset);
    encoding_clear(&set->encoding);
    free(set->parameters);
}

struct evaluation {
    struct evaluator *evaluator;
    struct metrics metrics;
    struct class_metrics class_metrics;
};

static void work(const struct worker *worker, void *argument)
{
    struct evaluation *evaluation = argument;
    struct metrics metrics = evaluator_run(evaluation->evaluator, worker, NULL);
    if (worker_leads(worker))
        evaluation->metrics = metrics;
}

/* On the ranks of `comm`, with details where these are wanted, which are the caller's to clear; a
 * failure is asserted on all ranks of the world. */
static struct evaluation evaluate_in_detail(
    struct set *set, struct comm *comm, int threads, bool detailed)
{
    struct evaluation evaluation = {0};
    struct error error = {0};
    struct net net;
    net_make(&net, &set->mlp, &set->kernel);
    net_set(&net, set->parameters);
    enum status status = STATUS_OK;
    if (detailed)
        status = class_metrics_create(&evaluation.class_metrics,
            prediction_kind_of(set->criterion.kind), set->mlp.width[set->mlp.layers], 2, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    status = evaluator_create(&evaluation.evaluator, &set->criterion, &set->loader, &net.panels,
        &net.weights, threads, comm, detailed ? &evaluation.class_metrics : NULL, &error);
    if (!status)
        status = threads_run(threads, work, &evaluation, &error);
    evaluator_destroy(evaluation.evaluator);
    net_clear(&net);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    evaluation.evaluator = NULL;
    return evaluation;
}

static struct metrics evaluate(struct set *set, struct comm *comm, int threads)
{
    return evaluate_in_detail(set, comm, threads, false).metrics;
}

static bool same_bits(const struct metrics *a, const struct metrics *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* it has no padding */
}

static void check_same_bits_of(enum loss_kind loss, int64_t outputs, bool weighted)
{
    for (int s = 0; s < N_SIZES; s++) {
        struct set set;
        make_set(&set, loss, set_sizes[s], outputs, weighted);
        struct metrics alone = evaluate(&set, comm_self(), 1);
        for (int threads = 1; threads <= THREADS_MAX; threads++) {
            struct metrics together = evaluate(&set, world, threads);
            assert_ranks(same_bits(&together, &alone),
                "%lld samples, %d threads: loss %.17g, alone %.17g", (long long)set_sizes[s],
                threads, together.loss, alone.loss);
        }
        clear_set(&set);
    }
}

static bool same_details(const struct class_metrics *a, const struct class_metrics *b)
{
    size_t n = (size_t)a->outputs;
    if (!a->confusion != !b->confusion || a->outputs != b->outputs)
        return false;
    return memcmp(&a->top_k_accuracy, &b->top_k_accuracy, sizeof(double)) == 0 &&
           memcmp(&a->auc, &b->auc, sizeof(double)) == 0 &&
           memcmp(&a->macro, &b->macro, sizeof a->macro) == 0 &&
           memcmp(&a->weighted, &b->weighted, sizeof a->weighted) == 0 &&
           memcmp(a->of, b->of, n * sizeof *a->of) == 0 &&
           (!a->confusion || memcmp(a->confusion, b->confusion, n * n * sizeof *a->confusion) == 0);
}

/* Asking for details changes no figure, and they too are the same everywhere. */
static void check_same_details_of(enum loss_kind loss, int64_t outputs, bool weighted)
{
    for (int s = 0; s < N_SIZES; s++) {
        struct set set;
        make_set(&set, loss, set_sizes[s], outputs, weighted);
        struct metrics plain = evaluate(&set, comm_self(), 1);
        struct evaluation alone = evaluate_in_detail(&set, comm_self(), 1, true);
        assert_ranks(same_bits(&plain, &alone.metrics), "details change the figures");
        for (int threads = 1; threads <= THREADS_MAX; threads++) {
            struct evaluation together = evaluate_in_detail(&set, world, threads, true);
            assert_ranks(same_bits(&together.metrics, &plain) &&
                             same_details(&together.class_metrics, &alone.class_metrics),
                "%lld samples, %d threads: auc %.17g, alone %.17g", (long long)set_sizes[s],
                threads, together.class_metrics.auc, alone.class_metrics.auc);
            class_metrics_clear(&together.class_metrics);
        }
        class_metrics_clear(&alone.class_metrics);
        clear_set(&set);
    }
}

static void check_same_bits(enum loss_kind loss, int64_t outputs)
{
    check_same_bits_of(loss, outputs, false);
    check_same_bits_of(loss, outputs, true);
}

static void check_same_details(enum loss_kind loss, int64_t outputs)
{
    check_same_details_of(loss, outputs, false);
    check_same_details_of(loss, outputs, true);
}

TEST(test_details)
{
    check_same_details(LOSS_CROSS_ENTROPY, 2);
    check_same_details(LOSS_CROSS_ENTROPY, 7);
    check_same_details(LOSS_BCE, 3);
    check_same_details(LOSS_MSE, 2);
}

TEST(test_classes)
{
    check_same_bits(LOSS_CROSS_ENTROPY, 4);
}

TEST(test_values)
{
    check_same_bits(LOSS_MSE, 1);
    check_same_bits(LOSS_MSE, 3);
}

/* The network's output is its bias, 0; targets are whole numbers. The loss is then exact, and
 * shows a sample that is missing or counted twice. */
TEST(test_each_sample_once)
{
    for (int s = 0; s < N_SIZES; s++) {
        struct set set;
        int64_t n = set_sizes[s], squares = 0;
        make_set(&set, LOSS_MSE, n, 1, false);
        memset(set.parameters, 0, (size_t)set.mlp.parameters * sizeof(float));
        for (int64_t i = 0; i < n; i++) {
            set.dataset.targets[i] = (float)(i + 1);
            squares += (i + 1) * (i + 1);
        }
        struct metrics got = evaluate(&set, world, 2);
        double want = (double)squares / (double)n;
        assert_ranks(got.samples == n && got.loss == want, "%lld samples: loss %.17g, not %.17g",
            (long long)n, got.loss, want);
        clear_set(&set);
    }
}
