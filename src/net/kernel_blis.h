/* kernel_blis.h: the adapter to BLIS; its .c is the one file that includes <blis.h>, and
 * kernel_blis_none.c takes its place in a build without BLIS. For kernel.c.
 */
#ifndef NET_KERNEL_BLIS_H
#define NET_KERNEL_BLIS_H

#include "net/kernel.h"

/* The BLIS kernels that the library contains and this CPU can run, fastest first. */
int kernel_blis_list(struct kernel kernels[KERNELS_MAX]);

void kernel_blis_prepare_process(const char *name);
const char *kernel_blis_library(void);

#endif
