#include "run/model_set.h"

#include <inttypes.h>
#include <stdio.h>

#include "run/run_files.h"
#include "run/run_reader.h"

enum { MODELS_MOST = 1000 };

static enum status read_set(struct model_set *set, const char *directory, const char *name,
    enum out_kind kind, struct error *error)
{
    char path[FILE_PATH_MAX];
    struct json *json;
    TRY(file_path(path, directory, name, error));
    TRY(run_read_json(path, &json, error));
    int64_t winner = run_int(js_get(json, "winner"), "try"), folds = run_int(json, "folds");
    int64_t runs = (int64_t)js_size(js_get(json, "runs"));
    js_destroy(json);
    if (kind == OUT_FOLDS && runs < folds)
        return fail(error, STATUS_NO_INPUT,
            "%s has %" PRId64 " of its %" PRId64
            " folds: the study has not ended; the same lockstep folds "
            "command continues it",
            directory, runs, folds);
    if (kind == OUT_TUNE && winner == 0)
        return fail(error, STATUS_NO_INPUT,
            "%s has no best try: either the study has not ended, and the same lockstep tune "
            "command "
            "continues it, or all its tries diverged",
            directory);
    if (folds < (kind == OUT_FOLDS) || folds > MODELS_MOST)
        return fail(error, STATUS_BAD_DATA, "%s has %" PRId64 " folds; expected 1 to %d", path,
            folds, MODELS_MOST);
    if (folds == 0) /* a tuning study without folds */
        return STATUS_OK;
    set->n = folds;
    snprintf(set->prefix, sizeof set->prefix, "fold");
    if (kind == OUT_TUNE)
        snprintf(set->prefix, sizeof set->prefix, "try%03" PRId64 "-fold", winner);
    return STATUS_OK;
}

/* Finds the models of a cross-validation, or those of the best try of a tuning study. */
enum status model_set_find(struct model_set *set, const char *path, struct error *error)
{
    struct directory directory;
    struct error ignored;
    *set = (struct model_set){.n = 1};
    if (!file_is_directory(path) || directory_open(&directory, path, &ignored))
        return STATUS_OK;
    enum out_kind kind = out_kind_of(&directory);
    directory_close(&directory);
    return kind == OUT_FOLDS  ? read_set(set, path, FOLDS_JSON, kind, error)
           : kind == OUT_TUNE ? read_set(set, path, TUNE_JSON, kind, error)
                              : STATUS_OK;
}

/* Refuses the directory of a study, in place of a model. */
static enum status refuse_study(const char *path, struct error *error)
{
    struct directory directory;
    struct error ignored; /* reading the model reports it */
    if (directory_open(&directory, path, &ignored))
        return STATUS_OK;
    enum out_kind kind = out_kind_of(&directory);
    bool lacks = directory_look(&directory, RUN_MODEL) == ENTRY_NONE;
    directory_close(&directory);
    if (kind == OUT_TUNE && lacks)
        return fail(error, STATUS_NO_INPUT,
            "%s holds a tuning study without a model of its own: either it has not ended, and the "
            "same lockstep tune command continues it, or it has --folds, and a model for each, "
            "%s/" STUDY_RUNS
            "/try...-fold1 ...; predict and export take the mean of those of the best try",
            path, path);
    if (kind != OUT_FOLDS && kind != OUT_SWEEP)
        return STATUS_OK;
    bool folds = kind == OUT_FOLDS;
    return fail(error, STATUS_NO_INPUT,
        "%s holds a %s, which has a model for each of its runs: name one of these, %s/" STUDY_RUNS
        "/%s%s",
        path, folds ? "cross-validation" : "sweep", path, folds ? "fold1 ..." : "...",
        folds ? "; predict and export take the mean of all models" : "");
}

enum status model_file_path(char out[FILE_PATH_MAX], const char *path, struct error *error)
{
    if (file_is_directory(path)) {
        TRY(refuse_study(path, error));
        return file_path(out, path, RUN_MODEL, error);
    }
    snprintf(out, FILE_PATH_MAX, "%s", path);
    return STATUS_OK;
}

enum status model_set_path(char out[FILE_PATH_MAX], const struct model_set *set, const char *path,
    int64_t k, struct error *error)
{
    char name[96];
    if (!set->prefix[0])
        return model_file_path(out, path, error);
    snprintf(name, sizeof name, STUDY_RUNS "/%s%" PRId64 "/" RUN_MODEL, set->prefix, k);
    return file_path(out, path, name, error);
}
