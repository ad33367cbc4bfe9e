/* train_on_arrays.c: trains a classifier on arrays in memory, evaluates it on other samples, and writes
 * it to model.safetensors, which `lockstep predict` reads too.
 *
 *     cc train_on_arrays.c $(pkg-config --cflags --libs lockstep) -o train_on_arrays
 */
#include <lockstep/lockstep.h>

#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 4000, TRAINING = 3000, FEATURES = 2, CLASSES = 2 };

static float x[SAMPLES][FEATURES];
static int label[SAMPLES]; /* 1: inside the circle */

static void make_data(void)
{
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < FEATURES; j++)
            x[i][j] = (float)rand() / (float)RAND_MAX * 2 - 1;
        label[i] = x[i][0] * x[i][0] + x[i][1] * x[i][1] < 0.6F;
    }
}

/* Every function returns a status, and describes its failure in the error that is its last argument. */
static void check(int status, const struct lockstep_error *error)
{
    if (status == LOCKSTEP_OK)
        return;
    fprintf(stderr, "%s\n", error->message);
    exit(status);
}

static struct lockstep_dataset *dataset_of(int first, int n)
{
    struct lockstep_error error;
    struct lockstep_dataset *dataset;
    const struct lockstep_table table = {.samples = n,
        .features = FEATURES,
        .x = {.data = x[first], .type = LOCKSTEP_F32},
        .classes = CLASSES,
        .y = {.data = label + first, .type = LOCKSTEP_I32}};
    check(lockstep_dataset_from_table(&dataset, &table, &error), &error);
    return dataset;
}

static int print_progress(void *context, const struct lockstep_progress *progress)
{
    (void)context;
    if (progress->event == LOCKSTEP_AFTER_EPOCH)
        printf("epoch %d: loss %.3f\n", (int)progress->epoch, progress->train_loss);
    return 0; /* another number would stop the training */
}

int main(void)
{
    struct lockstep_error error;
    struct lockstep_metrics metrics;
    struct lockstep_model *model;
    struct lockstep_options *options = lockstep_options_create();
    const struct lockstep_callbacks callbacks = {.progress = print_progress};
    make_data();
    check(lockstep_options_set(options, "hidden", "32,32", &error), &error);
    check(lockstep_options_set(options, "epochs", "20", &error), &error);
    struct lockstep_dataset *train = dataset_of(0, TRAINING);
    struct lockstep_dataset *test = dataset_of(TRAINING, SAMPLES - TRAINING);
    const struct lockstep_sets sets = {.train = train};
    check(lockstep_fit(&model, options, &sets, &callbacks, NULL, NULL, &error), &error);
    check(lockstep_evaluate(model, test, 0, &metrics, &error), &error);
    printf("accuracy %.3f on %d other samples\n", metrics.accuracy, (int)metrics.samples);
    check(lockstep_model_save(model, "model.safetensors", &error), &error);
    lockstep_model_free(model);
    lockstep_dataset_free(train);
    lockstep_dataset_free(test);
    lockstep_options_free(options);
    return 0;
}
