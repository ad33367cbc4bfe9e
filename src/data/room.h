/* room.h: asks for permission to allocate memory for data.
 *
 * A reader asks as soon as it knows the size of a set, and again when its own buffers (the words of
 * a table's labels, a line without end) have grown. If permission is refused, reading fails. A
 * `room` that is NULL grants everything.
 *
 * Threads: room_for_set() from the reader's thread; room_for_reader() from any, but not at the same
 * time as room_for_set().
 */
#pragma once

#include "data/dataset.h"

struct room {
    /* `set`: NULL means that of the last call; `what`: the file and how far it has been read,
     * for the message */
    enum status (*ask)(void *context, const struct dataset *set, int64_t reader_bytes,
        const char *what, struct error *error);
    void *context;
};

/* Asks for the memory for a set. Its arrays need not exist yet; name, samples, features, type,
 * classes, outputs and path must be set. `reader_bytes` is what the reader itself needs.
 * STATUS_NO_RESOURCE. */
enum status room_for_set(
    const struct room *room, const struct dataset *set, int64_t reader_bytes, struct error *error);

/* Asks for `reader_bytes` for the reader itself, in addition to the memory for the current set.
 * They replace the number that the reader asked for before. `what`, printf style: e.g. "data.csv,
 * line 7 of 1000000 bytes". STATUS_NO_RESOURCE. */
enum status room_for_reader(const struct room *room, int64_t reader_bytes, struct error *error,
    const char *what, ...) __attribute__((format(printf, 4, 5)));
