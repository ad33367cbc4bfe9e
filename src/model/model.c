#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/text.h"
#include "commit.h"
#include "model/model_columns.h"

/* Returns the module number of layer l. */
static int module_of(const struct mlp *mlp, int l)
{
    return (mlp->dropout_input > 0) + l * (mlp->dropout_hidden > 0 ? 3 : 2);
}

int model_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct mlp *mlp, float *block,
    const char *suffix)
{
    for (int l = 0; l < mlp->layers; l++) {
        struct tensor *weight = tensor++, *bias = tensor++;
        int module = module_of(mlp, l);
        *weight = (struct tensor){.dimensions = 2,
            .shape = {mlp->width[l + 1], mlp->width[l]},
            .data = block + mlp->weight_at[l]};
        *bias = (struct tensor){
            .dimensions = 1, .shape = {mlp->width[l + 1]}, .data = block + mlp->bias_at[l]};
        snprintf(weight->name, sizeof weight->name, "%d.weight%s", module, suffix);
        snprintf(bias->name, sizeof bias->name, "%d.bias%s", module, suffix);
    }
    return 2 * mlp->layers;
}

enum status model_read_tensors(const struct safetensors *file, const struct tensor *tensor, int n,
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

/* Describes the network's tensors by their names in the file. These are the names of this network,
 * or of the same network with or without dropout modules, since the file may come from a training
 * run with different dropout. */
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
        model_read_tensors(&file, tensor, n, "the network of --hidden and --data", error);
    safetensors_close(&file);
    return status;
}

/* --- the Python line ------------------------------------------------------------------------ */

void model_python(const struct mlp *mlp, char *out, size_t size)
{
    char number[32];
    snprintf(out, size, "nn.Sequential(");
    if (mlp->dropout_input > 0)
        text_append(out, size, "nn.Dropout(%s), ", text_from_float(mlp->dropout_input, number));
    for (int l = 0; l < mlp->layers; l++) {
        text_append(
            out, size, "nn.Linear(%" PRId64 ", %" PRId64 ")", mlp->width[l], mlp->width[l + 1]);
        if (l == mlp->layers - 1)
            break;
        text_append(out, size, ", %s", activation_modules[mlp->activation[l]]);
        if (mlp->activation[l] == ACTIVATION_LEAKY_RELU)
            text_append(out, size, "(%s)", text_from_float(mlp->leaky_slope, number));
        if (mlp->dropout_hidden > 0)
            text_append(
                out, size, ", nn.Dropout(%s)", text_from_float(mlp->dropout_hidden, number));
        text_append(out, size, ", ");
    }
    text_append(out, size, ")");
}

/* --- the file ------------------------------------------------------------------------------- */

/* Sets a metadata entry to the text of an array, since metadata values are strings; frees the
 * array. */
static void set_array(struct json *metadata, const char *key, struct json *array)
{
    char *text = js_text(array, false);
    js_destroy(array);
    js_set_text(
        metadata, key, text); /* out of memory: null, and js_text() of the whole object fails too */
    free(text);
}

static void set_floats(struct json *metadata, const char *key, const float *x, int64_t n)
{
    struct json *array = js_array();
    bool equal = true;
    for (int64_t i = 1; i < n; i++)
        equal &= x[i] == x[0];
    for (int64_t i = 0; i < (equal ? 1 : n); i++)
        js_append_float(array, x[i]);
    set_array(metadata, key, array);
}

static void set_names(struct json *metadata, const char *key, char *const *name, int64_t n)
{
    struct json *array = js_array();
    for (int64_t i = 0; i < n; i++)
        js_append_text(array, name[i]);
    set_array(metadata, key, array);
}

static void set_int(struct json *metadata, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    js_set_text(metadata, key, text);
}

static void set_float(struct json *metadata, const char *key, float value)
{
    char text[32];
    js_set_text(metadata, key, text_from_float(value, text));
}

static void set_network(struct json *metadata, const struct mlp *mlp)
{
    char module[MODEL_PYTHON_MAX], widths[MLP_LAYERS_MAX * 24] = "",
                                                           names[MLP_LAYERS_MAX * 16] = "";
    int hidden = mlp->layers - 1;
    bool equal = true, leaky = false;
    for (int l = 0; l < hidden; l++) {
        equal &= mlp->activation[l] == mlp->activation[0];
        leaky |= mlp->activation[l] == ACTIVATION_LEAKY_RELU;
    }
    for (int l = 0; l <= mlp->layers; l++)
        text_append(widths, sizeof widths, "%s%" PRId64, l ? "," : "", mlp->width[l]);
    for (int l = 0; l < (equal && hidden > 0 ? 1 : hidden); l++)
        text_append(
            names, sizeof names, "%s%s", l ? "," : "", activation_words[mlp->activation[l]]);
    model_python(mlp, module, sizeof module);
    js_set_text(metadata, "module", module);
    js_set_text(metadata, "widths", widths);
    js_set_text(metadata, "activation", hidden > 0 ? names : "none");
    if (leaky)
        set_float(metadata, "leaky_slope", mlp->leaky_slope);
    if (mlp->dropout_input > 0)
        set_float(metadata, "dropout_input", mlp->dropout_input);
    if (mlp->dropout_hidden > 0)
        set_float(metadata, "dropout_hidden", mlp->dropout_hidden);
}

static void set_loss(struct json *metadata, const struct model *model)
{
    const struct criterion *criterion = &model->criterion;
    int64_t outputs = model->mlp.width[model->mlp.layers];
    bool classifies = criterion->kind == LOSS_CROSS_ENTROPY;
    js_set_text(metadata, "loss", loss_words[criterion->kind]);
    if (classifies && criterion->label_smoothing > 0)
        set_float(metadata, "label_smoothing", criterion->label_smoothing);
    if (criterion->kind == LOSS_HUBER)
        set_float(metadata, "huber_delta", criterion->huber_delta);
    if (classifies && criterion->class_weight)
        set_floats(metadata, "class_weight", criterion->class_weight, outputs);
    if (model->baseline)
        set_floats(metadata, "baseline", model->baseline, outputs);
    set_int(metadata, "classes", classifies ? outputs : 0);
    if (model->output_name)
        set_names(
            metadata, classifies ? "class_names" : "output_names", model->output_name, outputs);
}

static struct json *metadata_of(const struct model *model)
{
    struct json *metadata = js_object();
    js_set_text(metadata, "format", "pt");
    js_set_text(metadata, "lockstep", LOCKSTEP_VERSION);
    set_int(metadata, "definition", DEFINITION);
    set_network(metadata, &model->mlp);
    set_loss(metadata, model);
    if (model->label_name)
        set_names(metadata, "label_names", model->label_name, 1);
    if (model->feature_name)
        set_names(metadata, "feature_names", model->feature_name, model->input.columns);
    if (model->missing && *model->missing)
        js_set_text(metadata, "missing_texts", model->missing);
    if (model->weight_name)
        js_set_text(metadata, "weight_name", model->weight_name);
    set_floats(metadata, "input_shift", model->input.scale.shift, model->input.columns);
    set_floats(metadata, "input_factor", model->input.scale.factor, model->input.columns);
    if (model->input.fill)
        set_floats(metadata, "input_fill", model->input.fill, model->input.columns);
    if (model->input.column)
        set_array(metadata, "columns", model_columns_json(&model->input));
    if (model->target.features > 0) {
        set_floats(metadata, "target_shift", model->target.shift, model->target.features);
        set_floats(metadata, "target_factor", model->target.factor, model->target.features);
    }
    return metadata;
}

enum status model_write(const struct directory *directory, const char *name,
    const struct model *model, struct error *error)
{
    struct tensor tensor[MODEL_TENSORS_MAX];
    int n = model_tensors(tensor, &model->mlp, model->parameters, "");
    return safetensors_write(directory, name, metadata_of(model), tensor, n, error);
}

enum status model_write_to(struct output *output, const struct model *model, struct error *error)
{
    struct tensor tensor[MODEL_TENSORS_MAX];
    int n = model_tensors(tensor, &model->mlp, model->parameters, "");
    return safetensors_write_to(output, metadata_of(model), tensor, n, error);
}

/* --- memory --------------------------------------------------------------------------------- */

void model_clear(struct model *model)
{
    free(model->feature_name);
    free(model->output_name);
    free(model->baseline);
    free(model->label_name);
    free((void *)(uintptr_t)model->missing);
    free((void *)(uintptr_t)model->weight_name);
    free((void *)(uintptr_t)model->criterion.class_weight);
    encoding_clear(&model->input);
    scale_clear(&model->target);
    free(model->parameters);
    *model = (struct model){.parameters = NULL};
}
