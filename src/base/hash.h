/* hash.h: XXH3-64, for fingerprints and for `weights_xxh3`. Threads: any. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* XXH3 with a seed; chain by passing the previous hash as the seed of the next. Seed 0 = plain. */
uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);

/* The hash of a file's bytes with seed 0, read piece by piece. STATUS_NO_INPUT, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status hash_file(const char *path, uint64_t *hash, struct error *error);

#endif
