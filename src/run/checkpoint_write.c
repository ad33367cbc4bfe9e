#include "run/checkpoint_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/heartbeat.h"
#include "base/output.h"
#include "commit.h"
#include "model/model_write.h"

/* --- the files of one ----------------------------------------------------------------------- */

/* Adds the hash of a file that was written. */
static enum status add_hash(
    struct json *files, const struct directory *place, const char *name, struct error *error)
{
    char path[FILE_PATH_MAX], digits[HASH_DIGITS + 1];
    enum status status = checkpoint_hash(directory_path(path, place, name), digits, error);
    if (status == STATUS_NO_INPUT) /* although it has just been written */
        status = error->status = STATUS_IO;
    if (!status)
        js_set_text(files, name, digits);
    return status;
}

static enum status write_model(const struct directory *place, const char *name,
    const struct checkpoint *checkpoint, const float *weights, struct json *files,
    struct error *error)
{
    struct model model = *checkpoint->model;
    model.parameters = (float *)(uintptr_t)weights; /* it is only read */
    enum status status = model_write(place, name, &model, error);
    return status ? status : add_hash(files, place, name, error);
}

static enum status write_optimizer(const struct directory *place,
    const struct checkpoint *checkpoint, struct json *files, struct error *error)
{
    struct tensor tensor[OPTIMIZER_STATES_MAX * MODEL_TENSORS_MAX];
    int n = 0;
    for (int i = 0; i < optimizer_states(&checkpoint->settings->optimizer); i++)
        n += checkpoint_tensors(tensor + n, checkpoint->settings, i,
            (float *)(uintptr_t)checkpoint->optimizer[i]); /* it is only read */
    enum status status = safetensors_write(place, CHECKPOINT_OPTIMIZER, NULL, tensor, n, error);
    return status ? status : add_hash(files, place, CHECKPOINT_OPTIMIZER, error);
}

/* Takes over `files`. */
static enum status write_state(const struct directory *place, const struct checkpoint *checkpoint,
    struct json *files, struct error *error)
{
    const struct identity *identity = checkpoint->identity;
    struct json *json = js_object(), *traits = js_object();
    enum status status = STATUS_OK;
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
    if (!text || !checkpoint_seal(text))
        status = fail(
            error, STATUS_NO_RESOURCE, "no memory to write %s/%s", place->path, CHECKPOINT_STATE);
    else
        status = output_write_whole(place, CHECKPOINT_STATE, text, strlen(text), error);
    free(text);
    return status;
}

static enum status write_files(
    const struct directory *place, const struct checkpoint *checkpoint, struct error *error)
{
    struct json *files = js_object();
    enum status status =
        write_model(place, CHECKPOINT_MODEL, checkpoint, checkpoint->weights, files, error);
    if (!status)
        status = write_optimizer(place, checkpoint, files, error);
    if (!status && checkpoint->best)
        status = write_model(place, CHECKPOINT_BEST, checkpoint, checkpoint->best, files, error);
    if (!status)
        return write_state(place, checkpoint, files, error);
    js_destroy(files);
    return status;
}

/* --- the checkpoint among the others -------------------------------------------------------- */

/* Counts checkpoints only: something else with such a name must not displace one. */
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
            checkpoint_remove(directory, name, warnings);
    }
}

/* The name must be free, or that of a checkpoint, which the new one replaces. */
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
    const struct checkpoint *checkpoint, struct warnings *warnings, struct error *error)
{
    struct directory place;
    struct warnings ignored = {0}; /* after a failure */
    char hidden[CHECKPOINT_NAME + 1], part[FILE_PATH_MAX];
    snprintf(hidden, sizeof hidden, ".%s", name);
    directory_temporary(part, hidden);
    enum status status = directory_enter(&place, directory, part, true, error);
    if (!status)
        status = write_files(&place, checkpoint, error);
    if (!status)
        status = directory_publish(directory, part, name, error);
    directory_close(&place);
    checkpoint_remove_part(directory, part, status ? &ignored : warnings); /* the replaced one */
    return status;
}

static enum status write_once(const struct directory *run, const struct checkpoint *checkpoint,
    int keep, struct warnings *warnings, struct error *error)
{
    struct directory directory;
    char name[CHECKPOINT_NAME];
    enum status status = directory_enter(&directory, run, RUN_CHECKPOINTS, true, error);
    checkpoint_name(name, checkpoint->state.step);
    if (!status && may_be_named(&directory, name, warnings)) {
        directory_sync(run);
        status = write_into(&directory, name, checkpoint, warnings, error);
        if (!status) {
            heartbeat_saved(checkpoint->state.step);
            remove_old(&directory, &checkpoint->state, keep, warnings);
        }
    }
    directory_close(&directory);
    return status;
}

/* A process that removes all checkpoints meanwhile also removes the files of this one: then it is
 * written again. */
enum status checkpoint_write(const struct directory *run, const struct checkpoint *checkpoint,
    int keep, struct warnings *warnings, struct error *error)
{
    enum { TRIES = 3 };
    enum status status = STATUS_OK;
    for (int i = 0; i < TRIES && (i == 0 || (status && error->number == ENOENT)); i++)
        status = write_once(run, checkpoint, keep, warnings, error);
    return status;
}
