/* Checkpoints on disk: what is read is what was written, any damage shows, a crash leaves the
 * former ones, and the right ones are kept. */
#include "run/checkpoint_read.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/safetensors.h"
#include "support/fill.h"
#include "support/own_directory.h"
#include "support/unit.h"

enum { PARAMETERS = 3 * 5 + 5 + 5 * 2 + 2, TEXT = 4096 };

static float weights[PARAMETERS], momentum[PARAMETERS], best[PARAMETERS];
static float shift[3] = {0, 0, 0}, factor[3] = {1, 1, 1};
static struct model model = {
    .input = {.columns = 3, .inputs = 3, .scale = {SCALE_NONE, 3, shift, factor}}};
static struct settings settings;
static struct identity identity;
static char lr[] = "0.02", data[] = "100 x 3";
static const char directory[] = "checkpoints";
static struct warnings warnings;

static bool set_model(void)
{
    model.mlp = settings.mlp;
    return true;
}

static int enter_directory(void **state)
{
    struct error error;
    warnings = (struct warnings){0};
    settings = (struct settings){.optimizer.momentum = 0.9};
    identity = (struct identity){
        2, {{.name = "--lr", .value = lr, .status = STATUS_USAGE},
               {.name = "the training data", .value = data, .status = STATUS_BAD_DATA}}};
    fill_uniform(weights, PARAMETERS, 1);
    fill_uniform(momentum, PARAMETERS, 2);
    fill_uniform(best, PARAMETERS, 3);
    return mlp_init(&settings.mlp, 3, (const int64_t[]){5}, 1, 2, &error) == STATUS_OK &&
                   settings.mlp.parameters == PARAMETERS && set_model() &&
                   own_directory_enter(state) == 0
               ? 0
               : -1;
}

static struct checkpoint make(int64_t step)
{
    return (struct checkpoint){
        .state = {.step = step, .epoch = 1, .iteration = step, .train_loss = (double)NAN},
        .weights = weights,
        .optimizer = {momentum}};
}

static enum status write_checkpoint(
    const struct checkpoint *checkpoint, int keep, struct error *error)
{
    const struct checkpoints to = {
        .keep = keep, .run = &directory_current, .identity = &identity, .model = &model};
    return checkpoint_write(&to, &settings, checkpoint, &warnings, error);
}

static void write_one(int64_t step, int keep)
{
    struct checkpoint checkpoint = make(step);
    struct error error = {0};
    if (write_checkpoint(&checkpoint, keep, &error))
        fail_msg("%s", error.text);
}

static char *path_of(char out[TEXT], int64_t step, const char *file)
{
    snprintf(out, TEXT, "%s/step-%09lld%s%s", directory, (long long)step, file ? "/" : "",
        file ? file : "");
    return out;
}

static int64_t found(char report[TEXT])
{
    char path[FILE_PATH_MAX];
    struct error error = {0};
    if (checkpoint_find(".", path, report, TEXT, &error))
        return -(int64_t)error.status;
    return strtoll(strrchr(path, '-') + 1, NULL, 10);
}

#define TEST_IN_DIRECTORY(name) TEST_BETWEEN(name, enter_directory, own_directory_leave)

/* --- the state ------------------------------------------------------------------------------ */

/* Through text and back, every double with its bits. */
TEST_IN_DIRECTORY(test_state_round_trip)
{
    struct run_state was = {.step = INT64_C(9007199254740993),
        .epoch = 3,
        .iteration = 5,
        .samples_seen = 77,
        .epoch_samples = 7,
        .epoch_loss = 0x1.23456789abcdep+3,
        .train_loss = (double)NAN,
        .evaluation = {.epoch = 3,
            .step = 4,
            .validation = {10, 0.1, 1.0 / 3, 0.2, 0.3, 0.4, 0.5, 0.6, (double)NAN,
                -(double)INFINITY},
            .validation_ema = {.samples = 10, .loss = 0.7, .accuracy = 1.0 / 7},
            .seconds = 0.5},
        .best_evaluation = {.epoch = 1,
            .step = 2,
            .validation = {10, (double)INFINITY, -0.0, 1e300, 1e-300, 1, 2, 3, 4, 5}},
        .plateau = {0.1, nextafter(0.7, 1), 3},
        .stop = {"val_loss", 2, nextafter(0.1, 1), 4},
        .noise = {5, 1.0 / 3, 1.0 / 7, 1e20 / 3, -1e-20, nextafter(0.3, 1), 0.7, -0.0, 0.3,
            nextafter(0.1, 1), -1e-300},
        .seconds = 1e9 / 7,
        .clock_s = 12345.678901234567,
        .log_bytes = 99,
        .rated_step = 4,
        .rating = nextafter(0.3, 0)};
    struct run_state is;
    struct json *json = run_state_to_json(&was), *read = NULL;
    struct error error = {0};
    char *text = js_text(json, true);
    assert_int_equal(js_parse(text, strlen(text), "state", &read, &error), STATUS_OK);
    if (run_state_from_json(&is, read, "state", &error))
        fail_msg("%s", error.text);
    assert_true(isnan(is.train_loss) && isnan(is.evaluation.validation.mae));
    is.train_loss = was.train_loss; /* a NaN's bits are nobody's business */
    is.evaluation.validation.mae = was.evaluation.validation.mae;
    assert_memory_equal(&was, &is, sizeof is);
    js_destroy(read);
    js_destroy(json);
    free(text);
}

TEST_IN_DIRECTORY(test_state_wants_everything)
{
    struct run_state was = {.step = 1, .epoch = 1, .iteration = 1}, is;
    struct error error = {0};
    struct json *json = run_state_to_json(&was);
    js_set_text(json, "stop", "nothing");
    assert_int_equal(run_state_from_json(&is, json, "state", &error), STATUS_BAD_DATA);
    assert_says(error.text, "stop.metric");
    js_destroy(json);
    assert_int_equal(run_state_from_json(&is, NULL, "state", &error), STATUS_BAD_DATA);
    was.step = 0;
    json = run_state_to_json(&was);
    assert_int_equal(run_state_from_json(&is, json, "state", &error), STATUS_BAD_DATA);
    js_destroy(json);
}

/* A checkpoint from before there was a noise scale: none of its steps was measured. */
TEST_IN_DIRECTORY(test_state_without_noise)
{
    struct run_state was = {
        .step = 1, .epoch = 1, .iteration = 1, .noise = {5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
    struct run_state is;
    struct error error = {0};
    struct json *json = run_state_to_json(&was), *read = NULL;
    char *text = js_text(json, true);
    memcpy(strstr(text, "\"noise\""), "\"oldie\"", 7);
    assert_int_equal(js_parse(text, strlen(text), "state", &read, &error), STATUS_OK);
    assert_int_equal(run_state_from_json(&is, read, "state", &error), STATUS_OK);
    assert_true(is.step == 1 && is.noise.steps == 0 && is.noise.weight == 0);
    js_destroy(read);
    js_destroy(json);
    free(text);
}

/* --- writing and reading -------------------------------------------------------------------- */

static enum status read_back(struct checkpoint *start, float *parameters, struct error *error)
{
    char path[TEXT];
    start->weights = parameters;
    return checkpoint_read(path_of(path, 7, NULL), &settings, &identity, start, error);
}

TEST_IN_DIRECTORY(test_round_trip)
{
    struct checkpoint checkpoint = make(7);
    struct checkpoint start;
    struct error error = {0};
    float parameters[PARAMETERS];
    checkpoint.best = best;
    checkpoint.state.stop.best_step = 3;
    assert_int_equal(write_checkpoint(&checkpoint, 2, &error), STATUS_OK);
    if (read_back(&start, parameters, &error))
        fail_msg("%s", error.text);
    assert_memory_equal(parameters, weights, sizeof weights);
    assert_memory_equal(start.optimizer[0], momentum, sizeof momentum);
    assert_memory_equal(start.best, best, sizeof best);
    assert_int_equal(start.state.step, 7);
    checkpoint_drop_arrays(&start);
    /* The same step again, now without a best one of its own: the weights are the best. */
    checkpoint.best = NULL;
    assert_int_equal(write_checkpoint(&checkpoint, 2, &error), STATUS_OK);
    assert_int_equal(read_back(&start, parameters, &error), STATUS_OK);
    assert_memory_equal(start.best, weights, sizeof weights);
    checkpoint_drop_arrays(&start);
}

TEST_IN_DIRECTORY(test_without_optimizer_state)
{
    struct checkpoint start;
    struct error error = {0};
    float parameters[PARAMETERS];
    settings.optimizer.momentum = 0;
    write_one(7, 2);
    if (read_back(&start, parameters, &error))
        fail_msg("%s", error.text);
    assert_null(start.optimizer[0]);
    checkpoint_drop_arrays(&start);
}

/* Dropout modules count in both files' names, and in those of a run without dropout they do not. */
TEST_IN_DIRECTORY(test_names_of_the_state)
{
    static const char *const names[2][2] = {{"0.weight.momentum_buffer", "2.bias.momentum_buffer"},
        {"1.weight.momentum_buffer", "4.bias.momentum_buffer"}};
    char path[TEXT];
    for (int dropout = 0; dropout < 2; dropout++) {
        struct safetensors file;
        struct error error = {0};
        settings.mlp.dropout_input = settings.mlp.dropout_hidden = 0.5F * (float)dropout;
        set_model();
        write_one(7, 2);
        path_of(path, 7, "optimizer.safetensors");
        assert_int_equal(safetensors_open(&file, path, &error), STATUS_OK);
        assert_int_equal(js_size(file.header), 4);
        assert_non_null(js_get(file.header, names[dropout][0]));
        assert_non_null(js_get(file.header, names[dropout][1]));
        safetensors_close(&file);
    }
}

TEST_IN_DIRECTORY(test_another_run)
{
    struct checkpoint start;
    struct error error = {0};
    float parameters[PARAMETERS];
    char other[] = "0.1", others[] = "99 x 3";
    write_one(7, 2);
    identity.trait[0].value = other;
    assert_int_equal(read_back(&start, parameters, &error), STATUS_USAGE);
    assert_says(error.text, "--lr is 0.02 in the checkpoint");
    assert_says(error.text, "and 0.1 now");
    checkpoint_drop_arrays(&start);
    identity.trait[0].value = lr;
    identity.trait[1].value = others;
    assert_int_equal(read_back(&start, parameters, &error), STATUS_BAD_DATA);
    assert_says(error.text, "the training data is 100 x 3");
    checkpoint_drop_arrays(&start);
}

/* A checkpoint from before there was an option could not be resumed by a version that has it: the
 * option was "not known in the checkpoint", even with the default that keeps everything as it was. */
TEST_IN_DIRECTORY(test_an_option_since_then)
{
    struct checkpoint start;
    struct error error = {0};
    float parameters[PARAMETERS];
    char value[] = "off";
    write_one(7, 2);
    identity.trait[identity.n++] =
        (struct trait){.name = "--amsgrad", .value = value, .status = STATUS_USAGE, .usual = true};
    if (read_back(&start, parameters, &error))
        fail_msg("%s", error.text);
    checkpoint_drop_arrays(&start);
    identity.trait[2].usual = false;
    assert_int_equal(read_back(&start, parameters, &error), STATUS_USAGE);
    assert_says(error.text, "--amsgrad is not known in the checkpoint");
    checkpoint_drop_arrays(&start);
    /* Once it is in a checkpoint, it counts there too. */
    identity.trait[2].usual = true;
    write_one(7, 2);
    char other[] = "on";
    identity.trait[2].value = other;
    assert_int_equal(read_back(&start, parameters, &error), STATUS_USAGE);
    assert_says(error.text, "--amsgrad is off in the checkpoint");
    checkpoint_drop_arrays(&start);
}

/* --- damage --------------------------------------------------------------------------------- */

static size_t read_file(const char *path, char **bytes)
{
    size_t size;
    struct error error;
    assert_int_equal(file_read_whole(path, 1 << 20, bytes, &size, &error), STATUS_OK);
    return size;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Whatever happens to one byte, or to the end, of any file: it is named, and the one before is
 * taken. */
TEST_IN_DIRECTORY(test_any_damage_shows)
{
    static const char *const file[] = {"model.safetensors", "optimizer.safetensors", "state.json"};
    char path[TEXT], report[TEXT], *bytes;
    write_one(5, 2);
    write_one(7, 2);
    assert_int_equal(found(report), 7);
    assert_string_equal(report, "");
    for (int f = 0; f < 3; f++) {
        size_t size = read_file(path_of(path, 7, file[f]), &bytes);
        for (size_t i = 0; i < size; i += 3) {
            bytes[i] ^= (char)(1 << i % 8);
            write_file(path, bytes, size);
            if (found(report) != 5 || !strstr(report, file[f]))
                fail_msg("byte %zu of %s changed: %s", i, file[f], report);
            bytes[i] ^= (char)(1 << i % 8);
            write_file(path, bytes, i);
            if (found(report) != 5 || !strstr(report, file[f]))
                fail_msg("%s cut to %zu bytes: %s", file[f], i, report);
        }
        assert_int_equal(unlink(path), 0);
        assert_int_equal(found(report), 5);
        assert_says(report, file[f]);
        write_file(path, bytes, size);
        assert_int_equal(found(report), 7);
        free(bytes);
    }
}

TEST_IN_DIRECTORY(test_none_sound)
{
    char path[TEXT], report[TEXT];
    struct error error = {0};
    assert_int_equal(found(report), -STATUS_NO_INPUT);
    assert_false(checkpoint_any("."));
    write_one(5, 2);
    write_one(7, 2);
    assert_true(checkpoint_any("."));
    write_file(path_of(path, 5, "state.json"), "{}", 2);
    write_file(path_of(path, 7, "model.safetensors"), "", 0);
    char where[FILE_PATH_MAX];
    assert_int_equal(checkpoint_find(".", where, report, sizeof report, &error), STATUS_BAD_DATA);
    assert_says(error.text, "step-000000005/state.json");
    assert_says(error.text, "step-000000007/model.safetensors");
}

/* --- crashes and what is kept --------------------------------------------------------------- */

/* What is there when the process dies while it writes a checkpoint, or removes one. */
TEST_IN_DIRECTORY(test_leftovers)
{
    char report[TEXT];
    struct error error = {0};
    write_one(5, 2);
    assert_int_equal(mkdir("checkpoints/.step-000000007.part", 0777), 0);
    write_file("checkpoints/.step-000000007.part/model.safetensors.123.part", "half", 4);
    assert_int_equal(mkdir("checkpoints/.step-000000003.part.old.part", 0777), 0);
    assert_int_equal(found(report), 5);
    assert_string_equal(report, "");
    assert_int_equal(checkpoint_clean(&directory_current, 5, &warnings, &error), STATUS_OK);
    assert_int_equal(access("checkpoints/.step-000000007.part", F_OK), -1);
    assert_int_equal(access("checkpoints/.step-000000003.part.old.part", F_OK), -1);
    assert_int_equal(found(report), 5);
    /* Or it is left, and the same step comes again. */
    assert_int_equal(mkdir("checkpoints/.step-000000007.part", 0777), 0);
    write_file("checkpoints/.step-000000007.part/model.safetensors", "half", 4);
    write_one(7, 2);
    assert_int_equal(found(report), 7);
}

static bool there(int64_t step)
{
    char path[TEXT];
    return file_is_directory(path_of(path, step, NULL));
}

TEST_IN_DIRECTORY(test_what_is_kept)
{
    struct checkpoint checkpoint;
    struct error error = {0};
    for (int64_t step = 10; step <= 60; step += 10) {
        checkpoint = make(step);
        checkpoint.state.rated_step = 20;
        assert_int_equal(write_checkpoint(&checkpoint, 2, &error), STATUS_OK);
    }
    for (int64_t step = 10; step <= 60; step += 10)
        assert_int_equal(there(step), step == 20 || step >= 50);
    /* A run that goes on from an earlier one. */
    assert_int_equal(checkpoint_clean(&directory_current, 50, &warnings, &error), STATUS_OK);
    assert_true(there(20) && there(50) && !there(60));
    /* What is not a checkpoint stays. */
    assert_int_equal(mkdir("checkpoints/mine", 0777), 0);
    assert_int_equal(checkpoint_clean(&directory_current, 1, &warnings, &error), STATUS_OK);
    assert_true(!there(20) && file_exists("checkpoints/mine"));
    assert_int_equal(rmdir("checkpoints/mine"), 0);
    assert_int_equal(checkpoint_clean(&directory_current, 0, &warnings, &error), STATUS_OK);
    assert_false(file_exists(directory));
    assert_int_equal(checkpoint_clean(&directory_current, 0, &warnings, &error), STATUS_OK);
}

TEST_IN_DIRECTORY(test_cannot_write)
{
    struct checkpoint checkpoint = make(7);
    struct error error = {0};
    write_file(directory, "", 0);
    assert_int_equal(write_checkpoint(&checkpoint, 2, &error), STATUS_CANNOT_CREATE);
    assert_says(error.text, "checkpoints is a regular file, but");
}

/* --- what is somebody else's ---------------------------------------------------------------- */

static void assert_untouched(const char *path)
{
    char *bytes;
    assert_int_equal(read_file(path, &bytes), 6);
    assert_memory_equal(bytes, "thesis", 6);
    free(bytes);
}

static void make_docs(void)
{
    assert_int_equal(mkdir("docs", 0777), 0);
    write_file("docs/state.json", "thesis", 6);
    write_file("docs/model.safetensors", "thesis", 6);
}

static void assert_docs_untouched(void)
{
    assert_untouched("docs/state.json");
    assert_untouched("docs/model.safetensors");
}

/* A link of a checkpoint's name was followed when it was removed, and its target emptied; a link or a
 * file of the temporary's name ended the run. */
TEST_IN_DIRECTORY(test_links_among_them)
{
    struct error error = {0};
    make_docs();
    write_one(5, 2);
    assert_int_equal(symlink("../docs", "checkpoints/step-000000001"), 0);
    assert_int_equal(symlink("../docs", "checkpoints/step-000000099"), 0);
    assert_int_equal(symlink("../docs", "checkpoints/.step-000000007.part"), 0);
    assert_int_equal(symlink("../docs", "checkpoints/.step-000000008.part"), 0);
    write_one(7, 1);
    assert_true(there(7) && !file_exists("checkpoints/step-000000005"));
    assert_int_equal(warnings.n, 0); /* nothing is in the way */
    assert_int_equal(checkpoint_clean(&directory_current, 7, &warnings, &error), STATUS_OK);
    assert_int_equal(warnings.n, 3); /* step 99, and two that might be leftovers */
    assert_int_equal(checkpoint_clean(&directory_current, 0, &warnings, &error), STATUS_OK);
    assert_docs_untouched();
    assert_true(file_is_link("checkpoints/step-000000001"));
    assert_true(file_is_link("checkpoints/.step-000000008.part"));
    assert_false(file_exists("checkpoints/step-000000007"));
}

TEST_IN_DIRECTORY(test_their_directory_is_a_link)
{
    struct checkpoint checkpoint = make(7);
    struct error error = {0};
    make_docs();
    assert_int_equal(symlink("docs", directory), 0);
    assert_int_equal(write_checkpoint(&checkpoint, 2, &error), STATUS_CANNOT_CREATE);
    assert_says(error.text, "checkpoints is a symbolic link, but");
    assert_int_equal(
        checkpoint_clean(&directory_current, 0, &warnings, &error), STATUS_CANNOT_CREATE);
    assert_docs_untouched();
}

/* Whatever kind of thing has the name of a newer one, the older is found, and the run goes on beyond
 * that name; the thing stays. It ended every resumed run. */
TEST_IN_DIRECTORY(test_what_is_no_checkpoint)
{
    static const char *const say[] = {"a regular file", "neither a file", "a symbolic link",
        "no file state.json", "no file state.json"};
    const char *name = "checkpoints/step-000000009";
    char report[TEXT];
    write_one(5, 2);
    for (int kind = 0; kind < 5; kind++) {
        struct error error = {0};
        warnings = (struct warnings){0};
        if (kind == 0)
            write_file(name, "thesis", 6);
        else if (kind == 1)
            assert_int_equal(mkfifo(name, 0600), 0);
        else if (kind == 2)
            assert_int_equal(symlink("nowhere", name), 0);
        else
            assert_int_equal(mkdir(name, 0777), 0);
        if (kind == 3)
            write_file("checkpoints/step-000000009/mine", "thesis", 6);
        assert_int_equal(found(report), 5);
        assert_says(report, say[kind]);
        write_one(9, 9);
        assert_int_equal(found(report), 5);
        assert_int_equal(warnings.n, 1);
        assert_says(warnings.first.text, "no checkpoint is written as step-000000009");
        assert_int_equal(checkpoint_clean(&directory_current, 5, &warnings, &error), STATUS_OK);
        assert_int_equal(warnings.n, 1 + (kind < 4)); /* what is empty goes */
        assert_int_equal(access(name, F_OK) == 0 || file_is_link(name), kind < 4);
        if (kind == 3)
            assert_int_equal(unlink("checkpoints/step-000000009/mine"), 0);
        if (kind < 4)
            assert_int_equal(remove(name), 0);
    }
}

/* The name of a newer one must not push out the one that was just written. */
TEST_IN_DIRECTORY(test_strangers_do_not_count)
{
    char report[TEXT];
    write_one(5, 1);
    write_file("checkpoints/step-999999999", "thesis", 6);
    write_file("checkpoints/step-9999999990000000000000", "thesis", 6);
    assert_int_equal(rename("checkpoints/step-000000005", "checkpoints/step-5"), 0);
    write_one(6, 1);
    assert_int_equal(mkdir("checkpoints/step-999999998", 0777), 0);
    write_one(7, 1);
    assert_int_equal(found(report), 7);
    assert_false(there(6));
    assert_true(file_is_directory("checkpoints/step-5")); /* no name of ours */
}

/* It ended the run: the checkpoint that could not be removed was an old one. */
TEST_IN_DIRECTORY(test_an_old_one_that_stays)
{
    char report[TEXT];
    write_one(3, 1);
    assert_int_equal(mkdir("checkpoints/step-000000003/mine", 0777), 0);
    assert_int_equal(symlink("x", "checkpoints/step-000000003/best.safetensors"), 0);
    write_one(5, 1);
    assert_int_equal(warnings.n, 2);
    assert_says(warnings.first.text, "checkpoints/step-000000003/");
    assert_true(file_is_directory("checkpoints/step-000000003/mine"));
    assert_false(file_exists("checkpoints/step-000000003/model.safetensors"));
    write_one(7, 1);
    assert_int_equal(warnings.n, 2); /* it is no checkpoint any more */
    assert_int_equal(found(report), 7);
    /* state.json goes first; while it cannot, all of the checkpoint stays. */
    assert_int_equal(unlink("checkpoints/step-000000007/state.json"), 0);
    assert_int_equal(mkdir("checkpoints/step-000000007/state.json", 0777), 0);
    write_one(9, 1);
    struct error error = {0};
    assert_int_equal(checkpoint_clean(&directory_current, 1, &warnings, &error), STATUS_OK);
    assert_true(file_exists("checkpoints/step-000000007/model.safetensors"));
}

TEST_IN_DIRECTORY(test_files_of_others_stay)
{
    struct error error = {0};
    write_one(5, 1);
    write_file("checkpoints/photo.jpg", "thesis", 6);
    write_file("checkpoints/step-000000005/notes", "thesis", 6);
    assert_int_equal(checkpoint_clean(&directory_current, 0, &warnings, &error), STATUS_OK);
    assert_int_equal(warnings.n, 2);
    assert_untouched("checkpoints/photo.jpg");
    assert_untouched("checkpoints/step-000000005/notes");
    assert_false(file_exists("checkpoints/step-000000005/state.json"));
}

TEST_IN_DIRECTORY(test_their_directory_was_removed)
{
    char report[TEXT];
    write_one(5, 2);
    assert_int_equal(system("rm -r checkpoints"), 0);
    write_one(7, 2);
    assert_int_equal(found(report), 7);
}
