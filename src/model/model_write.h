/* model_write.h: writes a model file (model.h). */
#ifndef MODEL_MODEL_WRITE_H
#define MODEL_MODEL_WRITE_H

#include "base/directory.h"
#include "model/model.h"

/* Writes a file of a directory whole or not at all. STATUS_CANNOT_CREATE, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status model_write(const struct directory *directory, const char *name,
    const struct model *model, struct error *error);

#endif
