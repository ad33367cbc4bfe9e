#include "data/dataset.h"

#include <stdlib.h>

#include "base/hash.h"

void dataset_clear(struct dataset *dataset)
{
    if (!dataset->lent) {
        free(dataset->values);
        free(dataset->labels);
        free(dataset->targets);
    }
    *dataset = (struct dataset){0};
}

uint64_t dataset_fingerprint(const struct dataset *dataset)
{
    int64_t shape[] = {
        dataset->samples, dataset->features, dataset->type, dataset->classes, dataset->outputs};
    size_t samples = (size_t)dataset->samples;
    size_t value_size = dataset->type == VALUE_U8 ? sizeof(uint8_t) : sizeof(float);

    uint64_t hash = hash_bytes(shape, sizeof shape, 0);
    hash = hash_bytes(dataset->values, samples * (size_t)dataset->features * value_size, hash);
    if (dataset->labels)
        hash = hash_bytes(dataset->labels, samples * sizeof *dataset->labels, hash);
    if (dataset->targets)
        hash = hash_bytes(
            dataset->targets, samples * (size_t)dataset->outputs * sizeof *dataset->targets, hash);
    return hash;
}

static enum status match_labels(
    const struct dataset *train, const struct dataset *other, struct error *error)
{
    for (int64_t i = 0; i < other->samples; i++)
        if (other->labels[i] < 0 || other->labels[i] >= train->classes)
            return fail(error, STATUS_BAD_DATA,
                "%s: the label of sample %lld (from 0) is %d, but the training data %s has classes "
                "0 to %lld",
                other->name, (long long)i, other->labels[i], train->name,
                (long long)train->classes - 1);
    return STATUS_OK;
}

enum status dataset_match(const struct dataset *train, struct dataset *other, struct error *error)
{
    if (other->features != train->features)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld features a sample, but the training data %s has %lld", other->name,
            (long long)other->features, train->name, (long long)train->features);
    if ((other->classes > 0) != (train->classes > 0))
        return fail(error, STATUS_BAD_DATA, "%s has %s, but the training data %s has %s",
            other->name, other->classes > 0 ? "class labels" : "regression targets", train->name,
            train->classes > 0 ? "class labels" : "regression targets");
    if (other->outputs != train->outputs)
        return fail(error, STATUS_BAD_DATA,
            "%s has %lld targets a sample, but the training data %s has %lld", other->name,
            (long long)other->outputs, train->name, (long long)train->outputs);
    if (train->classes > 0) {
        enum status status = match_labels(train, other, error);
        if (status)
            return status;
        other->classes = train->classes;
    }
    return STATUS_OK;
}
