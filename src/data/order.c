#include "data/order.h"

#include <stddef.h>

/* The number of positions that are permuted together. */
enum { ORDER_AT_ONCE = 64 };

void order_init(struct order *order, int64_t n, bool shuffled, uint64_t seed,
    enum random_purpose purpose, uint64_t epoch)
{
    *order = (struct order){
        .n = n, .shuffled = shuffled, .bits = ORDER_BITS_MIN, .level = level_highest()};
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

int64_t order_at(const struct order *order, int64_t position)
{
    int64_t sample;
    order_run(order, position, 1, &sample);
    return sample;
}

/* Permutes all numbers once. Then packs those that are still too large together and permutes them
 * again, until none is left. This always ends: permuting is a bijection, so each number would
 * finally return to its position, which is below n. */
static void permute_some(const struct order *order, uint64_t *x, int64_t n)
{
    order_permute_function *permute = order_permute_of(order->level);
    uint64_t walker[ORDER_AT_ONCE];
    int place[ORDER_AT_ONCE] = {0};
    permute(order, x, n);
    for (int walkers = -1; walkers != 0;) {
        walkers = 0;
        for (int i = 0; i < (int)n; i++) {
            walker[walkers] = x[i];
            place[walkers] = i;
            walkers += x[i] >= (uint64_t)order->n;
        }
        permute(order, walker, walkers);
        for (int i = 0; i < walkers; i++)
            x[place[i]] = walker[i];
    }
}

void order_run(const struct order *order, int64_t first, int64_t n, int64_t *out)
{
    for (int64_t begin = 0; begin < n; begin += ORDER_AT_ONCE) {
        uint64_t x[ORDER_AT_ONCE];
        int64_t some = n - begin < ORDER_AT_ONCE ? n - begin : ORDER_AT_ONCE;
        for (int64_t i = 0; i < some; i++)
            x[i] = (uint64_t)(first + begin + i);
        if (order->shuffled)
            permute_some(order, x, some);
        for (int64_t i = 0; i < some; i++)
            out[begin + i] = (int64_t)x[i];
    }
}
