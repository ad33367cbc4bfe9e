#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <xxhash.h>

#include "base/file.h"
#include "base/heartbeat.h"

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

static enum status hash_rest(
    FILE *file, const char *path, XXH3_state_t *state, uint64_t *hash, struct error *error)
{
    char piece[1 << 16];
    size_t n;
    XXH3_64bits_reset(state);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
        XXH3_64bits_update(state, piece, n);
        heartbeat_beat();
    }
    *hash = XXH3_64bits_digest(state);
    return ferror(file) ? fail_errno(error, STATUS_IO, errno, "cannot read %s", path) : STATUS_OK;
}

enum status hash_file(const char *path, uint64_t *hash, struct error *error)
{
    uint64_t size;
    FILE *file;
    TRY(file_open_regular(path, &file, &size, error));
    XXH3_state_t *state = XXH3_createState();
    enum status status = state ? hash_rest(file, path, state, hash, error)
                               : fail(error, STATUS_NO_RESOURCE, "no memory to read %s", path);
    XXH3_freeState(state);
    fclose(file);
    return status;
}
