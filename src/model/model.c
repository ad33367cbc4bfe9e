#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/definition.h"
#include "base/text.h"
#include "commit.h"

/* The module number of layer l. */
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

/* --- the line of Python --------------------------------------------------------------------- */

/* Text that is truncated where its buffer is full. */
struct line {
    char *out;
    size_t size, used;
};

static void append(struct line *line, const char *text)
{
    if (line->used < line->size)
        line->used += (size_t)snprintf(line->out + line->used, line->size - line->used, "%s", text);
}

/* "nn.Dropout(0.5)" */
static void append_call(struct line *line, const char *module, float argument)
{
    char number[32];
    append(line, module);
    append(line, "(");
    append(line, text_from_float(argument, number));
    append(line, ")");
}

static void append_linear(struct line *line, int64_t in, int64_t out)
{
    char call[64];
    snprintf(call, sizeof call, "nn.Linear(%" PRId64 ", %" PRId64 ")", in, out);
    append(line, call);
}

static void append_activation(struct line *line, const struct mlp *mlp, int l)
{
    const char *module = activation_modules[mlp->activation[l]];
    if (mlp->activation[l] == ACTIVATION_LEAKY_RELU)
        append_call(line, module, mlp->leaky_slope);
    else
        append(line, module);
}

void model_python(const struct mlp *mlp, char *out, size_t size)
{
    struct line line = {out, size, 0};
    append(&line, "nn.Sequential(");
    if (mlp->dropout_input > 0) {
        append_call(&line, "nn.Dropout", mlp->dropout_input);
        append(&line, ", ");
    }
    for (int l = 0; l < mlp->layers; l++) {
        append_linear(&line, mlp->width[l], mlp->width[l + 1]);
        if (l == mlp->layers - 1)
            break;
        append(&line, ", ");
        append_activation(&line, mlp, l);
        append(&line, ", ");
        if (mlp->dropout_hidden > 0) {
            append_call(&line, "nn.Dropout", mlp->dropout_hidden);
            append(&line, ", ");
        }
    }
    append(&line, ")");
}

/* --- the file ------------------------------------------------------------------------------- */

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

enum { ACTIVATIONS_MAX = MLP_LAYERS_MAX * 16 };

/* "relu", "relu,tanh", "none". */
static void list_activations(const struct mlp *mlp, char out[ACTIVATIONS_MAX])
{
    int hidden = mlp->layers - 1;
    bool equal = true;
    for (int l = 1; l < hidden; l++)
        equal &= mlp->activation[l] == mlp->activation[0];
    size_t used = (size_t)snprintf(
        out, ACTIVATIONS_MAX, "%s", hidden > 0 ? activation_words[mlp->activation[0]] : "none");
    for (int l = 1; l < hidden && !equal; l++)
        used += (size_t)snprintf(
            out + used, ACTIVATIONS_MAX - used, ",%s", activation_words[mlp->activation[l]]);
}

static void set_network(struct json *metadata, const struct mlp *mlp)
{
    char module[MODEL_PYTHON_MAX], widths[MLP_LAYERS_MAX * 24] = "";
    char activations[ACTIVATIONS_MAX];
    size_t used = 0;
    for (int l = 0; l <= mlp->layers; l++)
        used += (size_t)snprintf(
            widths + used, sizeof widths - used, l ? ",%" PRId64 : "%" PRId64, mlp->width[l]);
    model_python(mlp, module, sizeof module);
    list_activations(mlp, activations);
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

/* --- memory --------------------------------------------------------------------------------- */

void model_clear(struct model *model)
{
    free(model->feature_name);
    free(model->output_name);
    free((void *)(uintptr_t)model->criterion.class_weight);
    scale_clear(&model->input);
    scale_clear(&model->target);
    free(model->parameters);
    *model = (struct model){.parameters = NULL};
}
