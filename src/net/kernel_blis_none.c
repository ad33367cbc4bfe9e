/* Used in a build without BLIS, or with a BLIS whose micro-kernels cannot be called: only
 * `portable` is available. */
#include "net/kernel.h"

int kernel_blis_list(struct kernel kernels[KERNELS_MAX])
{
    (void)kernels;
    return 0;
}

void kernel_prepare_process(const char *name)
{
    (void)name;
}

const char *kernel_library(void)
{
    return "none";
}
