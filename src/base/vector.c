#include "base/vector.h"

extern const struct vector vector_base, vector_v3, vector_v4;

const struct vector *vector_of(enum level level)
{
    static const struct vector *const table[N_LEVELS] = {&vector_base, &vector_v3, &vector_v4};
    return table[level];
}
