/* idx.c: any bytes as an IDX file, plain or gzipped. */
#include "data/formats/idx.h"

#include "pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return fuzz_pair(idx_read, bytes, size);
}
