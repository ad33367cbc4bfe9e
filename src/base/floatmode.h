/* floatmode.h: sets the same floating-point mode in every worker, so that all give the same bits.
 *
 * Round to nearest, subnormals flushed to zero on input and output. Each worker sets the mode when
 * it starts and restores the previous one when it ends, so that an embedding program keeps its own
 * mode. Affects only the calling thread.
 */
#pragma once

#include <stdint.h>

uint64_t floatmode_enter(void); /* returns the mode to restore */
void floatmode_leave(uint64_t mode);
