/* The peak of resident memory, and that it can be forgotten. */
#include "base/resident.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/unit.h"

static void peak(void **state)
{
    (void)state;
    const int64_t size = 64 << 20;
    char *block;
    struct error error;
    int64_t before = resident_peak_bytes();
    assert_true(before > 0);
    assert_int_equal(memory_take(&block, (size_t)size, 1, "a block", &error), STATUS_OK);
    memset(block, 1, (size_t)size);
    int64_t most = resident_peak_bytes();
    free(block);
    assert_true(most >= size && most >= before);
    assert_true(resident_peak_bytes() >= most - (1 << 20));
    if (!resident_forget_peak())
        skip();
    assert_true(resident_peak_bytes() < most - size / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(peak)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
