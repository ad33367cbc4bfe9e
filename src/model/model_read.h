/* model_read.h: reads model files (model.h), which may have been changed since they were written:
 * metadata are checked to be complete, within bounds and consistent with the tensors.
 *
 * STATUS_NO_INPUT, STATUS_BAD_DATA (file, key or tensor, value found and expected), STATUS_IO,
 * STATUS_NO_RESOURCE.
 */
#ifndef MODEL_MODEL_READ_H
#define MODEL_MODEL_READ_H

#include "model/model.h"

/* The caller clears the model; on failure it is cleared already. */
enum status model_read(const char *path, struct model *model, struct error *error);

/* Reads the network only, without its weights. */
enum status model_read_network(const char *path, struct mlp *mlp, struct error *error);

#endif
