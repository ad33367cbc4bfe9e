#include "run/run_files.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    int owners;
} table[] = {
    {RUN_CONFIG, OF_RUN | OF_SWEEP | OF_FOLDS | OF_TUNE},
    {RUN_LOG, OF_RUN},
    {RUN_SUMMARY, OF_RUN},
    {RUN_MODEL, OF_RUN | OF_CHECKPOINT | OF_TUNE},
    {CHECKPOINT_OPTIMIZER, OF_CHECKPOINT},
    {CHECKPOINT_BEST, OF_CHECKPOINT},
    {CHECKPOINT_EPOCH, OF_CHECKPOINT},
    {CHECKPOINT_STATE, OF_CHECKPOINT},
    {SWEEP_JSON, OF_SWEEP},
    {SWEEP_CSV, OF_SWEEP},
    {FOLDS_JSON, OF_FOLDS},
    {FOLDS_CSV, OF_FOLDS},
    {TUNE_JSON, OF_TUNE},
    {TUNE_CSV, OF_TUNE},
    {TUNE_BEST, OF_TUNE},
    {RUN_REPORT, OF_REPORT},
};
enum { N_FILES = sizeof table / sizeof *table };

bool run_file_is(const char *name, int owners)
{
    for (int i = 0; i < N_FILES; i++)
        if (table[i].owners & owners && strcmp(name, table[i].name) == 0)
            return true;
    return false;
}

bool run_file_is_temporary(const char *name, int owners)
{
    for (int i = 0; i < N_FILES; i++)
        if (table[i].owners & owners && directory_is_temporary(name, table[i].name))
            return true;
    return false;
}

enum status run_files_expect(const struct directory *directory, int owners, struct error *error)
{
    for (int i = 0; i < N_FILES; i++)
        if (table[i].owners & owners)
            TRY(directory_expect(directory, table[i].name, ENTRY_FILE, error));
    return STATUS_OK;
}

enum status run_files_remove(const struct directory *directory, int owners, struct error *error)
{
    for (int i = 0; i < N_FILES; i++)
        if (table[i].owners & owners && strcmp(table[i].name, RUN_CONFIG) != 0)
            TRY(directory_remove_file(directory, table[i].name, error));
    return STATUS_OK;
}

/* --- the directory of --out ------------------------------------------------------------------ */

enum status out_open(struct directory *directory, const char *path, bool make, struct error *error)
{
    directory->descriptor = -1;
    if (!make && !file_exists(path))
        return STATUS_OK;
    if (make || !file_is_directory(path))
        TRY(file_make_directory(path, error)); /* fails if there is a file of that name */
    if (directory_open(directory, path, error))
        return error->status = STATUS_CANNOT_CREATE;
    return STATUS_OK;
}

/* The contents of a directory, and the command that makes them. */
static const struct {
    const char *noun, *command;
} kinds[] = {[OUT_RUN] = {"run", "train"},
    [OUT_SWEEP] = {"sweep", "sweep"},
    [OUT_FOLDS] = {"cross-validation", "folds"},
    [OUT_TUNE] = {"tuning study", "tune"}};

/* True if the text begins with the mark that this command writes. */
static bool has_mark(const char *text, const char *command)
{
    char mark[64];
    int length = snprintf(mark, sizeof mark, OUT_MARK, command);
    return strncmp(text, mark, (size_t)length) == 0;
}

static enum status find_other(void *context, const char *name, struct error *error)
{
    bool *empty = context;
    (void)error;
    *empty &= directory_is_temporary(name, RUN_CONFIG);
    return STATUS_OK;
}

enum out_kind out_kind_of(const struct directory *directory)
{
    char text[128] = "";
    bool empty = true;
    struct error ignored;
    FILE *file;
    if (directory_each(directory, find_other, &empty, &ignored))
        return OUT_FOREIGN;
    if (empty)
        return OUT_EMPTY;
    if (directory_open_file(directory, RUN_CONFIG, "r", &file, &ignored))
        return OUT_FOREIGN;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    enum out_kind kind = OUT_RUN;
    while (kind < OUT_FOREIGN && !has_mark(text, kinds[kind].command))
        kind++;
    return kind;
}

enum status out_expect(const struct directory *directory, enum out_kind wanted, struct error *error)
{
    enum out_kind kind = out_kind_of(directory);
    if (kind == OUT_EMPTY || kind == wanted)
        return STATUS_OK;
    TRY(directory_expect(directory, RUN_CONFIG, ENTRY_FILE, error));
    if (kind != OUT_FOREIGN)
        return fail(error, STATUS_CANNOT_CREATE,
            "%s is not empty and holds a %s, not a %s; choose another directory", directory->path,
            kinds[kind].noun, kinds[wanted].noun);
    return fail(error, STATUS_CANNOT_CREATE,
        "%s is not empty and holds no %s made by lockstep (there is no " RUN_CONFIG
        " that begins with \"" OUT_MARK
        "\"); lockstep changes nothing in it, not even with --overwrite or --resume; choose "
        "another directory",
        directory->path, kinds[wanted].noun, kinds[wanted].command);
}

/* True if the path is a run or a sweep: "run", or "run/checkpoints/step-000000100/../..". */
static bool is_run_or_sweep(const char *path)
{
    struct directory directory;
    struct error ignored;
    if (directory_open(&directory, path, &ignored))
        return false;
    enum out_kind kind = out_kind_of(&directory);
    directory_close(&directory);
    return kind != OUT_EMPTY && kind != OUT_FOREIGN;
}

/* True if this file belongs to a run or sweep. `path` must not contain links; it is modified. */
static bool is_part_of_a_run(char *path)
{
    char above[PATH_MAX + 8];
    char *slash = strrchr(path, '/');
    if (!slash || !run_file_is(slash + 1, OF_ALL & ~OF_REPORT))
        return false;
    *slash = '\0';
    snprintf(above, sizeof above, "%s/../..", path);
    return is_run_or_sweep(path) || is_run_or_sweep(above);
}

enum status out_refuse_file(
    const char *option, const char *path, const char *const *input, int n, struct error *error)
{
    char whole[PATH_MAX];
    struct stat out;
    if (stat(path, &out) != 0 || !S_ISREG(out.st_mode))
        return STATUS_OK;
    for (int i = 0; i < n; i++)
        if (file_is_same(path, input[i]))
            return fail(error, STATUS_CANNOT_CREATE,
                "--%s %s is an input of this command and would be replaced; choose another file",
                option, path);
    if (realpath(path, whole) && is_part_of_a_run(whole))
        return fail(error, STATUS_CANNOT_CREATE,
            "--%s %s is part of a run or sweep made by lockstep and would be replaced; "
            "choose another file",
            option, path);
    return STATUS_OK;
}
