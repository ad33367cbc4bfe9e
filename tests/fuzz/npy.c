/* npy.c: any bytes as an NPY file, of inputs and of labels at once. The first byte chooses the
 * task.
 */
#include "data/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
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
    enum status status = npy_read(path, path, (enum task)(bytes[0] % 4), &dataset, &error);
    if (status == STATUS_OK)
        dataset_fingerprint(&dataset);
    dataset_clear(&dataset);
    close(file);
    return 0;
}
