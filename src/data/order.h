/* order.h: computes the order in which an epoch visits its samples.
 *
 * The order is a keyed bijection of [0, n) that is evaluated one index at a time, in O(1) memory: a
 * Feistel network permutes the numbers of `bits` bits, and is applied repeatedly until the result
 * is below n. So any worker on any rank can compute the sample at any position.
 *
 *     bits       the least number >= 6 with 2^bits >= n
 *     a, b       a = bits / 2 rounded down, b = bits - a
 *     x          a number of `bits` bits: hi = x >> b (its a high bits), lo = x mod 2^b
 *
 *     round r    r even:  hi = hi ^ (F(lo ^ key[r]) >> (64 - a))      lo stays
 *                r odd:   lo = lo ^ (F(hi ^ key[r]) >> (64 - b))      hi stays
 *     permute    x -> hi << b | lo, after rounds 0, 1, ..., 7
 *     order_at   y = permute(position); while (y >= n) y = permute(y)
 *
 * All numbers are unsigned 64-bit integers. hi and lo keep their positions and widths; nothing is
 * swapped. F is the 64-bit finaliser of MurmurHash3, with products modulo 2^64:
 *
 *     h ^= h >> 33;  h *= 0xff51afd7ed558ccd;  h ^= h >> 33;  h *= 0xc4ceb9fe1a85ec53;
 *     h ^= h >> 33
 *
 * Round keys are full 64-bit numbers, from units 0 ... 15 of random.h in the stream {seed, purpose,
 * layer 0}, row = epoch: key[r] = word(unit 2r) | word(unit 2r + 1) << 32.
 *
 * Sources: Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002 (cycle walking);
 * Mitchell, Stokes, Frank, Holmes, "Bandwidth-optimal random shuffling for GPUs", 2022. Threads:
 * any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/level.h"
#include "base/random.h"

enum { ORDER_ROUNDS = 8, ORDER_BITS_MIN = 6 };

struct order {
    int64_t n;
    bool shuffled;
    int bits;
    enum level level; /* the highest that this CPU can run: integers are the same on all levels */
    uint64_t key[ORDER_ROUNDS];
};

/* Sets up the order of n >= 1 samples in one epoch (training counts epochs from 1; the split uses
 * 0). If `shuffled` is false, the order is the identity. `purpose` is RANDOM_ORDER or
 * RANDOM_SPLIT. */
void order_init(struct order *order, int64_t n, bool shuffled, uint64_t seed,
    enum random_purpose purpose, uint64_t epoch);

/* Returns the sample at `position`, 0 <= position < n. Permutes fewer than two times on average, or
 * up to 64 times for n < 64. */
int64_t order_at(const struct order *order, int64_t position);

/* Writes the samples at positions `first` ... first + n - 1 to out [n]. Faster than one call per
 * position. */
void order_run(const struct order *order, int64_t first, int64_t n, int64_t *out);

/* For order.c: replaces the numbers x [n], each below 2^bits, by their images under `permute`. */
typedef void order_permute_function(const struct order *order, uint64_t *x, int64_t n);
LEVEL_TABLE(order_permute_function, order_permute)
