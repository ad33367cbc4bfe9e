/* session_memory.h: the memory that a training session needs (session_base.h). */
#ifndef API_SESSION_MEMORY_H
#define API_SESSION_MEMORY_H

#include "api/session.h"

struct run_sets session_sets(const struct session *session);

/* The memory of a prepared session on this rank's machine. Collective: no. */
struct run_memory session_memory(const struct session *session);

/* The room for data of a session and for the run that follows. */
struct session_room session_room_of(struct session *session, const struct options *options);

/* Checks the memory once the settings are known; of several batch sizes the one that needs most.
 * Collective: STATUS_NO_RESOURCE of the first machine that has too little. */
enum status session_check_memory(
    struct session *session, const struct options *options, struct error *error);

#endif
