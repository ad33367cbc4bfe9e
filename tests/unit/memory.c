#include "base/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

TEST(products_and_sums_do_not_wrap)
{
    size_t out = 4711;
    assert_false(checked_product(SIZE_MAX, 2, &out));
    assert_false(checked_product((size_t)1 << 33, (size_t)1 << 31, &out));
    assert_false(checked_sum(SIZE_MAX, 1, &out));
    assert_int_equal(out, 4711);
    assert_true(checked_product(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    assert_true(checked_product((size_t)1 << 32, (size_t)1 << 31, &out) && out == (size_t)1 << 63);
    assert_true(checked_product(0, SIZE_MAX, &out) && out == 0);
    assert_true(checked_sum(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
}

TEST(blocks_are_aligned_and_zero)
{
    mallopt(M_PERTURB, 0x55); /* glibc fills what it hands out: no zero by chance */
    struct error error;
    for (size_t count = 0; count < 200; count++) {
        unsigned char *block = NULL;
        assert_int_equal(memory_take(&block, count, 3, "a test", &error), STATUS_OK);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % MEMORY_ALIGNMENT, 0);
        for (size_t i = 0; i < 3 * count; i++)
            assert_int_equal(block[i], 0);
        free(block);
    }
}

/* The address sanitizer would end the program at a size that no machine has; here it shall refuse
 * it, as malloc does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* Sizes that wrap in the product, in the padding, and that no machine has. */
TEST(what_cannot_be_had_is_refused)
{
    static const size_t sizes[][2] = {
        {SIZE_MAX, 2}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX, 1}, {SIZE_MAX - 64, 1}, {SIZE_MAX / 4, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct error error = {0};
        char mark, *block = &mark;
        enum status status = memory_take(&block, sizes[i][0], sizes[i][1], "the moon", &error);
        assert_int_equal(status, STATUS_NO_RESOURCE);
        assert_int_equal(error.status, STATUS_NO_RESOURCE);
        assert_non_null(strstr(error.text, "the moon"));
        assert_ptr_equal(block, &mark);
    }
}

TEST(the_nth_allocation_fails)
{
    for (int nth = 1; nth <= 4; nth++) {
        memory_inject_failure(nth);
        for (int i = 1; i <= 6; i++) {
            struct error error;
            void *block = NULL;
            enum status status = memory_take(&block, 10, 10, "a test", &error);
            assert_int_equal(status, i == nth ? STATUS_NO_RESOURCE : STATUS_OK);
            assert_true(i == nth ? block == NULL : block != NULL);
            if (i == nth)
                assert_non_null(strstr(error.text, "100 bytes"));
            free(block);
        }
    }
    struct error error;
    void *block = NULL;
    memory_inject_failure(1);
    memory_inject_failure(0);
    assert_int_equal(memory_take(&block, 1, 1, "a test", &error), STATUS_OK);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_and_sums_do_not_wrap),
        cmocka_unit_test(blocks_are_aligned_and_zero),
        cmocka_unit_test(what_cannot_be_had_is_refused),
        cmocka_unit_test(the_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
