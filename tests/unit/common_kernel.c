/* common_kernel.c: which kernel ranks of different CPUs take. */
#include "step/common_kernel.h"

#include <string.h>

#include "support/unit.h"

enum { RANKS_MAX = 4 };

/* Ranks as "skx haswell portable" each; the kernel, and the lowest rank without rank 0's first. */
static void assert_common(const char *const *lists, int ranks, const char *wanted, int without)
{
    struct kernel_names names[RANKS_MAX];
    int lacks = -2;
    memset(names, 0, sizeof names);
    for (int r = 0; r < ranks; r++) {
        const char *at = lists[r];
        for (int i = 0; *at; i++) {
            size_t length = strcspn(at, " ");
            memcpy(names[r].name[i], at, length);
            at += length + (at[length] == ' ');
        }
    }
    const char *name = common_kernel_of(names, ranks, &lacks);
    if (wanted)
        assert_string_equal(name, wanted);
    else
        assert_null(name);
    assert_int_equal(lacks, without);
}

#define COMMON(wanted, without, ...)                                                               \
    assert_common((const char *const[]){__VA_ARGS__},                                              \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), wanted, without)

TEST(the_fastest_that_all_have)
{
    COMMON("skx", -1, "skx haswell portable");
    COMMON("skx", -1, "skx haswell portable", "skx haswell zen3 portable");
    COMMON("haswell", 1, "skx haswell portable", "haswell zen3 portable", "skx haswell portable");
    COMMON("zen3", 2, "skx haswell zen3 portable", "skx haswell zen3 portable", "zen3 portable",
        "portable zen3");
    COMMON("portable", 1, "skx portable", "haswell portable");
    COMMON("portable", -1, "portable", "skx portable");
}

TEST(none_in_common)
{
    COMMON(NULL, 1, "skx", "haswell");
    COMMON(NULL, 1, "skx haswell", "");
}

/* Alone, it is what the kernels' own list says. */
TEST(alone)
{
    struct kernel one, other;
    char note[KERNEL_NOTE_MAX] = "?";
    struct error error;
    assert_int_equal(kernel_choose("auto", &one, &error), STATUS_OK);
    assert_int_equal(common_kernel_choose("auto", comm_self(), &other, note, &error), STATUS_OK);
    assert_string_equal(one.name, other.name);
    assert_string_equal(note, "");
    assert_int_equal(
        common_kernel_choose("portable", comm_self(), &other, note, &error), STATUS_OK);
    assert_string_equal(other.name, "portable");
    assert_int_equal(
        common_kernel_choose("abacus", comm_self(), &other, note, &error), STATUS_USAGE);
}
