#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/floatmode.h"
#include "base/memory.h"
#include "data/formats/csv.h"
#include "api/model_session.h"
#include "run/run_files.h"
#include "comm/threads.h"
#include "report/predictions.h"
#include "report/shown_streams.h"

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

    bool allows;                          /* --allow-nonfinite */
    int64_t predicted;                    /* samples predicted so far on all ranks */
    int64_t not_finite;                   /* samples among them with non-finite predictions */
    char data[256], place[DATASET_PLACE]; /* file and place of the first of these */
};

/* --- a round ------------------------------------------------------------------------------- */

/* Returns the samples that a rank predicts in this round, a whole number of blocks. */
static struct range samples_of(const struct predictor *predictor, int rank)
{
    struct range part =
        split_aligned(range_size(predictor->now), KERNEL_BLOCK, predictor->comm->size, rank);
    return (struct range){predictor->now.first + part.first, predictor->now.first + part.end};
}

static void predict_block(
    struct predictor *predictor, int thread, int64_t first, int64_t n, float *rows)
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
        predict_block(predictor, worker->thread, mine.first + at,
            least(part.end - at, KERNEL_BLOCK),
            predictor->rows + at * predictor->predictions.width);
}

/* Counts n samples, and how many of them have predictions that are not finite. True if the
 * predictions may be written: all are finite, or --allow-nonfinite is given. Collective. */
static bool count_predictions(struct predictor *predictor, const struct dataset *data, int64_t n)
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

/* Reports predictions that are not finite. Called at the end, or for a stream as soon as one is
 * found. */
static enum status check_predictions(const struct predictor *predictor, struct error *error)
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
    bool writes = count_predictions(predictor, data, n);
    collect(predictor);
    if (comm->rank == 0 && writes)
        status = predictions_write(&predictor->predictions, &predictor->to, predictor->rows,
            data->id ? data->id + predictor->now.first : NULL, n, error);
    return comm_agree(comm, status, error);
}

/* --- data in files -------------------------------------------------------------------------- */

static enum status predict_data(
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
    if (!status && leads)
        status = predictions_begin(&predictor->predictions, &predictor->to, samples, error);
    TRY(comm_agree(comm, status, error));
    for (int64_t first = 0; first < samples && !closed; first += at_once) {
        predictor->now = (struct range){first, least(first + at_once, samples)};
        TRY(predict_round(predictor, error));
        closed = predictor->to.closed;
        comm_broadcast(comm, &closed, sizeof closed);
    }
    return check_predictions(predictor, error);
}

/* --- streams -------------------------------------------------------------------------------- */

static enum status predict_chunk(
    struct predictor *predictor, struct dataset *chunk, bool first, struct error *error)
{
    TRY(model_session_match(predictor->session, chunk, error));
    if (first)
        dataset_print_note(stderr, chunk);
    if (first)
        TRY(predictions_begin(&predictor->predictions, &predictor->to, 0, error));
    model_session_load(predictor->session, chunk);
    order_init(&predictor->order, chunk->samples, false, 0, RANDOM_ORDER, 0);
    /* Runs on one thread, while reading and writing use the process's floating-point mode. */
    uint64_t mode = floatmode_enter();
    predict_block(predictor, 0, 0, chunk->samples, predictor->rows);
    floatmode_leave(mode);
    if (!count_predictions(predictor, chunk, chunk->samples))
        return check_predictions(predictor, error);
    return predictions_write(
        &predictor->predictions, &predictor->to, predictor->rows, chunk->id, chunk->samples, error);
}

static enum status predict_chunks(
    struct predictor *predictor, struct csv_stream *stream, struct error *error)
{
    bool more = true;
    for (bool first = true; more && !predictor->to.closed; first = false) {
        struct dataset chunk;
        TRY(csv_stream_next(stream, KERNEL_BLOCK, &chunk, error));
        more = chunk.samples > 0;
        enum status status = more ? predict_chunk(predictor, &chunk, first, error) : STATUS_OK;
        dataset_clear(&chunk);
        if (status)
            return status;
    }
    return check_predictions(predictor, error);
}

static bool is_standard_input(const struct options *options)
{
    return strcmp(options->data, "-") == 0;
}

static enum status predict_stream(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    struct session_room asked;
    struct source_request request =
        model_session_request(predictor->session, options, false, &asked);
    request.threads = 1;
    bool standard = is_standard_input(options);
    struct csv_stream *stream = NULL;
    TRY(memory_take(&predictor->rows, KERNEL_BLOCK,
        (size_t)predictor->predictions.width * sizeof(float), "predictions", error));
    /* Opening a FIFO waits for a writer, and reading from it waits for lines. A signal ends the
     * process in both cases, since predict does not catch signals. */
    FILE *file = standard ? stdin : fopen(options->data, "rbe");
    if (!file)
        return fail_errno(error, STATUS_NO_INPUT, errno, "cannot open %s", options->data);
    enum status status = csv_stream_open(
        &stream, file, standard ? "standard input" : options->data, &request, error);
    if (!status)
        status = predict_chunks(predictor, stream, error);
    csv_stream_close(stream);
    if (!standard)
        fclose(file);
    return status;
}

/* --- both ---------------------------------------------------------------------------------- */

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

static enum status prepare(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    struct model_session *session = predictor->session;
    TRY(predictions_init(&predictor->predictions, &session->model,
        loss_of(session->settings.kernel.level), options->output, options->format, error));
    predictor->predictions.shown = read_by_people(options);
    if (*options->id)
        predictor->predictions.id_name = is_name(options->id) ? options->id : "id";
    if (options->threshold != OPTION_AUTO)
        TRY(predictions_set_threshold(&predictor->predictions, options->threshold, error));
    predictor->allows = options->allow_nonfinite;
    TRY(memory_take(&predictor->counts, (size_t)predictor->comm->size, sizeof *predictor->counts,
        "counts of all ranks", error));
    TRY(memory_take(&predictor->receive, (size_t)predictor->comm->size, sizeof *predictor->receive,
        "messages", error));
    return outputs_create(&predictor->outputs, &session->panels, &session->weights,
        session->base.affinity.threads, error);
}

static enum status open_output(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    const char *const input[] = {predictor->session->path, options->data};
    if (options->out[0])
        TRY(out_refuse_file(options->out, input, 2, error));
    return output_open(&predictor->to, options->out[0] ? options->out : "-", error);
}

static enum status predict(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    struct comm *comm = predictor->comm;
    bool leads = comm->rank == 0;
    TRY(model_session_open(predictor->session, options, comm, error));
    TRY(comm_agree(comm, prepare(predictor, options, error), error));
    enum status status = leads ? open_output(predictor, options, error) : STATUS_OK;
    TRY(comm_agree(comm, status, error));
    status = predictor->streams ? predict_stream(predictor, options, error)
                                : predict_data(predictor, options, error);
    if (leads)
        status = output_end(&predictor->to, status, error);
    return comm_agree(comm, status, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct model_session session;
    struct predictor predictor = {.session = &session, .comm = comm};
    predictor.streams = is_standard_input(options) || file_is_fifo(options->data);
    comm_broadcast(comm, &predictor.streams, sizeof predictor.streams);
    if (predictor.streams && comm->size > 1)
        return fail(error, STATUS_USAGE,
            "--data %s: a stream (standard input, a FIFO) reaches one rank only; omit mpirun, or "
            "name a file",
            options->data);
    enum status status = predict(&predictor, options, error);
    outputs_destroy(predictor.outputs);
    free(predictor.rows);
    free(predictor.counts);
    free(predictor.receive);
    model_session_close(&session);
    return status;
}

const struct command_row command_predict = {
    .arguments = "MODEL --data SOURCE [options]",
    .summary = "predictions of a model for data: classes, probabilities, values",
    .help =
        "  lockstep predict runs/first --data new.csv > answers.csv\n"
        "  lockstep predict runs/first --data images-idx3-ubyte --format npy --out answers.npy\n"
        "  produce | lockstep predict runs/first --data - | consume\n"
        "\n"
        "The data need no labels. If the inputs of a model have names, a table with these names\n"
        "in its header may have them in any order, and other columns too. --data - reads a\n"
        "table from standard input, and --data FIFO from a FIFO, both without mpirun;\n"
        "predictions are written after every 256 rows, and at the end. If the reader of the\n"
        "output exits (| head), predict ends too, without an error.\n",
    .run = run,
};
