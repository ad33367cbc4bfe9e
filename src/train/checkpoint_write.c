#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "commit.h"
#include "train/checkpoint_files.h"

/* --- the files of one ---------------------------------------------------------------------- */

/* Notes the hash of a file that was written. */
static enum status note_file(
    struct json *files, const char *path, const char *name, struct error *error)
{
    char digits[HASH_DIGITS + 1];
    enum status status = checkpoint_hash(path, digits, error);
    if (!status)
        js_set_text(files, name, digits);
    return status;
}

static enum status write_model(const char *place, const char *name,
    const struct checkpoint *checkpoint, const float *weights, struct json *files,
    struct error *error)
{
    struct model model = *checkpoint->model;
    char path[FILE_PATH_MAX];
    enum status status = file_path(path, place, name, error);
    model.parameters = (float *)(uintptr_t)weights; /* it is only read */
    if (!status)
        status = model_write(path, &model, error);
    return status ? status : note_file(files, path, name, error);
}

static enum status write_optimizer(
    const char *place, const struct checkpoint *checkpoint, struct json *files, struct error *error)
{
    struct tensor tensor[OPTIMIZER_STATES_MAX * MODEL_TENSORS_MAX];
    char path[FILE_PATH_MAX];
    int n = 0;
    for (int i = 0; i < optimizer_states(&checkpoint->settings->optimizer); i++)
        n += checkpoint_tensors(tensor + n, checkpoint->settings, i,
            (float *)(uintptr_t)checkpoint->optimizer[i]); /* it is only read */
    enum status status = file_path(path, place, checkpoint_optimizer, error);
    if (!status)
        status = safetensors_write(path, NULL, tensor, n, error);
    return status ? status : note_file(files, path, checkpoint_optimizer, error);
}

/* Takes `files`. */
static enum status write_state(
    const char *place, const struct checkpoint *checkpoint, struct json *files, struct error *error)
{
    const struct identity *identity = checkpoint->identity;
    struct json *json = js_object(), *traits = js_object();
    char path[FILE_PATH_MAX];
    for (int i = 0; i < identity->n; i++)
        js_set_text(traits, identity->trait[i].name, identity->trait[i].value);
    js_set_text(json, "xxh3", "0000000000000000");
    js_set_int(json, "format", CHECKPOINT_FORMAT);
    js_set_text(json, "lockstep", LOCKSTEP_VERSION);
    js_set_int(json, "definition", DEFINITION);
    js_set(json, "files", files);
    js_set(json, "identity", traits);
    js_set(json, "state", run_state_to_json(&checkpoint->state));
    char *text = js_text(json, true);
    js_destroy(json);
    enum status status = file_path(path, place, checkpoint_state, error);
    if (!status && (!text || !checkpoint_seal(text)))
        status = fail(error, STATUS_NO_RESOURCE, "no memory to write %s", path);
    if (!status)
        status = file_write_whole(path, text, strlen(text), error);
    free(text);
    return status;
}

static enum status write_files(
    const char *place, const struct checkpoint *checkpoint, struct error *error)
{
    struct json *files = js_object();
    enum status status =
        write_model(place, checkpoint_model, checkpoint, checkpoint->weights, files, error);
    if (!status)
        status = write_optimizer(place, checkpoint, files, error);
    if (!status && checkpoint->best)
        status = write_model(place, checkpoint_best, checkpoint, checkpoint->best, files, error);
    if (!status)
        return write_state(place, checkpoint, files, error);
    js_destroy(files);
    return status;
}

/* --- one among the others ------------------------------------------------------------------ */

static enum status remove_old(
    const char *directory, const struct run_state *state, int keep, struct error *error)
{
    struct checkpoint_list list;
    enum status status = checkpoint_list(directory, &list, error);
    for (int i = keep; !status && i < list.n; i++)
        if (list.step[i] != state->rated_step)
            status = checkpoint_remove(directory, list.step[i], error);
    return status;
}

enum status checkpoint_write(
    const char *directory, const struct checkpoint *checkpoint, int keep, struct error *error)
{
    char path[FILE_PATH_MAX], part[FILE_PATH_MAX];
    int64_t step = checkpoint->state.step;
    struct error ignored;
    enum status status = checkpoint_path(path, directory, step, false, error);
    if (!status)
        status = checkpoint_path(part, directory, step, true, error);
    if (!status)
        status = file_remove_directory(part, error);
    if (!status)
        status = file_make_directory(part, error);
    if (status)
        return status;
    file_sync_parent(directory);
    status = write_files(part, checkpoint, error);
    if (!status)
        status = file_publish_directory(part, path, error);
    file_remove_directory(part, &ignored); /* one of the same step that was there; or what failed */
    if (status)
        return status;
    return remove_old(directory, &checkpoint->state, keep, error);
}
