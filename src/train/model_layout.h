/* model_layout.h: what a model file is made of, for those that write and read it. For model_*.c
 * alone.
 */
#ifndef TRAIN_MODEL_LAYOUT_H
#define TRAIN_MODEL_LAYOUT_H

#include "base/json.h"
#include "train/model.h"

enum { MODEL_LENGTH_BYTES = 8, MODEL_HEADER_LIMIT = 100 << 20 };

/* Tensor 2 l is layer l's weight, tensor 2 l + 1 its bias. */
struct tensor {
    char name[32];
    int64_t shape[2];
    int dimensions;
    int64_t first, floats; /* in the block of parameters */
};
struct tensor model_tensor(const struct mlp *mlp, int t);

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
