/* pack.h: from matrices to the panels of a kernel (kernel.h), one function a level.
 *
 *   matrix: lane l, step t at from[l * lane + t * step]     -->     panel [k][width]
 *
 * Lanes `used` ... width-1 are written as 0. One of the two strides is 1 wherever speed matters:
 * either the lanes lie side by side and are copied, or the steps do and are transposed, 16 x 16 at
 * a time.
 *
 * Threads: any, on panels of their own.
 */
#ifndef NET_PACK_H
#define NET_PACK_H

#include <stdint.h>

#include "base/level.h"

typedef void pack_function(
    float *panel, int width, int used, int64_t k, const float *from, int64_t lane, int64_t step);

pack_function *pack_of(enum level level);

#endif
