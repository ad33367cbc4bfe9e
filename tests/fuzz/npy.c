/* npy.c: any bytes as an NPY file. */
#include "data/formats/npy.h"

#include "pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return fuzz_pair(npy_read, bytes, size);
}
