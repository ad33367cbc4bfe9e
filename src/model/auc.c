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
    struct range mine; /* this rank's samples */
    void *block;
    float *probability;    /* [samples of this rank x outputs] */
    double *column;        /* [samples] of one output */
    struct score *ranking; /* [samples] */
    double *area;          /* [outputs] */
    int64_t *first_sample; /* [ranks + 1]: of each rank */
    int64_t *first_output; /* [ranks + 1] that each rank sorts */
};

static int64_t end_sample(const struct auc *scores, int64_t rank)
{
    int64_t blocks = divide_up(scores->samples, KERNEL_BLOCK);
    int64_t end = split_even(blocks, comm_size(scores->comm), rank).end * KERNEL_BLOCK;
    return least(end, scores->samples);
}

static void place(void *object, struct carver *carver)
{
    struct auc *scores = object;
    size_t ranks = (size_t)comm_size(scores->comm), all = (size_t)scores->samples;
    size_t outputs = (size_t)scores->outputs, own = (size_t)range_size(scores->mine);
    scores->probability = carve(carver, own, outputs * sizeof *scores->probability);
    scores->column = carve(carver, all, sizeof *scores->column);
    scores->ranking = carve(carver, all, sizeof *scores->ranking);
    scores->area = carve(carver, outputs, sizeof *scores->area);
    scores->first_sample = carve(carver, ranks + 1, sizeof *scores->first_sample);
    scores->first_output = carve(carver, ranks + 1, sizeof *scores->first_output);
}

enum status auc_create(struct auc **scores, const struct loader *set, const struct loss *loss,
    enum prediction_kind kind, int64_t outputs, struct comm *comm, struct error *error)
{
    struct auc *made = NULL;
    int rank = comm_rank(comm), ranks = comm_size(comm);
    *scores = NULL;
    TRY(memory_take(&made, 1, sizeof *made, "the scores of a set", error));
    *made = (struct auc){.set = set,
        .loss = loss,
        .kind = kind,
        .samples = set->subset->size,
        .outputs = outputs,
        .comm = comm};
    made->mine = (struct range){rank > 0 ? end_sample(made, rank - 1) : 0, end_sample(made, rank)};
    enum status status =
        memory_carve(&made->block, place, made, "the probabilities of all samples", error);
    if (status) {
        auc_destroy(made);
        return status;
    }
    for (int r = 0; r < ranks; r++) {
        made->first_sample[r + 1] = end_sample(made, r);
        made->first_output[r + 1] = split_even(outputs, ranks, r).end;
    }
    *scores = made;
    return STATUS_OK;
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
    free(scores->block);
    free(scores);
}

void auc_keep(struct auc *scores, struct output_rows rows, int64_t first, int64_t n)
{
    int64_t row = first - scores->mine.first;
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

void auc_compute(struct auc *scores, struct class_metrics *class_metrics)
{
    const int64_t *first_output = scores->first_output + comm_rank(scores->comm);
    struct range mine = scores->mine;
    for (int64_t o = 0; o < scores->outputs; o++) {
        for (int64_t i = mine.first; i < mine.end; i++)
            scores->column[i] = (double)scores->probability[(i - mine.first) * scores->outputs + o];
        comm_share_doubles(scores->comm, scores->column, scores->first_sample);
        if (o < first_output[0] || o >= first_output[1])
            continue;
        for (int64_t i = 0; i < scores->samples; i++)
            scores->ranking[i] = (struct score){scores->column[i], is_positive(scores, i, o)};
        scores->area[o] = class_metrics_auc(scores->ranking, scores->samples);
    }
    comm_share_doubles(scores->comm, scores->area, scores->first_output);
    for (int64_t o = 0; o < scores->outputs; o++)
        class_metrics->of[o].auc = scores->area[o];
    class_metrics_join_auc(class_metrics);
}
