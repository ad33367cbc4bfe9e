#include "base/file.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/unit.h"

/* Each test works in a directory of its own. */
static int enter_directory(void **state)
{
    char *name = strdup("/tmp/lockstep-file-XXXXXX");
    *state = name;
    return name && mkdtemp(name) && chdir(name) == 0 ? 0 : -1;
}

static int leave_directory(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    int result = chdir("/") == 0 && system(command) == 0 ? 0 : -1;
    free(*state);
    return result;
}

static int entries(const char *path)
{
    int n = 0;
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n - 2; /* . and .. */
}

static void assert_content(const char *path, const char *want)
{
    struct error error;
    char *bytes;
    size_t size;
    assert_int_equal(file_read_whole(path, 1 << 20, &bytes, &size, &error), STATUS_OK);
    assert_int_equal(size, strlen(want));
    assert_string_equal(bytes, want); /* a 0 stands behind the bytes */
    free(bytes);
}

static void written_whole_and_replaced(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(file_write_whole("a", "first", 5, &error), STATUS_OK);
    assert_content("a", "first");
    assert_int_equal(file_write_whole("./a", "2", 1, &error), STATUS_OK);
    assert_content("a", "2");
    assert_int_equal(file_write_whole("a", "", 0, &error), STATUS_OK);
    assert_content("a", "");
    assert_int_equal(entries("."), 1);
}

static void no_directory_to_write_to(void **state)
{
    (void)state;
    struct error error = {STATUS_OK, ""};
    assert_int_equal(file_write_whole("none/a", "x", 1, &error), STATUS_CANNOT_CREATE);
    assert_int_equal(error.status, STATUS_CANNOT_CREATE);
    assert_non_null(strstr(error.text, "none/a"));
    assert_non_null(strstr(error.text, "No such file"));

    assert_int_equal(file_write_whole("a", "x", 1, &error), STATUS_OK);
    assert_int_equal(file_write_whole("a/b", "x", 1, &error), STATUS_CANNOT_CREATE);
    assert_content("a", "x");
    assert_int_equal(entries("."), 1);
}

/* A disk that fills up half-way: here, a limit on the size of files. */
static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    struct error error;
    static char large[100000];
    assert_int_equal(file_write_whole("a", "old", 3, &error), STATUS_OK);

    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status replaced = file_write_whole("a", large, sizeof large, &error);
    enum status made = file_write_whole("b", large, sizeof large, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);

    assert_int_equal(replaced, STATUS_IO);
    assert_int_equal(made, STATUS_IO);
    assert_non_null(strstr(error.text, "b"));
    assert_non_null(strstr(error.text, "File too large"));
    assert_content("a", "old");
    assert_false(file_exists("b"));
    assert_int_equal(entries("."), 1); /* no .part */
}

static void a_directory_is_in_the_way(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(file_make_directory("d", &error), STATUS_OK);
    assert_int_equal(file_write_whole("d", "x", 1, &error), STATUS_IO);
    assert_true(file_is_directory("d"));
    assert_int_equal(entries("."), 1);
}

static void a_path_that_is_too_long(void **state)
{
    (void)state;
    struct error error;
    char path[FILE_PATH_MAX], longest[FILE_PATH_MAX + 10];
    memset(longest, 'x', sizeof longest);
    longest[FILE_PATH_MAX - 3] = '\0'; /* "d/" and it: one too many */
    assert_int_equal(file_path(path, "d", longest + 1, &error), STATUS_OK);
    assert_int_equal(strlen(path), FILE_PATH_MAX - 2);
    assert_int_equal(file_path(path, "dd", longest, &error), STATUS_USAGE);
    assert_int_equal(file_write_whole(longest, "x", 1, &error), STATUS_CANNOT_CREATE);
    longest[FILE_PATH_MAX - 3] = 'x';
    longest[FILE_PATH_MAX + 1] = '\0';
    assert_int_equal(file_make_directory(longest, &error), STATUS_CANNOT_CREATE);
    assert_int_equal(entries("."), 0);
}

static void directories(void **state)
{
    (void)state;
    struct error error;
    bool empty = false;
    assert_int_equal(file_directory_is_empty("x", &empty, &error), STATUS_OK);
    assert_true(empty); /* does not exist */
    assert_int_equal(file_make_directory("x/y//z/", &error), STATUS_OK);
    assert_true(file_is_directory("x/y/z"));
    assert_int_equal(file_make_directory("x/y/z", &error), STATUS_OK);
    assert_int_equal(file_directory_is_empty("x/y/z", &empty, &error), STATUS_OK);
    assert_true(empty);
    assert_int_equal(file_write_whole("x/y/z/.hidden", "1", 1, &error), STATUS_OK);
    assert_int_equal(file_directory_is_empty("x/y/z", &empty, &error), STATUS_OK);
    assert_false(empty);

    assert_int_equal(file_write_whole("f", "1", 1, &error), STATUS_OK);
    assert_false(file_is_directory("f"));
    assert_int_equal(file_make_directory("f", &error), STATUS_CANNOT_CREATE);
    assert_int_equal(file_make_directory("f/g", &error), STATUS_CANNOT_CREATE);
    assert_non_null(strstr(error.text, "f/g"));
    assert_int_not_equal(file_directory_is_empty("f", &empty, &error), STATUS_OK);
}

static void reading_that_fails(void **state)
{
    (void)state;
    struct error error;
    char *bytes = NULL;
    size_t size;
    assert_int_equal(file_read_whole("none", 9, &bytes, &size, &error), STATUS_NO_INPUT);
    assert_non_null(strstr(error.text, "none"));
    assert_int_equal(file_read_whole(".", 9, &bytes, &size, &error), STATUS_NO_INPUT);
    assert_int_equal(mkfifo("fifo", 0600), 0); /* waiting for its writer would be for ever */
    assert_int_equal(file_read_whole("fifo", 9, &bytes, &size, &error), STATUS_NO_INPUT);
    assert_non_null(strstr(error.text, "fifo is not a regular file"));
    assert_true(file_is_fifo("fifo"));
    assert_int_equal(file_write_whole("a", "0123456789", 10, &error), STATUS_OK);
    assert_int_equal(file_read_whole("a", 9, &bytes, &size, &error), STATUS_BAD_DATA);
    memory_inject_failure(1);
    assert_int_equal(file_read_whole("a", 10, &bytes, &size, &error), STATUS_NO_RESOURCE);
    memory_inject_failure(0);
    assert_null(bytes);
    assert_int_equal(file_read_whole("a", 10, &bytes, &size, &error), STATUS_OK);
    free(bytes);
}

static enum status count(void *context, const char *name, struct error *error)
{
    int *n = context;
    (void)error;
    *n += strcmp(name, "file") == 0 ? 100 : 1;
    return STATUS_OK;
}

static void make(const char *directory, const char *content)
{
    struct error error;
    char path[100];
    snprintf(path, sizeof path, "%s/file", directory);
    assert_int_equal(file_make_directory(directory, &error), STATUS_OK);
    assert_int_equal(file_write_whole(path, content, strlen(content), &error), STATUS_OK);
}

/* A directory gets its name at once, and the one that had it is given in exchange. */
static void directories_published(void **state)
{
    struct error error;
    char *bytes = NULL;
    size_t size;
    int n = 0;
    (void)state;
    make("new", "one");
    assert_int_equal(file_publish_directory("new", "known", &error), STATUS_OK);
    assert_false(file_exists("new"));
    make("new", "two");
    assert_int_equal(file_publish_directory("new", "known", &error), STATUS_OK);
    assert_int_equal(file_read_whole("known/file", 9, &bytes, &size, &error), STATUS_OK);
    assert_string_equal(bytes, "two");
    free(bytes);
    assert_int_equal(file_read_whole("new/file", 9, &bytes, &size, &error), STATUS_OK);
    assert_string_equal(bytes, "one");
    free(bytes);
    assert_int_equal(file_publish_directory("none", "known", &error), STATUS_IO);
    assert_int_equal(file_each("known", count, &n, &error), STATUS_OK);
    assert_int_equal(n, 100);
    assert_int_equal(file_each("none", count, &n, &error), STATUS_OK);
    assert_int_equal(n, 100);
    assert_int_equal(file_remove_directory("new", &error), STATUS_OK);
    assert_int_equal(file_remove_directory("new", &error), STATUS_OK);
    assert_false(file_exists("new"));
    assert_int_equal(file_make_directory("known/within", &error), STATUS_OK);
    assert_int_equal(file_remove_directory("known", &error), STATUS_IO);
    assert_true(file_is_directory("known/within"));
}

#define test_in_directory(test)                                                                    \
    cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_directory(written_whole_and_replaced),
        test_in_directory(no_directory_to_write_to),
        test_in_directory(a_failed_write_leaves_the_old_file),
        test_in_directory(a_directory_is_in_the_way),
        test_in_directory(a_path_that_is_too_long),
        test_in_directory(directories),
        test_in_directory(reading_that_fails),
        test_in_directory(directories_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
