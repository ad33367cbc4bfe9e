#include "model/model_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/text.h"
#include "commit.h"

/* Metadata are texts: sets an array as its text, and frees it. */
static void set_array(struct json *metadata, const char *key, struct json *array)
{
    char *text = js_text(array, false);
    js_destroy(array);
    js_set_text(
        metadata, key, text); /* without memory: null, and js_text() of the whole fails too */
    free(text);
}

static void set_floats(struct json *metadata, const char *key, const float *x, int64_t n)
{
    struct json *array = js_array();
    bool equal = true;
    for (int64_t i = 1; i < n; i++)
        equal &= x[i] == x[0];
    for (int64_t i = 0; i < (equal ? 1 : n); i++)
        js_append_real(array, (double)x[i]);
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
    char module[MODEL_PYTHON_MAX], widths[MLP_LAYERS_MAX * 24] = "";
    char activations[MODEL_ACTIVATIONS_MAX];
    size_t used = 0;
    for (int l = 0; l <= mlp->layers; l++)
        used += (size_t)snprintf(
            widths + used, sizeof widths - used, l ? ",%" PRId64 : "%" PRId64, mlp->width[l]);
    model_python(mlp, module, sizeof module);
    model_activations(mlp, activations);
    js_set_text(metadata, "module", module);
    js_set_text(metadata, "widths", widths);
    js_set_text(metadata, "activation", activations);
    if (strstr(activations, activation_words[ACTIVATION_LEAKY_RELU]))
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
    if (model->feature_name)
        set_names(metadata, "feature_names", model->feature_name, model->mlp.width[0]);
    set_floats(metadata, "input_shift", model->input.shift, model->input.features);
    set_floats(metadata, "input_factor", model->input.factor, model->input.features);
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
