#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/output.h"
#include "base/shown.h"
#include "base/text.h"
#include "data/names.h"
#include "model/onnx/export.h"
#include "run/model_set.h"
#include "run/run_files.h"

/* Makes the list of the files of the models. */
static enum status find_models(const char *path, char ***models, int64_t *n, struct error *error)
{
    char model[FILE_PATH_MAX];
    struct model_set set;
    TRY(model_set_find(&set, path, error));
    TRY(model_set_path(model, &set, path, set.n, error)); /* the longest */
    TRY(names_take(models, set.n, (size_t)set.n * (strlen(model) + 1), "the models", error));
    char *text = (*models)[0];
    for (int64_t k = 1; k <= set.n; k++) {
        TRY(model_set_path(model, &set, path, k, error));
        text = stpcpy(text, model) + 1;
    }
    names_index(*models, set.n);
    *n = set.n;
    return STATUS_OK;
}

/* Refuses a file that is not empty and that lockstep has not written as ONNX: a mistyped name would
 * cost it. */
static enum status refuse_foreign(const char *path, struct error *error)
{
    char start[sizeof ONNX_MARK - 1];
    FILE *file;
    uint64_t size;
    struct error ignored;
    if (!file_exists(path) || file_open_regular(path, &file, &size, &ignored))
        return STATUS_OK;
    size_t n = fread(start, 1, sizeof start, file);
    bool ours = size == 0 || (n == sizeof start && memcmp(start, ONNX_MARK, n) == 0);
    fclose(file);
    return ours
               ? STATUS_OK
               : fail(error, STATUS_CANNOT_CREATE,
                     "--onnx %s exists and is not an ONNX file that lockstep wrote; choose another "
                     "file, or remove it",
                     path);
}

static enum status write_file(const char *path, const struct protobuf *file, struct error *error)
{
    struct output output;
    TRY(output_open(&output, path, error));
    enum status status =
        output_end(&output, output_write(&output, file->bytes, file->size, error), error);
    if (!status && strcmp(path, "-") != 0)
        printf("%s: %s\n", SHOWN(path), BYTES((double)file->size));
    return status;
}

static enum status convert(
    const char *const *model, int64_t models, const char *path, struct error *error)
{
    struct protobuf file = {0};
    TRY(out_refuse_file("onnx", path, model, (int)models, error));
    TRY(refuse_foreign(path, error));
    enum status status = onnx_export(&file, model, models, error);
    if (!status)
        status = write_file(path, &file, error);
    free(file.bytes);
    return status;
}

static enum status export(const struct options *options, struct error *error) {
    char **model = NULL; int64_t models;
    enum status status = find_models(options->model, &model, &models, error);
    if (!status) status = convert((const char *const *)model, models, options->onnx, error);
    free(model);
    return status;
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    return comm_agree(comm, comm->rank == 0 ? export(options, error) : STATUS_OK, error);
}

const struct command_row command_export = {
    .arguments = "MODEL --onnx FILE",
    .summary = "a model as an ONNX file, which other programs run without lockstep",
    .help =
        "  lockstep export runs/first --onnx first.onnx\n"
        "  lockstep export runs/folds --onnx folds.onnx    mean of the models of all folds\n"
        "\n"
        "The graph takes the columns of a table as they are, words and missing values too, and\n"
        "gives what predict writes, apart from rounding: the class and the probabilities, or the\n"
        "values. `lockstep help onnx` has the inputs, the outputs and an example in Python.\n",
    .run = run,
};
