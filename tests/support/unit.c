#include "support/unit.h"

#include <stdlib.h>

enum { TESTS_MAX = 128 };
static struct CMUnitTest tests[TESTS_MAX]; /* cmocka skips entries without a name */
static int n_tests;

void unit_add(const struct CMUnitTest *test)
{
    if (n_tests == TESTS_MAX) {
        print_error("more than %d tests in a program\n", (int)TESTS_MAX);
        exit(1);
    }
    tests[n_tests++] = *test;
}

int unit_run(CMFixtureFunction begin, CMFixtureFunction end)
{
    return cmocka_run_group_tests(tests, begin, end);
}
