#include "base/floatmode.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

/* Sets MXCSR: flush to zero (bit 15), denormals are zero (bit 6), all exceptions masked (bits
 * 7-12), round to nearest (bits 13-14 clear). */
uint64_t floatmode_enter(void)
{
    unsigned mode = _mm_getcsr();
    _mm_setcsr(0x8040u | 0x1F80u);
    return mode;
}

void floatmode_leave(uint64_t mode)
{
    _mm_setcsr((unsigned)mode);
}
#elif defined(__aarch64__)
/* Sets FPCR: flush to zero (bit 24), round to nearest (bits 22-23 clear), no traps. */
uint64_t floatmode_enter(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)1 << 24));
    return mode;
}

void floatmode_leave(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}
#else
uint64_t floatmode_enter(void)
{
    return 0;
}

void floatmode_leave(uint64_t mode)
{
    (void)mode;
}
#endif
