/* run_memory.h: what is compared with a machine's limit, and what the message says. The sizes of
 * the parts: forecast.c, and tests/system/test_memory.py. */
#include "study/run_memory.h"

#include <string.h>

#include "support/unit.h"

#define MIB ((int64_t)1 << 20)

static struct error error;

static struct memory_limits limits_of(int64_t most, int64_t free)
{
    return (struct memory_limits){.most = most, .free = free, .set_by = "/some/memory.max"};
}

/* 1000 MiB: 600 of weights, 300 of data, of which 200 are mapped, and 100 more for a checkpoint
 * while it is written, more than one that was read. */
static struct run_memory example(void)
{
    struct run_memory memory = {.part = {[MEMORY_WEIGHTS] = 600 * MIB, [MEMORY_DATA] = 300 * MIB},
        .mapped = 200 * MIB,
        .writing = 300 * MIB,
        .starting = 100 * MIB,
        .reading = 400 * MIB};
    run_memory_sum(&memory);
    return memory;
}

TEST(sums)
{
    struct run_memory memory = example();
    assert_int_equal(memory.all, 900 * MIB);
    assert_int_equal(memory.most, 1000 * MIB);
    memory.starting = 350 * MIB;
    run_memory_sum(&memory);
    assert_int_equal(memory.most, 1050 * MIB);
    memory.reading = 1300 * MIB;
    run_memory_sum(&memory);
    assert_int_equal(memory.most, 1100 * MIB);
}

TEST(refusals)
{
    struct run_memory memory = example();
    struct memory_limits limits = limits_of(1000 * MIB, 0);
    assert_int_equal(run_memory_check(&memory, &limits, "", &error), STATUS_OK);
    limits.most = 0; /* not known */
    assert_int_equal(run_memory_check(&memory, &limits, "", &error), STATUS_OK);
    limits.most = 1000 * MIB - 1;
    assert_int_equal(run_memory_check(&memory, &limits, "", &error), STATUS_NO_RESOURCE);
    assert_says(error.text, "too little memory: 1000 MiB needed on this machine");
    assert_says(error.text, "the limit is 1000 MiB (/some/memory.max)");
    assert_says(
        error.text, "weights 600 MiB, data 100 MiB, extra while writing a checkpoint 300 MiB, ");
    assert_says(error.text, "not counted because mapped from files 200 MiB;");
    assert_says(error.text, "a smaller --hidden");
    assert_says(error.text, "--force-memory");
    memory.part[MEMORY_ACTIVATIONS] = 700 * MIB;
    run_memory_sum(&memory);
    run_memory_check(&memory, &limits, "x.csv, 5 samples", &error);
    assert_int_equal(strncmp(error.text, "x.csv, 5 samples: too little", 28), 0);
    assert_says(error.text, "--pass-rows");
    memory.reading = 2000 * MIB;
    run_memory_sum(&memory);
    run_memory_check(&memory, &limits, "", &error);
    assert_says(error.text, "data 100 MiB, extra while reading data 1.7 GiB");
    assert_null(strstr(error.text, "weights"));
    assert_says(error.text, "NPY");
    memory.cure = "prayer";
    run_memory_check(&memory, &limits, "", &error);
    assert_says(error.text, "to reduce it: prayer;");
}

/* The estimate is right within a tenth. */
TEST(warnings)
{
    struct run_memory memory = example();
    struct memory_limits limits = limits_of(5000 * MIB, 1100 * MIB);
    assert_false(run_memory_is_scarce(&memory, &limits, &error));
    limits.free--;
    assert_true(run_memory_is_scarce(&memory, &limits, &error));
    assert_says(error.text, "1000 MiB needed on this machine, but only 1.1 GiB are free now");
    assert_says(error.text, "weights 600 MiB");
    limits.most = limits.free = 0;
    assert_false(run_memory_is_scarce(&memory, &limits, &error));
}

/* Sizes beyond all bounds stay numbers: they are refused like others. */
TEST(beyond_64_bits)
{
    struct dataset large = {.samples = INT64_MAX, .features = INT64_C(1) << 30, .type = VALUE_F32};
    struct run_sets sets = {.bytes = 0};
    struct run_memory memory = {.all = 0};
    struct memory_limits limits = limits_of(INT64_C(1) << 50, 0);
    large.outputs = 1 << 30;
    for (int i = 0; i < 3; i++)
        run_sets_add(&sets, &large);
    for (int team = 0; team < 8; team++)
        run_memory_add(&memory, NULL, &sets, team, 2, true);
    assert_true(memory.most > INT64_C(1) << 56);
    assert_int_equal(run_memory_check(&memory, &limits, "", &error), STATUS_NO_RESOURCE);
}

/* Teams have their data each, and its ranks the numbers; while data are shared, a set is there
 * twice. */
TEST(data_of_teams)
{
    struct dataset one = {.samples = 1000, .features = 100, .type = VALUE_U8, .classes = 3};
    struct dataset other = {.samples = 500, .features = 100, .type = VALUE_U8, .classes = 3};
    struct run_sets sets = {.numbers = 8000};
    run_sets_add(&sets, &one);
    run_sets_add(&sets, &other);
    assert_int_equal(sets.bytes, 104000 + 52000);
    assert_int_equal(sets.largest, 104000);
    struct run_memory memory = {.all = 0};
    run_memory_add(&memory, NULL, &sets, 0, 1, false);
    assert_int_equal(memory.part[MEMORY_DATA], 156000 + 8000);
    assert_int_equal(memory.reading, 156000);
    int64_t alone = memory.part[MEMORY_PROCESS];
    memory = (struct run_memory){.all = 0};
    run_memory_add(&memory, NULL, &sets, 0, 2, true);
    run_memory_add(&memory, NULL, &sets, 1, 3, true);
    assert_int_equal(memory.part[MEMORY_DATA], 2 * 156000 + 5 * 8000);
    assert_int_equal(memory.reading, 2 * (156000 + 104000));
    assert_true(memory.part[MEMORY_PROCESS] > 5 * alone);
}
