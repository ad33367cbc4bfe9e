/* model.h: a network with everything needed to use it, and its safetensors file
 * (base/safetensors.h), which has the tensor names of the equivalent torch.nn.Sequential.
 * model_read.h reads it.
 *
 * The tensors are 0.weight [out, in], 0.bias [out], 2.weight ... in the canonical order of
 * net/mlp.h, so the data are the parameter block unchanged. A layer's number is the number of
 * modules before it, which include activations and any dropout (input dropout is module 0).
 * __metadata__ holds strings:
 *
 *   format          pt
 *   lockstep        the version that wrote it
 *   definition      the number of the definition of sums and random draws that its training used
 *                   (base/definition.h)
 *   module          the nn.Sequential(...) line that builds the same network in Python
 *   widths          784,256,10: inputs, hidden layers, outputs
 *   activation      relu, or one per hidden layer: relu,tanh; "none" without hidden layers
 *   leaky_slope     the slope of leaky-relu
 *   dropout_input, dropout_hidden      the rates in training; only if not 0
 *   loss            cross-entropy, bce, mse, mae, huber
 *   label_smoothing, huber_delta, class_weight      of the loss; only if not the default
 *   classes         the number of classes; 0 unless the loss is cross-entropy
 *   class_names     JSON array, if the classes have names; output_names for other losses
 *   feature_names   JSON array, if the features have names
 *   input_shift, input_factor      x' = (x - shift) * factor; JSON arrays, with one number if it
 *                                  is the same for all features
 *   target_shift, target_factor    the same for the targets, if they were scaled:
 *                                  y = z / factor + shift
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
    int64_t definition; /* as read; model_write() always writes this program's own */
    struct criterion criterion;
    char **feature_name; /* [inputs] data/names.h; NULL: no names */
    char **output_name;  /* [outputs], names of classes or targets; NULL: no names */
    struct scale input;
    struct scale target; /* scale of 0 features: targets are not scaled */
    float *parameters;   /* [mlp.parameters] */
};

/* Frees the arrays of a model that model_read() filled. */
void model_clear(struct model *model);

/* Describes the tensors of a parameter block, for each layer its weight and its bias. Their names
 * are those of the nn.Sequential plus a suffix: "0.weight", or "0.weight.momentum_buffer" for the
 * state of an optimizer. Returns their number. */
enum { MODEL_TENSORS_MAX = 2 * MLP_LAYERS_MAX };
int model_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct mlp *mlp, float *block,
    const char *suffix);

/* Reads tensors, whose data must be finite. If the file does not fit, the message says for which
 * `user`. STATUS_BAD_DATA, STATUS_IO. */
enum status model_read_tensors(const struct safetensors *file, const struct tensor *tensor, int n,
    const char *user, struct error *error);

/* Fills parameters [mlp->parameters] from a file whose tensors have exactly the shapes and names of
 * this network, counted with or without dropout modules, in any order. Metadata is ignored. */
enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error);

/* Writes the module as a line of Python into out[size]: "nn.Sequential(nn.Linear(784, 256),
 * nn.ReLU(), ...)". */
enum { MODEL_PYTHON_MAX = 8192 };
void model_python(const struct mlp *mlp, char *out, size_t size);

/* Writes a model as a file in a directory, completely or not at all. STATUS_CANNOT_CREATE,
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status model_write(const struct directory *directory, const char *name,
    const struct model *model, struct error *error);

#endif
