/* graph.h: writes an ONNX graph: nodes, constants, inputs and outputs.
 *
 * All of them are fields of the message GraphProto, in any order, and are written as they are
 * added. Nodes must come after those that compute their inputs. Values that the graph computes, and
 * its constants, have names that begin with "/": /Add_12, /0.weight.
 *
 * A dimension of a constant broadcasts as in NumPy. If memory runs out, graph->to.failed
 * is true (base/protobuf.h), and everything that follows does nothing.
 *
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. Operators, with their
 * attributes: https://onnx.ai/onnx/operators/, of the versions ONNX_OPSET and ONNX_ML_OPSET.
 * Threads: one at a time per graph.
 */
#pragma once

#include "base/protobuf.h"
#include "base/status.h"

/* The version of the file format, and those of the operators in the domains "" and "ai.onnx.ml";
 * ONNX 1.12 and onnxruntime 1.12, of 2022, and all later ones have them. */
enum { ONNX_IR = 8, ONNX_OPSET = 17, ONNX_ML_OPSET = 2 };

/* The types of elements, TensorProto.DataType. */
enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_DOUBLE = 11,
};

enum { ONNX_NAME = 96 };
struct onnx_value {
    char name[ONNX_NAME];
};

struct onnx_graph {
    struct protobuf to;
    char prefix[ONNX_NAME / 2]; /* in the names of values, after "/": "" or "fold1/" */
    int64_t values;             /* so far */
};

/* --- nodes --------------------------------------------------------------------------------- */

/* A node that is being written: onnx_begin(), then its inputs in order and its attributes, then
 * onnx_end(), which returns its only output. */
struct onnx_node {
    size_t place;
    const char *type; /* "Add"; borrowed */
    const char *domain;
};

struct onnx_node onnx_begin(struct onnx_graph *graph, const char *type);
void onnx_take(struct onnx_graph *graph, const char *name); /* of a value or an input */
void onnx_int(struct onnx_graph *graph, const char *attribute, int64_t value);
void onnx_ints(struct onnx_graph *graph, const char *attribute, const int64_t *value, int64_t n);
void onnx_float(struct onnx_graph *graph, const char *attribute, float value);
struct onnx_value onnx_end(struct onnx_graph *graph, struct onnx_node node);

/* Nodes without attributes, of one to three inputs. */
struct onnx_value onnx_1(struct onnx_graph *graph, const char *type, struct onnx_value a);
struct onnx_value onnx_2(
    struct onnx_graph *graph, const char *type, struct onnx_value a, struct onnx_value b);
struct onnx_value onnx_3(struct onnx_graph *graph, const char *type, struct onnx_value a,
    struct onnx_value b, struct onnx_value c);

/* Converts the elements. */
struct onnx_value onnx_cast(struct onnx_graph *graph, struct onnx_value x, enum onnx_type type);

/* Joins the columns of n >= 1 values [N, any]; `name` has their names. */
struct onnx_value onnx_concat(struct onnx_graph *graph, char *const *name, int64_t n);

/* Picks slices along an axis by their numbers, a constant or a computed value. */
struct onnx_value onnx_gather(
    struct onnx_graph *graph, struct onnx_value x, struct onnx_value number, int64_t axis);

/* Converts texts [N, 1] to whole numbers: key[i] [n] to code[i], all others to `other`. */
struct onnx_value onnx_label_encoder(struct onnx_graph *graph, const char *input,
    const char *const *key, const int64_t *code, int64_t n, int64_t other);

/* --- constants ----------------------------------------------------------------------------- */

/* Adds a constant [n], whose values are those of the C type: float, double, int64_t. */
struct onnx_value onnx_row(
    struct onnx_graph *graph, enum onnx_type type, const void *value, int64_t n);
struct onnx_value onnx_number(struct onnx_graph *graph, double value);      /* ONNX_DOUBLE [1] */
struct onnx_value onnx_float_number(struct onnx_graph *graph, float value); /* ONNX_FLOAT [1] */
struct onnx_value onnx_texts(struct onnx_graph *graph, char *const *text, int64_t n);

/* Adds weights [rows x columns], or, with columns 0, [rows], under their name, e.g. "0.weight". */
struct onnx_value onnx_weights(
    struct onnx_graph *graph, const char *name, const float *value, int64_t rows, int64_t columns);

/* --- the ends of the graph ----------------------------------------------------------------- */

/* Adds an input [N, width]. */
void onnx_input(struct onnx_graph *graph, const char *name, enum onnx_type type, int64_t width);

/* Makes a value an output [N, width], or, with width 0, [N]. */
void onnx_output(struct onnx_graph *graph, const char *name, struct onnx_value value,
    enum onnx_type type, int64_t width);
