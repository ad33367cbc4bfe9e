#include "report/figure.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"
#include "report/rows.h"

/* Figures whose heading differs from their key, or whose numbers are not counts. */
static const struct {
    const char *key, *heading;
    enum number_form form;
} figures[] = {{"batch", "B (samples)", NUMBER_COUNT}, {"name", "run", NUMBER_PLAIN},
    {"number", "run number", NUMBER_COUNT}, {"batch_stages", "B during training", NUMBER_PLAIN},
    {"train_samples", "training samples", NUMBER_COUNT},
    {"val_samples", "validation samples", NUMBER_COUNT},
    {"max_steps", "maximum steps", NUMBER_COUNT}, {"epochs_run", "epochs", NUMBER_PLAIN},
    {"epochs_done", "epochs done", NUMBER_PLAIN}, {"workers_busy", "busy workers", NUMBER_COUNT},
    {"lr", "learning rate", NUMBER_PLAIN},
    {"lr_on_border", "at the edge of the grid", NUMBER_PLAIN}, {"balance", "balance", NUMBER_PLAIN},
    {"mse", "mse", NUMBER_PLAIN}, {"rmse", "rmse", NUMBER_PLAIN}, {"mae", "mae", NUMBER_PLAIN},
    {"warmup_steps", "warm-up steps", NUMBER_COUNT},
    {"warmup_epochs", "warm-up epochs", NUMBER_PLAIN},
    {"warmup_share", "warm-up share", NUMBER_SHARE}, {"lr_last", "last rate", NUMBER_PLAIN},
    {"pass_rows", "rows at once", NUMBER_COUNT}, {"memory_node_bytes", "per machine", NUMBER_BYTES},
    {"memory_rank_bytes", "per rank", NUMBER_BYTES},
    {"memory_weights_bytes", "weights", NUMBER_BYTES},
    {"memory_gradients_bytes", "gradients", NUMBER_BYTES},
    {"memory_optimizer_bytes", "optimizer", NUMBER_BYTES},
    {"memory_activations_bytes", "activations", NUMBER_BYTES},
    {"memory_data_bytes", "data", NUMBER_BYTES},
    {"memory_best_bytes", "best weights", NUMBER_BYTES},
    {"memory_checkpoints_bytes", "checkpoint copies", NUMBER_BYTES},
    {"memory_evaluation_bytes", "evaluation", NUMBER_BYTES},
    {"memory_process_bytes", "program and libraries (about)", NUMBER_BYTES},
    {"memory_writing_bytes", "extra during checkpoints", NUMBER_BYTES},
    {"memory_whole_batch_activations_bytes", "activations unsplit", NUMBER_BYTES},
    {"memory_whole_batch_node_bytes", "machine unsplit", NUMBER_BYTES},
    {"peak_rss_bytes", "peak memory of a rank", NUMBER_BYTES},
    {"flops_per_step", "operations per step", NUMBER_SHORT},
    {"flops_per_epoch", "operations per epoch", NUMBER_SHORT},
    {"flops_per_run", "operations per run", NUMBER_SHORT},
    {"team_bytes_per_step", "messages of a team per step", NUMBER_BYTES},
    {"team_bytes_per_epoch", "messages of a team per epoch", NUMBER_BYTES},
    {"samples_per_second", "samples/s", NUMBER_COUNT}, {"samples_per_s", "samples/s", NUMBER_COUNT},
    {"seconds", "time", NUMBER_TIME}, {"seconds_per_step", "time per step", NUMBER_TIME},
    {"seconds_per_epoch", "time per epoch", NUMBER_TIME},
    {"seconds_per_run", "time per run", NUMBER_TIME},
    {"train_loss", "training loss", NUMBER_FRACTION},
    {"val_loss", "validation loss", NUMBER_FRACTION},
    {"val_accuracy", "validation accuracy", NUMBER_FRACTION},
    {"val_r2", "validation R2", NUMBER_FRACTION}, {"test_r2", "test R2", NUMBER_FRACTION},
    {"val_rmse", "validation RMSE", NUMBER_PLAIN}, {"test_loss", "test loss", NUMBER_FRACTION},
    {"test_accuracy", "test accuracy", NUMBER_FRACTION}, {"test_rmse", "test RMSE", NUMBER_PLAIN},
    {"test_top5", "test top5", NUMBER_FRACTION}, {"test_exact", "test exact", NUMBER_FRACTION},
    {"test_f1", "test F1", NUMBER_FRACTION}, {"test_mae", "test MAE", NUMBER_PLAIN},
    {"test_mse", "test MSE", NUMBER_PLAIN}, {"score", "mean [least, most]", NUMBER_FRACTION},
    {"first_score", "first try", NUMBER_FRACTION},
    {"deviation", "standard deviation", NUMBER_FRACTION}, {"dropout", "dropout", NUMBER_PLAIN},
    {"weight_decay", "weight decay", NUMBER_PLAIN}, {"gap", "gap", NUMBER_FRACTION},
    {"metric", "metric", NUMBER_FRACTION},
    {"frozen_noise_scale", "noise scale (samples)", NUMBER_COUNT},
    {"frozen_noise_low", "95 % from", NUMBER_COUNT}, {"frozen_noise_high", "to", NUMBER_COUNT},
    {"precision", "precision", NUMBER_FRACTION}, {"recall", "recall", NUMBER_FRACTION},
    {"f1", "f1", NUMBER_FRACTION}, {"auc", "auc", NUMBER_FRACTION}, {"r2", "r2", NUMBER_FRACTION},
    {"epochs_to_target", "epochs to target", NUMBER_PLAIN},
    {"seconds_to_target", "time to target", NUMBER_TIME}, {"seed_scatter", "scatter", NUMBER_PLAIN},
    {"communication_share", "communication", NUMBER_SHARE},
    {"lr_scale", "rate by batch", NUMBER_PLAIN}, {"bytes", "size", NUMBER_BYTES},
    {"one", "one core", NUMBER_PLAIN}, {"all", "all workers", NUMBER_PLAIN},
    {"gflops", "GFLOP/s", NUMBER_PLAIN}, {"kernel_gflops", "kernel GFLOP/s", NUMBER_PLAIN},
    {"peak_gflops", "peak GFLOP/s", NUMBER_PLAIN},
    {"share_of_kernel", "share of kernel", NUMBER_SHARE},
    {"share_of_peak", "share of peak", NUMBER_SHARE}, {"step_s", "time per step", NUMBER_TIME},
    {"compute_s", "computing", NUMBER_TIME}, {"exchange_s", "exchange", NUMBER_TIME},
    {"load", "load", NUMBER_TIME}, {"forward", "forward", NUMBER_TIME},
    {"backward", "backward", NUMBER_TIME}, {"weights", "weights", NUMBER_TIME},
    {"reduce", "reduce", NUMBER_TIME}, {"update", "update", NUMBER_TIME},
    {"wait", "wait", NUMBER_TIME}, {"speed_up", "speed-up", NUMBER_PLAIN},
    {"efficiency", "efficiency", NUMBER_SHARE}, {"communication", "reduce and wait", NUMBER_SHARE},
    {"host_efficiency", "efficiency per host", NUMBER_SHARE},
    {"load_balance", "load balance", NUMBER_SHARE},
    {"communication_efficiency", "communication efficiency", NUMBER_SHARE},
    {"parallel_efficiency", "parallel efficiency", NUMBER_SHARE},
    {"computation_scaling", "computation scaling", NUMBER_SHARE},
    {"global_efficiency", "global efficiency", NUMBER_SHARE},
    {"reduce_s", "reduce per step", NUMBER_TIME}, {"first_step_s", "first step after", NUMBER_TIME},
    {"start_up_s", "start-up", NUMBER_TIME}, {"binding", "cores of each rank", NUMBER_PLAIN},
    {"ordered_s", "ordered", NUMBER_TIME}, {"message_s", "message", NUMBER_TIME},
    {"latency_s", "latency", NUMBER_TIME}, {"message_gb_per_s", "message GB/s", NUMBER_PLAIN},
    {"gb_per_s", "GB/s", NUMBER_PLAIN}, {"allreduce_s", "MPI_Allreduce", NUMBER_TIME},
    {"ordered_gb_per_s", "ordered GB/s", NUMBER_PLAIN},
    {"allreduce_gb_per_s", "MPI_Allreduce GB/s", NUMBER_PLAIN},
    {"ratio", "MPI_Allreduce / ordered", NUMBER_PLAIN}, {"version", "lockstep", NUMBER_PLAIN},
    {"cpu", "CPU", NUMBER_PLAIN}, {"l1_bytes", "L1 per core", NUMBER_BYTES},
    {"l2_bytes", "L2 per core", NUMBER_BYTES}, {"l3_bytes", "L3", NUMBER_BYTES},
    {"threads", "threads per rank", NUMBER_COUNT}, {"blas", "BLAS", NUMBER_PLAIN},
    {"mpi", "MPI", NUMBER_PLAIN}, {"repeats", "rounds", NUMBER_COUNT},
    {"min_steps", "fewest steps", NUMBER_PLAIN}, {"value", "value", NUMBER_PLAIN}};

/* Returns the beginning of the part of a path that ends at `end`. */
static size_t begin_of(const char *path, size_t end)
{
    while (end > 0 && path[end - 1] != '.')
        end--;
    return end;
}

struct figure figure_of(const char *path)
{
    struct figure figure = {.form = NUMBER_COUNT};
    for (size_t end = strlen(path), first; end > 0; end = first > 0 ? first - 1 : 0) {
        first = begin_of(path, end);
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
            if (strncmp(path + first, figures[i].key, end - first) == 0 &&
                figures[i].key[end - first] == '\0') {
                snprintf(figure.heading, FIGURE_HEADING, "%s", figures[i].heading);
                figure.form = figures[i].form;
                return figure;
            }
    }
    snprintf(figure.heading, FIGURE_HEADING, "%s", path + begin_of(path, strlen(path)));
    for (char *at = figure.heading; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    return figure;
}

const char *figure_text(const struct json *value, enum number_form form, char out[FIGURE_TEXT])
{
    double number = value_number(value), from = value_number(js_get(value, "least")),
           to = value_number(js_get(value, "most"));
    bool truth;
    const char *middle = NUMBER(number, form), *least = NUMBER(from, form),
               *most = NUMBER(to, form);
    out[0] = '\0';
    if (js_as_text(value))
        shown_text(out, FIGURE_TEXT, js_as_text(value));
    else if (js_as_bool(value, &truth))
        snprintf(out, FIGURE_TEXT, "%s", truth ? "yes" : "no");
    else if (isfinite(number) && from < to)
        snprintf(out, FIGURE_TEXT, "%s [%s, %s]", middle, least, most);
    else if (isfinite(number))
        snprintf(out, FIGURE_TEXT, "%s", middle);
    else if (isfinite(to))
        snprintf(out, FIGURE_TEXT, from < to ? "%s-%s" : "%s", least, most);
    return out;
}

/* Appends the value of a placeholder, which is "path", "path:3" or "path:s". */
static void append_value(char text[SENTENCE], const char *place, const struct json *row)
{
    char path[FIGURE_HEADING];
    size_t length = strcspn(place, ":}");
    char how = place[length] == ':' ? place[length + 1] : '}';
    snprintf(path, sizeof path, "%.*s", (int)length, place);
    const struct json *value = row_value(row, path);
    double number = js_item(value, 0) ? (double)js_size(value) : value_number(value);
    if (how == 's')
        text_append(text, SENTENCE, "%s", NUMBER_PLURAL(number));
    else if (js_as_text(value))
        text_append(text, SENTENCE, "%s", js_as_text(value));
    else if (isdigit((unsigned char)how) && isfinite(number))
        text_append(text, SENTENCE, "%.*g", how - '0', number);
    else
        text_append(text, SENTENCE, "%s", NUMBER(number, figure_of(path).form));
}

const char *sentence_append(char text[SENTENCE], const char *sentence, const struct json *row)
{
    while (*sentence) {
        size_t plain = strcspn(sentence, "{");
        text_append(text, SENTENCE, "%.*s", (int)plain, sentence);
        sentence += plain;
        if (*sentence)
            append_value(text, sentence + 1, row);
        sentence += strcspn(sentence, "}");
        sentence += *sentence == '}';
    }
    return text;
}
