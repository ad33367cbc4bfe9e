/* ranks_main.c: the main() of programs for several ranks that have none of their own. */
#include "support/ranks.h"

int main(void)
{
    return ranks_run(NULL, NULL);
}
