/* session_memory.h: computes and checks the memory for a training session (session_base.h). */
#ifndef API_SESSION_MEMORY_H
#define API_SESSION_MEMORY_H

#include "api/session.h"

/* Returns the data of a prepared session, as run_memory.h counts them. */
struct run_sets session_sets(const struct session *session);

/* Returns the memory of a prepared session on this rank's machine. Collective: no. */
struct run_memory session_memory(const struct session *session);

/* Returns the room for the data of a session and the run that follows. */
struct session_room session_room_of(struct session *session, const struct options *options);

/* Checks the memory once the settings are known, for the batch size that needs most. Collective:
 * STATUS_NO_RESOURCE, from the first machine that has too little. */
enum status session_check_memory(
    struct session *session, const struct options *options, struct error *error);

#endif
