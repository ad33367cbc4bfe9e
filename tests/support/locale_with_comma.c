#include "support/locale_with_comma.h"

#include "support/unit.h"

#include <locale.h>
#include <stdlib.h>

void locale_with_comma(int category)
{
    if (setlocale(category, "de_DE.UTF-8"))
        return;
    if (getenv("REQUIRE_PACKAGES"))
        fail_msg("there is no locale de_DE.UTF-8: scripts/setup test, then cmake");
    skip();
}
