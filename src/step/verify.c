#include "step/verify.h"

#include <stdio.h>

const char *verify_section_name(
    int section, int layers, const struct optimizer_settings *optimizer, char out[VERIFY_NAME_MAX])
{
    static const char *const kind[] = {"weights", "biases", "forward copy of the weights"};
    if (section < 3 * layers)
        snprintf(out, VERIFY_NAME_MAX, "the %s of layer %d", kind[section % 3], section / 3 + 1);
    else
        snprintf(out, VERIFY_NAME_MAX, "the optimizer's %s",
            optimizer_state_name(optimizer, section - 3 * layers));
    return out;
}

static int count_equal(const struct verify_claim *claim, int teams, uint64_t sum)
{
    int n = 0;
    for (int t = 0; t < teams; t++)
        n += claim[t].sum == sum;
    return n;
}

static int first_unequal(const struct verify_claim *claim, int teams, uint64_t sum)
{
    for (int t = 0; t < teams; t++)
        if (claim[t].sum != sum)
            return t;
    return VERIFY_AGREED;
}

int verify_wrong_team(const struct verify_claim *claim, int teams)
{
    for (int t = 0; t < teams; t++)
        if (claim[t].stale_layer)
            return t;
    for (int t = 0; t < teams; t++)
        if (count_equal(claim, teams, claim[t].sum) > teams / 2)
            return first_unequal(claim, teams, claim[t].sum);
    return VERIFY_UNDECIDED;
}

int verify_other_team(const struct verify_claim *claim, int teams)
{
    return first_unequal(claim, teams, claim[0].sum);
}
