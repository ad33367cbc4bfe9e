#include "run/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/hash.h"
#include "base/heartbeat.h"
#include "base/output.h"
#include "commit.h"

/* --- names ---------------------------------------------------------------------------------- */

void checkpoint_name(char name[CHECKPOINT_NAME], int64_t step)
{
    snprintf(name, CHECKPOINT_NAME, "step-%09" PRId64, step);
}

/* Returns the step of a name like "step-000001407"; 0 for other names. */
static int64_t step_of(const char *name)
{
    static const char prefix[] = "step-";
    char same[CHECKPOINT_NAME];
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return 0;
    int64_t step = strtoll(name + sizeof prefix - 1, NULL, 10);
    checkpoint_name(same, step);
    return step > 0 && strcmp(name, same) == 0 ? step : 0;
}

static enum status take_name(void *context, const char *name, struct error *error)
{
    struct checkpoint_list *list = context;
    (void)error;
    int64_t step = step_of(name);
    if (step == 0 || list->n == CHECKPOINTS_MAX)
        return STATUS_OK;
    int at = list->n++;
    for (; at > 0 && list->step[at - 1] < step; at--)
        list->step[at] = list->step[at - 1];
    list->step[at] = step;
    return STATUS_OK;
}

enum status checkpoint_list(
    const struct directory *directory, struct checkpoint_list *list, struct error *error)
{
    list->n = 0;
    return directory_each(directory, take_name, list, error);
}

enum status checkpoint_recognise(
    const struct directory *directory, const char *name, struct error *error)
{
    struct directory inside;
    char path[FILE_PATH_MAX];
    enum status status = directory_enter(&inside, directory, name, false, error);
    if (!status && directory_look(&inside, CHECKPOINT_STATE) != ENTRY_FILE)
        status = fail(error, STATUS_BAD_DATA, "%s is not a checkpoint: it has no file %s",
            directory_path(path, directory, name), CHECKPOINT_STATE);
    directory_close(&inside);
    return status ? STATUS_BAD_DATA : STATUS_OK;
}

int checkpoint_tensors(
    struct tensor tensor[CHECKPOINT_TENSORS], const struct settings *settings, float *const *state)
{
    int n = 0;
    for (int i = 0; i < optimizer_states(&settings->optimizer); i++) {
        char suffix[TENSOR_NAME_MAX];
        snprintf(suffix, sizeof suffix, ".%s", optimizer_state_name(&settings->optimizer, i));
        n += model_tensors(tensor + n, &settings->mlp, state[i], suffix);
    }
    return n;
}

/* --- hashes --------------------------------------------------------------------------------- */

static void write_digits(char digits[HASH_DIGITS + 1], uint64_t hash)
{
    snprintf(digits, HASH_DIGITS + 1, "%016" PRIx64, hash);
}

enum status checkpoint_hash(const char *path, char digits[HASH_DIGITS + 1], struct error *error)
{
    uint64_t hash;
    TRY(hash_file(path, &hash, error));
    write_digits(digits, hash);
    return STATUS_OK;
}

static const char seal_head[] = "{\n  \"xxh3\": \"";

static bool seal(char *text)
{
    char digits[HASH_DIGITS + 1], *place = text + sizeof seal_head - 1;
    if (strncmp(text, seal_head, sizeof seal_head - 1) != 0 || strlen(place) < HASH_DIGITS)
        return false;
    memset(place, '0', HASH_DIGITS);
    write_digits(digits, hash_bytes(text, strlen(text), 0));
    memcpy(place, digits, HASH_DIGITS);
    return true;
}

bool checkpoint_sealed(char *text, size_t size)
{
    char was[HASH_DIGITS], *place = text + sizeof seal_head - 1;
    if (strlen(text) != size || size < sizeof seal_head + HASH_DIGITS)
        return false;
    memcpy(was, place, HASH_DIGITS);
    return seal(text) && memcmp(was, place, HASH_DIGITS) == 0;
}

/* --- removing ------------------------------------------------------------------------------- */

static bool is_ours(const char *name)
{
    return run_file_is(name, OF_CHECKPOINT) || run_file_is_temporary(name, OF_CHECKPOINT);
}

/* Removes a directory with a temporary name and the files in it. */
static void remove_part(
    const struct directory *directory, const char *part, struct warnings *warnings)
{
    directory_remove(directory, part, is_ours, warnings);
}

/* Removes a checkpoint, state.json first: without that file the directory is not a checkpoint. If
 * state.json cannot be removed, the other files stay too. */
static void remove_one(
    const struct directory *directory, const char *name, struct warnings *warnings)
{
    struct directory inside;
    struct error error;
    enum status status = directory_enter(&inside, directory, name, false, &error);
    if (!status)
        status = directory_remove_file(&inside, CHECKPOINT_STATE, &error);
    directory_close(&inside);
    if (status)
        warnings_note(warnings, &error);
    else
        remove_part(directory, name, warnings);
}

struct cleaning {
    const struct directory *directory;
    int64_t step;
    struct warnings *warnings;
};

/* True for names like ".step-000001407.0123456789abcdef.part". */
static bool is_leftover(const char *name)
{
    static const char begin[] = ".step-", end[] = ".part";
    size_t length = strlen(name), skip = sizeof begin - 1;
    return strncmp(name, begin, skip) == 0 && length >= skip + sizeof end &&
           strcmp(name + length - (sizeof end - 1), end) == 0 &&
           name[skip + strspn(name + skip, "0123456789")] == '.';
}

/* Removes what a crash left behind. If everything is to be removed, adds a warning about anything
 * that stays. */
static enum status clean_other(void *context, const char *name, struct error *error)
{
    struct cleaning *cleaning = context;
    char path[FILE_PATH_MAX];
    if (is_leftover(name)) {
        remove_part(cleaning->directory, name, cleaning->warnings);
    } else if (cleaning->step == 0 && step_of(name) == 0) {
        fail(error, STATUS_IO, "%s was not written by lockstep and is left unchanged",
            directory_path(path, cleaning->directory, name));
        warnings_note(cleaning->warnings, error);
    }
    return STATUS_OK;
}

/* Removes later checkpoints, and the remaining files of checkpoints whose removal was
 * interrupted. */
static void remove_later(const struct cleaning *cleaning, const struct checkpoint_list *list)
{
    for (int i = 0; i < list->n; i++) {
        char name[CHECKPOINT_NAME];
        struct error ignored;
        struct warnings old = {0}; /* ignored: a directory that is not ours does no harm here */
        checkpoint_name(name, list->step[i]);
        if (list->step[i] > cleaning->step)
            remove_one(cleaning->directory, name, cleaning->warnings);
        else if (checkpoint_recognise(cleaning->directory, name, &ignored))
            remove_part(cleaning->directory, name, &old);
    }
}

static bool no_file(const char *name)
{
    (void)name;
    return false;
}

enum status checkpoint_clean(
    const struct directory *run, int64_t step, struct warnings *warnings, struct error *error)
{
    struct checkpoint_list list = {0};
    struct directory directory;
    struct cleaning cleaning = {&directory, step, warnings};
    struct warnings noted = {0}; /* ignored: there already is a warning for each entry left */
    if (directory_look(run, RUN_CHECKPOINTS) == ENTRY_NONE)
        return STATUS_OK;
    enum status status = directory_enter(&directory, run, RUN_CHECKPOINTS, false, error);
    if (!status)
        status = directory_each(&directory, clean_other, &cleaning, error);
    if (!status)
        status = checkpoint_list(&directory, &list, error);
    if (!status)
        remove_later(&cleaning, &list);
    directory_close(&directory);
    if (!status && step == 0)
        directory_remove(run, RUN_CHECKPOINTS, no_file, &noted);
    return status;
}

/* --- writing: the files --------------------------------------------------------------------- */

/* Adds the hash of a file that was just written. */
static enum status add_hash(
    struct json *files, const struct directory *place, const char *name, struct error *error)
{
    char path[FILE_PATH_MAX], digits[HASH_DIGITS + 1];
    enum status status = checkpoint_hash(directory_path(path, place, name), digits, error);
    if (status == STATUS_NO_INPUT) /* the file was just written, so this is an I/O error */
        status = error->status = STATUS_IO;
    if (!status)
        js_set_text(files, name, digits);
    return status;
}

static enum status write_model(const struct directory *place, const char *name, struct model model,
    float *weights, struct json *files, struct error *error)
{
    model.parameters = weights;
    TRY(model_write(place, name, &model, error));
    return add_hash(files, place, name, error);
}

static enum status write_optimizer(const struct directory *place, const struct settings *settings,
    const struct checkpoint *checkpoint, struct json *files, struct error *error)
{
    struct tensor tensor[CHECKPOINT_TENSORS];
    int n = checkpoint_tensors(tensor, settings, checkpoint->optimizer);
    TRY(safetensors_write(place, CHECKPOINT_OPTIMIZER, NULL, tensor, n, error));
    return add_hash(files, place, CHECKPOINT_OPTIMIZER, error);
}

/* Writes the files with arrays, and adds their hashes to `files`. */
static enum status write_arrays(const struct directory *place, const struct checkpoints *to,
    const struct settings *settings, const struct checkpoint *checkpoint, struct json *files,
    struct error *error)
{
    TRY(write_model(place, CHECKPOINT_MODEL, *to->model, checkpoint->weights, files, error));
    TRY(write_optimizer(place, settings, checkpoint, files, error));
    if (checkpoint->best)
        TRY(write_model(place, CHECKPOINT_BEST, *to->model, checkpoint->best, files, error));
    return checkpoint->epoch
               ? write_model(place, CHECKPOINT_EPOCH, *to->model, checkpoint->epoch, files, error)
               : STATUS_OK;
}

static enum status write_state(
    const struct directory *place, const struct json *json, struct error *error)
{
    char *text = js_text(json, true);
    enum status status =
        text && seal(text) ? output_write_whole(place, CHECKPOINT_STATE, text, strlen(text), error)
                           : fail(error, STATUS_NO_RESOURCE, "no memory to write %s/%s",
                                 place->path, CHECKPOINT_STATE);
    free(text);
    return status;
}

static enum status write_files(const struct directory *place, const struct checkpoints *to,
    const struct settings *settings, const struct checkpoint *checkpoint, struct error *error)
{
    const struct identity *identity = to->identity;
    struct json *json = js_object(), *files = js_object(), *traits = js_object();
    enum status status = write_arrays(place, to, settings, checkpoint, files, error);
    for (int i = 0; i < identity->n; i++)
        js_set_text(traits, identity->trait[i].name, identity->trait[i].value);
    js_set_text(json, "xxh3", "0000000000000000");
    js_set_int(json, "format", CHECKPOINT_FORMAT);
    js_set_text(json, "lockstep", LOCKSTEP_VERSION);
    js_set_int(json, "definition", DEFINITION);
    js_set(json, "files", files);
    js_set(json, "identity", traits);
    js_set(json, "state", run_state_to_json(&checkpoint->state));
    if (!status)
        status = write_state(place, json, error);
    js_destroy(json);
    return status;
}

/* --- adding a checkpoint -------------------------------------------------------------------- */

/* Removes old checkpoints. Counts only real checkpoints: an entry that merely has the name of one
 * must not cause a checkpoint to be removed. */
static void remove_old(const struct directory *directory, const struct run_state *state, int keep,
    struct warnings *warnings)
{
    struct checkpoint_list list;
    struct error error;
    int n = 0;
    if (checkpoint_list(directory, &list, &error)) {
        warnings_note(warnings, &error);
        return;
    }
    for (int i = 0; i < list.n; i++) {
        char name[CHECKPOINT_NAME];
        checkpoint_name(name, list.step[i]);
        if (checkpoint_recognise(directory, name, &error) || n++ < keep)
            continue;
        if (list.step[i] != state->rated_step)
            remove_one(directory, name, warnings);
    }
}

/* True if the name is free, or belongs to a checkpoint, which the new one will replace. */
static bool may_be_named(
    const struct directory *directory, const char *name, struct warnings *warnings)
{
    struct error error, why;
    if (directory_look(directory, name) == ENTRY_NONE ||
        !checkpoint_recognise(directory, name, &error))
        return true;
    fail(&why, STATUS_CANNOT_CREATE, "no checkpoint is written as %s: %s", name, error.text);
    warnings_note(warnings, &why);
    return false;
}

static enum status write_into(const struct directory *directory, const char *name,
    const struct checkpoints *to, const struct settings *settings,
    const struct checkpoint *checkpoint, struct warnings *warnings, struct error *error)
{
    struct directory place;
    struct warnings ignored = {0}; /* used after a failure */
    char hidden[CHECKPOINT_NAME + 1], part[FILE_PATH_MAX];
    snprintf(hidden, sizeof hidden, ".%s", name);
    directory_temporary(part, hidden);
    enum status status = directory_enter(&place, directory, part, true, error);
    if (!status)
        status = write_files(&place, to, settings, checkpoint, error);
    if (!status)
        status = directory_publish(directory, part, name, error);
    directory_close(&place);
    remove_part(directory, part, status ? &ignored : warnings); /* the replaced checkpoint */
    return status;
}

static enum status write_once(const struct checkpoints *to, const struct settings *settings,
    const struct checkpoint *checkpoint, struct warnings *warnings, struct error *error)
{
    struct directory directory;
    char name[CHECKPOINT_NAME];
    enum status status = directory_enter(&directory, to->run, RUN_CHECKPOINTS, true, error);
    checkpoint_name(name, checkpoint->state.step);
    if (!status && may_be_named(&directory, name, warnings)) {
        directory_sync(to->run);
        status = write_into(&directory, name, to, settings, checkpoint, warnings, error);
        if (!status) {
            heartbeat_saved(checkpoint->state.step);
            remove_old(&directory, &checkpoint->state, to->keep, warnings);
        }
    }
    directory_close(&directory);
    return status;
}

/* Tries again if, during the write, another process removed all checkpoints, including the files of
 * this one. */
enum status checkpoint_write(const struct checkpoints *to, const struct settings *settings,
    const struct checkpoint *checkpoint, struct warnings *warnings, struct error *error)
{
    enum { TRIES = 3 };
    enum status status = STATUS_OK;
    for (int i = 0; i < TRIES && (i == 0 || (status && error->number == ENOENT)); i++)
        status = write_once(to, settings, checkpoint, warnings, error);
    return status;
}
