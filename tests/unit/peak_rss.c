/* The peak of resident memory, and that it can be forgotten. */
#include "base/peak_rss.h"

#include <string.h>
#include <sys/mman.h>

#include "support/unit.h"

TEST(peak)
{
    const int64_t size = 64 << 20;
    int64_t before = peak_rss_read();
    assert_true(before > 0);
    /* What free() gives back it may keep. */
    void *block =
        mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(block != MAP_FAILED);
    memset(block, 1, (size_t)size);
    int64_t most = peak_rss_read();
    assert_int_equal(munmap(block, (size_t)size), 0);
    assert_true(most >= size && most >= before);
    assert_true(peak_rss_read() >= most - (1 << 20));
    if (!peak_rss_reset())
        skip();
    assert_true(peak_rss_read() < most - size / 2);
}
