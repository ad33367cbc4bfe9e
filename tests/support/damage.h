/* damage.h: every small damage to the bytes of a file, for readers that must take or refuse each.
 *
 * Threads: no.
 */
#pragma once

#include <stddef.h>

/* Calls `attempt` with the bytes cut at every length, and with each byte in turn changed: each of
 * its bits, and into each of some bytes that formats give a meaning to. The copy that it gets is
 * exactly as long as it is said to be, so that AddressSanitizer sees who reads on. Returns how
 * often. */
int damage_everywhere(const void *bytes, size_t size,
    void (*attempt)(void *context, const unsigned char *bytes, size_t size), void *context);
