/* Text that is broken at the terminal's width. */
#include "report/shown_streams.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static void assert_wrapped(const char *text, int indent, int most, const char *expected)
{
    struct wrapped wrapped;
    char *got = NULL;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    fputs(text, wrapped_begin(&wrapped, out));
    wrapped_end(&wrapped, indent, most);
    fclose(out);
    assert_string_equal(got, expected);
    free(got);
}

TEST(lines_that_fit)
{
    assert_wrapped("", 2, 10, "");
    assert_wrapped("a b c\n  d\n\n", 2, 10, "a b c\n  d\n\n");
    assert_wrapped("0123456 89\n", 2, 10, "0123456 89\n");
}

TEST(lines_that_are_broken)
{
    assert_wrapped("012345 789a bc\n", 2, 10, "012345\n  789a bc\n");
    assert_wrapped("012345 78 a bc de f\nnext\n", 2, 10, "012345 78\n  a bc de\n  f\nnext\n");
    assert_wrapped("value 1, of x or y\n", 2, 14, "value 1,\n  of x or y\n");
}

TEST(lines_that_stay)
{
    assert_wrapped(
        "results in /a/long/path here\n", 4, 12, "results in\n    /a/long/path\n    here\n");
    assert_wrapped("in /a/very/long/path\n", 4, 12, "in /a/very/long/path\n");
    assert_wrapped("a b c d e f g\n", 4, 0, "a b c d e f g\n");
    assert_wrapped("a b c d e f g\n", 4, 8, "a b c d e f g\n");
}
