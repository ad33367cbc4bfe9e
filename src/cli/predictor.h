/* predictor.h: predicts the samples of a file with one model, on all ranks, for `lockstep predict`.
 *
 * Threads: one at a time per predictor.
 */
#pragma once

#include "api/model_session.h"
#include "report/predictions.h"

struct predictor {
    struct model_session *session;
    struct comm *comm;
    bool streams; /* the data are read line by line, from standard input or a FIFO */
    struct predictions predictions;
    struct outputs *outputs;
    struct order order;
    struct output to;        /* used by rank 0 only */
    struct range now;        /* samples of this round on all ranks */
    float *rows;             /* [samples of a round x width]; only rank 0 has those of all ranks */
    int64_t *counts;         /* [ranks], working memory */
    struct message *receive; /* [ranks], working memory of rank 0 */

    bool averages; /* one of several models, whose rows rank 0 adds up in `sum` */
    float *sum;    /* [samples x outputs] */

    bool allows;                          /* --allow-nonfinite */
    int64_t predicted;                    /* samples predicted so far on all ranks */
    int64_t not_finite;                   /* samples among them with non-finite predictions */
    char data[256], place[DATASET_PLACE]; /* file and place of the first of these */
};

/* Prepares the predictor for the model of its session, which is open. STATUS_USAGE (an output that
 * the model does not have), STATUS_NO_RESOURCE. */
enum status predictor_prepare(
    struct predictor *predictor, const struct options *options, struct error *error);

/* Sets what is written, and how. STATUS_USAGE. */
enum status predictor_choose(struct predictions *predictions, const struct model_session *session,
    const struct options *options, struct error *error);

/* Opens the output, predictor->to. STATUS_CANNOT_CREATE. Rank 0 only. */
enum status predictor_open(
    struct predictor *predictor, const struct options *options, struct error *error);

/* Reads the data, predicts them in rounds, and writes or adds up the rows. Collective. */
enum status predictor_run(
    struct predictor *predictor, const struct options *options, struct error *error);

/* Predicts n <= KERNEL_BLOCK samples of the session's loader, starting at position `first`, into
 * rows [n x width]. Call it in the floating-point mode of the workers. */
void predictor_block(
    struct predictor *predictor, int thread, int64_t first, int64_t n, float *rows);

/* Counts n samples, and how many of them have predictions that are not finite. True if the
 * predictions may be written: all are finite, or --allow-nonfinite is given. Collective. */
bool predictor_count(struct predictor *predictor, const struct dataset *data, int64_t n);

/* Reports predictions that are not finite. Called at the end, or for a stream as soon as one is
 * found. STATUS_BAD_DATA. */
enum status predictor_check(const struct predictor *predictor, struct error *error);

/* Frees everything, and closes the session. Collective over each team. */
void predictor_close(struct predictor *predictor);
