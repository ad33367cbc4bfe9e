/* locale_with_comma.h: a locale whose decimals have a comma, which must not show in what is read
 * and written. Inside a cmocka test.
 */
#pragma once

/* setlocale(category) to the one that tests/CMakeLists.txt makes; setlocale(category, "C") ends it.
 * Where it could not be made (Debian: locales), the test is skipped; if REQUIRE_PACKAGES is set, as
 * in CI, it fails. */
void locale_with_comma(int category);
