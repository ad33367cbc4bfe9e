#include "base/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/output.h"
#include "support/own_directory.h"
#include "support/unit.h"

TEST_IN_OWN_DIRECTORY(a_path_that_is_too_long)
{
    struct error error;
    char path[FILE_PATH_MAX], longest[FILE_PATH_MAX + 10];
    memset(longest, 'x', sizeof longest);
    longest[FILE_PATH_MAX - 3] = '\0'; /* "d/" and it: one too many */
    assert_int_equal(file_path(path, "d", longest + 1, &error), STATUS_OK);
    assert_int_equal(strlen(path), FILE_PATH_MAX - 2);
    assert_int_equal(file_path(path, "dd", longest, &error), STATUS_USAGE);
    assert_int_equal(
        output_write_whole(&directory_current, longest, "x", 1, &error), STATUS_CANNOT_CREATE);
    longest[FILE_PATH_MAX - 3] = 'x';
    longest[FILE_PATH_MAX + 1] = '\0';
    assert_int_equal(file_make_directory(longest, &error), STATUS_CANNOT_CREATE);
    assert_int_equal(own_directory_entries("."), 0);
}

TEST_IN_OWN_DIRECTORY(directories)
{
    struct error error;
    assert_int_equal(file_make_directory("x/y//z/", &error), STATUS_OK);
    assert_true(file_is_directory("x/y/z"));
    assert_int_equal(file_make_directory("x/y/z", &error), STATUS_OK);

    assert_int_equal(output_write_whole(&directory_current, "f", "1", 1, &error), STATUS_OK);
    assert_false(file_is_directory("f"));
    assert_int_equal(file_make_directory("f", &error), STATUS_CANNOT_CREATE);
    assert_int_equal(file_make_directory("f/g", &error), STATUS_CANNOT_CREATE);
    assert_says(error.text, "f/g");
}

TEST_IN_OWN_DIRECTORY(reading_that_fails)
{
    struct error error;
    char *bytes = NULL;
    size_t size;
    assert_int_equal(file_read_whole("none", 9, &bytes, &size, &error), STATUS_NO_INPUT);
    assert_says(error.text, "none");
    assert_int_equal(file_read_whole(".", 9, &bytes, &size, &error), STATUS_NO_INPUT);
    assert_int_equal(mkfifo("fifo", 0600), 0); /* waiting for its writer would be for ever */
    assert_int_equal(file_read_whole("fifo", 9, &bytes, &size, &error), STATUS_NO_INPUT);
    assert_says(error.text, "fifo is not a regular file");
    assert_true(file_is_fifo("fifo"));
    assert_int_equal(
        output_write_whole(&directory_current, "a", "0123456789", 10, &error), STATUS_OK);
    assert_int_equal(file_read_whole("a", 9, &bytes, &size, &error), STATUS_BAD_DATA);
    memory_inject_failure(1);
    assert_int_equal(file_read_whole("a", 10, &bytes, &size, &error), STATUS_NO_RESOURCE);
    memory_inject_failure(0);
    assert_null(bytes);
    assert_int_equal(file_read_whole("a", 10, &bytes, &size, &error), STATUS_OK);
    free(bytes);
}

static void assert_content(const char *path, const char *want)
{
    struct error error;
    char *bytes;
    size_t size;
    assert_int_equal(file_read_whole(path, 100, &bytes, &size, &error), STATUS_OK);
    assert_string_equal(bytes, want);
    free(bytes);
}

/* A file that grows appears under its name at once, in place of an older one, and has each piece from then on. */
TEST_IN_OWN_DIRECTORY(a_file_that_grows)
{
    struct error error;
    struct output output;
    assert_int_equal(output_write_whole(&directory_current, "f", "old", 3, &error), STATUS_OK);
    assert_int_equal(output_open(&output, "f", &error), STATUS_OK);
    assert_int_equal(output_append(&output, "a\n", 2, &error), STATUS_OK);
    assert_content("f", "old");
    assert_int_equal(output_publish(&output, &error), STATUS_OK);
    assert_content("f", "a\n");
    assert_int_equal(own_directory_entries("."), 1);
    assert_int_equal(output_append(&output, "bc\n", 3, &error), STATUS_OK);
    assert_content("f", "a\nbc\n");
    assert_int_equal(output_end(&output, STATUS_OK, &error), STATUS_OK);
    assert_content("f", "a\nbc\n");
}

/* What does not fit is not there in part, and what fits later is behind what was there. */
TEST_IN_OWN_DIRECTORY(a_file_that_cannot_grow)
{
    struct error error;
    struct output output;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 6;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(output_open(&output, "f", &error), STATUS_OK);
    assert_int_equal(output_append(&output, "1234", 4, &error), STATUS_OK);
    assert_int_equal(output_publish(&output, &error), STATUS_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status status = output_append(&output, "5678", 4, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, STATUS_IO);
    assert_says(error.text, "cannot write f: File too large");
    assert_content("f", "1234");
    assert_int_equal(output_append(&output, "56", 2, &error), STATUS_OK);
    assert_content("f", "123456");
    assert_int_equal(output_end(&output, STATUS_OK, &error), STATUS_OK);
}

TEST_IN_OWN_DIRECTORY(the_same_file)
{
    struct error error;
    assert_int_equal(output_write_whole(&directory_current, "f", "1", 1, &error), STATUS_OK);
    assert_int_equal(output_write_whole(&directory_current, "g", "1", 1, &error), STATUS_OK);
    assert_int_equal(symlink("f", "link"), 0);
    assert_true(file_is_same("f", "./link"));
    assert_false(file_is_same("f", "g"));
    assert_false(file_is_same("none", "none"));
    assert_false(file_is_same("f", ""));
}
