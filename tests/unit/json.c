#include "base/json.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/locale_with_comma.h"
#include "support/unit.h"

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct error error;
    if (js_parse(text, strlen(text), "here", &json, &error))
        fail_msg("%s", error.text);
    return json;
}

/* The text of `json`, which it frees, is `want`. */
static void assert_text(struct json *json, const char *want)
{
    char *text = js_text(json, false);
    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
    js_destroy(json);
}

/* --- building ------------------------------------------------------------------------------ */

static struct json *build(void)
{
    struct json *object = js_object(), *array = js_array(), *inner = js_object();
    js_set_text(object, "text", "a \"b\"\n\xc3\xa9");
    js_set_text(object, "none", NULL);
    js_set_int(object, "int", INT64_MIN);
    js_set_real(object, "real", 0.1);
    js_set_bool(object, "yes", true);
    js_set_bool(object, "no", false);
    js_set(object, "null", NULL);
    js_append_int(array, INT64_MAX);
    js_append_real(array, -2.5);
    js_append_text(array, "x");
    js_set_int(inner, "k", 7);
    js_append(array, inner);
    js_set(object, "array", array);
    return object;
}

TEST(builds_on_one_line_in_order)
{
    assert_text(build(), "{\"text\":\"a \\\"b\\\"\\n\xc3\xa9\",\"none\":null,"
                         "\"int\":-9223372036854775808,\"real\":0.1,\"yes\":true,"
                         "\"no\":false,\"null\":null,"
                         "\"array\":[9223372036854775807,-2.5,\"x\",{\"k\":7}]}");
}

TEST(reads_back_what_it_wrote)
{
    for (int indented = 0; indented < 2; indented++) {
        struct json *made = build();
        char *text = js_text(made, indented);
        js_destroy(made);
        assert_non_null(text);
        assert_int_equal(strchr(text, '\n') != NULL, indented);
        made = build();
        char *want = js_text(made, false);
        assert_text(parse(text), want);
        js_destroy(made);
        free(text);
        free(want);
    }
}

TEST(setting_again_replaces)
{
    struct json *object = js_object();
    js_set_int(object, "a", 1);
    js_set_int(object, "b", 2);
    js_set_text(object, "a", "new");
    assert_int_equal(js_size(object), 2);
    assert_string_equal(js_as_text(js_get(object, "a")), "new");
    js_destroy(object);
}

/* JSON has no NaN and no infinity. */
TEST(what_is_not_finite_becomes_null)
{
    struct json *object = js_object(), *array = js_array();
    js_set_real(object, "nan", (double)NAN);
    js_set_real(object, "inf", (double)INFINITY);
    js_append_real(array, -(double)INFINITY);
    js_append_real(array, 1e308);
    js_set(object, "array", array);
    assert_text(object, "{\"nan\":null,\"inf\":null,\"array\":[null,1e+308]}");
}

TEST(reals_read_back_to_the_bit)
{
    static const double value[] = {
        0, -0.0, 0.1, 1.0 / 3, 1e-308, 4.9e-324, 1.7976931348623157e308, (double)0.1f, -1e22};
    struct json *array = js_array();
    for (int i = 0; i < 9; i++)
        js_append_real(array, value[i]);
    char *text = js_text(array, false);
    js_destroy(array);
    array = parse(text);
    for (size_t i = 0; i < 9; i++) {
        double got = 7;
        assert_true(js_as_real(js_item(array, i), &got));
        assert_memory_equal(&got, &value[i], sizeof got);
    }
    js_destroy(array);
    free(text);
}

/* 0.61 used to be written as 0.60999999999999999. Digits in strings are not numbers. */
TEST(reals_are_short)
{
    struct json *object = js_object(), *array = js_array();
    js_set_text(object, "0.60999999999999999", "a\"0.60999999999999999\\");
    js_append_real(array, 0.61);
    js_append_real(array, 0.1 + 0.2);
    js_append_real(array, 3);
    js_append_real(array, -1e-7);
    js_append_float(array, 0.61F);
    js_append_float(array, 16777216);
    js_append_int(array, 1234567890123456789);
    js_set(object, "reals", array);
    assert_text(object, "{\"0.60999999999999999\":\"a\\\"0.60999999999999999\\\\\","
                        "\"reals\":[0.61,0.30000000000000004,3.0,-1e-07,0.61,16777216.0,"
                        "1234567890123456789]}");
}

/* A program that embeds us may have set a locale with a decimal comma. */
TEST(a_decimal_comma_does_not_show)
{
    locale_with_comma(LC_NUMERIC);
    struct json *array = js_array(), *read = parse("[2.5]");
    double got = 0;
    js_append_real(array, 1.5);
    char *text = js_text(array, false);
    bool is_real = js_as_real(js_item(read, 0), &got);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(text, "[1.5]");
    assert_true(is_real && got == 2.5);
    free(text);
    js_destroy(array);
    js_destroy(read);
}

/* --- reading ------------------------------------------------------------------------------- */

TEST(getters_say_what_is_not_there)
{
    struct json *object = build();
    const struct json *array = js_get(object, "array");
    int64_t n = 5;
    double x = 5;
    assert_null(js_get(object, "missing"));
    assert_null(js_get(NULL, "text"));
    assert_null(js_get(array, "text"));
    assert_null(js_item(array, 4));
    assert_null(js_item(object, 0));
    assert_null(js_item(NULL, 0));
    assert_null(js_as_text(js_get(object, "int")));
    assert_null(js_as_text(NULL));
    assert_false(js_as_int(js_get(object, "real"), &n));
    assert_false(js_as_int(js_get(object, "text"), &n));
    assert_false(js_as_int(js_get(object, "null"), &n));
    assert_false(js_as_int(NULL, &n));
    assert_false(js_as_real(js_get(object, "text"), &x));
    assert_false(js_as_real(js_get(object, "yes"), &x));
    assert_false(js_as_real(NULL, &x));
    assert_int_equal(n, 5);
    assert_true(x == 5);
    assert_true(js_as_real(js_item(array, 0), &x)); /* integers too */
    assert_true(x == 0x1p63);
    js_destroy(object);
}

TEST(sizes_and_keys_in_order)
{
    static const char *const key[] = {"text", "none", "int", "real", "yes", "no", "null", "array"};
    struct json *object = build();
    assert_int_equal(js_size(object), 8);
    assert_int_equal(js_size(js_get(object, "array")), 4);
    assert_int_equal(js_size(js_get(object, "text")), 0);
    assert_int_equal(js_size(NULL), 0);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(js_key(object, i), key[i]);
    assert_null(js_key(object, 8));
    assert_null(js_key(js_get(object, "array"), 0));
    js_destroy(object);
}

/* --- what is refused ----------------------------------------------------------------------- */

/* Wrong text, and what its message must say in addition to the name. */
static const struct wrong {
    const char *text, *says;
} wrongs[] = {
    {"", "line 1"},
    {"{", "line 1"},
    {"{\"a\":1", "line 1"},
    {"{\"a\":1}x", "line 1"},
    {"{\"a\":1}\n{}", "line 2"},
    {"{\"a\":1,\n\"b\":2,\n\"c\"}", "line 3"},
    {"[1,2,]", "line 1"},
    {"[NaN]", "line 1"},
    {"[Infinity]", "line 1"},
    {"[01]", "line 1"},
    {"[1e999]", "line 1"},
    {"[9223372036854775808]", "line 1"},
    {"{\"a\":1,\"a\":2}", "duplicate"},
    {"{\"a\":1,\n\"b\":{\"c\":1,\"c\":1}}", "line 2"},
    {"[\"\xff\"]", "line 1"},
    {"[\"\\u0000", "line 1"},
    {"{'a':1}", "line 1"},
};

/* The text in a block of its exact size, so that the address sanitizer sees what is read behind
 * it. */
static enum status parse_exactly(
    const char *text, size_t size, struct json **json, struct error *error)
{
    char *block = malloc(size ? size : 1);
    memcpy(block, text, size);
    enum status status = js_parse(block, size, "runs/x.json", json, error);
    free(block);
    return status;
}

TEST(bad_text_is_refused_with_name_and_line)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct json *json = NULL;
        struct error error = {0};
        enum status status = parse_exactly(wrongs[i].text, strlen(wrongs[i].text), &json, &error);
        if (status != STATUS_BAD_DATA || error.status != STATUS_BAD_DATA || json)
            fail_msg("%s: status %d", wrongs[i].text, (int)status);
        if (!strstr(error.text, "runs/x.json") || !strstr(error.text, wrongs[i].says))
            fail_msg("%s: the message is: %s", wrongs[i].text, error.text);
    }
}

TEST(no_prefix_of_a_text_is_taken_for_it)
{
    struct json *made = build();
    char *text = js_text(made, false);
    js_destroy(made);
    for (size_t size = 0; size < strlen(text); size++) {
        struct json *json = NULL;
        struct error error;
        assert_int_equal(parse_exactly(text, size, &json, &error), STATUS_BAD_DATA);
        assert_null(json);
    }
    free(text);
}

/* Brackets without end must not overflow the stack. */
TEST(deep_nesting_is_refused)
{
    enum { DEEP = 1 << 20 };
    char *text = malloc(DEEP);
    struct json *json = NULL;
    struct error error;
    memset(text, '[', DEEP);
    assert_int_equal(js_parse(text, DEEP, "deep", &json, &error), STATUS_BAD_DATA);
    free(text);
}
