/* room.h: permission to allocate memory for data.
 *
 * A reader asks as soon as it knows the size of a set, and again when its own buffers (the words of
 * a table's labels, a line without end) have grown. A refusal is the reader's failure. A `room`
 * that is NULL grants everything.
 *
 * Threads: room_for_set() from the reader's thread, room_for_reader() from any, while no set begins.
 */
#ifndef DATA_ROOM_H
#define DATA_ROOM_H

#include "data/dataset.h"

struct room {
    /* `set`: NULL, the one of the last call; `what`: the file and how far it is read, for the
     * message */
    enum status (*ask)(void *context, const struct dataset *set, int64_t reader_bytes,
        const char *what, struct error *error);
    void *context;
};

/* Asks for the memory of a set, which need not have its arrays: name, samples, features, type,
 * classes, outputs and path count. The last number: bytes that the reader takes for itself.
 * STATUS_NO_RESOURCE. */
enum status room_for_set(
    const struct room *room, const struct dataset *set, int64_t reader_bytes, struct error *error);

/* Reports the bytes that the reader now takes for itself beside the current set, in place of the
 * previous number. `what`, printf style: "data.csv, line 7 of 1000000 bytes".
 * STATUS_NO_RESOURCE. */
enum status room_for_reader(const struct room *room, int64_t reader_bytes, struct error *error,
    const char *what, ...) __attribute__((format(printf, 4, 5)));

#endif
