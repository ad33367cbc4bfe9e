#include "cli/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/floatmode.h"
#include "base/memory.h"
#include "data/formats/csv.h"
#include "run/model_set.h"
#include "cli/predictor.h"

/* --- streams -------------------------------------------------------------------------------- */

static enum status predict_chunk(
    struct predictor *predictor, struct dataset *chunk, bool first, struct error *error)
{
    TRY(model_session_match(predictor->session, chunk, error));
    if (first)
        dataset_tell_note(&predictor->session->base.messages, chunk);
    if (first)
        TRY(predictions_begin(&predictor->predictions, &predictor->to, 0, error));
    model_session_count(predictor->session, chunk);
    model_session_load(predictor->session, chunk);
    order_init(&predictor->order, chunk->samples, false, 0, RANDOM_ORDER, 0);
    /* Runs on one thread, while reading and writing use the process's floating-point mode. */
    uint64_t mode = floatmode_enter();
    predictor_block(predictor, 0, 0, chunk->samples, predictor->rows);
    floatmode_leave(mode);
    if (!predictor_count(predictor, chunk, chunk->samples))
        return predictor_check(predictor, error);
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
    if (predictor->predicted > 0)
        model_session_print_counts(predictor->session, predictor->data);
    return predictor_check(predictor, error);
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

/* --- one model ----------------------------------------------------------------------------- */

static enum status predict(
    struct predictor *predictor, const struct options *options, struct error *error)
{
    struct comm *comm = predictor->comm;
    bool leads = comm->rank == 0;
    TRY(model_session_open(predictor->session, options, comm, error));
    TRY(comm_agree(comm, predictor_prepare(predictor, options, error), error));
    enum status status = leads ? predictor_open(predictor, options, error) : STATUS_OK;
    TRY(comm_agree(comm, status, error));
    status = predictor->streams ? predict_stream(predictor, options, error)
                                : predictor_run(predictor, options, error);
    if (leads)
        status = output_end(&predictor->to, status, error);
    return comm_agree(comm, status, error);
}

/* --- the models of a study ------------------------------------------------------------------ */

/* Writes the mean of the rows of several models. Rank 0 only. */
static enum status write_mean(
    struct predictor *predictor, const struct options *options, int64_t models, struct error *error)
{
    const struct dataset *data = &predictor->session->data;
    int64_t outputs = predictor->predictions.width;
    struct predictions *predictions = &predictor->predictions;
    float *row;
    TRY(predictor_choose(predictions, predictor->session, options, error));
    if (predictions->numbers == PREDICT_LOGITS)
        return fail(error, STATUS_USAGE, "--output logits: several models have no common logits");
    TRY(predictor_open(predictor, options, error));
    enum status status =
        memory_take(&row, (size_t)predictions->width, sizeof *row, "a prediction", error);
    if (!status)
        status = predictions_begin(predictions, &predictor->to, data->samples, error);
    for (int64_t i = 0; i < data->samples && !status; i++) {
        float *mean = predictor->sum + i * outputs;
        for (int64_t j = 0; j < outputs; j++)
            mean[j] /= (float)models;
        predictions_row_of_mean(predictions, mean, row);
        status = predictions_write(
            predictions, &predictor->to, row, data->id ? data->id + i : NULL, 1, error);
    }
    free(row);
    return output_end(&predictor->to, status, error);
}

/* Adds the rows of one model; writes the mean after the last. Collective. */
static enum status add_model(struct predictor *predictor, const struct options *options,
    const char *model, int64_t models, bool last, struct error *error)
{
    struct comm *comm = predictor->comm;
    struct options one = *options;
    one.model = model;
    one.output = PREDICT_AUTO; /* in NPY: probabilities or values */
    one.format = PREDICT_NPY;
    one.threshold = OPTION_AUTO;
    TRY(model_session_open(predictor->session, &one, comm, error));
    TRY(comm_agree(comm, predictor_prepare(predictor, &one, error), error));
    TRY(predictor_run(predictor, &one, error));
    enum status status = STATUS_OK;
    if (last && comm->rank == 0)
        status = write_mean(predictor, options, models, error);
    return comm_agree(comm, status, error);
}

static void ignore(void *context, const char *line)
{
    (void)context;
    (void)line;
}

/* Predicts with all models of a set, and writes the means. Collective. */
static enum status predict_mean(const struct options *options, const struct model_set *set,
    struct comm *comm, bool streams, struct error *error)
{
    struct model_session session = {0};
    float *sum = NULL;
    enum status status = STATUS_OK;
    if (streams)
        return fail(error, STATUS_USAGE,
            "--data %s: a stream can be read only once, but %s has several models; use a file, or "
            "one of its runs",
            options->data, options->model);
    for (int64_t k = 1; k <= set->n && !status; k++) {
        char model[FILE_PATH_MAX];
        status = model_set_path(model, set, options->model, k, error);
        if (status)
            break;
        struct predictor predictor = {
            .session = &session, .comm = comm, .averages = true, .sum = sum};
        session.base.messages.tell = k > 1 ? ignore : NULL; /* all models have the same notes */
        status = add_model(&predictor, options, model, set->n, k == set->n, error);
        sum = predictor.sum;
        predictor_close(&predictor);
    }
    free(sum);
    return status;
}

static enum status run(const struct options *options, const struct invocation *invocation,
    struct comm *comm, struct error *error)
{
    (void)invocation;
    struct model_session session = {0};
    struct predictor predictor = {.session = &session, .comm = comm};
    predictor.streams = is_standard_input(options) || file_is_fifo(options->data);
    comm_broadcast(comm, &predictor.streams, sizeof predictor.streams);
    if (predictor.streams && comm->size > 1)
        return fail(error, STATUS_USAGE,
            "--data %s: a stream (standard input, a FIFO) reaches one rank only; omit mpirun, or "
            "name a file",
            options->data);
    struct model_set set = {.n = 0};
    bool leads = comm->rank == 0;
    enum status status = leads ? model_set_find(&set, options->model, error) : STATUS_OK;
    TRY(comm_agree(comm, status, error));
    comm_broadcast(comm, &set, sizeof set);
    if (set.prefix[0])
        return predict_mean(options, &set, comm, predictor.streams, error);
    status = predict(&predictor, options, error);
    predictor_close(&predictor);
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
        "  lockstep predict runs/folds --data new.csv      mean of the models of all folds\n"
        "  lockstep predict runs/tuned --data new.csv      the best try of lockstep tune\n"
        "\n"
        "The data need no labels. If the inputs of a model have names, a table with these names\n"
        "in its header may have them in any order, and other columns too. --data - reads a\n"
        "table from standard input, and --data FIFO from a FIFO, both without mpirun;\n"
        "predictions are written after every 256 rows, and at the end. If the reader of the\n"
        "output exits (| head), predict ends too, without an error.\n",
    .run = run,
};
