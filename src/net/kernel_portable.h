/* kernel_portable.h: the kernel in plain C, for any CPU and any BLIS. For kernel.c. */
#ifndef NET_KERNEL_PORTABLE_H
#define NET_KERNEL_PORTABLE_H

#include "net/kernel.h"

enum { PORTABLE_LANES = 16, PORTABLE_ROWS = 6 };

/* At the highest level that this CPU runs. */
struct kernel kernel_portable(void);

#endif
