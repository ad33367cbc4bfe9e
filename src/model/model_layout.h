/* model_layout.h: what a model file is made of, for those that write and read it, and those
 * that write and read what has the shape of its weights. For model_*.c and checkpoint*.c alone.
 */
#ifndef MODEL_MODEL_LAYOUT_H
#define MODEL_MODEL_LAYOUT_H

#include "base/safetensors.h"
#include "model/model.h"

/* The tensors of a block of parameters, layer by layer its weight and its bias, with the names that
 * the nn.Sequential gives them and a suffix: "0.weight", or "0.weight.momentum_buffer" of what an
 * optimizer keeps for each parameter. Returns how many. */
enum { MODEL_TENSORS_MAX = 2 * MLP_LAYERS_MAX };
int model_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct mlp *mlp, float *block,
    const char *suffix);

/* "relu", "relu,tanh", "none" as the metadata say it. */
enum { MODEL_ACTIVATIONS_MAX = MLP_LAYERS_MAX * 16 };
void model_activations(const struct mlp *mlp, char out[MODEL_ACTIVATIONS_MAX]);

/* model_metadata.c: the network that the metadata of file `path` speak of, without its parameters;
 * first its mlp alone, so that sizes can be checked before memory is taken. STATUS_BAD_DATA,
 * STATUS_NO_RESOURCE; what was made is the caller's to clear. */
enum status model_mlp_of(
    const char *path, const struct json *metadata, struct mlp *mlp, struct error *error);
enum status model_rest_of(
    const char *path, const struct json *metadata, struct model *model, struct error *error);

#endif
