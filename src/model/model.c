#include "model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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

void model_activations(const struct mlp *mlp, char out[MODEL_ACTIVATIONS_MAX])
{
    int hidden = mlp->layers - 1;
    bool equal = true;
    for (int l = 1; l < hidden; l++)
        equal &= mlp->activation[l] == mlp->activation[0];
    size_t used = (size_t)snprintf(out, MODEL_ACTIVATIONS_MAX, "%s",
        hidden > 0 ? activation_words[mlp->activation[0]] : "none");
    for (int l = 1; l < hidden && !equal; l++)
        used += (size_t)snprintf(
            out + used, MODEL_ACTIVATIONS_MAX - used, ",%s", activation_words[mlp->activation[l]]);
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
