#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <xxhash.h>

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
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        XXH3_64bits_update(state, piece, n);
    *hash = XXH3_64bits_digest(state);
    return ferror(file) ? fail_errno(error, STATUS_IO, errno, "cannot read %s", path) : STATUS_OK;
}

enum status hash_file(const char *path, uint64_t *hash, struct error *error)
{
    FILE *file = fopen(path, "rb");
    XXH3_state_t *state = XXH3_createState();
    enum status status = STATUS_OK;
    struct stat facts;
    if (!file)
        status = fail_errno(error, STATUS_NO_INPUT, errno, "cannot open %s", path);
    else if (fstat(fileno(file), &facts) != 0 || !S_ISREG(facts.st_mode))
        status = fail(error, STATUS_NO_INPUT, "%s is not a regular file", path);
    else if (!state)
        status = fail(error, STATUS_NO_RESOURCE, "no memory to read %s", path);
    if (!status)
        status = hash_rest(file, path, state, hash, error);
    XXH3_freeState(state);
    if (file)
        fclose(file);
    return status;
}
