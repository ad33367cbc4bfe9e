/* hash.h: the hash XXH3-64, for fingerprints and for `weights_xxh3`. Threads: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Returns XXH3 with a seed; seed 0 is plain XXH3. To hash several blocks, pass the hash of each as
 * the seed for the next. */
uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed);

/* Computes the hash of a file's bytes with seed 0, reading it piece by piece. STATUS_NO_INPUT,
 * STATUS_IO, STATUS_NO_RESOURCE. */
enum status hash_file(const char *path, uint64_t *hash, struct error *error);
