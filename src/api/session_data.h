/* session_data.h: the data of a session: reading, sharing, splitting and encoding.
 */
#pragma once

#include "api/session.h"

/* Reads the data, or takes them from memory, on one rank of each team, and shares them with the
 * team. Fails like source_read_train(). Collective: all ranks fail together. */
enum status session_read_data(struct session *session, const struct options *options,
    const struct session_sources *sources, struct comm *comm, struct error *error);

/* Splits the samples into training, validation and test, chooses the automatic values of the
 * options for the training samples, and fits the encoding and the scaling of targets to these.
 * STATUS_USAGE, STATUS_BAD_DATA, STATUS_NO_RESOURCE. Collective: no. */
enum status session_split_data(struct session *session, struct error *error);
