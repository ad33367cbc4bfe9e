/* model_read.h: reads model files (model.h). They may have been changed since they were written, so
 * the metadata is checked to be complete, within bounds and consistent with the tensors.
 *
 * STATUS_NO_INPUT, STATUS_BAD_DATA (file, key or tensor, value found and expected), STATUS_IO,
 * STATUS_NO_RESOURCE.
 */
#ifndef MODEL_MODEL_READ_H
#define MODEL_MODEL_READ_H

#include "model/model.h"

/* Reads a model, which the caller clears; on failure it is already cleared. */
enum status model_read(const char *path, struct model *model, struct error *error);

/* Reads only the network, without its weights. */
enum status model_read_network(const char *path, struct mlp *mlp, struct error *error);

#endif
