#include "cli/predictor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/threads.h"
#include "report/shown_streams.h"
#include "run/run_files.h"

/* --- a round ------------------------------------------------------------------------------- */

/* Returns the samples that a rank predicts in this round, a whole number of blocks. */
static struct range samples_of(const struct predictor *predictor, int rank)
{
    struct range part =
        split_aligned(range_size(predictor->now), KERNEL_BLOCK, predictor->comm->size, rank);
    return (struct range){predictor->now.first + part.first, predictor->now.first + part.end};
}

void predictor_block(struct predictor *predictor, int thread, int64_t first, int64_t n, float *rows)
{
    struct output_rows outputs = outputs_run(predictor->outputs, thread,
        &predictor->session->loader, &predictor->order, first, n, (struct truth){0});
    for (int64_t r = 0; r < n; r++)
        predictions_row(&predictor->predictions, outputs.z + r * outputs.stride,
            rows + r * predictor->predictions.width);
}

static void predict_rows(const struct worker *worker, void *argument)
{
    struct predictor *predictor = argument;
    struct range mine = samples_of(predictor, predictor->comm->rank);
    struct range part = split_aligned(
        range_size(mine), KERNEL_BLOCK, predictor->session->base.affinity.threads, worker->thread);
    for (int64_t at = part.first; at < part.end; at += KERNEL_BLOCK)
        predictor_block(predictor, worker->thread, mine.first + at,
            least(part.end - at, KERNEL_BLOCK),
            predictor->rows + at * predictor->predictions.width);
}

bool predictor_count(struct predictor *predictor, const struct dataset *data, int64_t n)
{
    struct not_finite found =
        outputs_take_not_finite(predictor->outputs, predictor->comm, predictor->counts);
    if (found.samples > 0 && predictor->not_finite == 0)
        dataset_place(data, found.first, predictor->place);
    snprintf(predictor->data, sizeof predictor->data, "%s", data->name);
    predictor->not_finite += found.samples;
    predictor->predicted += n;
    return predictor->allows || predictor->not_finite == 0;
}

enum status predictor_check(const struct predictor *predictor, struct error *error)
{
    enum status status = model_session_check_predictions(predictor->session, predictor->data,
        predictor->predicted, predictor->not_finite, predictor->place,
        predictor->allows ? "" : ", or add --allow-nonfinite to write them", error);
    if (!status || !predictor->allows)
        return status;
    if (predictor->comm->rank == 0)
        fprintf(stderr, "lockstep: warning: %s\n", error->text);
    return STATUS_OK;
}

/* Appends the rows of all other ranks to those of rank 0, in the order of the ranks. */
static void collect(const struct predictor *predictor)
{
    int rank = predictor->comm->rank, ranks = predictor->comm->size;
    int64_t width = predictor->predictions.width;
    for (int r = 1; r < ranks && rank == 0; r++) {
        struct range theirs = samples_of(predictor, r);
        predictor->receive[r - 1] =
            (struct message){r, predictor->rows + (theirs.first - predictor->now.first) * width,
                range_size(theirs) * width, false};
    }
    struct message send = {
        0, predictor->rows, range_size(samples_of(predictor, rank)) * width, false};
    comm_exchange_floats(
        predictor->comm, &send, rank > 0, predictor->receive, rank == 0 ? ranks - 1 : 0);
}

/* Writes the rows of this round, or adds them to those of other models. */
static enum status take_rows(
    struct predictor *predictor, const struct dataset *data, int64_t n, struct error *error)
{
    int64_t first = predictor->now.first, width = predictor->predictions.width;
    if (!predictor->averages)
        return predictions_write(&predictor->predictions, &predictor->to, predictor->rows,
            data->id ? data->id + first : NULL, n, error);
    for (int64_t i = 0; i < n * width; i++)
        predictor->sum[first * width + i] += predictor->rows[i];
    return STATUS_OK;
}

/* Predicts and writes the samples of one round, predictor->now. Collective. */
static enum status predict_round(struct predictor *predictor, struct error *error)
{
    struct comm *comm = predictor->comm;
    const struct session_base *base = &predictor->session->base;
    const struct dataset *data = &predictor->session->data;
    int64_t n = range_size(predictor->now);
    enum status status = STATUS_OK;
    TRY(team_run(base->teams, base->affinity.threads, predict_rows, predictor, error));
    TRY(comm_agree(comm, dataset_check(data, STATUS_OK, error), error));
    bool writes = predictor_count(predictor, data, n);
    collect(predictor);
    if (comm->rank == 0 && writes)
        status = take_rows(predictor, data, n, error);
    return comm_agree(comm, status, error);
}

/* --- data in files -------------------------------------------------------------------------- */

enum status predictor_run(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    struct model_session *session = predictor->session;
    struct comm *comm = predictor->comm;
    int64_t workers = comm->size * (int64_t)session->base.affinity.threads;
    int64_t at_once = workers * PREDICT_BLOCKS * KERNEL_BLOCK;
    bool closed = false, leads = comm->rank == 0;
    comm_broadcast(comm, &at_once, sizeof at_once); /* threads may differ between ranks */
    TRY(model_session_read(session, options, false, comm, error));
    int64_t samples = session->data.samples;
    order_init(&predictor->order, samples, false, 0, RANDOM_ORDER, 0);
    /* Rank 0 stores the rows of all ranks; every other rank stores only its own. */
    predictor->now = (struct range){0, at_once};
    int64_t rows = leads ? at_once : range_size(samples_of(predictor, comm->rank));
    enum status status = memory_take(&predictor->rows, (size_t)rows,
        (size_t)predictor->predictions.width * sizeof(float), "predictions", error);
    if (!status && leads && !predictor->averages)
        status = predictions_begin(&predictor->predictions, &predictor->to, samples, error);
    else if (!status && leads && !predictor->sum)
        status = memory_take(&predictor->sum, (size_t)samples,
            (size_t)predictor->predictions.width * sizeof(float), "predictions", error);
    TRY(comm_agree(comm, status, error));
    for (int64_t first = 0; first < samples && !closed; first += at_once) {
        predictor->now = (struct range){first, least(first + at_once, samples)};
        TRY(predict_round(predictor, error));
        closed = predictor->to.closed;
        comm_broadcast(comm, &closed, sizeof closed);
    }
    return predictor_check(predictor, error);
}

/* --- opening and closing ------------------------------------------------------------------- */

static bool read_by_people(const struct options *options)
{
    bool to_stdout = !options->out[0] || strcmp(options->out, "-") == 0;
    return to_stdout && shown_streams_on_terminal();
}

/* False for the number of a column. */
static bool is_name(const char *column)
{
    return strspn(column, "0123456789") < strlen(column);
}

enum status predictor_choose(struct predictions *predictions, const struct model_session *session,
    const struct options *options, struct error *error)
{
    TRY(predictions_init(predictions, &session->model, loss_of(session->settings.kernel.level),
        options->output, options->format, error));
    predictions->shown = read_by_people(options);
    if (*options->id)
        predictions->id_name = is_name(options->id) ? options->id : "id";
    return options->threshold == OPTION_AUTO
               ? STATUS_OK
               : predictions_set_threshold(predictions, options->threshold, error);
}

enum status predictor_prepare(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    struct model_session *session = predictor->session;
    TRY(predictor_choose(&predictor->predictions, session, options, error));
    predictor->allows = options->allow_nonfinite;
    TRY(memory_take(&predictor->counts, (size_t)predictor->comm->size, sizeof *predictor->counts,
        "counts of all ranks", error));
    TRY(memory_take(&predictor->receive, (size_t)predictor->comm->size, sizeof *predictor->receive,
        "messages", error));
    return outputs_create(&predictor->outputs, &session->panels, &session->weights,
        session->base.affinity.threads, error);
}

void predictor_close(struct predictor *predictor)
{
    outputs_destroy(predictor->outputs);
    free(predictor->rows);
    free(predictor->counts);
    free(predictor->receive);
    model_session_close(predictor->session);
}

enum status predictor_open(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    const char *const input[] = {predictor->session->path, options->data};
    if (options->out[0])
        TRY(out_refuse_file("out", options->out, input, 2, error));
    return output_open(&predictor->to, options->out[0] ? options->out : "-", error);
}
