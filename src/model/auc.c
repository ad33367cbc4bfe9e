#include "model/auc.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/split.h"
#include "net/kernel.h"

struct auc {
    const struct loader *set;
    const struct loss *loss;
    enum prediction_kind kind;
    int64_t samples, outputs;
    struct comm *comm;
    float *probability;    /* [samples of this rank x outputs] */
    double *column;        /* [samples] of one output */
    struct score *ranking; /* [samples] */
    int64_t *first_sample; /* [ranks + 1]: of each rank */
    int64_t *first_output; /* [ranks + 1] that each rank sorts */
};

static enum status take_memory(struct auc *scores, struct error *error)
{
    const char *what = "the probabilities of all samples";
    size_t ranks = (size_t)comm_size(scores->comm), all = (size_t)scores->samples;
    int rank = comm_rank(scores->comm);
    enum status status =
        memory_take(&scores->first_sample, ranks + 1, sizeof *scores->first_sample, what, error);
    if (!status)
        status = memory_take(
            &scores->first_output, ranks + 1, sizeof *scores->first_output, what, error);
    if (status)
        return status;
    int64_t blocks = divide_up(scores->samples, KERNEL_BLOCK);
    for (int64_t r = 0; r < (int64_t)ranks; r++) {
        int64_t end = split_even(blocks, (int64_t)ranks, r).end * KERNEL_BLOCK;
        scores->first_sample[r + 1] = least(end, scores->samples);
        scores->first_output[r + 1] = split_even(scores->outputs, (int64_t)ranks, r).end;
    }
    size_t own = (size_t)(scores->first_sample[rank + 1] - scores->first_sample[rank]);
    status = memory_take(&scores->probability, own,
        (size_t)scores->outputs * sizeof *scores->probability, what, error);
    if (!status)
        status = memory_take(&scores->column, all, sizeof *scores->column, what, error);
    if (!status)
        status = memory_take(&scores->ranking, all, sizeof *scores->ranking, what, error);
    return status;
}

enum status auc_create(struct auc **scores, const struct loader *set, const struct loss *loss,
    enum prediction_kind kind, int64_t outputs, struct comm *comm, struct error *error)
{
    struct auc *made = NULL;
    *scores = NULL;
    enum status status = memory_take(&made, 1, sizeof *made, "the scores of a set", error);
    if (status)
        return status;
    made->set = set;
    made->loss = loss;
    made->kind = kind;
    made->samples = set->subset->size;
    made->outputs = outputs;
    made->comm = comm;
    status = take_memory(made, error);
    if (status)
        auc_destroy(made);
    else
        *scores = made;
    return status;
}

int64_t auc_bytes(int64_t samples, int64_t outputs, int ranks)
{
    return divide_up(samples, ranks) * outputs * (int64_t)sizeof(float) +
           samples * (int64_t)(sizeof(double) + sizeof(struct score));
}

void auc_destroy(struct auc *scores)
{
    if (!scores)
        return;
    free(scores->probability);
    free(scores->column);
    free(scores->ranking);
    free(scores->first_sample);
    free(scores->first_output);
    free(scores);
}

void auc_keep(struct auc *scores, struct output_rows rows, int64_t first, int64_t n)
{
    int64_t row = first - scores->first_sample[comm_rank(scores->comm)];
    for (int64_t r = 0; r < n; r++)
        prediction_probabilities(scores->loss, scores->kind, rows.z + r * rows.stride,
            scores->outputs, scores->probability + (row + r) * scores->outputs);
}

static bool is_positive(const struct auc *scores, int64_t position, int64_t output)
{
    const struct dataset *dataset = scores->set->dataset;
    int64_t sample = subset_at(scores->set->subset, position);
    return scores->kind == PREDICTION_CLASS
               ? dataset->labels[sample] == output
               : target_is_yes(dataset->targets[sample * dataset->outputs + output]);
}

void auc_compute(struct auc *scores, double *auc)
{
    int rank = comm_rank(scores->comm);
    struct range mine = {scores->first_sample[rank], scores->first_sample[rank + 1]};
    for (int64_t o = 0; o < scores->outputs; o++) {
        for (int64_t i = mine.first; i < mine.end; i++)
            scores->column[i] = (double)scores->probability[(i - mine.first) * scores->outputs + o];
        comm_share_doubles(scores->comm, scores->column, scores->first_sample);
        if (o < scores->first_output[rank] || o >= scores->first_output[rank + 1])
            continue;
        for (int64_t i = 0; i < scores->samples; i++)
            scores->ranking[i] = (struct score){scores->column[i], is_positive(scores, i, o)};
        auc[o] = class_metrics_auc(scores->ranking, scores->samples);
    }
    comm_share_doubles(scores->comm, auc, scores->first_output);
}
