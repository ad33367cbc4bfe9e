/* The number of the definition, as files say it. */
#include "base/definition.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

static int64_t read_number(const char *text)
{
    struct json *json = NULL;
    struct error error = {0};
    if (js_parse(text, strlen(text), "text", &json, &error))
        fail_msg("%s", error.text);
    int64_t number = definition_of(json);
    js_destroy(json);
    return number;
}

TEST(test_numbers)
{
    assert_int_equal(read_number("{\"definition\": 1}"), 1);
    assert_int_equal(read_number("{\"definition\": 12}"), 12);
    assert_int_equal(read_number("{\"definition\": \"12\"}"), 12);
}

/* Files of 0.1.0 say nothing, and are of the first definition whatever today's is. */
TEST(test_files_without_one)
{
    assert_int_equal(read_number("{}"), 1);
    assert_int_equal(definition_of(NULL), 1);
}

TEST(test_what_is_none)
{
    static const char *const text[] = {
        "0", "-1", "1.0", "\"\"", "\"one\"", "\"0\"", "\"1 \"", "null", "true", "[1]"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        char object[64];
        snprintf(object, sizeof object, "{\"definition\": %s}", text[i]);
        if (read_number(object) != 0)
            fail_msg("%s was taken as a number", text[i]);
    }
}
