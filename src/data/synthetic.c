#include "data/synthetic.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

enum label_rule { LABELS_TEACHER, LABELS_RANDOM, LABELS_ZERO, N_LABEL_RULES };
static const char *const rule_name[N_LABEL_RULES] = {"teacher", "random", "zero"};

enum key {
    SAMPLES,
    TEST,
    FEATURES,
    CLASSES,
    TARGETS,
    SEED,
    LABELS,
    NOISE,
    N_KEYS,
    N_INTEGER_KEYS = LABELS
};
static const char *const key_name[N_KEYS] = {
    "samples", "test", "features", "classes", "targets", "seed", "labels", "noise"};

struct recipe {
    int64_t integer[N_INTEGER_KEYS];
    enum label_rule labels;
    double noise;
    bool given[N_KEYS];
};

static const float root3 = 1.7320508F;

/* --- the description ----------------------------------------------------------------------- */

static enum status read_value(
    struct recipe *recipe, enum key key, const char *value, struct error *error)
{
    static const int64_t least[N_INTEGER_KEYS] = {1, 0, 1, 2, 1, 0};
    int64_t most = key == FEATURES || key == CLASSES || key == TARGETS ? INT32_MAX : INT64_MAX;
    if (key == NOISE) {
        if (!text_to_real(value, &recipe->noise) || recipe->noise < 0)
            return fail(error, STATUS_USAGE, "synthetic: noise=%s: expected a number >= 0", value);
        return STATUS_OK;
    }
    if (key == LABELS) {
        while (recipe->labels < N_LABEL_RULES && strcmp(value, rule_name[recipe->labels]) != 0)
            recipe->labels++;
        return recipe->labels < N_LABEL_RULES
                   ? STATUS_OK
                   : fail(error, STATUS_USAGE,
                         "synthetic: labels=%s: expected teacher, random or zero", value);
    }
    int64_t *number = &recipe->integer[key];
    if (!text_to_int(value, number) || *number < least[key] || *number > most)
        return fail(error, STATUS_USAGE, "synthetic: %s=%s: expected an integer from %lld to %lld",
            key_name[key], value, (long long)least[key], (long long)most);
    return STATUS_OK;
}

static enum status read_pair(struct recipe *recipe, char *pair, struct error *error)
{
    char *equals = strchr(pair, '=');
    if (!equals)
        return fail(error, STATUS_USAGE, "synthetic: \"%s\": expected KEY=VALUE", pair);
    *equals = '\0';
    int key = 0;
    while (key < N_KEYS && strcmp(pair, key_name[key]) != 0)
        key++;
    if (key == N_KEYS) {
        const char *nearest = text_nearest(pair, key_name, N_KEYS);
        return fail(error, STATUS_USAGE,
            "synthetic: unknown key \"%s\"%s%s%s; the keys are samples, test, features, classes, "
            "targets, labels, noise and seed",
            pair, nearest ? " (did you mean \"" : "", nearest ? nearest : "",
            nearest ? "\"?)" : "");
    }
    if (recipe->given[key])
        return fail(error, STATUS_USAGE, "synthetic: %s is given twice", pair);
    recipe->given[key] = true;
    return read_value(recipe, (enum key)key, equals + 1, error);
}

static enum status check_recipe(const struct recipe *recipe, struct error *error)
{
    int64_t all;
    if (recipe->given[CLASSES] && recipe->given[TARGETS])
        return fail(error, STATUS_USAGE,
            "synthetic: classes and targets exclude each other: choose classification or "
            "regression");
    if (recipe->noise > 0 && recipe->labels != LABELS_TEACHER)
        return fail(error, STATUS_USAGE,
            "synthetic: noise is added to the teacher's outputs, but labels=%s has no teacher",
            rule_name[recipe->labels]);
    if (__builtin_add_overflow(recipe->integer[SAMPLES], recipe->integer[TEST], &all))
        return fail(error, STATUS_USAGE, "synthetic: samples and test together are too large");
    return STATUS_OK;
}

static enum status read_recipe(struct recipe *recipe, const char *description, struct error *error)
{
    char copy[1024];
    *recipe =
        (struct recipe){.integer = {[SAMPLES] = 1000, [FEATURES] = 10, [CLASSES] = 2, [SEED] = 1}};
    if (strlen(description) >= sizeof copy)
        return fail(error, STATUS_USAGE, "synthetic: the description is longer than %zu characters",
            sizeof copy - 1);
    snprintf(copy, sizeof copy, "%s", description);

    for (char *pair = copy, *next = copy; *copy && next; pair = next) {
        next = strchr(pair, ',');
        if (next)
            *next++ = '\0';
        TRY(read_pair(recipe, pair, error));
    }
    if (recipe->given[TARGETS])
        recipe->integer[CLASSES] = 0;
    return check_recipe(recipe, error);
}

/* --- the samples --------------------------------------------------------------------------- */

/* Sets out[unit] to factor times a number of the stream in [-1, 1), for unit = 0 ... n-1. */
static void fill_row(struct random_stream stream, uint64_t row, int64_t n, float factor, float *out)
{
    for (int64_t unit = 0; unit < n; unit += 4) {
        uint32_t word[4];
        random_block(stream, row, (uint32_t)(unit / 4), word);
        for (int64_t i = 0; i < 4 && unit + i < n; i++)
            out[unit + i] = random_symmetric(word[i]) * factor;
    }
}

static struct random_stream stream_of(const struct recipe *recipe, enum random_purpose purpose)
{
    return (struct random_stream){.seed = (uint64_t)recipe->integer[SEED], .purpose = purpose};
}

/* The linear map and the buffers used to compute labels; empty unless labels=teacher. */
struct teacher {
    void *block;
    int64_t features, outputs;
    double *output; /* [outputs] for the current sample */
    float *row;     /* [the larger of features and outputs] for random numbers */
    float *weight;  /* [features x outputs], so that all outputs are summed side by side */
};

static void place_teacher(void *object, struct carver *carver)
{
    struct teacher *teacher = object;
    size_t features = (size_t)teacher->features, outputs = (size_t)teacher->outputs;
    size_t longest = features > outputs ? features : outputs;
    teacher->output = carve(carver, outputs, sizeof *teacher->output);
    teacher->row = carve(carver, longest, sizeof *teacher->row);
    teacher->weight = carve(carver, features * outputs, sizeof *teacher->weight); /* < 2^62 */
}

static enum status teacher_make(
    struct teacher *teacher, const struct recipe *recipe, struct error *error)
{
    int64_t features = teacher->features, outputs = teacher->outputs;
    TRY(memory_carve(&teacher->block, place_teacher, teacher, "the synthetic teacher", error));
    for (int64_t c = 0; c < outputs; c++) {
        float factor = (float)sqrt(3 / (double)features);
        fill_row(stream_of(recipe, RANDOM_TEACHER), (uint64_t)c, features, factor, teacher->row);
        for (int64_t f = 0; f < features; f++)
            teacher->weight[f * outputs + c] = teacher->row[f];
    }
    return STATUS_OK;
}

static void ask_teacher(
    const struct teacher *teacher, const struct recipe *recipe, uint64_t number, const float *x)
{
    double *restrict output = teacher->output;
    const float *weight = teacher->weight;
    int64_t outputs = teacher->outputs;
    for (int64_t c = 0; c < outputs; c++)
        output[c] = 0;
    for (int64_t f = 0; f < teacher->features; f++, weight += outputs)
        for (int64_t c = 0; c < outputs; c++)
            output[c] += (double)x[f] * (double)weight[c];
    if (recipe->noise > 0) {
        fill_row(stream_of(recipe, RANDOM_NOISE), number, outputs, root3, teacher->row);
        for (int64_t c = 0; c < outputs; c++)
            output[c] += recipe->noise * (double)teacher->row[c];
    }
}

static int32_t largest_of(const double *output, int64_t n)
{
    int64_t best = 0;
    for (int64_t c = 1; c < n; c++)
        if (output[c] > output[best])
            best = c;
    return (int32_t)best;
}

static void make_truth(struct dataset *dataset, const struct recipe *recipe,
    const struct teacher *teacher, uint64_t number, int64_t i)
{
    const float *x = (const float *)dataset->values + i * dataset->features;
    float *target = dataset->targets ? dataset->targets + i * dataset->outputs : NULL;
    struct random_stream labels = stream_of(recipe, RANDOM_LABELS);
    if (recipe->labels == LABELS_TEACHER) {
        ask_teacher(teacher, recipe, number, x);
        if (dataset->labels)
            dataset->labels[i] = largest_of(teacher->output, dataset->classes);
        for (int64_t c = 0; c < dataset->outputs; c++)
            target[c] = (float)teacher->output[c];
    } else if (recipe->labels == LABELS_RANDOM && dataset->labels) {
        uint64_t word = random_word(labels, number, 0);
        dataset->labels[i] = (int32_t)(word * (uint64_t)dataset->classes >> 32);
    } else if (recipe->labels == LABELS_RANDOM) {
        fill_row(labels, number, dataset->outputs, root3, target);
    }
}

/* Fills in the description of a part, which has no arrays yet, and asks for the memory for them. */
static enum status begin_part(struct dataset *dataset, const struct recipe *recipe, int64_t samples,
    int64_t teacher_bytes, const struct room *room, struct error *error)
{
    *dataset = (struct dataset){.name = "synthetic data",
        .samples = samples,
        .features = recipe->integer[FEATURES],
        .type = VALUE_F32,
        .classes = recipe->integer[CLASSES],
        .outputs = recipe->integer[TARGETS]};
    return room_for_set(room, dataset, teacher_bytes, error);
}

static enum status make_part(struct dataset *dataset, const struct recipe *recipe,
    const struct teacher *teacher, int64_t first, struct error *error)
{
    int64_t features = dataset->features, samples = dataset->samples;
    TRY(dataset_take(dataset, "synthetic samples", error));
    for (int64_t i = 0; i < samples; i++) {
        uint64_t number = (uint64_t)(first + i);
        heartbeat_beat();
        fill_row(stream_of(recipe, RANDOM_FEATURES), number, features, root3,
            (float *)dataset->values + i * features);
        make_truth(dataset, recipe, teacher, number, i);
    }
    return STATUS_OK;
}

static enum status make_parts(const struct recipe *recipe, const struct room *room,
    struct dataset *train, struct dataset *test, struct error *error)
{
    struct teacher teacher = {0};
    int64_t samples = recipe->integer[SAMPLES], n_test = recipe->integer[TEST];
    if (recipe->labels == LABELS_TEACHER) {
        teacher.features = recipe->integer[FEATURES];
        teacher.outputs =
            recipe->integer[CLASSES] + recipe->integer[TARGETS]; /* one of them is 0 */
    }
    int64_t bytes = memory_measure(place_teacher, &teacher);
    TRY(begin_part(train, recipe, samples, bytes, room, error));
    if (n_test > 0)
        TRY(begin_part(test, recipe, n_test, bytes, room, error));
    TRY(teacher_make(&teacher, recipe, error));
    enum status status = make_part(train, recipe, &teacher, 0, error);
    if (!status && n_test > 0)
        status = make_part(test, recipe, &teacher, samples, error);
    free(teacher.block);
    return status;
}

enum status synthetic_make(const char *description, const struct room *room, struct dataset *train,
    struct dataset *test, struct error *error)
{
    struct recipe recipe;
    *train = *test = (struct dataset){0};
    TRY(read_recipe(&recipe, description, error));
    enum status status = make_parts(&recipe, room, train, test, error);
    if (status) {
        dataset_clear(train);
        dataset_clear(test);
        return status;
    }
    snprintf(train->name, sizeof train->name, "synthetic:%s", description);
    if (test->samples > 0)
        snprintf(test->name, sizeof test->name, "synthetic:%s (test)", description);
    return STATUS_OK;
}
