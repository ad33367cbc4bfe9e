/* own_directory.h: cmocka tests that work in a directory of their own. */
#pragma once

/* Defines such a test. Needs support/unit.h. */
#define TEST_IN_OWN_DIRECTORY(name) TEST_BETWEEN(name, own_directory_enter, own_directory_leave)

/* Setup: makes a new, empty directory below $TMPDIR or /tmp and changes to it; *state is its path.
 * Teardown: removes it and all that is in it. They return 0 or -1, as cmocka wants it. */
int own_directory_enter(void **state);
int own_directory_leave(void **state);

/* How many entries a directory has apart from "." and ".."; -1: it cannot be read. */
int own_directory_entries(const char *path);
