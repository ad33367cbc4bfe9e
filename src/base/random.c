#include "base/random.h"

#include <Random123/philox.h>

void random_block(struct random_stream stream, uint64_t row, uint32_t unit4, uint32_t word[4])
{
    philox4x32_ctr_t counter = {{unit4, (uint32_t)row, (uint32_t)(row >> 32),
        (uint32_t)stream.purpose << 24 | stream.layer}};
    philox4x32_key_t key = {{(uint32_t)stream.seed, (uint32_t)(stream.seed >> 32)}};
    philox4x32_ctr_t block = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        word[i] = block.v[i];
}

uint32_t random_word(struct random_stream stream, uint64_t row, uint32_t unit)
{
    uint32_t word[4];
    random_block(stream, row, unit / 4, word);
    return word[unit % 4];
}
