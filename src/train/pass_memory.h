/* pass_memory.h: how many rows a pass may have, by the memory that its activations take.
 *
 * Threads: any. Collective: no.
 */
#ifndef TRAIN_PASS_MEMORY_H
#define TRAIN_PASS_MEMORY_H

#include "net/panel.h"

/* Bytes of a team's activations for a pass of that many rows. */
int64_t pass_bytes(const struct panels *panels, int64_t rows);

/* The rows of the largest pass that takes at most so many bytes: whole blocks, at least one. */
int64_t pass_rows_within(const struct panels *panels, int64_t bytes);

#endif
