/* quantiles.h: the part of an ONNX graph that computes the normal scores of numbers, as
 * number_quantile() does (data/numbers/number_code.h).
 *
 * Shares and scores are computed in double. The knots of all columns are one constant; a search
 * among them is unrolled into steps that treat all rows and columns at once:
 *
 *     knots    column 0 | inf ... | column 1 | inf ... |      each padded to a power of two
 *
 * Threads: one at a time per graph.
 */
#pragma once

#include "data/numbers/number_code.h"
#include "model/onnx/graph.h"

/* Adds the scores, floats [N, n], of x, floats [N, n] without missing values; code[i] has at least two
 * knots. STATUS_NO_RESOURCE. */
enum status onnx_quantiles(struct onnx_graph *graph, struct onnx_value x,
    const struct number_code *const *code, int64_t n, struct onnx_value *score,
    struct error *error);
