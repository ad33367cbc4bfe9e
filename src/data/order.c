#include "data/order.h"

#include <stddef.h>

void order_init(struct order *order, int64_t n, bool shuffled, uint64_t seed,
    enum random_purpose purpose, uint64_t epoch)
{
    *order = (struct order){.n = n, .shuffled = shuffled, .bits = ORDER_BITS_MIN};
    while (order->bits < 63 && (INT64_C(1) << order->bits) < n)
        order->bits++;

    struct random_stream stream = {.seed = seed, .purpose = purpose, .layer = 0};
    for (size_t pair = 0; pair < ORDER_ROUNDS / 2; pair++) {
        uint32_t word[4];
        random_block(stream, epoch, (uint32_t)pair, word);
        order->key[2 * pair] = word[0] | (uint64_t)word[1] << 32;
        order->key[2 * pair + 1] = word[2] | (uint64_t)word[3] << 32;
    }
}

static inline uint64_t finalise(uint64_t h)
{
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ h >> 33;
}

static inline uint64_t permute(const struct order *order, uint64_t x)
{
    int a = order->bits / 2;
    int b = order->bits - a;
    uint64_t hi = x >> b;
    uint64_t lo = x & ((UINT64_C(1) << b) - 1);

    for (int round = 0; round < ORDER_ROUNDS; round += 2) {
        hi ^= finalise(lo ^ order->key[round]) >> (64 - a);
        lo ^= finalise(hi ^ order->key[round + 1]) >> (64 - b);
    }
    return hi << b | lo;
}

/* The walk ends: permute is a bijection, so the cycle comes back to `position`, which is below n.
 */
int64_t order_at(const struct order *order, int64_t position)
{
    if (!order->shuffled)
        return position;
    uint64_t x = permute(order, (uint64_t)position);
    while (x >= (uint64_t)order->n)
        x = permute(order, x);
    return (int64_t)x;
}

/* All once, without a branch between them; then those that walk on. */
void order_run(const struct order *order, int64_t first, int64_t n, int64_t *out)
{
    if (!order->shuffled) {
        for (int64_t i = 0; i < n; i++)
            out[i] = first + i;
        return;
    }
    for (int64_t i = 0; i < n; i++)
        out[i] = (int64_t)permute(order, (uint64_t)(first + i));
    for (int64_t i = 0; i < n; i++)
        while (out[i] >= order->n)
            out[i] = (int64_t)permute(order, (uint64_t)out[i]);
}
