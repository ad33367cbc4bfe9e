/* machine.h: the hardware of this machine. Threads: any. Collective: no. */
#pragma once

#include <stdint.h>

/* The hardware of this machine. A size of 0 bytes means unknown or absent. */
struct machine {
    char cpu[128];              /* "unknown" where the system does not say */
    int64_t l1_bytes, l2_bytes; /* the data caches of the first core */
    int64_t l3_bytes;           /* all third-level caches together */
    int64_t memory_bytes;
};

void machine_read(struct machine *machine);

/* Returns only l2_bytes, without reading files again. */
int64_t machine_l2_bytes(void);

/* Returns only the size of the memory: `most` in memory_limits.h. */
int64_t machine_memory(void);

/* Writes only the CPU's name. */
void machine_cpu(char out[128]);
