#include "run/checkpoint_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"

/* --- finding a checkpoint ------------------------------------------------------------------- */

/* Opens the directory with a run's checkpoints and lists them. On failure the directory is
 * closed. */
static enum status open_list(
    const char *run, struct directory *directory, struct checkpoint_list *list, struct error *error)
{
    char path[FILE_PATH_MAX];
    TRY(file_path(path, run, RUN_CHECKPOINTS, error));
    if (!file_exists(path))
        return fail(error, STATUS_NO_INPUT, "%s holds no checkpoint", path);
    TRY(directory_open(directory, path, error));
    enum status status = checkpoint_list(directory, list, error);
    if (status)
        directory_close(directory);
    return status;
}

bool checkpoint_any(const char *run)
{
    struct checkpoint_list list;
    struct directory place;
    struct error ignored;
    bool any = false;
    if (open_list(run, &place, &list, &ignored))
        return false;
    for (int i = 0; i < list.n; i++) {
        char name[CHECKPOINT_NAME];
        checkpoint_name(name, list.step[i]);
        any |= directory_look(&place, name) == ENTRY_DIRECTORY;
    }
    directory_close(&place);
    return any;
}

static enum status read_state(const char *place, struct json **json, struct error *error)
{
    enum { LARGEST = 16 << 20 };
    char path[FILE_PATH_MAX], *text;
    size_t size;
    TRY(file_path(path, place, CHECKPOINT_STATE, error));
    TRY(file_read_whole(path, LARGEST, &text, &size, error));
    enum status status =
        checkpoint_sealed(text, size)
            ? js_parse(text, size, path, json, error)
            : fail(error, STATUS_BAD_DATA, "%s is damaged: its XXH3 does not match", path);
    free(text);
    return status;
}

static enum status check_files(const char *place, const struct json *files, struct error *error)
{
    for (size_t i = 0; i < js_size(files); i++) {
        char path[FILE_PATH_MAX], digits[HASH_DIGITS + 1] = "";
        const char *name = js_key(files, i), *wanted = js_as_text(js_get(files, name));
        TRY(file_path(path, place, name, error));
        TRY(checkpoint_hash(path, digits, error));
        if (!wanted || strcmp(wanted, digits) != 0)
            return fail(error, STATUS_BAD_DATA,
                "%s is damaged: its XXH3 is %s, but was %s when it was written", path, digits,
                wanted ? wanted : "unknown");
    }
    return STATUS_OK;
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
    TRY(checkpoint_recognise(directory, name, error));
    TRY(file_path(path, directory->path, name, error));
    return checkpoint_check(path, error);
}

/* Fails with a message that joins the lines of the report. */
static enum status fail_all_damaged(
    const struct directory *directory, int n, char *report, struct error *error)
{
    char text[800] = "", *rest = NULL;
    for (char *line = strtok_r(report, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        text_append(text, sizeof text, "%s%s", text[0] ? "; " : "", line);
    return fail(error, STATUS_BAD_DATA, "none of the %d checkpoints in %s is intact: %s", n,
        directory->path, text);
}

enum status checkpoint_find(
    const char *run, char path[FILE_PATH_MAX], char *report, size_t size, struct error *error)
{
    struct directory directory;
    struct checkpoint_list list;
    enum status status = STATUS_BAD_DATA;
    report[0] = '\0';
    TRY(open_list(run, &directory, &list, error));
    for (int i = 0; status && i < list.n; i++) {
        struct error damage;
        char name[CHECKPOINT_NAME];
        checkpoint_name(name, list.step[i]);
        status = check_entry(&directory, name, path, &damage);
        if (status)
            text_append(report, size, "%s\n", damage.text);
    }
    if (list.n == 0)
        status = fail(error, STATUS_NO_INPUT, "%s holds no checkpoint", directory.path);
    else if (status)
        status = fail_all_damaged(&directory, list.n, report, error);
    directory_close(&directory);
    return status;
}

/* --- reading a checkpoint ------------------------------------------------------------------- */

/* Returns the value as messages print it; an option that was not given has an empty text. */
static const char *shown(const char *value)
{
    return !value ? "not known" : *value ? value : "not given";
}

static bool is_same(const struct trait *trait, const char *was)
{
    if (!was)
        return trait->usual;
    return trait->same ? trait->same(trait->name, was, trait->value)
                       : strcmp(was, trait->value) == 0;
}

static enum status compare(const char *path, const struct json *traits,
    const struct identity *identity, struct error *error)
{
    for (int i = 0; i < identity->n; i++) {
        const struct trait *trait = &identity->trait[i];
        const char *was = js_as_text(js_get(traits, trait->name));
        if (!is_same(trait, was))
            return fail(error, trait->status,
                "a resumed run must keep its options and data: %s is %s in the checkpoint %s, "
                "and %s now (from the command line, or config.ini in the run's directory)%s",
                trait->name, shown(was), path, shown(trait->value), trait->cure ? trait->cure : "");
    }
    return STATUS_OK;
}

/* Refuses a checkpoint with another definition: the bits of the resumed run would match neither
 * definition. */
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
    char path[FILE_PATH_MAX], report[1];
    struct json *state;
    struct error ignored;
    if (checkpoint_find(run, path, report, sizeof report, &ignored) ||
        read_state(path, &state, &ignored))
        return DEFINITION;
    int64_t definition = definition_of(state);
    js_destroy(state);
    return definition;
}

/* Allocates the arrays of a checkpoint with this state, except the weights. */
static enum status take_arrays(
    struct checkpoint *checkpoint, const struct settings *settings, struct error *error)
{
    const char *what = "a checkpoint's arrays";
    size_t n = (size_t)settings->mlp.parameters;
    for (int i = 0; i < optimizer_states(&settings->optimizer); i++)
        TRY(memory_take(&checkpoint->optimizer[i], n, sizeof(float), what, error));
    if (checkpoint->state.stop.best_step > 0)
        TRY(memory_take(&checkpoint->best, n, sizeof(float), what, error));
    return checkpoint->state.fallback.saved
               ? memory_take(&checkpoint->epoch, n, sizeof(float), what, error)
               : STATUS_OK;
}

static enum status read_optimizer(const char *place, const struct settings *settings,
    struct checkpoint *checkpoint, struct error *error)
{
    struct tensor tensor[CHECKPOINT_TENSORS];
    struct safetensors file;
    char path[FILE_PATH_MAX];
    int n = checkpoint_tensors(tensor, settings, checkpoint->optimizer);
    TRY(file_path(path, place, CHECKPOINT_OPTIMIZER, error));
    TRY(safetensors_open(&file, path, error));
    enum status status = safetensors_read(&file, tensor, n, "this run's optimizer", error);
    safetensors_close(&file);
    return status;
}

/* Reads the weights that not every checkpoint has. */
static enum status read_other_weights(const char *place, const struct json *files,
    const struct mlp *mlp, struct checkpoint *checkpoint, struct error *error)
{
    char path[FILE_PATH_MAX];
    if (checkpoint->epoch) {
        TRY(file_path(path, place, CHECKPOINT_EPOCH, error));
        TRY(model_read_parameters(path, mlp, checkpoint->epoch, error));
    }
    /* Without a file of their own, the best weights are those of the checkpoint. */
    TRY(file_path(
        path, place, js_get(files, CHECKPOINT_BEST) ? CHECKPOINT_BEST : CHECKPOINT_MODEL, error));
    return checkpoint->best ? model_read_parameters(path, mlp, checkpoint->best, error) : STATUS_OK;
}

/* Reads everything from state.json, then the other files. */
static enum status read_all(const char *place, const struct json *json,
    const struct settings *settings, const struct identity *identity, struct checkpoint *checkpoint,
    struct error *error)
{
    const struct mlp *mlp = &settings->mlp;
    char path[FILE_PATH_MAX];
    int64_t format = 0;
    if (!js_as_int(js_get(json, "format"), &format) || format != CHECKPOINT_FORMAT)
        return fail(error, STATUS_BAD_DATA,
            "%s has format %" PRId64 "; this version of lockstep reads %d", place, format,
            CHECKPOINT_FORMAT);
    TRY(check_definition(place, json, error));
    TRY(compare(place, js_get(json, "identity"), identity, error));
    TRY(run_state_from_json(&checkpoint->state, js_get(json, "state"), place, error));
    TRY(take_arrays(checkpoint, settings, error));
    TRY(file_path(path, place, CHECKPOINT_MODEL, error));
    TRY(model_read_parameters(path, mlp, checkpoint->weights, error));
    TRY(read_optimizer(place, settings, checkpoint, error));
    return read_other_weights(place, js_get(json, "files"), mlp, checkpoint, error);
}

enum status checkpoint_read(const char *path, const struct settings *settings,
    const struct identity *identity, struct checkpoint *checkpoint, struct error *error)
{
    struct json *json;
    *checkpoint = (struct checkpoint){.weights = checkpoint->weights};
    TRY(read_state(path, &json, error));
    enum status status = read_all(path, json, settings, identity, checkpoint, error);
    js_destroy(json);
    return status;
}

/* --- sharing what was read ------------------------------------------------------------------ */

/* Sends rank 0's block, in pieces, to the first rank of every team; other ranks ignore it. */
static void send_block(struct teams *teams, float *block, int64_t n, float *scratch, int64_t piece)
{
    for (int64_t at = 0; at < n; at += piece) {
        float *to = teams->rank == 0 ? block + at : scratch;
        comm_broadcast(teams->comm, to, (size_t)least(piece, n - at) * sizeof *to);
    }
}

enum status checkpoint_share(struct checkpoint *checkpoint, const struct settings *settings,
    struct teams *teams, struct error *error)
{
    enum { PIECE = 1 << 18 };
    struct comm *comm = teams->comm;
    int64_t n = settings->mlp.parameters;
    float *scratch = NULL;
    comm_broadcast(comm, &checkpoint->state, sizeof checkpoint->state);
    enum status status = memory_take(
        &scratch, (size_t)least(n, PIECE), sizeof *scratch, "a checkpoint's arrays", error);
    if (!status && teams->rank == 0 && comm->rank > 0)
        status = take_arrays(checkpoint, settings, error);
    status = comm_agree(comm, status, error);
    if (!status) {
        send_block(teams, checkpoint->weights, n, scratch, PIECE);
        for (int i = 0; i < optimizer_states(&settings->optimizer); i++)
            send_block(teams, checkpoint->optimizer[i], n, scratch, PIECE);
        if (checkpoint->state.stop.best_step > 0)
            send_block(teams, checkpoint->best, n, scratch, PIECE);
        if (checkpoint->state.fallback.saved)
            send_block(teams, checkpoint->epoch, n, scratch, PIECE);
        comm_barrier(comm);
    }
    free(scratch);
    return status;
}

void checkpoint_drop_arrays(struct checkpoint *checkpoint)
{
    for (int i = 0; i < OPTIMIZER_STATES_MAX; i++)
        free(checkpoint->optimizer[i]);
    free(checkpoint->best);
    free(checkpoint->epoch);
    *checkpoint = (struct checkpoint){.state = checkpoint->state, .weights = checkpoint->weights};
}
