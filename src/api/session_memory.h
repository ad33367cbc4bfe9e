/* session_memory.h: computes and checks the memory for a training session (session_base.h). */
#pragma once

#include "api/session.h"

/* Returns the sets of data of a prepared session, as input for run_memory.h. */
struct run_sets session_sets(const struct session *session);

/* Returns the memory of a prepared session on this rank's machine. Collective: no. */
struct run_memory session_memory(const struct session *session);

/* Returns the request for the training data. Sets *asked to the room for the data of a session and
 * for the run on these data (session_base_request()). */
struct source_request session_request(
    struct session *session, const struct options *options, struct session_room *asked);

/* Once the settings are known, checks the memory for the batch size that needs the most.
 * Collective: if a machine has too little memory, all ranks return STATUS_NO_RESOURCE and the
 * message of the first such machine. */
enum status session_check_memory(struct session *session, struct error *error);
