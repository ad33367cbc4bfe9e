/* pair.h: any bytes as a file of inputs and of labels at once, for a format that has two files. The
 * first byte chooses the task. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/room.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef enum status pair_reader(const char *inputs, const char *labels, enum task task,
    const struct room *room, struct dataset *dataset, struct error *error);

static inline int fuzz_pair(pair_reader *read_pair, const uint8_t *bytes, size_t size)
{
    struct dataset dataset;
    struct error error;
    char path[64];
    if (size == 0)
        return 0;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    enum status status = read_pair(path, path, (enum task)(bytes[0] % 4), NULL, &dataset, &error);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
    close(file);
    return 0;
}
