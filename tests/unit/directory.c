/* Directories in which lockstep writes: files appear whole, no link is followed, and what is not
 * lockstep's stays. */
#include "base/directory.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/output.h"
#include "support/own_directory.h"
#include "support/unit.h"

/* Each test works in a directory of its own, where `docs/thesis` is somebody's. */
static int enter_directory(void **state)
{
    return own_directory_enter(state) == 0 && mkdir("docs", 0777) == 0 &&
                   system("printf thesis > docs/thesis") == 0 && mkdir("out", 0777) == 0
               ? 0
               : -1;
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

static struct directory open_out(void)
{
    struct directory out;
    struct error error;
    if (directory_open(&out, "out", &error))
        fail_msg("%s", error.text);
    return out;
}

static enum status write_text(
    const struct directory *directory, const char *name, const char *text, struct error *error)
{
    return output_write_whole(directory, name, text, strlen(text), error);
}

static enum status write_here(const char *name, const char *text, struct error *error)
{
    return write_text(&directory_current, name, text, error);
}

static bool is_ours(const char *name)
{
    return strcmp(name, "ours") == 0 || directory_is_temporary(name, "ours");
}

/* --- files --------------------------------------------------------------------------------- */

#define TEST_IN_DIRECTORY(name) TEST_BETWEEN(name, enter_directory, own_directory_leave)

TEST_IN_DIRECTORY(written_whole_and_replaced)
{
    struct directory out = open_out();
    struct error error;
    assert_int_equal(write_text(&out, "a", "first", &error), STATUS_OK);
    assert_content("out/a", "first");
    assert_int_equal(write_text(&out, "a", "2", &error), STATUS_OK);
    assert_content("out/a", "2");
    assert_int_equal(link("out/a", "other"), 0); /* another name of the same file keeps it */
    assert_int_equal(write_text(&out, "a", "", &error), STATUS_OK);
    assert_content("out/a", "");
    assert_content("other", "2");
    assert_int_equal(own_directory_entries("out"), 1);
    directory_close(&out);
}

TEST_IN_DIRECTORY(no_directory_to_write_to)
{
    struct error error = {0};
    struct directory none;
    assert_int_equal(write_here("none/a", "x", &error), STATUS_CANNOT_CREATE);
    assert_int_equal(error.status, STATUS_CANNOT_CREATE);
    assert_says(error.text, "none/a");
    assert_says(error.text, "its directory does not exist");
    assert_int_equal(write_here("a", "x", &error), STATUS_OK);
    assert_int_equal(write_here("a/b", "x", &error), STATUS_CANNOT_CREATE);
    assert_content("a", "x");
    assert_int_equal(directory_open(&none, "none", &error), STATUS_NO_INPUT);
    assert_int_equal(directory_open(&none, "a", &error), STATUS_NO_INPUT);
    directory_close(&none); /* there is none to close */
    assert_int_equal(own_directory_entries("."), 3);
}

/* A disk that fills up half-way: here, a limit on the size of files. */
TEST_IN_DIRECTORY(a_failed_write_leaves_the_old_file)
{
    struct error error;
    static char large[100000];
    memset(large, 'x', sizeof large - 1);
    assert_int_equal(write_here("out/a", "old", &error), STATUS_OK);

    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status replaced = write_here("out/a", large, &error);
    enum status made = write_here("out/b", large, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);

    assert_int_equal(replaced, STATUS_IO);
    assert_int_equal(made, STATUS_IO);
    assert_says(error.text, "out/b");
    assert_says(error.text, "File too large");
    assert_content("out/a", "old");
    assert_false(file_exists("out/b"));
    assert_int_equal(own_directory_entries("out"), 1); /* no .part */
}

static void assert_refused(enum status status, const struct error *error, const char *says)
{
    assert_int_equal(status, STATUS_CANNOT_CREATE);
    assert_int_equal(error->status, STATUS_CANNOT_CREATE);
    if (!strstr(error->text, says))
        fail_msg("the message is: %s", error->text);
}

/* Whatever else has the name is neither written through nor replaced, opened nor removed. */
TEST_IN_DIRECTORY(something_else_has_the_name)
{
    static const char *const name[] = {"link", "dangling", "pipe", "inside"};
    static const char *const says[] = {"out/link is a symbolic link",
        "out/dangling is a symbolic link", "out/pipe is neither a file",
        "out/inside is a directory"};
    struct directory out = open_out();
    struct error error;
    FILE *file;
    assert_int_equal(symlink("../docs/thesis", "out/link"), 0);
    assert_int_equal(symlink("../docs/new", "out/dangling"), 0);
    assert_int_equal(mkfifo("out/pipe", 0600), 0);
    assert_int_equal(mkdir("out/inside", 0777), 0);
    for (int i = 0; i < 4; i++) {
        error = (struct error){0};
        assert_refused(write_text(&out, name[i], "x", &error), &error, says[i]);
        assert_refused(directory_expect(&out, name[i], ENTRY_FILE, &error), &error, says[i]);
        assert_refused(directory_remove_file(&out, name[i], &error), &error, says[i]);
        for (int m = 0; m < 3; m++) {
            static const char *const mode[] = {"r", "r+", "w+"};
            error = (struct error){0};
            enum status status = directory_open_file(&out, name[i], mode[m], &file, &error);
            if (i == 2)
                assert_refused(status, &error, "out/pipe is not a regular file");
            else if (i == 3 && m == 0)
                assert_refused(status, &error, "out/inside is not a regular file");
            else
                assert_refused(status, &error, says[i]);
            assert_null(file);
        }
    }
    assert_int_equal(own_directory_entries("out"), 4);
    assert_int_equal(own_directory_entries("docs"), 1);
    assert_content("docs/thesis", "thesis");
    directory_close(&out);
}

TEST_IN_DIRECTORY(opened_in_each_mode)
{
    struct directory out = open_out();
    struct error error;
    FILE *file;
    assert_int_equal(directory_open_file(&out, "log", "r", &file, &error), STATUS_NO_INPUT);
    assert_int_equal(directory_open_file(&out, "log", "r+", &file, &error), STATUS_OK);
    fputs("old", file);
    fclose(file);
    assert_int_equal(directory_open_file(&out, "log", "r+", &file, &error), STATUS_OK);
    assert_int_equal(getc(file), 'o');
    fclose(file);
    assert_int_equal(directory_open_file(&out, "log", "w+", &file, &error), STATUS_OK);
    assert_int_equal(getc(file), EOF);
    fclose(file);
    assert_content("out/log", "");
    directory_close(&out);
}

/* The name of a temporary file was known before, so that a link could wait there. */
TEST_IN_DIRECTORY(temporaries)
{
    char one[FILE_PATH_MAX], other[FILE_PATH_MAX], longest[FILE_PATH_MAX];
    assert_true(directory_temporary(one, "config.ini") && directory_temporary(other, "config.ini"));
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), strlen("config.ini.0123456789abcdef.part"));
    assert_true(directory_is_temporary(one, "config.ini"));
    assert_true(directory_is_temporary("config.ini.4711.part", "config.ini"));
    for (int i = 0; i < 8; i++) {
        static const char *const no[] = {"config.ini", "config.ini.part", "config.ini..part",
            "config.ini.old.part", "config.ini.0123456789abcde.part", "config.ini.4711.part2",
            "xconfig.ini.4711.part", "config.ini.4711"};
        assert_false(directory_is_temporary(no[i], "config.ini"));
    }
    memset(longest, 'x', sizeof longest);
    longest[FILE_PATH_MAX - 10] = '\0';
    assert_false(directory_temporary(one, longest));
}

/* --- directories --------------------------------------------------------------------------- */

TEST_IN_DIRECTORY(entered)
{
    struct directory out = open_out(), inside;
    struct error error;
    assert_int_equal(directory_enter(&inside, &out, "a", false, &error), STATUS_NO_INPUT);
    assert_int_equal(directory_enter(&inside, &out, "a", true, &error), STATUS_OK);
    assert_string_equal(inside.path, "out/a");
    assert_int_equal(write_text(&inside, "x", "1", &error), STATUS_OK);
    assert_content("out/a/x", "1");
    directory_close(&inside);
    assert_int_equal(directory_enter(&inside, &out, "a", true, &error), STATUS_OK);
    directory_close(&inside);
    assert_int_equal(symlink("../docs", "out/link"), 0);
    assert_int_equal(symlink("../new", "out/dangling"), 0);
    for (int make = 0; make < 2; make++) {
        assert_refused(directory_enter(&inside, &out, "link", make, &error), &error,
            "out/link is a symbolic link, but lockstep would write a directory there");
        assert_refused(directory_enter(&inside, &out, "dangling", make, &error), &error,
            "out/dangling is a symbolic link");
        assert_int_equal(inside.descriptor, -1);
    }
    assert_false(file_exists("new"));
    directory_close(&out);
}

/* Links up to the directory are the user's; and once it is open it is that one, whatever its name. */
TEST_IN_DIRECTORY(the_handle_is_the_directory)
{
    struct directory out;
    struct error error;
    assert_int_equal(symlink("out", "link"), 0);
    assert_int_equal(directory_open(&out, "link", &error), STATUS_OK);
    assert_int_equal(write_text(&out, "x", "1", &error), STATUS_OK);
    assert_int_equal(rename("out", "moved"), 0);
    assert_int_equal(symlink("docs", "out"), 0);
    assert_int_equal(write_text(&out, "x", "2", &error), STATUS_OK);
    assert_content("moved/x", "2");
    assert_int_equal(own_directory_entries("docs"), 1);
    directory_close(&out);
}

TEST_IN_DIRECTORY(one_process_in_it)
{
    struct directory one = open_out(), other = open_out();
    struct error error;
    assert_int_equal(directory_lock(&one, &error), STATUS_OK);
    assert_refused(directory_lock(&other, &error), &error, "another process is using out");
    directory_close(&one);
    assert_int_equal(directory_lock(&other, &error), STATUS_OK);
    directory_close(&other);
}

static enum status count(void *context, const char *name, struct error *error)
{
    int *n = context;
    (void)error;
    *n += strcmp(name, "ours") == 0 ? 100 : 1;
    return STATUS_OK;
}

static void make(const struct directory *parent, const char *name, const char *content)
{
    struct directory inside;
    struct error error;
    assert_int_equal(directory_enter(&inside, parent, name, true, &error), STATUS_OK);
    assert_int_equal(write_text(&inside, "ours", content, &error), STATUS_OK);
    directory_close(&inside);
}

/* A directory gets its name at once, and the one that had it is given in exchange. */
TEST_IN_DIRECTORY(published)
{
    struct directory out = open_out(), known;
    struct error error;
    int n = 0;
    make(&out, "new", "one");
    assert_int_equal(directory_publish(&out, "new", "known", &error), STATUS_OK);
    assert_false(file_exists("out/new"));
    make(&out, "new", "two");
    assert_int_equal(directory_publish(&out, "new", "known", &error), STATUS_OK);
    assert_content("out/known/ours", "two");
    assert_content("out/new/ours", "one");
    assert_int_equal(directory_publish(&out, "none", "known", &error), STATUS_IO);
    assert_says(error.text, "out/none");
    assert_int_equal(directory_enter(&known, &out, "known", false, &error), STATUS_OK);
    assert_int_equal(directory_each(&known, count, &n, &error), STATUS_OK);
    assert_int_equal(n, 100);
    directory_close(&known);
    directory_close(&out);
}

TEST_IN_DIRECTORY(removed)
{
    struct directory out = open_out();
    struct warnings warnings = {0};
    struct error error;
    directory_remove(&out, "none", is_ours, &warnings);
    make(&out, "a", "x");
    assert_int_equal(write_here("out/a/ours.4711.part", "half", &error), STATUS_OK);
    directory_remove(&out, "a", is_ours, &warnings);
    assert_false(file_exists("out/a"));
    assert_int_equal(warnings.n, 0);

    /* What is not ours stays, and is named. */
    make(&out, "b", "x");
    assert_int_equal(write_here("out/b/mine", "x", &error), STATUS_OK);
    directory_remove(&out, "b", is_ours, &warnings);
    assert_int_equal(warnings.n, 1);
    assert_says(warnings.first.text, "out/b/mine was not written by lockstep");
    assert_false(file_exists("out/b/ours"));
    assert_content("out/b/mine", "x");

    /* Nor is a link, a FIFO or a directory of our name, and nothing is emptied through a link. */
    static const char *const directory[] = {"c", "d", "e"};
    for (int i = 0; i < 3; i++) {
        char path[20];
        snprintf(path, sizeof path, "out/%s", directory[i]);
        assert_int_equal(mkdir(path, 0777), 0);
        snprintf(path, sizeof path, "out/%s/ours", directory[i]);
        assert_int_equal(i == 0   ? symlink("../../docs/thesis", path)
                         : i == 1 ? mkfifo(path, 0600)
                                  : mkdir(path, 0777),
            0);
        warnings = (struct warnings){0};
        directory_remove(&out, directory[i], is_ours, &warnings);
        assert_int_equal(warnings.n, 1);
        assert_says(warnings.first.text, path);
    }
    assert_true(file_is_link("out/c/ours") && file_is_fifo("out/d/ours"));
    assert_int_equal(rename("docs/thesis", "docs/ours"), 0);
    assert_int_equal(symlink("../docs", "out/link"), 0);
    warnings = (struct warnings){0};
    directory_remove(&out, "link", is_ours, &warnings);
    assert_int_equal(warnings.n, 1);
    assert_content("docs/ours", "thesis");
    directory_close(&out);
}

/* --- races --------------------------------------------------------------------------------- */

/* Exchanges out/a, a directory, and out/b, a link to docs, without an end. */
static void *exchange_for_ever(void *argument)
{
    const atomic_bool *over = argument;
    while (!atomic_load(over))
        renameat2(AT_FDCWD, "out/a", AT_FDCWD, "out/b", RENAME_EXCHANGE);
    return NULL;
}

/* Between two calls by path a directory could become a link; by handles it cannot be followed. */
TEST_IN_DIRECTORY(a_link_at_any_moment)
{
    struct directory out = open_out(), inside;
    struct error error;
    atomic_bool over = false;
    pthread_t thread;
    int written = 0, refused = 0;
    assert_int_equal(rename("docs/thesis", "docs/ours"), 0);
    assert_int_equal(mkdir("out/a", 0777), 0);
    assert_int_equal(symlink("../docs", "out/b"), 0);
    assert_int_equal(pthread_create(&thread, NULL, exchange_for_ever, &over), 0);
    double until_s = clock_now_s() + 60; /* only where the threads hardly ever meet */
    for (int i = 0; (written < 200 || refused < 200) && clock_now_s() < until_s; i++) {
        struct warnings warnings = {0};
        if (directory_enter(&inside, &out, "a", true, &error)) {
            refused++;
            sched_yield();
            continue;
        }
        if (write_text(&inside, i % 2 ? "ours" : "new", "x", &error) == STATUS_OK)
            written++;
        directory_close(&inside);
        directory_remove(&out, "a", is_ours, &warnings);
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    directory_close(&out);
    assert_true(written >= 200 && refused >= 200);
    assert_int_equal(own_directory_entries("docs"), 1);
    assert_content("docs/ours", "thesis");
}
