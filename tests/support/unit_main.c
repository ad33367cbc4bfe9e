/* unit_main.c: the main() of programs that have none of their own. */
#include "support/unit.h"

int main(void)
{
    return unit_run(NULL, NULL);
}
