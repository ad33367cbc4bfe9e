#include "net/loss.h"

const char *loss_name(enum loss_kind kind)
{
    static const char *const name[N_LOSSES] = {"cross-entropy", "mse", "bce", "mae", "huber"};
    return name[kind];
}

extern const struct loss loss_base, loss_v3, loss_v4;

const struct loss *loss_of(enum level level)
{
    static const struct loss *const table[N_LEVELS] = {&loss_base, &loss_v3, &loss_v4};
    return table[level];
}
