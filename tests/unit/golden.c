/* golden.c: the trainer against PyTorch's numbers, tests/golden/pytorch-*.json, which
 * tests/golden/pytorch writes.
 *
 * From the same initial weights and batches, 20 steps: of SGD plain, with momentum, with weight
 * decay, with both; and of every optimizer, a schedule and clipping; classes and values; tails
 * every few steps. The oracle is PyTorch in float64; its own float32 run says how far rounding
 * alone leads, and so what a float32 program is allowed:
 *
 *     |ours - torch64| <= 4 max |torch32 - torch64| + 4 eps max |torch64|       eps = 2^-23
 */
#include <float.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "comm/comm.h"
#include "data/dataset.h"
#include "data/encoding_fit.h"
#include "data/loader.h"
#include "net/kernel.h"
#include "step/plan.h"
#include "run/trainer.h"
#include "support/golden.h"
#include "support/training.h"
#include "support/unit.h"

enum { STEPS_MAX = 100, NAME_MAX_LENGTH = 100 };

/* --- reading ------------------------------------------------------------------------------- */

/* One file: a network, its data, its beginning. */
struct golden {
    struct json *root;
    struct mlp mlp;
    enum loss_kind loss;
    struct dataset dataset;
    struct subset subset;
    struct encoding encoding;
    struct kernel kernel;
    int64_t batch, steps;
    float *initial; /* [mlp.parameters] */
};

static void read_network(struct golden *golden)
{
    const struct json *widths = js_get(golden->root, "widths");
    int64_t width[MLP_LAYERS_MAX + 1];
    size_t n = js_size(widths);
    assert_true(n >= 2 && n <= MLP_LAYERS_MAX);
    for (size_t i = 0; i < n; i++)
        assert_true(js_as_int(js_item(widths, i), &width[i]));
    struct error error;
    assert_int_equal(
        mlp_init(&golden->mlp, width[0], width + 1, (int)n - 2, width[n - 1], &error), STATUS_OK);
}

static void read_dataset(struct golden *golden)
{
    const struct mlp *mlp = &golden->mlp;
    struct dataset *dataset = &golden->dataset;
    int64_t outputs = mlp->width[mlp->layers];
    snprintf(dataset->name, sizeof dataset->name, "golden");
    dataset->samples = golden_int(golden->root, "samples");
    dataset->features = mlp->width[0];
    dataset->type = VALUE_F32;
    dataset->values = golden_floats(golden->root, "inputs", dataset->samples * dataset->features);

    const char *loss = golden_text(golden->root, "loss");
    if (strcmp(loss, "cross-entropy") == 0) {
        golden->loss = LOSS_CROSS_ENTROPY;
        dataset->classes = outputs;
        dataset->labels = golden_labels(golden->root, "labels", dataset->samples);
    } else {
        assert_string_equal(loss, "mse");
        golden->loss = LOSS_MSE;
        dataset->outputs = outputs;
        dataset->targets = golden_floats(golden->root, "targets", dataset->samples * outputs);
    }
}

static void golden_read(struct golden *golden, const char *path)
{
    memset(golden, 0, sizeof *golden);
    struct error error;
    golden->root = golden_parse(path);
    read_network(golden);
    read_dataset(golden);
    golden->batch = golden_int(golden->root, "batch");
    golden->steps = golden_int(golden->root, "steps");
    assert_in_range(golden->steps, 1, STEPS_MAX);
    golden->initial = golden_floats(golden->root, "initial", golden->mlp.parameters);
    golden->subset.size = golden->dataset.samples;
    assert_int_equal(encoding_fit(&golden->encoding, &(struct encoding_choice){.scale = SCALE_NONE},
                         &golden->dataset, &golden->subset, &error),
        STATUS_OK);
    assert_int_equal(kernel_choose("auto", &golden->kernel, &error), STATUS_OK);
}

static void golden_clear(struct golden *golden)
{
    encoding_clear(&golden->encoding);
    dataset_clear(&golden->dataset);
    free(golden->initial);
    js_destroy(golden->root);
}

/* Calls `check` on every run of every file. */
static void for_each_run(void (*check)(const struct golden *golden, const struct json *run))
{
    char pattern[FILE_PATH_MAX];
    struct error error;
    assert_int_equal(file_path(pattern, golden_directory(), "pytorch-*.json", &error), STATUS_OK);
    glob_t files;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    assert_int_equal(files.gl_pathc, 6);
    for (size_t f = 0; f < files.gl_pathc; f++) {
        struct golden golden;
        golden_read(&golden, files.gl_pathv[f]);
        const struct json *runs = js_get(golden.root, "runs");
        assert_int_equal(js_size(runs), strstr(files.gl_pathv[f], "optimizers") ? 12 : 4);
        for (size_t r = 0; r < js_size(runs); r++)
            check(&golden, js_item(runs, r));
        golden_clear(&golden);
    }
    globfree(&files);
}

/* --- judging ------------------------------------------------------------------------------- */

/* PyTorch's two answers to one question. */
struct oracle {
    int64_t n;
    double *f32, *f64;
    double bound, largest; /* of |ours - f64|; of |f64| */
};

static struct oracle oracle_read(const struct json *run, const char *what, int64_t n)
{
    char key[NAME_MAX_LENGTH];
    struct oracle oracle = {.n = n};
    snprintf(key, sizeof key, "%s_f32", what);
    oracle.f32 = golden_reals(run, key, n);
    snprintf(key, sizeof key, "%s_f64", what);
    oracle.f64 = golden_reals(run, key, n);
    double apart = 0;
    for (int64_t i = 0; i < n; i++) {
        apart = fmax(apart, fabs(oracle.f32[i] - oracle.f64[i]));
        oracle.largest = fmax(oracle.largest, fabs(oracle.f64[i]));
    }
    oracle.bound = 4 * apart + 4 * (double)FLT_EPSILON * oracle.largest;
    return oracle;
}

static void oracle_clear(struct oracle *oracle)
{
    free(oracle->f32);
    free(oracle->f64);
}

static bool agrees(const struct oracle *oracle, const float *x, char *why)
{
    return compare_within(x, oracle->f64, oracle->n, oracle->bound, why);
}

/* --- training ------------------------------------------------------------------------------ */

struct team_size {
    int threads;
    int64_t slices; /* 0: the default, which is 1 at these sizes */
    double lr_factor;
};

struct outcome {
    float *losses;  /* [steps] */
    float *weights; /* [parameters] */
};

static enum status keep_loss(void *context, const struct step_record *record, struct error *error)
{
    (void)error;
    float *losses = context;
    losses[record->batch.step - 1] = (float)record->loss;
    return STATUS_OK;
}

static struct settings settings_of(
    const struct golden *golden, const struct json *run, struct team_size way)
{
    struct settings settings = {
        .mlp = golden->mlp,
        .criterion.kind = golden->loss,
        .kernel = golden->kernel,
        .reduce = REDUCE_ORDERED,
        .optimizer = golden_optimizer(run),
        .clip = golden_clip(run),
        .shuffle = false,
    };
    struct plan_request request = {
        .samples = golden->dataset.samples,
        .batch = golden->batch,
        .max_steps = golden->steps,
        .slices = way.slices,
        .teams = 1,
        .threads = way.threads,
    };
    struct error error;
    assert_int_equal(plan_make(&settings.plan, &request, &error), STATUS_OK);
    return settings;
}

static struct outcome train(
    const struct golden *golden, const struct json *run, struct team_size way)
{
    size_t n = (size_t)golden->mlp.parameters;
    struct outcome outcome = {
        .losses = calloc((size_t)golden->steps, sizeof(float)),
        .weights = malloc(n * sizeof(float)),
    };
    assert_true(outcome.losses && outcome.weights);
    memcpy(outcome.weights, golden->initial, n * sizeof(float));
    struct job job = {
        .settings = settings_of(golden, run, way),
        .run = {.schedule = {.kind = js_get(run, "schedule") ? SCHEDULE_COSINE : SCHEDULE_CONSTANT,
                    .lr = golden_real(run, "lr") * way.lr_factor,
                    .total_steps = golden->steps},
            .eval_every = {.unit = EVAL_NEVER}},
        .train = {.dataset = &golden->dataset,
            .subset = &golden->subset,
            .encoding = &golden->encoding,
            .vector = vector_of(golden->kernel.level)},
        .parameters = outcome.weights,
        .observer = {.context = outcome.losses, .on_step = keep_loss},
    };
    struct result result;
    struct error error = {.text = ""};
    if (train_job_by_ranks(&job, comm_self(), &result, &error) != STATUS_OK)
        fail_msg("%s", error.text);
    assert_int_equal(result.steps_done, golden->steps);
    return outcome;
}

static void outcome_clear(struct outcome *outcome)
{
    free(outcome->losses);
    free(outcome->weights);
}

/* --- the tests ----------------------------------------------------------------------------- */

static void expect(const struct golden *golden, const struct json *run, struct team_size way,
    const char *what, const struct oracle *oracle, const float *x)
{
    char why[COMPARE_TEXT];
    if (!agrees(oracle, x, why))
        fail_msg("%s, %s, %d threads, %lld slices: %s: %s",
            js_as_text(js_get(golden->root, "name")), js_as_text(js_get(run, "name")), way.threads,
            (long long)way.slices, what, why);
}

static void check_run(const struct golden *golden, const struct json *run)
{
    struct oracle losses = oracle_read(run, "losses", golden->steps);
    struct oracle weights = oracle_read(run, "weights", golden->mlp.parameters);
    const struct team_size ways[] = {{1, 0, 1}, {1, 3, 1},
#ifdef _OPENMP
        {3, 0, 1}, {3, 3, 1}
#endif
    };
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        struct outcome outcome = train(golden, run, ways[w]);
        expect(golden, run, ways[w], "losses", &losses, outcome.losses);
        expect(golden, run, ways[w], "weights", &weights, outcome.weights);
        outcome_clear(&outcome);
    }
    oracle_clear(&losses);
    oracle_clear(&weights);
}

TEST(trains_as_pytorch_does)
{
    for_each_run(check_run);
}

/* The net above catches a learning rate that is wrong by a thousandth. */
static void check_wrong_rate(const struct golden *golden, const struct json *run)
{
    struct oracle losses = oracle_read(run, "losses", golden->steps);
    struct oracle weights = oracle_read(run, "weights", golden->mlp.parameters);
    struct outcome outcome = train(golden, run, (struct team_size){1, 0, 1.001});
    assert_false(agrees(&losses, outcome.losses, NULL));
    assert_false(agrees(&weights, outcome.weights, NULL));
    outcome_clear(&outcome);
    oracle_clear(&losses);
    oracle_clear(&weights);
}

TEST(a_slightly_wrong_rate_is_caught)
{
    for_each_run(check_wrong_rate);
}

/* PyTorch's own float32 passes; all numbers, or any one, off by 1e-4 do not, nor does a NaN. */
static void check_bound(const struct golden *golden, const struct json *run)
{
    const char *const what[] = {"losses", "weights"};
    const int64_t sizes[] = {golden->steps, golden->mlp.parameters};
    for (int w = 0; w < 2; w++) {
        struct oracle oracle = oracle_read(run, what[w], sizes[w]);
        float *x = golden_floats(run, w ? "weights_f32" : "losses_f32", oracle.n);
        assert_true(agrees(&oracle, x, NULL));
        for (int64_t i = 0; i < oracle.n; i++) {
            float right = x[i];
            x[i] = right - 1e-4F * (float)oracle.largest;
            assert_false(agrees(&oracle, x, NULL));
            x[i] = NAN;
            assert_false(agrees(&oracle, x, NULL));
            x[i] = right;
        }
        for (int64_t i = 0; i < oracle.n; i++)
            x[i] *= 1 + 1e-4F;
        assert_false(agrees(&oracle, x, NULL));
        free(x);
        oracle_clear(&oracle);
    }
}

TEST(the_bound_rejects_slight_errors)
{
    for_each_run(check_bound);
}

/* Our flat order of parameters is that of the tensors of the equal nn.Sequential. */
static void check_tensors(const struct golden *golden, const struct json *run)
{
    (void)run;
    const struct mlp *mlp = &golden->mlp;
    const struct json *tensors = js_get(golden->root, "tensors");
    assert_int_equal(js_size(tensors), 2 * mlp->layers);
    int64_t at = 0;
    for (int t = 0; t < 2 * mlp->layers; t++) {
        const struct json *tensor = js_item(tensors, (size_t)t);
        const struct json *shape = js_get(tensor, "shape");
        int layer = t / 2;
        bool is_bias = t % 2;
        char name[NAME_MAX_LENGTH];
        snprintf(name, sizeof name, "%d.%s", 2 * layer, is_bias ? "bias" : "weight");
        assert_string_equal(js_as_text(js_get(tensor, "name")), name);
        assert_int_equal(at, is_bias ? mlp->bias_at[layer] : mlp->weight_at[layer]);
        assert_int_equal(js_size(shape), is_bias ? 1 : 2);
        int64_t out, in = 1;
        assert_true(js_as_int(js_item(shape, 0), &out));
        assert_int_equal(out, mlp->width[layer + 1]);
        if (!is_bias) {
            assert_true(js_as_int(js_item(shape, 1), &in));
            assert_int_equal(in, mlp->width[layer]);
        }
        at += out * in;
    }
    assert_int_equal(at, mlp->parameters);
}

TEST(parameters_lie_as_in_pytorch)
{
    for_each_run(check_tensors);
}
