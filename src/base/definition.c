#include "base/definition.h"

#include "base/text.h"

int64_t definition_of(const struct json *object)
{
    const struct json *entry = js_get(object, "definition");
    const char *text = js_as_text(entry);
    int64_t number = 0;
    if (!entry)
        return 1;
    bool read = text ? text_to_int(text, &number) : js_as_int(entry, &number);
    return read && number >= 1 ? number : 0;
}
