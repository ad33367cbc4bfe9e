#include "run/checkpoint_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/memory.h"
#include "model/model_read.h"

/* --- finding one ---------------------------------------------------------------------------- */

static enum status read_state(const char *place, struct json **json, struct error *error)
{
    enum { LARGEST = 16 << 20 };
    char path[FILE_PATH_MAX], *text = NULL;
    size_t size = 0;
    enum status status = file_path(path, place, CHECKPOINT_STATE, error);
    if (!status)
        status = file_read_whole(path, LARGEST, &text, &size, error);
    if (!status && !checkpoint_sealed(text, size))
        status = fail(error, STATUS_BAD_DATA, "%s is damaged: its XXH3 does not match", path);
    if (!status)
        status = js_parse(text, size, path, json, error);
    free(text);
    return status;
}

static enum status check_files(const char *place, const struct json *files, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < js_size(files); i++) {
        char path[FILE_PATH_MAX], digits[HASH_DIGITS + 1] = "";
        const char *name = js_key(files, i), *wanted = js_as_text(js_get(files, name));
        status = file_path(path, place, name, error);
        if (!status)
            status = checkpoint_hash(path, digits, error);
        if (!status && (!wanted || strcmp(wanted, digits) != 0))
            status = fail(error, STATUS_BAD_DATA,
                "%s is damaged: its XXH3 is %s, and was %s when it was written", path, digits,
                wanted ? wanted : "unknown");
    }
    return status;
}

enum status checkpoint_check(const char *path, struct error *error)
{
    struct json *json = NULL;
    enum status status = read_state(path, &json, error);
    if (!status)
        status = check_files(path, js_get(json, "files"), error);
    js_destroy(json);
    return status;
}

/* Refuses an entry that is not an intact checkpoint. */
static enum status check_entry(const struct directory *directory, const char *name,
    char path[FILE_PATH_MAX], struct error *error)
{
    enum status status = checkpoint_recognise(directory, name, error);
    if (!status)
        status = file_path(path, directory->path, name, error);
    return status ? status : checkpoint_check(path, error);
}

/* The lines of the report as one. */
static enum status fail_all_damaged(
    const struct directory *directory, int n, char *report, struct error *error)
{
    char text[800] = "", *rest = NULL;
    size_t used = 0;
    for (char *line = strtok_r(report, "\n", &rest); line && used < sizeof text;
         line = strtok_r(NULL, "\n", &rest))
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "; " : "", line);
    return fail(error, STATUS_BAD_DATA, "none of the %d checkpoints in %s is intact: %s", n,
        directory->path, text);
}

static enum status find_in(const struct directory *directory, char path[FILE_PATH_MAX],
    char *report, size_t size, struct error *error)
{
    struct checkpoint_list list;
    size_t used = 0;
    enum status status = checkpoint_list(directory, &list, error);
    if (!status && list.n == 0)
        return fail(error, STATUS_NO_INPUT, "%s holds no checkpoint", directory->path);
    for (int i = 0; !status && i < list.n; i++) {
        struct error damage;
        char name[CHECKPOINT_NAME];
        checkpoint_name(name, list.step[i]);
        if (!check_entry(directory, name, path, &damage))
            return STATUS_OK;
        if (used < size)
            used += (size_t)snprintf(report + used, size - used, "%s\n", damage.text);
    }
    return status ? status : fail_all_damaged(directory, list.n, report, error);
}

enum status checkpoint_find(
    const char *run, char path[FILE_PATH_MAX], char *report, size_t size, struct error *error)
{
    struct directory place;
    char directory[FILE_PATH_MAX];
    report[0] = '\0';
    enum status status = file_path(directory, run, RUN_CHECKPOINTS, error);
    if (status)
        return status;
    if (!file_exists(directory))
        return fail(error, STATUS_NO_INPUT, "%s holds no checkpoint", directory);
    status = directory_open(&place, directory, error);
    if (!status)
        status = find_in(&place, path, report, size, error);
    directory_close(&place);
    return status;
}

/* --- reading one ---------------------------------------------------------------------------- */

/* An option that was not given has no text. */
static const char *shown(const char *value)
{
    return !value ? "not known" : *value ? value : "not given";
}

static enum status compare(const char *path, const struct json *traits,
    const struct identity *identity, struct error *error)
{
    for (int i = 0; i < identity->n; i++) {
        const struct trait *trait = &identity->trait[i];
        const char *was = js_as_text(js_get(traits, trait->name));
        if (was ? strcmp(was, trait->value) != 0 : !trait->usual)
            return fail(error, trait->status,
                "a resumed run must keep its options and data: %s is %s in the checkpoint %s, "
                "and %s now (from the command line, or config.ini in the run's directory)",
                trait->name, shown(was), path, shown(trait->value));
    }
    return STATUS_OK;
}

/* Under another definition the resumed run would have the bits of neither. */
static enum status check_definition(const char *path, const struct json *state, struct error *error)
{
    const char *version = js_as_text(js_get(state, "lockstep"));
    int64_t definition = definition_of(state);
    if (definition == DEFINITION)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s was written by lockstep %.20s under definition %" PRId64
        " of sums and random draws; this version has definition %d and would continue with "
        "different bits. Resume it with lockstep %.20s, or start a new run from its weights: "
        "--init-from "
        "%s/%s",
        path, shown(version), definition, DEFINITION, shown(version), path, CHECKPOINT_MODEL);
}

int64_t checkpoint_definition(const char *run)
{
    struct directory opened;
    struct checkpoint_list list = {0};
    struct error error;
    char directory[FILE_PATH_MAX];
    int64_t definition = DEFINITION;
    bool found = false;
    if (file_path(directory, run, RUN_CHECKPOINTS, &error) ||
        directory_open(&opened, directory, &error))
        return definition;
    checkpoint_list(&opened, &list, &error); /* on failure the list is empty */
    for (int i = 0; !found && i < list.n; i++) {
        char name[CHECKPOINT_NAME], path[FILE_PATH_MAX];
        struct json *state = NULL;
        checkpoint_name(name, list.step[i]);
        found = !file_path(path, directory, name, &error) && !read_state(path, &state, &error);
        if (found)
            definition = definition_of(state);
        js_destroy(state);
    }
    directory_close(&opened);
    return definition;
}

static enum status take_block(float **block, const struct settings *settings, struct error *error)
{
    return memory_take(
        block, (size_t)settings->mlp.parameters, sizeof **block, "a checkpoint's arrays", error);
}

static enum status read_optimizer(const char *place, const struct settings *settings,
    struct resume_state *start, struct error *error)
{
    struct tensor tensor[OPTIMIZER_STATES_MAX * MODEL_TENSORS_MAX];
    struct safetensors file;
    char path[FILE_PATH_MAX];
    int n = 0;
    enum status status = file_path(path, place, CHECKPOINT_OPTIMIZER, error);
    for (int i = 0; !status && i < optimizer_states(&settings->optimizer); i++) {
        status = take_block(&start->optimizer[i], settings, error);
        if (!status)
            n += checkpoint_tensors(tensor + n, settings, i, start->optimizer[i]);
    }
    if (!status)
        status = safetensors_open(&file, path, error);
    if (status)
        return status;
    status = safetensors_read(&file, tensor, n, "this run's optimizer", error);
    safetensors_close(&file);
    return status;
}

static enum status read_best(const char *place, const struct settings *settings,
    const struct json *files, struct resume_state *start, const float *parameters,
    struct error *error)
{
    char path[FILE_PATH_MAX];
    if (start->state.stop.best_step == 0)
        return STATUS_OK;
    enum status status = take_block(&start->best, settings, error);
    if (!status && !js_get(files, CHECKPOINT_BEST)) {
        memcpy(start->best, parameters, (size_t)settings->mlp.parameters * sizeof *parameters);
        return STATUS_OK;
    }
    if (!status)
        status = file_path(path, place, CHECKPOINT_BEST, error);
    return status ? status : model_read_parameters(path, &settings->mlp, start->best, error);
}

enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct resume_state *start, float *parameters,
    struct error *error)
{
    struct json *json = NULL;
    char model[FILE_PATH_MAX];
    int64_t format = 0;
    memset(start, 0, sizeof *start);
    enum status status = read_state(path, &json, error);
    if (!status && (!js_as_int(js_get(json, "format"), &format) || format != CHECKPOINT_FORMAT))
        status = fail(error, STATUS_BAD_DATA,
            "%s has format %" PRId64 "; this version of lockstep reads %d", path, format,
            CHECKPOINT_FORMAT);
    if (!status)
        status = check_definition(path, json, error);
    if (!status)
        status = compare(path, js_get(json, "identity"), identity, error);
    if (!status)
        status = run_state_from_json(&start->state, js_get(json, "state"), path, error);
    if (!status)
        status = file_path(model, path, CHECKPOINT_MODEL, error);
    if (!status)
        status = model_read_parameters(model, &settings->mlp, parameters, error);
    if (!status)
        status = read_optimizer(path, settings, start, error);
    if (!status)
        status = read_best(path, settings, js_get(json, "files"), start, parameters, error);
    js_destroy(json);
    return status;
}
