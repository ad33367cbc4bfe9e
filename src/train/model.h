/* model.h: weights on disk, as safetensors with the names of the equal torch.nn.Sequential.
 *
 *   8 bytes    length of the header, little-endian
 *   header     JSON, padded with spaces to a multiple of 8
 *   data       float32, little-endian: 0.weight [out, in], 0.bias [out], 2.weight ... - the
 * canonical order of net/mlp.h, so the block of parameters as it is
 *
 * A layer's number counts the activation modules between the layers. __metadata__ holds what is
 * needed to use the model: format, lockstep's version, the nn.Sequential(...) line, widths,
 * activation, loss, classes, and input_shift and input_factor (x' = (x - shift) * factor; JSON
 * arrays, of one number if it serves every feature).
 * Source: https://github.com/huggingface/safetensors#format.
 */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include <stddef.h>

#include "base/status.h"
#include "data/scale.h"
#include "net/loss.h"
#include "net/mlp.h"

/* Writes the file whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status model_write(const char *path, const struct mlp *mlp, enum loss_kind loss,
    const struct scale *scale, const float *parameters, struct error *error);

/* Fills parameters [mlp->parameters] from a file whose tensors have exactly the names and shapes of
 * this network, in any order. STATUS_NO_INPUT, STATUS_BAD_DATA (tensor, shape found and wanted),
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error);

/* The module as a line of Python, into out[size]: "nn.Sequential(nn.Linear(784, 256), nn.ReLU(),
 * ...)". */
void model_python(const struct mlp *mlp, char *out, size_t size);

#endif
