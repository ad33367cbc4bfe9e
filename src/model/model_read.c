#include "model/model_read.h"

#include <inttypes.h>
#include <math.h>

#include "base/memory.h"
#include "model/model_metadata.h"

/* Reads the tensors, whose data must be finite. */
static enum status read_tensors(const struct safetensors *file, const struct tensor *tensor, int n,
    const char *user, struct error *error)
{
    TRY(safetensors_read(file, tensor, n, user, error));
    for (int t = 0; t < n; t++)
        for (int64_t i = 0; i < tensor_floats(&tensor[t]); i++)
            if (!isfinite(tensor[t].data[i]))
                return fail(error, STATUS_BAD_DATA,
                    "%s: tensor %s holds %g; weights must be finite", file->path, tensor[t].name,
                    (double)tensor[t].data[i]);
    return STATUS_OK;
}

static bool all_named(const struct tensor *tensor, int n, const struct safetensors *file)
{
    int found = 0;
    while (found < n && js_get(file->header, tensor[found].name))
        found++;
    return found == n;
}

/* The network's tensors by the names in the file: those of this network, or those with or without
 * dropout modules, since the file may come from a training with other dropout. */
static int tensors_as_named(struct tensor tensor[MODEL_TENSORS_MAX], const struct safetensors *file,
    const struct mlp *mlp, float *parameters)
{
    int n = model_tensors(tensor, mlp, parameters, "");
    for (int dropouts = 0; dropouts < 4 && !all_named(tensor, n, file); dropouts++) {
        struct mlp other = *mlp;
        other.dropout_input = dropouts & 1 ? 0.5F : 0;
        other.dropout_hidden = dropouts & 2 ? 0.5F : 0;
        n = model_tensors(tensor, &other, parameters, "");
    }
    return all_named(tensor, n, file) ? n : model_tensors(tensor, mlp, parameters, "");
}

enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error)
{
    struct safetensors file;
    struct tensor tensor[MODEL_TENSORS_MAX];
    TRY(safetensors_open(&file, path, error));
    int n = tensors_as_named(tensor, &file, mlp, parameters);
    enum status status =
        read_tensors(&file, tensor, n, "the network of --hidden and --data", error);
    safetensors_close(&file);
    return status;
}

static struct metadata metadata_of(const struct safetensors *file)
{
    return (struct metadata){file->path, js_get(file->header, "__metadata__")};
}

/* Before memory is taken for the network that the metadata describe. */
static enum status check_size(
    const struct safetensors *file, const struct mlp *mlp, struct error *error)
{
    if (file->data_bytes / sizeof(float) == (size_t)mlp->parameters &&
        file->data_bytes % sizeof(float) == 0)
        return STATUS_OK;
    return fail(error, STATUS_BAD_DATA,
        "%s: its metadata describe %" PRId64 " weights, %" PRId64
        " bytes, but its data have %zu bytes; the file is damaged or cut short",
        file->path, mlp->parameters, mlp->parameters * (int64_t)sizeof(float), file->data_bytes);
}

/* The network that the metadata describe, with the size of the file's data. */
static enum status read_network(
    const struct safetensors *file, struct mlp *mlp, struct error *error)
{
    TRY(model_metadata_network(metadata_of(file), mlp, error));
    return check_size(file, mlp, error);
}

enum status model_read_network(const char *path, struct mlp *mlp, struct error *error)
{
    struct safetensors file;
    TRY(safetensors_open(&file, path, error));
    enum status status = read_network(&file, mlp, error);
    safetensors_close(&file);
    return status;
}

static enum status read_all(
    const struct safetensors *file, struct model *model, struct error *error)
{
    struct tensor tensor[MODEL_TENSORS_MAX];
    TRY(read_network(file, &model->mlp, error));
    TRY(model_metadata_rest(metadata_of(file), model, error));
    TRY(memory_take(&model->parameters, (size_t)model->mlp.parameters, sizeof(float),
        "the weights of a model", error));
    int n = model_tensors(tensor, &model->mlp, model->parameters, "");
    return read_tensors(file, tensor, n, "the network that its metadata describe", error);
}

enum status model_read(const char *path, struct model *model, struct error *error)
{
    struct safetensors file;
    *model = (struct model){.parameters = NULL};
    TRY(safetensors_open(&file, path, error));
    enum status status = read_all(&file, model, error);
    safetensors_close(&file);
    if (status)
        model_clear(model);
    return status;
}
