#include "report/log/tensorboard.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/protobuf.h"
#include "report/rows.h"
#include "run/run_reader.h"

/* --- records --------------------------------------------------------------------------------- */

/* CRC-32C (Castagnoli), bit by bit: there are a few hundred bytes in a record. */
static uint32_t masked_crc(const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static void put(unsigned char *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

/* Writes an event as one record, and frees it. */
static enum status write_event(
    struct tensorboard *board, struct protobuf *event, struct error *error)
{
    enum { HEAD = 12, TAIL = 4 };
    size_t size = event->size;
    unsigned char *record = event->failed ? NULL : malloc(HEAD + size + TAIL);
    enum status status = STATUS_OK;
    if (record) {
        put(record, size, 8);
        put(record + 8, masked_crc(record, 8), 4);
        memcpy(record + HEAD, event->bytes, size);
        put(record + HEAD + size, masked_crc(event->bytes, size), 4);
        status = output_append(&board->output, record, HEAD + size + TAIL, error);
    } else {
        status =
            fail(error, STATUS_NO_RESOURCE, "no memory for a record of %s", board->output.name);
    }
    free(record);
    free(event->bytes);
    return status;
}

/* --- events ---------------------------------------------------------------------------------- */

static struct timespec wall_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

static struct protobuf begin_event(int64_t step)
{
    struct protobuf event = {0};
    struct timespec now = wall_clock();
    protobuf_double(&event, 1, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    protobuf_int(&event, 2, step);
    return event;
}

/* Adds a value to a summary: tag = 1, simple_value = 2. */
static void add_scalar(struct protobuf *event, const char *group, const char *name, double value)
{
    char tag[64];
    if (!isfinite(value))
        return;
    snprintf(tag, sizeof tag, "%s/%s", group, name);
    size_t begun = protobuf_begin(event, 1);
    protobuf_text(event, 1, tag);
    protobuf_float(event, 2, (float)value);
    protobuf_end(event, begun);
}

/* Returns the mean over the steps since the last logged one; NaN if they took no time. */
static double samples_per_s(struct tensorboard *board, const struct json *line, int64_t step)
{
    double now_s = row_number(line, "elapsed_s"), seconds = now_s - board->rated_s;
    int64_t samples =
        plan_samples_of(board->plan, step) - plan_samples_of(board->plan, board->rated_step);
    board->rated_step = step;
    board->rated_s = now_s;
    return seconds > 0 ? (double)samples / seconds : (double)NAN;
}

static void add_step(
    struct protobuf *event, struct tensorboard *board, const struct json *line, int64_t step)
{
    static const char *const names[] = {"loss", "lr", "gradient_norm", "noise_scale"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_scalar(event, "train", names[i], row_number(line, names[i]));
    add_scalar(event, "train", "samples_per_s", samples_per_s(board, line, step));
}

static void add_evaluation(struct protobuf *event, const struct json *line)
{
    bool test = row_is(line, "set", "test");
    for (int m = 0; m < N_METRICS; m++) {
        char averaged[METRIC_NAME_MAX];
        const char *name = metric_name((enum metric)m);
        snprintf(averaged, sizeof averaged, "ema_%s", name);
        add_scalar(event, test ? "test" : "val", name, row_number(line, name));
        add_scalar(event, test ? "test_ema" : "val_ema", name, row_number(line, averaged));
    }
}

static enum status take(void *context, const struct json *line, struct error *error)
{
    struct tensorboard *board = context;
    int64_t step = run_int(line, "step");
    bool of_step = row_is(line, "event", "step"), of_epoch = row_is(line, "event", "epoch");
    if (step < board->first_step || !(of_step || of_epoch || row_is(line, "event", "evaluation")))
        return STATUS_OK;
    struct protobuf event = begin_event(step);
    size_t summary = protobuf_begin(&event, 5);
    if (of_step) {
        add_step(&event, board, line, step);
    } else if (of_epoch) {
        add_scalar(&event, "train", "epoch", row_number(line, "epoch"));
        add_scalar(&event, "train", "epoch_loss", row_number(line, "train_loss"));
    } else {
        add_evaluation(&event, line);
    }
    protobuf_end(&event, summary);
    return write_event(board, &event, error);
}

/* --- the beginning of a file ----------------------------------------------------------------- */

static enum status write_version(struct tensorboard *board, struct error *error)
{
    struct protobuf event = begin_event(0);
    protobuf_text(&event, 3, "brain.Event:2");
    return write_event(board, &event, error);
}

/* SessionLog: status = 1, which is START = 1. */
static enum status write_session(struct tensorboard *board, struct error *error)
{
    struct protobuf event = begin_event(board->first_step);
    size_t session = protobuf_begin(&event, 7);
    protobuf_int(&event, 1, 1);
    protobuf_end(&event, session);
    return write_event(board, &event, error);
}

/* Value: tag = 1, tensor = 8 {dtype = 1: DT_STRING = 7; tensor_shape = 2: a scalar; string_val = 8},
 * metadata = 9 {plugin_data = 1 {plugin_name = 1}; data_class = 4: DATA_CLASS_TENSOR = 2}. */
static enum status write_config(struct tensorboard *board, const char *config, struct error *error)
{
    struct protobuf event = begin_event(board->first_step);
    size_t summary = protobuf_begin(&event, 5), value = protobuf_begin(&event, 1);
    protobuf_text(&event, 1, "config");
    size_t tensor = protobuf_begin(&event, 8);
    protobuf_int(&event, 1, 7);
    protobuf_end(&event, protobuf_begin(&event, 2));
    protobuf_text(&event, 8, config);
    protobuf_end(&event, tensor);
    size_t metadata = protobuf_begin(&event, 9);
    size_t plugin = protobuf_begin(&event, 1);
    protobuf_text(&event, 1, "text");
    protobuf_end(&event, plugin);
    protobuf_int(&event, 4, 2);
    protobuf_end(&event, metadata);
    protobuf_end(&event, value);
    protobuf_end(&event, summary);
    return write_event(board, &event, error);
}

/* The names sort in the order of the starts, in which TensorBoard reads the files of a directory. */
static enum status make_file(struct output *output, const char *directory, struct error *error)
{
    char name[80];
    struct timespec now = wall_clock();
    snprintf(name, sizeof name, "events.out.tfevents.%010lld.lockstep.%06ld", (long long)now.tv_sec,
        now.tv_nsec / 1000);
    *output = (struct output){.descriptor = -1, .directory = &directory_current};
    TRY(file_make_directory(directory, error));
    TRY(file_path(output->name, directory, name, error));
    output->descriptor =
        open(output->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (output->descriptor < 0)
        return fail_errno(error, STATUS_CANNOT_CREATE, errno, "cannot create %s", output->name);
    return STATUS_OK;
}

enum status tensorboard_open(struct tensorboard *board, const char *directory, const char *config,
    const struct run_state *resumed, struct metrics_log *log, const char *run, struct error *error)
{
    const struct log_sink sink = {board, take};
    *board = (struct tensorboard){.plan = log->plan, .output.descriptor = -1};
    if (resumed)
        board->first_step = board->rated_step = resumed->step, board->rated_s = resumed->seconds;
    TRY(make_file(&board->output, directory, error));
    TRY(write_version(board, error));
    TRY(write_session(board, error));
    TRY(write_config(board, config, error));
    return metrics_log_add_sink(log, &sink, run, error);
}

enum status tensorboard_close(struct tensorboard *board, struct error *error)
{
    return board->output.descriptor < 0 ? STATUS_OK : output_end(&board->output, STATUS_OK, error);
}
