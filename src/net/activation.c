#include "net/activation.h"

extern const struct activation activation_base, activation_v3, activation_v4;

const struct activation *activation_of(enum level level)
{
    static const struct activation *const table[N_LEVELS] = {
        &activation_base, &activation_v3, &activation_v4};
    return table[level];
}
