/* model.h: a network on disk with all that is needed to use it, as base/safetensors.h says, with
 * the names of the equal torch.nn.Sequential.
 *
 * The tensors are 0.weight [out, in], 0.bias [out], 2.weight ... in the canonical order of
 * net/mlp.h, so the data are the block of parameters as it is. A layer's number counts the modules
 * before it: activations, and dropout where there is any (on the inputs it is module 0).
 * __metadata__ holds texts:
 *
 *   format          pt
 *   lockstep        the version that wrote it
 *   definition      of sums and random draws, that it was trained under (base/definition.h)
 *   module          the nn.Sequential(...) line, which makes the same network in Python
 *   widths          784,256,10: inputs, hidden layers, outputs
 *   activation      relu, or one for each hidden layer: relu,tanh; none without hidden layers
 *   leaky_slope     of leaky-relu
 *   dropout_input, dropout_hidden      of training; where there is any
 *   loss            cross-entropy, bce, mse, mae, huber
 *   label_smoothing, huber_delta, class_weight      of the loss; where they are not usual
 *   classes         how many; 0: not one class of several
 *   class_names     JSON array, if they have names; of other networks output_names
 *   feature_names   JSON array, if they have names
 *   input_shift, input_factor      x' = (x - shift) * factor; JSON arrays, of one number if it
 *                                  serves every feature
 *   target_shift, target_factor    the same of the targets, where they were scaled: y = z / factor
 *                                  + shift
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stddef.h>

#include "base/directory.h"
#include "data/scale.h"
#include "net/loss.h"
#include "net/mlp.h"

struct model {
    struct mlp mlp;
    int64_t definition; /* as read; what is written is of this program's */
    struct criterion criterion;
    char **feature_name; /* [inputs] data/names.h; NULL: they have none */
    char **output_name;  /* [outputs], of classes or of targets; NULL: their numbers */
    struct scale input;
    struct scale target; /* no features: targets are as they are */
    float *parameters;   /* [mlp.parameters] */
};

/* Writes a file of a directory whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO, STATUS_NO_RESOURCE. */
enum status model_write(const struct directory *directory, const char *name,
    const struct model *model, struct error *error);

/* Reads a file that model_write() made, whoever may have changed it since: what it says of itself
 * is checked to be complete, within bounds and of one mind with its tensors. The model is then the
 * caller's to clear; it is cleared on failure. STATUS_NO_INPUT, STATUS_BAD_DATA, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status model_read(const char *path, struct model *model, struct error *error);

/* The network of such a file alone, whose weights are not read. */
enum status model_read_network(const char *path, struct mlp *mlp, struct error *error);

/* Frees what model_read() made. */
void model_clear(struct model *model);

/* Fills parameters [mlp->parameters] from a file whose tensors have exactly the shapes of this
 * network and its names, with dropout modules or without, in any order; metadata do not matter.
 * STATUS_NO_INPUT, STATUS_BAD_DATA (tensor, shape found and wanted), STATUS_IO, STATUS_NO_RESOURCE.
 */
enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error);

/* The module as a line of Python, into out[size]: "nn.Sequential(nn.Linear(784, 256), nn.ReLU(),
 * ...)". */
enum { MODEL_PYTHON_MAX = 8192 };
void model_python(const struct mlp *mlp, char *out, size_t size);

#endif
