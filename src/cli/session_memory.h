/* session_memory.h: what a prepared run will take in memory. Threads: any. Collective: no. */
#ifndef CLI_SESSION_MEMORY_H
#define CLI_SESSION_MEMORY_H

#include "cli/session.h"
#include "train/run_memory.h"

struct run_sets session_sets(const struct session *session);

/* On the first machine, as if ranks were spread evenly over machines. */
struct run_memory session_memory(const struct session *session);

/* A line if that is more than this machine has. */
void session_warn_of_memory(FILE *file, const struct session *session);

#endif
