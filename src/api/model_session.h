/* model_session.h: from options to a model that can be asked, and to the data to ask it about. */
#ifndef API_MODEL_SESSION_H
#define API_MODEL_SESSION_H

#include "options/options.h"
#include "comm/affinity.h"
#include "comm/memory_limits.h"
#include "comm/teams.h"
#include "data/source.h"
#include "step/common_kernel.h"
#include "model/model.h"
#include "model/outputs.h"
#include "study/run_memory.h"

/* Samples that `predict` has answers of at once: a block of KERNEL_BLOCK so often for each worker. */
enum { PREDICT_BLOCKS = 4 };

struct model_session {
    struct teams *teams; /* of whose ranks one reads the data for all */
    struct affinity affinity;
    char kernel_note[KERNEL_NOTE_MAX];
    struct memory_limits limits; /* of this rank's machine, when the session began */
    bool memory_warned;          /* rank 0 has said that there is little of it */
    char path[FILE_PATH_MAX];    /* of the model's file */
    struct model model;
    struct settings settings; /* network, criterion, kernel, threads */
    struct panels panels;
    struct weights weights; /* this rank's */
    struct dataset data;    /* none until it is read */
    struct subset all;
    struct loader loader;
};

/* Reads the model and prepares to ask it, if this machine has the memory for it on all its ranks;
 * rank 0 notes on stderr if it was trained under another definition (base/definition.h).
 * Collective: all ranks fail together, with one message. On failure the session is cleared. */
enum status model_session_open(struct model_session *session, const struct options *options,
    struct comm *comm, struct error *error);

/* For the readers of data (data/room.h): whether they have room beside the model. */
struct model_room {
    struct room room;
    struct model_session *session;
    const struct options *options;
    struct run_sets sets; /* that were asked for */
    int64_t samples;      /* in them */
};
void model_room_init(
    struct model_room *asked, struct model_session *session, const struct options *options);

/* What the model asks of a source, with labels or without; `room` is its room to be asked. */
struct source_request model_session_request(const struct model_session *session,
    const struct options *options, bool labelled, const struct room *room);

/* Whether data fit the model; classes take its numbers, by name. STATUS_BAD_DATA. */
enum status model_session_match(
    const struct model_session *session, struct dataset *data, struct error *error);

/* Reads options->data. Collective as above; the session stays open on failure. */
enum status model_session_read(struct model_session *session, const struct options *options,
    bool labelled, struct comm *comm, struct error *error);

/* Makes the loader one of these data, which stay the caller's. */
void model_session_load(struct model_session *session, const struct dataset *data);

/* STATUS_BAD_DATA if some of these samples of `data` got answers that are not finite, the first of them
 * at this place (dataset_place()). `cure`: what else there is to do, or "". */
enum status model_session_check_answers(const struct model_session *session, const char *data,
    int64_t samples, int64_t not_finite, const char *place, const char *cure, struct error *error);

/* Collective over each team. */
void model_session_close(struct model_session *session);

#endif
