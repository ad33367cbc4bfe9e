#include "run/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* --- names ---------------------------------------------------------------------------------- */

void checkpoint_name(char name[CHECKPOINT_NAME], int64_t step)
{
    snprintf(name, CHECKPOINT_NAME, "step-%09" PRId64, step);
}

/* The step of "step-000001407", 0 for other names. */
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

bool checkpoint_any(const char *run)
{
    struct checkpoint_list list = {0};
    struct directory place;
    struct error error;
    char path[FILE_PATH_MAX];
    bool any = false;
    if (file_path(path, run, RUN_CHECKPOINTS, &error) || directory_open(&place, path, &error))
        return false;
    checkpoint_list(&place, &list, &error);
    for (int i = 0; i < list.n; i++) {
        char name[CHECKPOINT_NAME];
        checkpoint_name(name, list.step[i]);
        any |= directory_look(&place, name) == ENTRY_DIRECTORY;
    }
    directory_close(&place);
    return any;
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

int checkpoint_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct settings *settings,
    int state, float *block)
{
    char suffix[TENSOR_NAME_MAX];
    snprintf(suffix, sizeof suffix, ".%s", optimizer_state_name(&settings->optimizer, state));
    return model_tensors(tensor, &settings->mlp, block, suffix);
}

/* --- hashes --------------------------------------------------------------------------------- */

static void write_digits(char digits[HASH_DIGITS + 1], uint64_t hash)
{
    snprintf(digits, HASH_DIGITS + 1, "%016" PRIx64, hash);
}

enum status checkpoint_hash(const char *path, char digits[HASH_DIGITS + 1], struct error *error)
{
    uint64_t hash;
    enum status status = hash_file(path, &hash, error);
    if (!status)
        write_digits(digits, hash);
    return status;
}

static const char seal_head[] = "{\n  \"xxh3\": \"";

bool checkpoint_seal(char *text)
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
    return checkpoint_seal(text) && memcmp(was, place, HASH_DIGITS) == 0;
}

/* --- removing ------------------------------------------------------------------------------- */

static bool is_ours(const char *name)
{
    return run_file_is(name, OF_CHECKPOINT) || run_file_is_temporary(name, OF_CHECKPOINT);
}

/* If state.json cannot be removed, the other files stay too. */
void checkpoint_remove(
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
        directory_remove(directory, name, is_ours, warnings);
}

void checkpoint_remove_part(
    const struct directory *directory, const char *part, struct warnings *warnings)
{
    directory_remove(directory, part, is_ours, warnings);
}

struct cleaning {
    const struct directory *directory;
    int64_t step;
    struct warnings *warnings;
};

/* ".step-000001407.", anything, and ".part". */
static bool is_leftover(const char *name)
{
    static const char begin[] = ".step-", end[] = ".part";
    size_t length = strlen(name), skip = sizeof begin - 1;
    return strncmp(name, begin, skip) == 0 && length >= skip + sizeof end &&
           strcmp(name + length - (sizeof end - 1), end) == 0 &&
           name[skip + strspn(name + skip, "0123456789")] == '.';
}

/* Removes leftovers of a crash; when everything is to be removed, notes what stays. */
static enum status clean_other(void *context, const char *name, struct error *error)
{
    struct cleaning *cleaning = context;
    char path[FILE_PATH_MAX];
    if (is_leftover(name)) {
        checkpoint_remove_part(cleaning->directory, name, cleaning->warnings);
    } else if (cleaning->step == 0 && step_of(name) == 0) {
        fail(error, STATUS_IO, "%s was not written by lockstep and is left unchanged",
            directory_path(path, cleaning->directory, name));
        warnings_note(cleaning->warnings, error);
    }
    return STATUS_OK;
}

/* Later checkpoints, and the rest of one whose removal was interrupted. */
static void remove_later(const struct cleaning *cleaning, const struct checkpoint_list *list)
{
    for (int i = 0; i < list->n; i++) {
        char name[CHECKPOINT_NAME];
        struct error ignored;
        struct warnings old = {0}; /* ignored: somebody else's directory is in nobody's way */
        checkpoint_name(name, list->step[i]);
        if (list->step[i] > cleaning->step)
            checkpoint_remove(cleaning->directory, name, cleaning->warnings);
        else if (checkpoint_recognise(cleaning->directory, name, &ignored))
            checkpoint_remove_part(cleaning->directory, name, &old);
    }
}

static bool nothing(const char *name)
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
    struct warnings noted = {0}; /* ignored: whatever keeps the directory is noted already */
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
        directory_remove(run, RUN_CHECKPOINTS, nothing, &noted);
    return status;
}
