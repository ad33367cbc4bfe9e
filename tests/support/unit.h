/* unit.h: what every cmocka program includes, last.
 *
 * cmocka has a macro fail(), so status.h, whose fail() it would hide, comes first. cmocka wants
 * four system headers before its own.
 */
#pragma once

#include "base/status.h"
#include "support/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Defines a test of this program: TEST(name) { ... }. They run in the order of the file. */
#define TEST(name) TEST_BETWEEN(name, NULL, NULL)

/* A test between two functions, as cmocka's setup and teardown; NULL: none. */
#define TEST_BETWEEN(name, setup, teardown)                                                        \
    static void name(void **);                                                                     \
    __attribute__((constructor)) static void add_##name(void)                                      \
    {                                                                                              \
        unit_add(&(struct CMUnitTest){#name, name, setup, teardown, NULL});                        \
    }                                                                                              \
    static void name(void **cmocka_state __attribute__((unused)))

/* For TEST: adds a test to the program, at most 128. */
void unit_add(const struct CMUnitTest *test);

/* Runs all tests between two functions; NULL: none. Returns 0 if all pass, for main() to return. A
 * program without a main() has that of support/unit_main.c, which calls unit_run(NULL, NULL). */
int unit_run(CMFixtureFunction begin, CMFixtureFunction end);

/* Fails the test unless `text` contains `what`, and prints both. */
#define assert_says(text, what)                                                                    \
    do {                                                                                           \
        const char *said = (text), *wanted = (what);                                               \
        if (!said || !strstr(said, wanted))                                                        \
            fail_msg("\"%s\" is not in \"%s\"", wanted, said ? said : "(nothing)");                \
    } while (0)

/* Fails the test with what compare.h found. `call` is a call of one of its functions whose last
 * argument is `why`. */
#define assert_compare(call)                                                                       \
    do {                                                                                           \
        char why[COMPARE_TEXT];                                                                    \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, why);                                                        \
    } while (0)
