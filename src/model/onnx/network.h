/* network.h: the part of an ONNX graph that computes the layers of a network, and its outputs from
 * the last of them (model/prediction.h).
 *
 * Threads: one at a time per graph.
 */
#pragma once

#include "model/onnx/inputs.h"

struct onnx_scores {
    struct onnx_value z;      /* [N, outputs] the class with the greatest is predicted */
    struct onnx_value result; /* [N, outputs] probabilities or values */
    float border;             /* yes-or-no labels: z above it means yes */
};

/* Adds the layers, and the probabilities or values. STATUS_NO_RESOURCE; the graph is then
 * useless. */
enum status onnx_network(struct onnx_graph *graph, const struct model *model,
    const struct onnx_inputs *inputs, struct onnx_scores *scores, struct error *error);

/* Adds the outputs of the graph: label, and probabilities or value (export.h). STATUS_NO_RESOURCE,
 * as above. */
enum status onnx_network_outputs(struct onnx_graph *graph, const struct model *model,
    const struct onnx_scores *scores, struct error *error);
