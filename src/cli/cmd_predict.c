#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/floatmode.h"
#include "base/memory.h"
#include "api/model_session.h"
#include "run/run_files.h"
#include "comm/threads.h"
#include "comm/world.h"
#include "report/predictions.h"

struct asking {
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
    int64_t answered;                     /* samples predicted so far on all ranks */
    int64_t not_finite;                   /* samples among them with non-finite predictions */
    char data[256], place[DATASET_PLACE]; /* file and place of the first of these */
};

/* --- a round ------------------------------------------------------------------------------- */

/* Returns the samples that a rank predicts in this round, a whole number of blocks. */
static struct range samples_of(const struct asking *asking, int rank)
{
    struct range part =
        split_aligned(range_size(asking->now), KERNEL_BLOCK, asking->comm->size, rank);
    return (struct range){asking->now.first + part.first, asking->now.first + part.end};
}

static void answer_block(struct asking *asking, int thread, int64_t first, int64_t n, float *rows)
{
    struct output_rows outputs = outputs_run(asking->outputs, thread, &asking->session->loader,
        &asking->order, first, n, (struct truth){NULL, NULL});
    for (int64_t r = 0; r < n; r++)
        predictions_row(&asking->predictions, outputs.z + r * outputs.stride,
            rows + r * asking->predictions.width);
}

static void answer(const struct worker *worker, void *argument)
{
    struct asking *asking = argument;
    struct range mine = samples_of(asking, asking->comm->rank);
    struct range part = split_aligned(
        range_size(mine), KERNEL_BLOCK, asking->session->base.affinity.threads, worker->thread);
    for (int64_t at = part.first; at < part.end; at += KERNEL_BLOCK)
        answer_block(asking, worker->thread, mine.first + at, least(part.end - at, KERNEL_BLOCK),
            asking->rows + at * asking->predictions.width);
}

/* Counts n samples, and how many of them have predictions that are not finite. True if the
 * predictions may be written: all are finite, or --allow-nonfinite is given. Collective. */
static bool note_answers(struct asking *asking, const struct dataset *data, int64_t n)
{
    struct not_finite found = outputs_take_not_finite(asking->outputs);
    not_finite_join(&found, asking->comm, asking->counts);
    if (found.samples > 0 && asking->not_finite == 0)
        dataset_place(data, found.first, asking->place);
    snprintf(asking->data, sizeof asking->data, "%s", data->name);
    asking->not_finite += found.samples;
    asking->answered += n;
    return asking->allows || asking->not_finite == 0;
}

/* Reports predictions that are not finite. Called at the end, or for a stream as soon as one is
 * found. */
static enum status check_answers(const struct asking *asking, struct error *error)
{
    enum status status = model_session_check_answers(asking->session, asking->data,
        asking->answered, asking->not_finite, asking->place,
        asking->allows ? "" : ", or add --allow-nonfinite to write them", error);
    if (!status || !asking->allows)
        return status;
    if (asking->comm->rank == 0)
        fprintf(stderr, "lockstep: warning: %s\n", error->text);
    return STATUS_OK;
}

/* Appends the rows of all other ranks to those of rank 0, in the order of the ranks. */
static void collect(const struct asking *asking)
{
    int rank = asking->comm->rank, ranks = asking->comm->size;
    int64_t width = asking->predictions.width;
    for (int r = 1; r < ranks && rank == 0; r++) {
        struct range theirs = samples_of(asking, r);
        asking->receive[r - 1] = (struct message){r,
            asking->rows + (theirs.first - asking->now.first) * width, range_size(theirs) * width};
    }
    struct message send = {0, asking->rows, range_size(samples_of(asking, rank)) * width};
    comm_exchange_floats(asking->comm, &send, rank > 0, asking->receive, rank == 0 ? ranks - 1 : 0);
}

/* Predicts and writes the samples of one round, asking->now. Collective. */
static enum status answer_round(struct asking *asking, struct error *error)
{
    struct comm *comm = asking->comm;
    const struct session_base *base = &asking->session->base;
    const struct dataset *data = &asking->session->data;
    int64_t n = range_size(asking->now);
    enum status status = STATUS_OK;
    TRY(team_run(base->teams, base->affinity.threads, answer, asking, error));
    TRY(comm_agree(comm, dataset_check(data, STATUS_OK, error), error));
    bool writes = note_answers(asking, data, n);
    collect(asking);
    if (comm->rank == 0 && writes)
        status = predictions_write(&asking->predictions, &asking->to, asking->rows, n, error);
    return comm_agree(comm, status, error);
}

/* --- data in files -------------------------------------------------------------------------- */

static enum status predict_data(
    struct asking *asking, const struct options *options, struct error *error)
{
    struct model_session *session = asking->session;
    struct comm *comm = asking->comm;
    int64_t workers = comm->size * (int64_t)session->base.affinity.threads;
    int64_t at_once = workers * PREDICT_BLOCKS * KERNEL_BLOCK;
    bool closed = false, leads = comm->rank == 0;
    comm_broadcast(comm, &at_once, sizeof at_once); /* threads may differ between ranks */
    TRY(model_session_read(session, options, false, comm, error));
    int64_t samples = session->data.samples;
    order_init(&asking->order, samples, false, 0, RANDOM_ORDER, 0);
    /* Rank 0 stores the rows of all ranks; every other rank stores only its own. */
    asking->now = (struct range){0, at_once};
    int64_t rows = leads ? at_once : range_size(samples_of(asking, comm->rank));
    enum status status = memory_take(&asking->rows, (size_t)rows,
        (size_t)asking->predictions.width * sizeof(float), "predictions", error);
    if (!status && leads)
        status = predictions_begin(&asking->predictions, &asking->to, samples, error);
    TRY(comm_agree(comm, status, error));
    for (int64_t first = 0; first < samples && !closed; first += at_once) {
        asking->now = (struct range){first, least(first + at_once, samples)};
        TRY(answer_round(asking, error));
        closed = asking->to.closed;
        comm_broadcast(comm, &closed, sizeof closed);
    }
    return check_answers(asking, error);
}

/* --- streams -------------------------------------------------------------------------------- */

static enum status answer_chunk(
    struct asking *asking, struct dataset *chunk, bool first, struct error *error)
{
    TRY(model_session_match(asking->session, chunk, error));
    if (first)
        TRY(predictions_begin(&asking->predictions, &asking->to, 0, error));
    model_session_load(asking->session, chunk);
    order_init(&asking->order, chunk->samples, false, 0, RANDOM_ORDER, 0);
    /* Runs on one thread, while reading and writing use the process's floating-point mode. */
    uint64_t mode = floatmode_enter();
    answer_block(asking, 0, 0, chunk->samples, asking->rows);
    floatmode_leave(mode);
    if (!note_answers(asking, chunk, chunk->samples))
        return check_answers(asking, error);
    return predictions_write(
        &asking->predictions, &asking->to, asking->rows, chunk->samples, error);
}

static enum status answer_stream(
    struct asking *asking, struct csv_stream *stream, struct error *error)
{
    bool more = true;
    for (bool first = true; more && !asking->to.closed; first = false) {
        struct dataset chunk;
        TRY(csv_stream_next(stream, KERNEL_BLOCK, &chunk, error));
        more = chunk.samples > 0;
        enum status status = more ? answer_chunk(asking, &chunk, first, error) : STATUS_OK;
        dataset_clear(&chunk);
        if (status)
            return status;
    }
    return check_answers(asking, error);
}

static bool is_standard_input(const struct options *options)
{
    return strcmp(options->data, "-") == 0;
}

static enum status predict_stream(
    struct asking *asking, const struct options *options, struct error *error)
{
    struct session_room asked = model_session_room(asking->session, options);
    struct source_request request = model_session_request(&asked, false);
    struct csv_options table = {.label = request.label,
        .header = request.header,
        .task = TASK_NONE,
        .threads = 1,
        .feature_name = request.feature_name,
        .features = request.features,
        .room = request.room};
    bool standard = is_standard_input(options);
    struct csv_stream *stream = NULL;
    TRY(memory_take(&asking->rows, KERNEL_BLOCK, (size_t)asking->predictions.width * sizeof(float),
        "predictions", error));
    /* Opening a FIFO waits for a writer, and reading from it waits for lines. A signal ends the
     * process in both cases, since predict does not catch signals. */
    FILE *file = standard ? stdin : fopen(options->data, "rbe");
    if (!file)
        return fail_errno(error, STATUS_NO_INPUT, errno, "cannot open %s", options->data);
    enum status status =
        csv_stream_open(&stream, file, standard ? "standard input" : options->data, &table, error);
    if (!status)
        status = answer_stream(asking, stream, error);
    csv_stream_close(stream);
    if (!standard)
        fclose(file);
    return status;
}

/* --- both ---------------------------------------------------------------------------------- */

/* True if the output goes to a terminal and no launcher started the program: Open MPI gives its
 * ranks a pseudoterminal, but its own output may go to a file. */
static bool read_by_people(const struct options *options)
{
    const char *launcher;
    bool to_stdout = !options->out[0] || strcmp(options->out, "-") == 0;
    return to_stdout && isatty(STDOUT_FILENO) && world_launched_ranks(&launcher) == 0;
}

static enum status prepare(
    struct asking *asking, const struct options *options, struct error *error)
{
    struct model_session *session = asking->session;
    TRY(predictions_init(&asking->predictions, &session->model,
        loss_of(session->settings.kernel.level), options->output, options->format, error));
    asking->predictions.shown = read_by_people(options);
    asking->allows = options->allow_nonfinite;
    TRY(memory_take(&asking->counts, (size_t)asking->comm->size, sizeof *asking->counts,
        "counts of all ranks", error));
    TRY(memory_take(
        &asking->receive, (size_t)asking->comm->size, sizeof *asking->receive, "messages", error));
    return outputs_create(&asking->outputs, &session->panels, &session->weights,
        session->base.affinity.threads, error);
}

static enum status open_output(
    struct asking *asking, const struct options *options, struct error *error)
{
    const char *const input[] = {asking->session->path, options->data};
    if (options->out[0])
        TRY(out_refuse_file(options->out, input, 2, error));
    return output_open(&asking->to, options->out[0] ? options->out : "-", error);
}

static enum status predict(
    struct asking *asking, const struct options *options, struct error *error)
{
    struct comm *comm = asking->comm;
    bool leads = comm->rank == 0;
    TRY(comm_agree(comm, prepare(asking, options, error), error));
    enum status status = leads ? open_output(asking, options, error) : STATUS_OK;
    TRY(comm_agree(comm, status, error));
    status = asking->streams ? predict_stream(asking, options, error)
                             : predict_data(asking, options, error);
    if (leads)
        status = output_end(&asking->to, status, error);
    return comm_agree(comm, status, error);
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct model_session session;
    struct asking asking = {.session = &session, .comm = comm};
    asking.streams = is_standard_input(options) || file_is_fifo(options->data);
    comm_broadcast(comm, &asking.streams, sizeof asking.streams);
    if (asking.streams && comm->size > 1)
        return fail(error, STATUS_USAGE,
            "--data %s: a stream (standard input, a FIFO) reaches one rank only; omit mpirun, or "
            "name a file",
            options->data);
    TRY(model_session_open(&session, options, comm, error));
    enum status status = predict(&asking, options, error);
    outputs_destroy(asking.outputs);
    free(asking.rows);
    free(asking.counts);
    free(asking.receive);
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
        "in its header may have other columns too. --data - reads a table from standard input,\n"
        "and --data FIFO from a FIFO, both without mpirun; predictions are written after every\n"
        "256 rows, and at the end. If the reader of the output exits (| head), predict ends too,\n"
        "without an error.\n",
    .run = run,
};
