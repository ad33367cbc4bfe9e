/* model.c: any bytes as a model file. The first byte chooses between a model that says of itself
 * what it is, and weights for a network of 2-1.
 */
#include "model/model.h"
#include "model/model_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct model model;
    struct mlp mlp;
    struct error error;
    float parameters[3];
    char path[64];
    if (size == 0)
        return 0;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, bytes + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (bytes[0] % 2 == 0) {
        if (model_read(path, &model, &error) == STATUS_OK)
            model_clear(&model);
    } else if (mlp_init(&mlp, 2, NULL, 0, 1, &error) == STATUS_OK) {
        model_read_parameters(path, &mlp, parameters, &error);
    }
    close(file);
    return 0;
}
