#include "train/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "train/checkpoint_files.h"

const char checkpoint_model[] = "model.safetensors",
           checkpoint_optimizer[] = "optimizer.safetensors", checkpoint_best[] = "best.safetensors",
           checkpoint_state[] = "state.json";

/* --- names --------------------------------------------------------------------------------- */

enum status checkpoint_path(
    char out[FILE_PATH_MAX], const char *directory, int64_t step, bool part, struct error *error)
{
    char name[64];
    snprintf(
        name, sizeof name, "%sstep-%09" PRId64 "%s", part ? "." : "", step, part ? ".part" : "");
    return file_path(out, directory, name, error);
}

/* The step of "step-000001407", 0 for other names. */
static int64_t step_of(const char *name)
{
    static const char prefix[] = "step-";
    size_t skip = sizeof prefix - 1, digits = strspn(name + strnlen(name, skip), "0123456789");
    if (strncmp(name, prefix, skip) != 0 || digits == 0 || digits > 18 || name[skip + digits])
        return 0;
    return strtoll(name + skip, NULL, 10);
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
    const char *directory, struct checkpoint_list *list, struct error *error)
{
    list->n = 0;
    return file_each(directory, take_name, list, error);
}

bool checkpoint_any(const char *directory)
{
    struct checkpoint_list list;
    struct error error;
    return !checkpoint_list(directory, &list, &error) && list.n > 0;
}

int checkpoint_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct settings *settings,
    int state, float *block)
{
    char suffix[TENSOR_NAME_MAX];
    snprintf(suffix, sizeof suffix, ".%s", optimizer_state_name(&settings->optimizer, state));
    return model_tensors(tensor, &settings->mlp, block, suffix);
}

/* --- hashes -------------------------------------------------------------------------------- */

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

/* --- removing ------------------------------------------------------------------------------ */

enum status checkpoint_remove(const char *directory, int64_t step, struct error *error)
{
    char path[FILE_PATH_MAX], part[FILE_PATH_MAX];
    enum status status = checkpoint_path(path, directory, step, false, error);
    if (!status)
        status = checkpoint_path(part, directory, step, true, error);
    if (!status)
        status = file_remove_directory(part, error);
    if (status)
        return status;
    if (rename(path, part) == 0)
        return file_remove_directory(part, error);
    return errno == ENOENT
               ? STATUS_OK
               : fail_errno(error, STATUS_IO, errno, "cannot rename %s to %s", path, part);
}

/* What a crash left. */
static enum status remove_leftover(void *context, const char *name, struct error *error)
{
    char path[FILE_PATH_MAX];
    static const char end[] = ".part";
    size_t length = strlen(name);
    if (strncmp(name, ".step-", 6) != 0 || length < sizeof end ||
        strcmp(name + length - (sizeof end - 1), end) != 0)
        return STATUS_OK;
    enum status status = file_path(path, context, name, error);
    return status ? status : file_remove_directory(path, error);
}

enum status checkpoint_clean(const char *directory, int64_t step, struct error *error)
{
    struct checkpoint_list list;
    char copy[FILE_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", directory);
    enum status status = file_each(directory, remove_leftover, copy, error);
    if (!status)
        status = checkpoint_list(directory, &list, error);
    for (int i = 0; !status && i < list.n && list.step[i] > step; i++)
        status = checkpoint_remove(directory, list.step[i], error);
    if (!status && step == 0)
        status = file_remove_directory(directory, error);
    return status;
}
