/* inputs.h: the part of an ONNX graph that turns the columns of a table into the inputs of a
 * network, as data/encoding.h does.
 *
 *   numbers      joined [N, numbers] -> missing (NaN, or a number that --missing lists) -> filled
 *                -> a part for each way of coding: linear, robust, quantile, piecewise; indicators
 *   categories   a number for each text (LabelEncoder), joined [N, categories] -> 1 where it is the
 *                input's own, else 0
 *   parts        joined -> in the order of the inputs
 *
 * A part picks its columns from the joined ones and treats all of them at once, so the number of
 * nodes hardly depends on that of columns. Numbers are coded in float32 with the same operations in
 * the same order, quantiles in double.
 *
 * Threads: one at a time per graph.
 */
#pragma once

#include "model/model.h"
#include "model/onnx/graph.h"

/* True if the columns of a model's data are separate inputs, floats or strings [N, 1], since they
 * have names or some of them are categories. Otherwise one input, floats [N, columns], has all. */
bool onnx_columns_are_separate(const struct model *model);

struct onnx_inputs {
    struct onnx_value x;       /* floats [N, inputs] */
    struct onnx_value unknown; /* bools [N, numbers]: numbers that are missing, but must not be */
    bool may_be_unknown;
};

/* Adds this part. name [columns], or [1], are those of the graph's inputs. STATUS_NO_RESOURCE; the
 * graph is then useless. */
enum status onnx_inputs_add(struct onnx_graph *graph, const struct model *model, char *const *name,
    struct onnx_inputs *inputs, struct error *error);
