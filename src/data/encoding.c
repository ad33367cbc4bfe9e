#include "data/encoding.h"

#include "base/hash.h"

enum status encoding_fit(struct encoding *encoding, const struct encoding_choice *choice,
    const struct dataset *dataset, const struct subset *train, struct error *error)
{
    *encoding = (struct encoding){.columns = dataset->features, .inputs = dataset->features};
    enum status status = scale_fit(&encoding->scale, choice->scale, dataset, train, error);
    if (status)
        encoding_clear(encoding);
    return status;
}

void encoding_clear(struct encoding *encoding)
{
    scale_clear(&encoding->scale);
    *encoding = (struct encoding){0};
}

uint64_t encoding_hash(const struct encoding *encoding, uint64_t seed)
{
    const struct scale *scale = &encoding->scale;
    size_t bytes = (size_t)scale->features * sizeof(float);
    return hash_bytes(scale->factor, bytes, hash_bytes(scale->shift, bytes, seed));
}

void encoding_row(const struct encoding *encoding, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x)
{
    scale_row(&encoding->scale, vector, dataset, sample, x);
}
