/* model_session.h: reads the model and the data that eval and predict work on. */
#pragma once

#include "api/session_base.h"
#include "data/encoding_counts.h"
#include "model/model.h"
#include "model/outputs.h"

/* Number of blocks of KERNEL_BLOCK samples that `predict` computes at once per worker. */
enum { PREDICT_BLOCKS = 4 };

struct model_session {
    struct session_base base;
    char path[FILE_PATH_MAX]; /* path of the model's file */
    struct model model;
    struct encoding_counts counts; /* rank 0: of all data read so far */
    struct settings settings;      /* network, criterion, kernel, threads */
    struct panels panels;
    struct weights weights; /* this rank's copy */
    struct dataset data;    /* empty until the data are read */
    struct subset all;
    struct loader loader;
};

/* Reads the model and prepares its evaluation; session->base.messages must be set. Fails if this machine has too little memory for all
 * its ranks. If the model was trained under a different definition (base/definition.h), rank 0
 * prints a note on stderr. Collective: all ranks fail together, with one message. The caller closes
 * the session, even on failure. */
enum status model_session_open(struct model_session *session, const struct options *options,
    struct comm *comm, struct error *error);

/* Returns the request for data that fit the model, with or without labels. Sets *asked to the room
 * for data that are read in addition to the model (session_base_request()). */
struct source_request model_session_request(struct model_session *session,
    const struct options *options, bool labelled, struct session_room *asked);

/* Sets what a request for data of a model must name: columns, levels, labels. */
void model_set_request(const struct model *model, bool labelled, struct source_request *request);

/* Returns a dataset without samples that describes the model's training data and borrows from the
 * model, for dataset_match() and dataset_fit(). `name`: of the model, for messages. */
struct dataset model_training_data(const struct model *model, const char *name);

/* Checks that the data fit the model, and gives each class of the data the number that the class
 * of the same name has in the model. STATUS_BAD_DATA. */
enum status model_session_match(
    const struct model_session *session, struct dataset *data, struct error *error);

/* Reads options->data. Collective: all ranks fail together, with one message. */
enum status model_session_read(struct model_session *session, const struct options *options,
    bool labelled, struct comm *comm, struct error *error);

/* Counts the values in the data that have no input of their own (encoding_counts.h). Rank 0 only. */
void model_session_count(struct model_session *session, const struct dataset *data);

/* Prints a note about these values on stderr, if there are any. `data`: their name. Rank 0 only. */
void model_session_print_counts(const struct model_session *session, const char *data);

/* Sets the loader to these data, which the caller still owns. */
void model_session_load(struct model_session *session, const struct dataset *data);

/* Returns STATUS_BAD_DATA if some samples have predictions that are not finite. `place`: the first
 * such sample (dataset_place()). `cure`: another remedy to name in the message, or "". */
enum status model_session_check_predictions(const struct model_session *session, const char *data,
    int64_t samples, int64_t not_finite, const char *place, const char *cure, struct error *error);

/* Collective over each team. */
void model_session_close(struct model_session *session);
