/* collectives.c: ranks that enter different collective calls end with a message instead of a hang.
 *
 * Started with the name of a case, as tests/system/test_collectives.py does, the last rank makes
 * another call than the others, and the job ends.
 */
#include <stdio.h>
#include <string.h>

#include "comm/teams.h"
#include "comm/world.h"
#include "support/ranks.h"

static void differ_in_the_call(struct comm *comm, bool odd)
{
    int64_t value = 0;
    struct error error = {0};
    if (odd)
        comm_broadcast(comm, &value, sizeof value);
    else
        comm_agree(comm, STATUS_OK, &error);
}

static void differ_in_the_place(struct comm *comm, bool odd)
{
    struct error error = {0};
    if (odd)
        comm_agree(comm, STATUS_OK, &error);
    else
        comm_agree(comm, STATUS_OK, &error);
}

static void differ_in_a_rest(struct comm *comm, bool odd)
{
    if (odd)
        comm_rest(comm);
    else
        comm_barrier(comm);
}

/* Within a team, whose comm is split from the one that is checked. */
static void differ_in_a_team(struct comm *comm, bool odd)
{
    struct teams *teams;
    struct error error = {0};
    float *block = NULL;
    if (teams_create(&teams, comm, (struct team_request){.kind = TEAM_NODE}, &error))
        return;
    if (odd)
        teams_take(teams, &block, 100, sizeof *block, "a block", &error);
    else
        comm_barrier(teams->inside);
}

static const struct {
    const char *name;
    void (*run)(struct comm *comm, bool odd);
} cases[] = {
    {"call", differ_in_the_call},
    {"place", differ_in_the_place},
    {"rest", differ_in_a_rest},
    {"team", differ_in_a_team},
};

/* Returns only if nothing was noticed. */
static int run_case(const char *name)
{
    struct error error;
    if (world_open(&world, &error))
        return 1;
    comm_check_collectives(world, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(cases[i].name, name) == 0)
            cases[i].run(world, world->rank == world->size - 1);
    world_close(world);
    return 0;
}

TEST(test_equal_calls_pass)
{
    for (int i = 0; i < 10; i++) {
        differ_in_the_call(world, false);
        differ_in_the_place(world, true);
        differ_in_a_rest(world, i % 2);
    }
    int rank = world->rank, sum = 0, all[64];
    comm_gather_all(world, &rank, sizeof rank, all);
    for (int r = 0; r < world->size; r++)
        sum += all[r] == r;
    assert_ranks(sum == world->size, "the check disturbs the calls that follow");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_case(argv[1]);
    return ranks_run(NULL, NULL);
}
