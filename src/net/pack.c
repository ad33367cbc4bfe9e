#include "net/pack.h"

extern const struct pack pack_base, pack_v3, pack_v4;

const struct pack *pack_of(enum level level)
{
    static const struct pack *const table[N_LEVELS] = {&pack_base, &pack_v3, &pack_v4};
    return table[level];
}
