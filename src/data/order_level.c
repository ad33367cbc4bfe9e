/* Compiled once per level (base/level.h). */
#include "data/order.h"

static inline uint64_t finalise(uint64_t h)
{
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

void LEVEL_NAME(order_permute)(const struct order *order, uint64_t *x, int64_t n)
{
    int a = order->bits / 2;
    int b = order->bits - a;
    uint64_t low = (UINT64_C(1) << b) - 1;
    uint64_t key[ORDER_ROUNDS];
    for (int round = 0; round < ORDER_ROUNDS; round++)
        key[round] = order->key[round];
    for (int64_t i = 0; i < n; i++) {
        uint64_t hi = x[i] >> b, lo = x[i] & low;
        for (int round = 0; round < ORDER_ROUNDS; round += 2) {
            hi ^= finalise(lo ^ key[round]) >> (64 - a);
            lo ^= finalise(hi ^ key[round + 1]) >> (64 - b);
        }
        x[i] = hi << b | lo;
    }
}
