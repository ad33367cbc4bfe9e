#include "cli/session_memory.h"

#include "base/text.h"
#include "comm/machine.h"

struct run_sets session_sets(const struct session *session)
{
    struct run_sets sets = {.validation = session_validation_samples(session),
        .test = session_test_samples(session),
        .checkpoints = true};
    run_sets_add(&sets, &session->train);
    run_sets_add(&sets, &session->validation);
    run_sets_add(&sets, &session->test);
    run_sets_add_numbers(&sets, &session->train_part);
    run_sets_add_numbers(&sets, &session->validation_part);
    return sets;
}

struct run_memory session_memory(const struct session *session)
{
    struct run_sets sets = session_sets(session);
    int hosts = comm_hosts(teams_comm(session->teams));
    struct range teams = {0, divide_up(teams_count(session->teams), hosts)};
    return run_memory_of(&session->job.settings, &sets, teams);
}

void session_warn_of_memory(FILE *file, const struct session *session)
{
    struct run_memory memory = session_memory(session);
    int64_t room = machine_memory();
    char needed[32], there[32];
    if (room > 0 && memory.most > room)
        fprintf(file,
            "lockstep: warning: the run needs %s on this machine, which has %s; lockstep plan with "
            "the same options says what takes it\n",
            text_bytes((double)memory.most, needed), text_bytes((double)room, there));
}
