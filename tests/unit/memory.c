#include "base/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "support/unit.h"

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
        assert_says(error.text, "the moon");
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
                assert_says(error.text, "100 bytes");
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

/* --- the parts of a block ------------------------------------------------------------------ */

enum { PARTS = 4 };

struct parts {
    size_t count[PARTS], size[PARTS];
    char *part[PARTS];
};

static void place(void *object, struct carver *carver)
{
    struct parts *parts = object;
    for (int i = 0; i < PARTS; i++)
        parts->part[i] = carve(carver, parts->count[i], parts->size[i]);
}

/* Aligned, one behind the other, zero, and within the measured bytes. */
TEST(parts_lie_in_a_block_of_the_measured_size)
{
    struct parts parts = {{3, 0, 17, 64}, {5, 8, 4, 1}, {NULL}};
    const size_t start[PARTS + 1] = {0, 64, 64, 192, 256};
    struct error error;
    char *block;
    assert_int_equal(memory_measure(place, &parts), start[PARTS]);
    for (int i = 0; i < PARTS; i++)
        assert_null(parts.part[i]);
    assert_int_equal(memory_carve(&block, place, &parts, "a test", &error), STATUS_OK);
    for (int i = 0; i < PARTS; i++) {
        assert_ptr_equal(parts.part[i], block + start[i]);
        assert_int_equal((uintptr_t)parts.part[i] % MEMORY_ALIGNMENT, 0);
        for (size_t k = 0; k < parts.count[i] * parts.size[i]; k++)
            assert_int_equal(parts.part[i][k], 0);
    }
    free(block);
}

/* A product, a sum or a rounding that wraps must not end as a small block. */
TEST(parts_beyond_the_address_space_are_refused)
{
    static const struct parts large[] = {{{SIZE_MAX, 1, 1, 1}, {2, 1, 1, 1}, {NULL}},
        {{1, SIZE_MAX, 1, 1}, {1, 1, 1, 1}, {NULL}},
        {{SIZE_MAX / 2, 1, SIZE_MAX / 2 + 1, 1}, {1, 1, 1, 1}, {NULL}},
        {{1, 1, 1, SIZE_MAX / 2}, {1, 1, 1, 3}, {NULL}}};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        struct parts parts = large[i];
        struct error error = {0};
        char mark, *block = &mark;
        assert_int_equal(memory_measure(place, &parts), INT64_MAX);
        enum status status = memory_carve(&block, place, &parts, "the moon", &error);
        assert_int_equal(status, STATUS_NO_RESOURCE);
        assert_says(error.text, "the moon");
        assert_ptr_equal(block, &mark);
        for (int k = 0; k < PARTS; k++)
            assert_null(parts.part[k]);
    }
}

/* Any access to this block would end the program. */
TEST(carving_touches_no_page)
{
    struct parts parts = {{1000, 1, 5000, 100}, {1000, 8, 400, 1}, {NULL}};
    size_t bytes = (size_t)memory_measure(place, &parts);
    void *block = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(block != MAP_FAILED);
    struct carver carver = {block, 0};
    place(&parts, &carver);
    assert_int_equal(carver.bytes, bytes);
    assert_ptr_equal(parts.part[0], block);
    munmap(block, bytes);
}
