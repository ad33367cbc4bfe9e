#include "model/onnx/network.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/prediction.h"

/* --- layers -------------------------------------------------------------------------------- */

/* The tanh form of GELU, as in net/activation_level.c: z sigmoid(2 sqrt(2/pi) (z + 0.044715 z^3)). */
static struct onnx_value gelu_tanh(struct onnx_graph *graph, struct onnx_value z)
{
    struct onnx_value cubic = onnx_2(graph, "Mul", z, z);
    cubic = onnx_2(graph, "Mul", cubic, onnx_float_number(graph, 0.0713548139F));
    cubic = onnx_2(graph, "Add", cubic, onnx_float_number(graph, 1.59576917F));
    cubic = onnx_2(graph, "Mul", cubic, z);
    return onnx_2(graph, "Mul", z, onnx_1(graph, "Sigmoid", cubic));
}

/* z (1 + erf(z / sqrt 2)) / 2 */
static struct onnx_value gelu(struct onnx_graph *graph, struct onnx_value z)
{
    struct onnx_value twice = onnx_2(graph, "Div", z, onnx_float_number(graph, 1.41421354F));
    twice = onnx_1(graph, "Erf", twice);
    twice = onnx_2(graph, "Add", twice, onnx_float_number(graph, 1));
    twice = onnx_2(graph, "Mul", z, twice);
    return onnx_2(graph, "Mul", twice, onnx_float_number(graph, 0.5F));
}

static struct onnx_value leaky_relu(struct onnx_graph *graph, struct onnx_value z, float slope)
{
    struct onnx_node node = onnx_begin(graph, "LeakyRelu");
    onnx_take(graph, z.name);
    onnx_float(graph, "alpha", slope);
    return onnx_end(graph, node);
}

static struct onnx_value activated(
    struct onnx_graph *graph, const struct mlp *mlp, int layer, struct onnx_value z)
{
    switch (mlp->activation[layer]) {
    case ACTIVATION_LEAKY_RELU:
        return leaky_relu(graph, z, mlp->leaky_slope);
    case ACTIVATION_GELU:
        return gelu(graph, z);
    case ACTIVATION_GELU_TANH:
        return gelu_tanh(graph, z);
    case ACTIVATION_SILU:
        return onnx_2(graph, "Mul", z, onnx_1(graph, "Sigmoid", z));
    case ACTIVATION_TANH:
        return onnx_1(graph, "Tanh", z);
    case ACTIVATION_SIGMOID:
        return onnx_1(graph, "Sigmoid", z);
    case ACTIVATION_ELU:
        return onnx_1(graph, "Elu", z);
    case ACTIVATION_RELU:
    case N_ACTIVATIONS:
        break;
    }
    return onnx_1(graph, "Relu", z);
}

/* Adds the layers; returns the outputs of the last. */
static struct onnx_value add_layers(
    struct onnx_graph *graph, const struct model *model, struct onnx_value x)
{
    const struct mlp *mlp = &model->mlp;
    struct tensor tensor[MODEL_TENSORS_MAX];
    model_tensors(tensor, mlp, model->parameters, "");
    const struct tensor *weight = tensor;
    for (int l = 0; l < mlp->layers; l++, weight += 2) {
        const struct tensor *bias = weight + 1;
        struct onnx_value w =
            onnx_weights(graph, weight->name, weight->data, weight->shape[0], weight->shape[1]);
        struct onnx_value b = onnx_weights(graph, bias->name, bias->data, bias->shape[0], 0);
        struct onnx_node node = onnx_begin(graph, "Gemm");
        onnx_take(graph, x.name);
        onnx_take(graph, w.name);
        onnx_take(graph, b.name);
        onnx_int(graph, "transB", 1);
        x = onnx_end(graph, node);
        if (l < mlp->layers - 1)
            x = activated(graph, mlp, l, x);
    }
    return x;
}

/* Makes the outputs of rows with unknown numbers NaN, which an activation might have lost. */
static struct onnx_value where_known(
    struct onnx_graph *graph, const struct onnx_inputs *inputs, struct onnx_value z)
{
    const int64_t axis = 1;
    if (!inputs->may_be_unknown)
        return z;
    struct onnx_value unknown = onnx_cast(graph, inputs->unknown, ONNX_FLOAT);
    struct onnx_node node = onnx_begin(graph, "ReduceMax");
    onnx_take(graph, unknown.name);
    onnx_ints(graph, "axes", &axis, 1);
    struct onnx_value any = onnx_cast(graph, onnx_end(graph, node), ONNX_BOOL);
    return onnx_3(graph, "Where", any, onnx_float_number(graph, NAN), z);
}

/* --- outputs ------------------------------------------------------------------------------- */

static struct onnx_value softmax(struct onnx_graph *graph, struct onnx_value z)
{
    struct onnx_node node = onnx_begin(graph, "Softmax");
    onnx_take(graph, z.name);
    onnx_int(graph, "axis", 1);
    return onnx_end(graph, node);
}

/* z / factor + shift in double, as scale_undo(): the shift where the factor is 0. */
static enum status values(struct onnx_graph *graph, const struct model *model, struct onnx_value z,
    struct onnx_value *y, struct error *error)
{
    const struct scale *scale = &model->target;
    double *number;
    *y = z;
    if (scale->features == 0)
        return STATUS_OK;
    TRY(memory_take(&number, (size_t)scale->features, sizeof *number, "the outputs", error));
    for (int64_t j = 0; j < scale->features; j++)
        number[j] = scale->factor[j] == 0 ? INFINITY : (double)scale->factor[j];
    struct onnx_value factor = onnx_row(graph, ONNX_DOUBLE, number, scale->features);
    for (int64_t j = 0; j < scale->features; j++)
        number[j] = (double)scale->shift[j];
    struct onnx_value shift = onnx_row(graph, ONNX_DOUBLE, number, scale->features);
    free(number);
    struct onnx_value part = onnx_2(graph, "Div", onnx_cast(graph, z, ONNX_DOUBLE), factor);
    *y = onnx_cast(graph, onnx_2(graph, "Add", part, shift), ONNX_FLOAT);
    return STATUS_OK;
}

enum status onnx_network(struct onnx_graph *graph, const struct model *model,
    const struct onnx_inputs *inputs, struct onnx_scores *scores, struct error *error)
{
    struct onnx_value z = where_known(graph, inputs, add_layers(graph, model, inputs->x));
    *scores = (struct onnx_scores){z, z, 0};
    switch (prediction_kind_of(model->criterion.kind)) {
    case PREDICTION_CLASS:
        scores->result = softmax(graph, z);
        break;
    case PREDICTION_LABELS:
        scores->result = onnx_1(graph, "Sigmoid", z);
        break;
    case PREDICTION_VALUES:
        return values(graph, model, z, &scores->result, error);
    }
    return STATUS_OK;
}

/* --- labels -------------------------------------------------------------------------------- */

/* Reads a whole number as it is usually written: 7, -1, not 007. */
static bool is_whole(const char *name, int64_t *number)
{
    char usual[32];
    if (!text_to_int(name, number))
        return false;
    snprintf(usual, sizeof usual, "%" PRId64, *number);
    return strcmp(name, usual) == 0;
}

/* Adds the constant of class names; sets its type. */
static enum status class_names(struct onnx_graph *graph, const struct model *model,
    struct onnx_value *names, enum onnx_type *type, struct error *error)
{
    int64_t n = model->mlp.width[model->mlp.layers], whole = 0, *number;
    TRY(memory_take(&number, (size_t)n, sizeof *number, "the classes", error));
    while (whole < n && is_whole(model->output_name[whole], &number[whole]))
        whole++;
    *type = whole == n ? ONNX_INT64 : ONNX_STRING;
    *names = whole == n ? onnx_row(graph, ONNX_INT64, number, n)
                        : onnx_texts(graph, model->output_name, n);
    free(number);
    return STATUS_OK;
}

/* Adds the most probable class; `score` [N, classes] is greatest for it. */
static enum status add_class(struct onnx_graph *graph, const struct model *model,
    struct onnx_value score, struct error *error)
{
    enum onnx_type type = ONNX_INT64;
    struct onnx_value names;
    struct onnx_node node = onnx_begin(graph, "ArgMax");
    onnx_take(graph, score.name);
    onnx_int(graph, "axis", 1);
    onnx_int(graph, "keepdims", 0);
    struct onnx_value label = onnx_end(graph, node);
    if (model->output_name) {
        TRY(class_names(graph, model, &names, &type, error));
        label = onnx_gather(graph, names, label, 0);
    }
    onnx_output(graph, "label", label, type, 0);
    return STATUS_OK;
}

enum status onnx_network_outputs(struct onnx_graph *graph, const struct model *model,
    const struct onnx_scores *scores, struct error *error)
{
    int64_t outputs = model->mlp.width[model->mlp.layers];
    enum prediction_kind kind = prediction_kind_of(model->criterion.kind);
    if (kind == PREDICTION_CLASS)
        TRY(add_class(graph, model, scores->z, error));
    if (kind == PREDICTION_LABELS) {
        struct onnx_value border = onnx_float_number(graph, scores->border);
        struct onnx_value yes = onnx_2(graph, "Greater", scores->z, border);
        onnx_output(graph, "label", onnx_cast(graph, yes, ONNX_INT64), ONNX_INT64, outputs);
    }
    onnx_output(graph, kind == PREDICTION_VALUES ? "value" : "probabilities", scores->result,
        ONNX_FLOAT, outputs);
    return STATUS_OK;
}
