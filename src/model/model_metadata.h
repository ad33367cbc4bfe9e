/* model_metadata.h: reads and checks the metadata of a model file (model.h).
 *
 * The network comes first and alone, so that the size of the file can be checked before memory is
 * taken. STATUS_BAD_DATA, STATUS_NO_RESOURCE; the caller clears what was made, also on failure.
 */
#ifndef MODEL_MODEL_METADATA_H
#define MODEL_MODEL_METADATA_H

#include "model/model.h"

struct metadata {
    const char *path; /* the file, for messages */
    const struct json *json;
};

enum status model_metadata_network(struct metadata from, struct mlp *mlp, struct error *error);

/* All of the model except its network, which is known, and its parameters. */
enum status model_metadata_rest(struct metadata from, struct model *model, struct error *error);

#endif
