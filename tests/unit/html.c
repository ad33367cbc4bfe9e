#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static char *escaped(const char *text)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    assert_non_null(file);
    html_text(file, text);
    assert_int_equal(fclose(file), 0);
    return out;
}

static void assert_escaped(const char *text, const char *want)
{
    char *out = escaped(text);
    assert_string_equal(out, want);
    free(out);
}

TEST(texts)
{
    assert_escaped("", "");
    assert_escaped("a b\tc\nd", "a b\tc\nd");
    assert_escaped("<script>alert(\"1\" & '2')</script>",
        "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    assert_escaped("&lt;", "&amp;lt;");
    assert_escaped(
        "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
}

/* Bytes that are no UTF-8 are shown one by one, and what follows them is escaped all the same: a lead
 * byte must not swallow a "<". */
TEST(no_utf8)
{
    assert_escaped("\xff", "\\xff");
    assert_escaped("\xe2\x82<b>", "\\xe2\\x82&lt;b&gt;");
    assert_escaped("\xc0\xbc", "\\xc0\\xbc"); /* "<", too long */
    assert_escaped("\x01\x7f\x1b[0m", "\\x01\\x7f\\x1b[0m");
}

TEST(every_byte)
{
    for (int byte = 1; byte < 256; byte++) {
        char text[] = {(char)byte, '<', '\0'};
        char *out = escaped(text);
        assert_null(strchr(out, '<'));
        assert_says(out, "&lt;");
        free(out);
    }
}
