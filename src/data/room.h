/* room.h: who is asked before memory is taken for data.
 *
 * A reader asks as soon as it knows how large a set will be, and again when what it takes for itself
 * (the words of a table's labels, a line without end) has grown. A refusal is the reader's failure.
 * A `room` that is NULL has enough.
 *
 * Threads: room_for_set() from the one that reads, room_besides() from any, while no set begins.
 */
#ifndef DATA_ROOM_H
#define DATA_ROOM_H

#include "data/dataset.h"

struct room {
    /* `set`: NULL, the one that was last asked for; `what`: the file and how far it is read, for
     * the message */
    enum status (*ask)(void *context, const struct dataset *set, int64_t besides, const char *what,
        struct error *error);
    void *context;
};

/* For a set, which need not have its arrays: name, samples, features, type, classes, outputs and
 * path count. `besides`: bytes that the reader takes for itself. STATUS_NO_RESOURCE. */
enum status room_for_set(
    const struct room *room, const struct dataset *set, int64_t besides, struct error *error);

/* For the set at hand the reader takes so many bytes for itself by now, in place of those that it
 * named before. `what`, printf style: "data.csv, line 7 of 1000000 bytes". STATUS_NO_RESOURCE. */
enum status room_besides(const struct room *room, int64_t besides, struct error *error,
    const char *what, ...) __attribute__((format(printf, 4, 5)));

#endif
