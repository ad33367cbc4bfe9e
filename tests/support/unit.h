/* unit.h: what every cmocka program includes, last.
 *
 * cmocka has a macro fail(), so status.h, whose fail() it would hide, comes first. cmocka wants
 * four system headers before its own.
 */
#ifndef SUPPORT_UNIT_H
#define SUPPORT_UNIT_H

#include "base/status.h"
#include "support/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A test that needs no state of cmocka's: TEST(test_name) { ... }, listed as cmocka_unit_test(test_name). */
#define TEST(name) static void name(void **cmocka_state __attribute__((unused)))

/* Fails the test with what compare.h found. `call` is a call of one of its functions whose last
 * argument is `why`. */
#define assert_compare(call)                                                                       \
    do {                                                                                           \
        char why[COMPARE_TEXT];                                                                    \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, why);                                                        \
    } while (0)

#endif
