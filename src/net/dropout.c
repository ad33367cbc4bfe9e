#include "net/dropout.h"

extern const struct dropout dropout_base, dropout_v3, dropout_v4;

const struct dropout *dropout_of(enum level level)
{
    static const struct dropout *const table[N_LEVELS] = {&dropout_base, &dropout_v3, &dropout_v4};
    return table[level];
}

float dropout_scale(float p)
{
    return (float)(1 / (1 - (double)p));
}
