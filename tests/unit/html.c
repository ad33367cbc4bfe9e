#include "report/page/html.h"

#include <math.h>
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
        assert_non_null(strstr(out, "&lt;"));
        free(out);
    }
}

static void assert_cell(const char *json, enum number_form form, const char *want)
{
    struct json *value;
    struct error error;
    char *out = NULL;
    size_t size;
    char text[200];
    snprintf(text, sizeof text, "[%s]", json);
    assert_int_equal(js_parse(text, strlen(text), "a test", &value, &error), STATUS_OK);
    FILE *file = open_memstream(&out, &size);
    assert_non_null(file);
    html_cell(file, "td", js_item(value, 0), form);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(out, want);
    free(out);
    js_destroy(value);
}

TEST(cells)
{
    assert_cell("54000", NUMBER_COUNT, "<td class=\"n\" data-value=\"54000\">54,000</td>");
    assert_cell("9007199254740993", NUMBER_COUNT, /* no double */
        "<td class=\"n\" data-value=\"9007199254740993\">9.01e+15</td>");
    assert_cell("0.86416666666666664", NUMBER_FRACTION,
        "<td class=\"n\" data-value=\"0.8641666666666666\">0.8642</td>");
    assert_cell("null", NUMBER_COUNT, "<td class=\"n\">\xe2\x80\x93</td>");
    assert_cell("\"<b>\"", NUMBER_PLAIN, "<td class=\"t\">&lt;b&gt;</td>");
    assert_cell("true", NUMBER_PLAIN, "<td class=\"t\">yes</td>");
    assert_cell("{\"mean\": 2.5, \"least\": 2, \"most\": 3, \"n\": 2}", NUMBER_PLAIN,
        "<td class=\"n\" data-value=\"2.5\" data-least=\"2\" data-most=\"3\">2.5"
        "<small>2 \xe2\x80\xa6 3</small></td>");
    assert_cell("{\"median\": 2, \"least\": 2, \"most\": 2}", NUMBER_PLAIN,
        "<td class=\"n\" data-value=\"2\" data-least=\"2\" data-most=\"2\">2</td>");
}

TEST(nothing_there)
{
    char *out = NULL;
    size_t size;
    FILE *file = open_memstream(&out, &size);
    assert_non_null(file);
    html_cell(file, "th", NULL, NUMBER_PLAIN);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(out, "<th scope=\"row\" class=\"n\">\xe2\x80\x93</th>");
    assert_true(isnan(html_number(NULL)));
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(no_utf8),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(cells),
        cmocka_unit_test(nothing_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
