#include "base/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

enum { PAGE = 4096, SIZE = 5 * PAGE + 1000 };

/* As a program's own handler; cmocka has one of its own in each test. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (!mapped_file_stand_in(info->si_addr))
        signal(number, SIG_DFL);
}

static void make(char path[64], int *descriptor)
{
    strcpy(path, "/tmp/lockstep-mapped-XXXXXX");
    *descriptor = mkstemp(path);
    assert_true(*descriptor >= 0);
    char bytes[SIZE];
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(write(*descriptor, bytes, sizeof bytes), sizeof bytes);
}

static int sum_of(const struct mapped_file *file, size_t first, size_t end)
{
    int n = 0;
    for (size_t at = first; at < end; at++)
        n += ((const volatile char *)file->bytes)[at] == 'x';
    return n;
}

/* An array that somebody cut while it was mapped ended the process by SIGBUS, without a word. */
TEST(a_file_that_is_cut)
{
    char path[64], other_path[64];
    int descriptor, other_descriptor;
    struct mapped_file file, other;
    struct error error = {0};
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    make(path, &descriptor);
    make(other_path, &other_descriptor);
    assert_int_equal(mapped_file_open(&file, path, &error), STATUS_OK);
    assert_int_equal(mapped_file_open(&other, other_path, &error), STATUS_OK);
    assert_int_equal(sum_of(&file, 0, SIZE), SIZE);
    assert_true(mapped_file_is_whole(&file));
    assert_int_equal(mapped_file_check(&file, path, STATUS_IO, &error), STATUS_IO);

    assert_int_equal(ftruncate(descriptor, 2 * PAGE), 0);
    assert_int_equal(sum_of(&file, 0, SIZE), 2 * PAGE);
    assert_int_equal(ftruncate(descriptor, SIZE), 0); /* and somebody makes it whole again */
    assert_false(mapped_file_is_whole(&file));        /* but what was read was not */
    assert_int_equal(mapped_file_check(&file, "X.npy", STATUS_IO, &error), STATUS_BAD_DATA);
    assert_says(error.text, "X.npy could not be read while it was in use");
    assert_true(mapped_file_is_whole(&other));
    assert_int_equal(sum_of(&other, 0, SIZE), SIZE);

    mapped_file_close(&file);
    assert_int_equal(
        mapped_file_open(&file, other_path, &error), STATUS_OK); /* in the same place */
    assert_true(mapped_file_is_whole(&file));
    mapped_file_close(&file);
    mapped_file_close(&other);
    unlink(path);
    unlink(other_path);
    close(descriptor);
    close(other_descriptor);
}

/* The rest of a page reads as 0 without a signal. */
TEST(a_cut_within_a_page)
{
    char path[64];
    int descriptor;
    struct mapped_file file;
    struct error error = {0};
    make(path, &descriptor);
    assert_int_equal(mapped_file_open(&file, path, &error), STATUS_OK);
    assert_int_equal(ftruncate(descriptor, SIZE - 100), 0);
    assert_int_equal(sum_of(&file, 0, SIZE), SIZE - 100);
    assert_int_equal(mapped_file_check(&file, "X.npy", STATUS_OK, &error), STATUS_BAD_DATA);
    assert_non_null(
        strstr(error.text, "X.npy became shorter while it was being read: 21380 of 21480 bytes"));
    mapped_file_close(&file);
    unlink(path);
    close(descriptor);
}

TEST(other_addresses)
{
    char path[64], here;
    int descriptor;
    struct mapped_file file, none = {0};
    struct error error = {0};
    make(path, &descriptor);
    assert_int_equal(mapped_file_open(&file, path, &error), STATUS_OK);
    const char *begin = file.bytes;
    assert_false(mapped_file_stand_in(&here));
    assert_false(mapped_file_stand_in(NULL));
    assert_false(mapped_file_stand_in(begin - 1));
    assert_false(mapped_file_stand_in(begin + SIZE));
    assert_true(mapped_file_is_whole(&file));
    mapped_file_close(&file);
    assert_false(mapped_file_stand_in(begin));
    assert_true(mapped_file_is_whole(&none));
    unlink(path);
    close(descriptor);
}
