#include "base/shown.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "support/unit.h"

static void assert_shown(const char *text, const char *want)
{
    char out[200];
    assert_string_equal(shown_text(out, sizeof out, text), want);
}

TEST(plain_text_stays)
{
    assert_shown("", "");
    assert_shown("a\\b 'c' \"d\" ~", "a\\b 'c' \"d\" ~");
    assert_shown(
        "\xc3\xa4 \xe2\x82\xac \xe6\xbc\xa2 \xf0\x9f\x98\x80", /* umlaut, euro, Han, face */
        "\xc3\xa4 \xe2\x82\xac \xe6\xbc\xa2 \xf0\x9f\x98\x80");
    assert_shown(
        "\xc2\xa0\xc2\xac\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0", /* neighbours of what is not */
        "\xc2\xa0\xc2\xac\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0");
}

/* Messages used to hand the bytes of a file on to the terminal, which obeys them: a dtype of an NPY
 * file could clear the screen, set the title or write over the lines above. */
TEST(controls_become_escapes)
{
    assert_shown("\x1b[2J\x07\r\n\t\x7f", "\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f");
    assert_shown("\xc2\x9b[2J", "\\u009b[2J"); /* C1's own "ESC [" */
    assert_shown("\x9b[2J", "\\x9b[2J");       /* and as a terminal of 8 bits takes it */
    assert_shown("\xe2\x80\xae"
                 "fdp.exe\xe2\x81\xa6\xe2\x81\xa9",
        "\\u202efdp.exe\\u2066\\u2069");
    assert_shown("a\xe2\x80\x8b\xe2\x80\x8f\xef\xbb\xbf\xc2\xad", "a\\u200b\\u200f\\ufeff\\u00ad");
    assert_shown("\xe2\x80\xa8\xf3\xa0\x81\x81", "\\u2028\\U000e0041");
}

TEST(no_utf8)
{
    assert_shown("\xff"
                 "a\xc3",
        "\\xffa\\xc3");
    assert_shown("\xc0\xbc", "\\xc0\\xbc");                   /* "<", too long */
    assert_shown("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* half a surrogate pair */
    assert_shown("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
}

/* Whatever the bytes, what comes out is plain, and what was plain came through. */
TEST(every_character)
{
    for (int first = 1; first < 256; first++)
        for (int second = 1; second < 256; second++) {
            char text[] = {(char)first, (char)second, 'x', '\0'}, out[SHOWN_MOST * 3 + 4];
            shown_text(out, sizeof out, text);
            assert_true(text_is_utf8(out, strlen(out)));
            for (const char *at = out; *at;) {
                uint32_t code;
                at += text_character(at, strlen(at), &code);
                assert_true(shown_plainly(code));
            }
            assert_int_equal(out[strlen(out) - 1], 'x');
        }
}

TEST(long_text_is_cut_between_characters)
{
    char out[20];
    assert_string_equal(shown_text(out, 8, "1234567"), "1234567");
    assert_string_equal(shown_text(out, 8, "12345678"), "1234...");
    assert_string_equal(shown_text(out, 8,
                            "123\xe2\x82\xac"
                            "56789"),
        "123...");
    assert_string_equal(shown_text(out, 8,
                            "1\xe2\x82\xac"
                            "56789"),
        "1\xe2\x82\xac...");
    assert_string_equal(shown_text(out, 8,
                            "12\x1b"
                            "5678"),
        "12...");
    assert_string_equal(shown_text(out, 4, "\x1b"), "...");
    assert_string_equal(shown_text(out, 5, "\x1b"), "\\x1b");
    for (size_t room = 4; room < sizeof out; room++)
        assert_true(strlen(shown_text(out, room,
                        "\xe2\x82\xac\x1b"
                        "abcdefghijklmnop")) < room);
}

/* All of `text` in pieces of `n` bytes through a pipe. */
static void assert_stream(const char *text, size_t n, const char *want)
{
    char out[400] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct shown_writer writer = {.descriptor = ends[1]};
    for (size_t at = 0, size = strlen(text); at < size; at += n)
        assert_true(shown_write(&writer, text + at, n < size - at ? n : size - at));
    close(ends[1]);
    ssize_t got = read(ends[0], out, sizeof out - 1);
    close(ends[0]);
    assert_true(got >= 0);
    assert_string_equal(out, want);
}

/* stdio cuts its buffers anywhere. */
TEST(characters_come_in_pieces)
{
    for (size_t n = 1; n < 12; n++) {
        assert_stream(
            "\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa4\n", n, "\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa4\n");
        assert_stream(
            "a\x1b[2J\r\n\xe2\x80\xae\xc2\x9b.\n", n, "a\\x1b[2J\\x0d\n\\u202e\\u009b.\n");
        assert_stream(
            "\xe2\x82\n\xf0\xf0\x9f\xff\xc3.\n", n, "\\xe2\\x82\n\\xf0\\xf0\\x9f\\xff\\xc3.\n");
    }
}

/* More than a piece of its own at once. */
TEST(long_streams)
{
    enum { N = 3000 };
    static char text[3 * N + 1], got[3 * N + 1];
    int ends[2];
    for (int i = 0; i < N; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3);
    assert_int_equal(pipe(ends), 0);
    struct shown_writer writer = {.descriptor = ends[1]};
    assert_true(shown_write(&writer, text, sizeof text - 1));
    close(ends[1]);
    size_t used = 0;
    for (ssize_t n; (n = read(ends[0], got + used, sizeof got - used)) > 0;)
        used += (size_t)n;
    close(ends[0]);
    assert_int_equal(used, sizeof text - 1);
    assert_memory_equal(text, got, sizeof text);
}

TEST(failures_tell)
{
    struct shown_writer writer = {.descriptor = -1};
    assert_false(shown_write(&writer, "a", 1));
}

/* `lockstep help | head` is not a failure; a full disk is one. */
TEST(a_reader_that_has_ended)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    struct shown_writer writer = {.descriptor = ends[1]};
    close(ends[0]);
    assert_true(shown_write(&writer, "a", 1));
    close(ends[1]);
    writer.descriptor = open("/dev/full", O_WRONLY);
    assert_false(shown_write(&writer, "a", 1));
    close(writer.descriptor);
}

/* A message shows what it quotes; one too long for it still tells the reason. */
TEST(messages)
{
    struct error error;
    char path[3000];
    (fail)(&error, STATUS_BAD_DATA, "%s: \"%s\"", "a\nb.npy", "\x1b[2J");
    assert_string_equal(error.text, "a\\x0ab.npy: \"\\x1b[2J\"");
    memset(path, 'd', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    fail_errno(&error, STATUS_NO_INPUT, 2, "cannot open %s", path);
    assert_says(error.text, "ddd...: No such file");
}

/* JSON is for programs, and for `cat`: nothing is lost, and nothing is obeyed. */
TEST(json)
{
    static const char text[] = "\x1b\x7f \xc2\x9b \xe2\x80\xae \xf3\xa0\x81\x81 \xe2\x82\xac";
    struct json *object = js_object(), *again;
    struct error error;
    js_set_text(object, text, text);
    js_set_text(object, "no UTF-8",
        "a\xff"
        "b");
    char *written = js_text(object, false);
    assert_string_equal(written, "{\"\\u001B\\u007f \\u009b \\u202e \\udb40\\udc41 "
                                 "\xe2\x82\xac\":\"\\u001B\\u007f \\u009b \\u202e "
                                 "\\udb40\\udc41 \xe2\x82\xac\",\"no UTF-8\":\"a\\\\xffb\"}");
    assert_int_equal(js_parse(written, strlen(written), "a test", &again, &error), STATUS_OK);
    assert_string_equal(js_as_text(js_get(again, text)), text);
    free(written);
    js_destroy(object);
    js_destroy(again);
}
