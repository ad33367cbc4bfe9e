/* category_codes.h: the node of an ONNX graph that turns the texts of a category into codes.
 *
 *   a level                     its number among those of the column
 *   missing                     the number of levels, if this has an input; else as unknown
 *   unknown                     the number of the input for all other values, if there is one;
 *                               else -1
 *
 * So a code is the number of an input among those of the column (data/encoding.h). Missing are the
 * texts that the reader of tables takes for missing, and those that --missing named in training.
 * Threads: one at a time per graph.
 */
#pragma once

#include "model/model.h"
#include "model/onnx/graph.h"

/* Adds the codes, int64 [N, 1], of column c, a category, whose texts [N, 1] are a value or an input of
 * the graph. STATUS_NO_RESOURCE. */
enum status onnx_category_codes(struct onnx_graph *graph, const struct model *model, int64_t c,
    const char *input, struct onnx_value *codes, struct error *error);
