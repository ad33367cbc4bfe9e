/* model_read.h: reads model files (model.h). A file may have been changed since it was written, so
 * its metadata must be complete, within bounds and consistent with the tensors.
 *
 * STATUS_NO_INPUT, STATUS_BAD_DATA (the message names the file, the key or tensor, and the values
 * found and expected), STATUS_IO, STATUS_NO_RESOURCE.
 */
#pragma once

#include "model/model.h"

/* Reads a model. The caller clears it after use; on failure it is already cleared. */
enum status model_read(const char *path, struct model *model, struct error *error);

/* The same from the bytes of a file; `name` is used in messages. */
enum status model_read_bytes(
    const void *bytes, size_t size, const char *name, struct model *model, struct error *error);

/* Reads only the network, without its weights. */
enum status model_read_network(const char *path, struct mlp *mlp, struct error *error);
