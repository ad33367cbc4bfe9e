#include "net/pack.h"

extern pack_function pack_base, pack_v3, pack_v4;

pack_function *pack_of(enum level level)
{
    static pack_function *const table[N_LEVELS] = {pack_base, pack_v3, pack_v4};
    return table[level];
}
