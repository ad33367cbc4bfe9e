/* model.h: a network with all that is needed to use it, and its safetensors file
 * (base/safetensors.h), which has the tensor names of the equal torch.nn.Sequential. model_read.h
 * reads it.
 *
 * The tensors are 0.weight [out, in], 0.bias [out], 2.weight ... in the canonical order of
 * net/mlp.h, so the data are the block of parameters unchanged. A layer's number counts the modules
 * before it: activations, and dropout where there is any (on the inputs it is module 0).
 * __metadata__ holds texts:
 *
 *   format          pt
 *   lockstep        the version that wrote it
 *   definition      the definition of sums and random draws of its training (base/definition.h)
 *   module          the nn.Sequential(...) line, which makes the same network in Python
 *   widths          784,256,10: inputs, hidden layers, outputs
 *   activation      relu, or one for each hidden layer: relu,tanh; none without hidden layers
 *   leaky_slope     the slope of leaky-relu
 *   dropout_input, dropout_hidden      of training; where there is any
 *   loss            cross-entropy, bce, mse, mae, huber
 *   label_smoothing, huber_delta, class_weight      of the loss; where they are not the default
 *   classes         the number of classes; 0 unless the loss is cross-entropy
 *   class_names     JSON array, if they have names; output_names for other losses
 *   feature_names   JSON array, if they have names
 *   input_shift, input_factor      x' = (x - shift) * factor; JSON arrays, of one number if all
 *                                  features have the same
 *   target_shift, target_factor    the same for the targets, where they were scaled: y = z / factor
 *                                  + shift
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stddef.h>

#include "base/directory.h"
#include "base/safetensors.h"
#include "data/scale.h"
#include "net/loss.h"
#include "net/mlp.h"

struct model {
    struct mlp mlp;
    int64_t definition; /* as read; a file is always written with this program's */
    struct criterion criterion;
    char **feature_name; /* [inputs] data/names.h; NULL: they have none */
    char **output_name;  /* [outputs], names of classes or targets; NULL: they have none */
    struct scale input;
    struct scale target; /* no features: targets are not scaled */
    float *parameters;   /* [mlp.parameters] */
};

/* Frees the arrays of a model that model_read() made. */
void model_clear(struct model *model);

/* The tensors of a block of parameters, layer by layer its weight and its bias, with the names that
 * the nn.Sequential gives them and a suffix: "0.weight", or "0.weight.momentum_buffer" for what an
 * optimizer keeps for each parameter. Returns their number. */
enum { MODEL_TENSORS_MAX = 2 * MLP_LAYERS_MAX };
int model_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct mlp *mlp, float *block,
    const char *suffix);

/* The module as a line of Python, into out[size]: "nn.Sequential(nn.Linear(784, 256), nn.ReLU(),
 * ...)". */
enum { MODEL_PYTHON_MAX = 8192 };
void model_python(const struct mlp *mlp, char *out, size_t size);

/* Writes a model as a file of a directory, whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status model_write(const struct directory *directory, const char *name,
    const struct model *model, struct error *error);

#endif
