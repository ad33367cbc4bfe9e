#include "model/onnx/graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Numbers of fields, by message. */
enum { GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT, NODE_NAME, NODE_OP_TYPE, NODE_ATTRIBUTE, NODE_DOMAIN = 7 };
enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_F,
    ATTRIBUTE_I,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_STRINGS,
    ATTRIBUTE_TYPE = 20
};
enum { TYPE_FLOAT = 1, TYPE_INT, TYPE_INTS = 7, TYPE_STRINGS }; /* AttributeProto.AttributeType */
enum { TENSOR_DIMS = 1, TENSOR_TYPE, TENSOR_STRINGS = 6, TENSOR_NAME = 8, TENSOR_RAW };
enum { VALUE_NAME = 1, VALUE_TYPE };
enum { TYPE_TENSOR = 1, TENSOR_TYPE_ELEMENT = 1, TENSOR_TYPE_SHAPE, SHAPE_DIM = 1 };
enum { DIM_VALUE = 1, DIM_PARAMETER };

/* --- attributes ---------------------------------------------------------------------------- */

static size_t begin_attribute(struct onnx_graph *graph, const char *name, int type)
{
    size_t place = protobuf_begin(&graph->to, NODE_ATTRIBUTE);
    protobuf_text(&graph->to, ATTRIBUTE_NAME, name);
    protobuf_int(&graph->to, ATTRIBUTE_TYPE, type);
    return place;
}

void onnx_int(struct onnx_graph *graph, const char *attribute, int64_t value)
{
    size_t place = begin_attribute(graph, attribute, TYPE_INT);
    protobuf_int(&graph->to, ATTRIBUTE_I, value);
    protobuf_end(&graph->to, place);
}

void onnx_ints(struct onnx_graph *graph, const char *attribute, const int64_t *value, int64_t n)
{
    size_t place = begin_attribute(graph, attribute, TYPE_INTS);
    for (int64_t i = 0; i < n; i++)
        protobuf_int(&graph->to, ATTRIBUTE_INTS, value[i]);
    protobuf_end(&graph->to, place);
}

void onnx_float(struct onnx_graph *graph, const char *attribute, float value)
{
    size_t place = begin_attribute(graph, attribute, TYPE_FLOAT);
    protobuf_float(&graph->to, ATTRIBUTE_F, value);
    protobuf_end(&graph->to, place);
}

/* --- nodes --------------------------------------------------------------------------------- */

struct onnx_node onnx_begin(struct onnx_graph *graph, const char *type)
{
    return (struct onnx_node){protobuf_begin(&graph->to, GRAPH_NODE), type, NULL};
}

void onnx_take(struct onnx_graph *graph, const char *name)
{
    protobuf_text(&graph->to, NODE_INPUT, name);
}

static struct onnx_value new_value(struct onnx_graph *graph, const char *type)
{
    struct onnx_value value;
    snprintf(
        value.name, sizeof value.name, "/%s%.20s_%" PRId64, graph->prefix, type, graph->values++);
    return value;
}

/* Writes what all nodes have, their name being that of their output. */
static void end_node(struct onnx_graph *graph, struct onnx_node node, const char *output)
{
    struct protobuf *to = &graph->to;
    protobuf_text(to, NODE_OUTPUT, output);
    protobuf_text(to, NODE_NAME, output);
    protobuf_text(to, NODE_OP_TYPE, node.type);
    if (node.domain)
        protobuf_text(to, NODE_DOMAIN, node.domain);
    protobuf_end(to, node.place);
}

struct onnx_value onnx_end(struct onnx_graph *graph, struct onnx_node node)
{
    struct onnx_value value = new_value(graph, node.type);
    end_node(graph, node, value.name);
    return value;
}

struct onnx_value onnx_1(struct onnx_graph *graph, const char *type, struct onnx_value a)
{
    struct onnx_node node = onnx_begin(graph, type);
    onnx_take(graph, a.name);
    return onnx_end(graph, node);
}

struct onnx_value onnx_2(
    struct onnx_graph *graph, const char *type, struct onnx_value a, struct onnx_value b)
{
    struct onnx_node node = onnx_begin(graph, type);
    onnx_take(graph, a.name);
    onnx_take(graph, b.name);
    return onnx_end(graph, node);
}

struct onnx_value onnx_3(struct onnx_graph *graph, const char *type, struct onnx_value a,
    struct onnx_value b, struct onnx_value c)
{
    struct onnx_node node = onnx_begin(graph, type);
    onnx_take(graph, a.name);
    onnx_take(graph, b.name);
    onnx_take(graph, c.name);
    return onnx_end(graph, node);
}

struct onnx_value onnx_cast(struct onnx_graph *graph, struct onnx_value x, enum onnx_type type)
{
    struct onnx_node node = onnx_begin(graph, "Cast");
    onnx_take(graph, x.name);
    onnx_int(graph, "to", type);
    return onnx_end(graph, node);
}

struct onnx_value onnx_concat(struct onnx_graph *graph, char *const *name, int64_t n)
{
    struct onnx_node node = onnx_begin(graph, "Concat");
    for (int64_t i = 0; i < n; i++)
        onnx_take(graph, name[i]);
    onnx_int(graph, "axis", 1);
    return onnx_end(graph, node);
}

struct onnx_value onnx_gather(
    struct onnx_graph *graph, struct onnx_value x, struct onnx_value number, int64_t axis)
{
    struct onnx_node node = onnx_begin(graph, "Gather");
    onnx_take(graph, x.name);
    onnx_take(graph, number.name);
    onnx_int(graph, "axis", axis);
    return onnx_end(graph, node);
}

struct onnx_value onnx_label_encoder(struct onnx_graph *graph, const char *input,
    const char *const *key, const int64_t *code, int64_t n, int64_t other)
{
    struct onnx_node node = onnx_begin(graph, "LabelEncoder");
    node.domain = "ai.onnx.ml";
    onnx_take(graph, input);
    size_t place = begin_attribute(graph, "keys_strings", TYPE_STRINGS);
    for (int64_t i = 0; i < n; i++)
        protobuf_text(&graph->to, ATTRIBUTE_STRINGS, key[i]);
    protobuf_end(&graph->to, place);
    onnx_ints(graph, "values_int64s", code, n);
    onnx_int(graph, "default_int64", other);
    return onnx_end(graph, node);
}

/* --- constants ----------------------------------------------------------------------------- */

static size_t begin_tensor(
    struct onnx_graph *graph, const char *name, enum onnx_type type, int64_t rows, int64_t columns)
{
    size_t place = protobuf_begin(&graph->to, GRAPH_INITIALIZER);
    protobuf_int(&graph->to, TENSOR_DIMS, rows);
    if (columns > 0)
        protobuf_int(&graph->to, TENSOR_DIMS, columns);
    protobuf_int(&graph->to, TENSOR_TYPE, type);
    protobuf_text(&graph->to, TENSOR_NAME, name);
    return place;
}

/* raw_data is little-endian, as is this machine (base/safetensors.h). */
static void add_tensor(struct onnx_graph *graph, const char *name, enum onnx_type type,
    const void *value, int64_t rows, int64_t columns)
{
    size_t size = type == ONNX_FLOAT ? sizeof(float) : 8;
    size_t place = begin_tensor(graph, name, type, rows, columns);
    protobuf_bytes(
        &graph->to, TENSOR_RAW, value, (size_t)(columns > 0 ? rows * columns : rows) * size);
    protobuf_end(&graph->to, place);
}

struct onnx_value onnx_row(
    struct onnx_graph *graph, enum onnx_type type, const void *value, int64_t n)
{
    struct onnx_value row = new_value(graph, "constant");
    add_tensor(graph, row.name, type, value, n, 0);
    return row;
}

struct onnx_value onnx_number(struct onnx_graph *graph, double value)
{
    return onnx_row(graph, ONNX_DOUBLE, &value, 1);
}

struct onnx_value onnx_float_number(struct onnx_graph *graph, float value)
{
    return onnx_row(graph, ONNX_FLOAT, &value, 1);
}

struct onnx_value onnx_texts(struct onnx_graph *graph, char *const *text, int64_t n)
{
    struct onnx_value row = new_value(graph, "constant");
    size_t place = begin_tensor(graph, row.name, ONNX_STRING, n, 0);
    for (int64_t i = 0; i < n; i++)
        protobuf_text(&graph->to, TENSOR_STRINGS, text[i]);
    protobuf_end(&graph->to, place);
    return row;
}

struct onnx_value onnx_weights(
    struct onnx_graph *graph, const char *name, const float *value, int64_t rows, int64_t columns)
{
    struct onnx_value weights;
    snprintf(weights.name, sizeof weights.name, "/%s%.40s", graph->prefix, name);
    add_tensor(graph, weights.name, ONNX_FLOAT, value, rows, columns);
    return weights;
}

/* --- the ends of the graph ----------------------------------------------------------------- */

/* Describes an input or output. */
static void add_value_info(
    struct onnx_graph *graph, int field, const char *name, enum onnx_type type, int64_t width)
{
    struct protobuf *to = &graph->to;
    size_t info = protobuf_begin(to, field);
    protobuf_text(to, VALUE_NAME, name);
    size_t kind = protobuf_begin(to, VALUE_TYPE), tensor = protobuf_begin(to, TYPE_TENSOR);
    protobuf_int(to, TENSOR_TYPE_ELEMENT, type);
    size_t shape = protobuf_begin(to, TENSOR_TYPE_SHAPE), dim = protobuf_begin(to, SHAPE_DIM);
    protobuf_text(to, DIM_PARAMETER, "N");
    protobuf_end(to, dim);
    if (width > 0) {
        dim = protobuf_begin(to, SHAPE_DIM);
        protobuf_int(to, DIM_VALUE, width);
        protobuf_end(to, dim);
    }
    protobuf_end(to, shape);
    protobuf_end(to, tensor);
    protobuf_end(to, kind);
    protobuf_end(to, info);
}

void onnx_input(struct onnx_graph *graph, const char *name, enum onnx_type type, int64_t width)
{
    add_value_info(graph, GRAPH_INPUT, name, type, width);
}

void onnx_output(struct onnx_graph *graph, const char *name, struct onnx_value value,
    enum onnx_type type, int64_t width)
{
    struct onnx_node node = onnx_begin(graph, "Identity");
    onnx_take(graph, value.name);
    end_node(graph, node, name);
    add_value_info(graph, GRAPH_OUTPUT, name, type, width);
}
