/* model.h: a network with everything needed to use it, and its safetensors file
 * (base/safetensors.h), whose tensors are named as in the equivalent torch.nn.Sequential.
 * model_read.h reads the file.
 *
 * The tensors are 0.weight [out, in], 0.bias [out], 2.weight ... in the canonical order of
 * net/mlp.h, so the data are the parameter block unchanged. A layer's number is the number of
 * modules before it, including activations and any dropout (input dropout is module 0).
 * __metadata__ holds strings:
 *
 *   format          pt
 *   lockstep        the version that wrote it
 *   definition      the version number of the definition of sums and random draws used in its
 *                   training (base/definition.h)
 *   module          the nn.Sequential(...) line that builds the same network in Python
 *   widths          784,256,10: inputs, hidden layers, outputs
 *   activation      relu, or one per hidden layer: relu,tanh; "none" without hidden layers
 *   leaky_slope     the slope of leaky-relu
 *   dropout_input, dropout_hidden      the rates in training; only if not 0
 *   loss            cross-entropy, bce, mse, mae, huber
 *   label_smoothing, huber_delta, class_weight      parameters of the loss; only if not the default
 *   baseline        JSON array: the prediction that ignores the inputs (model/baseline.h); a single
 *                   number if all outputs have the same. Missing in models of earlier versions
 *   classes         the number of classes; 0 unless the loss is cross-entropy
 *   class_names     JSON array, if the classes have names; output_names for other losses
 *   label_names     JSON array with the name of the column of the class labels, if it has one
 *   feature_names   JSON array, if the features have names
 *   missing_texts   the texts of a table that mean a missing value, as --missing named them
 *   weight_name     the column of the weights of the training samples, if it has a name
 *   input_shift, input_factor      x' = (x - shift) * factor; JSON arrays, with a single number if
 *                                  all features have the same value
 *   input_fill      the same for the values in place of missing ones, before scaling, if they are
 *                   accepted
 *   columns         JSON array, an object per feature, if a feature is a category or has an input
 *                   for missing values (data/encoding.h, model/model_columns.h). The network then
 *                   has more inputs than there are features
 *   target_shift, target_factor    the same for the targets, if they were scaled:
 *                                  y = z / factor + shift
 */
#pragma once

#include <stddef.h>

#include "base/directory.h"
#include "base/safetensors.h"
#include "data/encoding.h"
#include "net/loss.h"
#include "net/mlp.h"

struct model {
    struct mlp mlp;
    int64_t definition; /* as read; model_write() always writes the number of this program */
    struct criterion criterion;
    char **feature_name; /* [input.columns] data/names.h; NULL: no names */
    char **output_name;  /* [outputs], names of classes or targets; NULL: no names */
    float *baseline;     /* [outputs] baseline.h; NULL: not known */
    char **label_name;   /* [1], for classes: the column of the labels; NULL: not known */
    const char *missing; /* texts of a table that mean a missing value, as in struct source_request;
                            NULL: none */
    const char *weight_name; /* column of the weights of the training samples; NULL: none */
    struct encoding input;
    struct scale target; /* has 0 features if targets are not scaled */
    float *parameters;   /* [mlp.parameters] */
};

/* Frees the arrays of a model that model_read() filled. */
void model_clear(struct model *model);

/* Describes the tensors of a parameter block: a weight and a bias for each layer. Their names are
 * those in the nn.Sequential plus a suffix: "0.weight", or "0.weight.momentum_buffer" for the state
 * of an optimizer. Returns the number of tensors. */
enum { MODEL_TENSORS_MAX = 2 * MLP_LAYERS_MAX };
int model_tensors(struct tensor tensor[MODEL_TENSORS_MAX], const struct mlp *mlp, float *block,
    const char *suffix);

/* Reads tensors, whose data must be finite. If the file does not match, the message names the
 * `user` that needs them. STATUS_BAD_DATA, STATUS_IO. */
enum status model_read_tensors(const struct safetensors *file, const struct tensor *tensor, int n,
    const char *user, struct error *error);

/* Fills parameters [mlp->parameters] from a file whose tensors have exactly the shapes and names of
 * this network, in any order. Module numbers may or may not count dropout modules. Metadata
 * is ignored. */
enum status model_read_parameters(
    const char *path, const struct mlp *mlp, float *parameters, struct error *error);

/* Writes the module as a line of Python into out[size]: "nn.Sequential(nn.Linear(784, 256),
 * nn.ReLU(), ...)". */
enum { MODEL_PYTHON_MAX = 8192 };
void model_python(const struct mlp *mlp, char *out, size_t size);

/* Writes a model to a file in a directory, completely or not at all. STATUS_CANNOT_CREATE,
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status model_write(const struct directory *directory, const char *name,
    const struct model *model, struct error *error);

/* Writes the bytes of such a file to an output that is open. STATUS_IO, STATUS_NO_RESOURCE. */
struct output;
enum status model_write_to(struct output *output, const struct model *model, struct error *error);
