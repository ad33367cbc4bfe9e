#include "api/model_handle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/output.h"
#include "api/model_session.h"
#include "api/options_handle.h"
#include "comm/machine.h"
#include "model/model_read.h"
#include "model/outputs.h"
#include "run/run_files.h"
#include "step/common_kernel.h"

/* --- making and freeing ---------------------------------------------------------------------- */

static void clear(struct lockstep_model *model)
{
    outputs_weights_clear(&model->weights);
    model_clear(&model->model);
}

void lockstep_model_free(struct lockstep_model *model)
{
    if (model)
        clear(model);
    free(model);
}

/* Prepares a model whose file has been read: its kernel, its panels and its threads. */
static enum status prepare(struct lockstep_model *model, struct error *error)
{
    struct affinity affinity;
    char note[KERNEL_NOTE_MAX];
    TRY(affinity_settle(&affinity, comm_self(), 0, error));
    TRY(common_kernel_choose("auto", comm_self(), &model->kernel, note, error));
    model->threads = affinity.threads;
    panels_init(&model->panels, &model->model.mlp, &model->kernel, machine_l2_bytes());
    return outputs_weights(
        &model->weights, &model->panels, &model->model.mlp, model->model.parameters, error);
}

static enum status take(struct lockstep_model **out, struct error *error)
{
    return memory_take(out, 1, sizeof **out, "a model", error);
}

/* Frees the model unless all went well. */
static enum status finish(struct lockstep_model **out, enum status status)
{
    if (status) {
        lockstep_model_free(*out);
        *out = NULL;
    }
    return status;
}

static enum status from_bytes(struct lockstep_model **out, const void *bytes, size_t size,
    const char *name, struct error *error)
{
    TRY(take(out, error));
    snprintf((*out)->name, sizeof(*out)->name, "%s", name);
    enum status status = model_read_bytes(bytes, size, name, &(*out)->model, error);
    if (!status)
        status = prepare(*out, error);
    return finish(out, status);
}

static enum status load(struct lockstep_model **out, const char *path, struct error *error)
{
    TRY(take(out, error));
    enum status status = STATUS_OK;
    if (file_is_directory(path))
        status = file_path((*out)->name, path, RUN_MODEL, error);
    else
        snprintf((*out)->name, sizeof(*out)->name, "%s", path);
    if (!status)
        status = model_read((*out)->name, &(*out)->model, error);
    if (!status)
        status = prepare(*out, error);
    return finish(out, status);
}

int lockstep_model_load(struct lockstep_model **out, const char *path, struct lockstep_error *error)
{
    struct error trouble;
    if (out)
        *out = NULL;
    enum status status = !out || !path
                             ? refuse_null("lockstep_model_load", out ? "path" : "out", &trouble)
                             : load(out, path, &trouble);
    return options_handle_end(status, &trouble, error);
}

int lockstep_model_from_bytes(
    struct lockstep_model **out, const void *bytes, size_t size, struct lockstep_error *error)
{
    struct error trouble;
    if (out)
        *out = NULL;
    enum status status =
        !out || !bytes ? refuse_null("lockstep_model_from_bytes", out ? "bytes" : "out", &trouble)
                       : from_bytes(out, bytes, size, "the model", &trouble);
    return options_handle_end(status, &trouble, error);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Returns the content of a file in memory, which the caller frees. */
static enum status read_back(int file, void **bytes, size_t *size, struct error *error)
{
    struct stat facts;
    size_t done = 0;
    if (fstat(file, &facts) != 0)
        return fail_errno(error, STATUS_IO, errno, "cannot read a model in memory");
    *size = (size_t)facts.st_size;
    TRY(memory_take(bytes, *size, 1, "the bytes of a model", error));
    while (done < *size) {
        ssize_t n = pread(file, (char *)*bytes + done, *size - done, (off_t)done);
        if (n <= 0)
            return fail_errno(error, STATUS_IO, errno, "cannot read a model in memory");
        done += (size_t)n;
    }
    return STATUS_OK;
}

static enum status to_bytes(
    const struct model *model, void **bytes, size_t *size, struct error *error)
{
    struct output output = {.descriptor = memfd_create("model", MFD_CLOEXEC)};
    if (output.descriptor < 0)
        return fail_errno(error, STATUS_NO_RESOURCE, errno, "no memory for the bytes of a model");
    enum status status = model_write_to(&output, model, error);
    if (!status)
        status = read_back(output.descriptor, bytes, size, error);
    close(output.descriptor);
    return status;
}

enum status model_handle_create(
    struct lockstep_model **out, const struct model *model, struct error *error)
{
    void *bytes = NULL;
    size_t size;
    enum status status = to_bytes(model, &bytes, &size, error);
    if (!status)
        status = from_bytes(out, bytes, size, "the model", error);
    free(bytes);
    return status;
}

int lockstep_model_to_bytes(
    const struct lockstep_model *model, void **bytes, size_t *size, struct lockstep_error *error)
{
    struct error trouble;
    enum status status = STATUS_OK;
    if (bytes)
        *bytes = NULL;
    if (!model || !bytes || !size)
        status = refuse_null("lockstep_model_to_bytes",
            !model   ? "model"
            : !bytes ? "bytes"
                     : "size",
            &trouble);
    else
        status = to_bytes(&model->model, bytes, size, &trouble);
    if (status && bytes) {
        free(*bytes);
        *bytes = NULL;
    }
    return options_handle_end(status, &trouble, error);
}

static enum status save(const struct model *model, const char *path, struct error *error)
{
    struct output output;
    TRY(output_open(&output, path, error));
    return output_end(&output, model_write_to(&output, model, error), error);
}

int lockstep_model_save(
    const struct lockstep_model *model, const char *path, struct lockstep_error *error)
{
    struct error trouble;
    enum status status =
        !model || !path ? refuse_null("lockstep_model_save", model ? "path" : "model", &trouble)
                        : save(&model->model, path, &trouble);
    return options_handle_end(status, &trouble, error);
}

/* --- what a model is -------------------------------------------------------------------------- */

static int64_t outputs_of(const struct lockstep_model *model)
{
    return model->model.mlp.width[model->model.mlp.layers];
}

struct lockstep_shape lockstep_model_shape(const struct lockstep_model *model)
{
    if (!model)
        return (struct lockstep_shape){0};
    bool classes = model->model.criterion.kind == LOSS_CROSS_ENTROPY;
    return (struct lockstep_shape){.features = model->model.input.columns,
        .classes = classes ? outputs_of(model) : 0,
        .outputs = classes ? 0 : outputs_of(model)};
}

const char *lockstep_model_feature_name(const struct lockstep_model *model, int64_t feature)
{
    bool has =
        model && model->model.feature_name && feature >= 0 && feature < model->model.input.columns;
    return has ? model->model.feature_name[feature] : NULL;
}

const char *lockstep_model_output_name(const struct lockstep_model *model, int64_t output)
{
    bool has = model && model->model.output_name && output >= 0 && output < outputs_of(model);
    return has ? model->model.output_name[output] : NULL;
}

uint64_t lockstep_model_hash(const struct lockstep_model *model)
{
    return model ? hash_bytes(model->model.parameters,
                       (size_t)model->model.mlp.parameters * sizeof(float), 0)
                 : 0;
}

void model_handle_request(
    const struct lockstep_model *model, bool labelled, struct source_request *request)
{
    model_set_request(&model->model, labelled, request);
}
