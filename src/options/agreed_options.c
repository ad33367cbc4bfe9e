#include "options/agreed_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "options/option_arguments.h"
#include "options/option_given.h"
#include "options/options_read.h"
#include "lockstep/lockstep.h"

/* --- version and command ---------------------------------------------------------------------- */

/* The first data that the ranks compare. Rank 0 sends its own after the text of its greeting.
 * Programs of different versions exchange these data, so three things must not change: this struct,
 * its offset in the message, and the comm_agree() call after comm_greet(). */
struct opening {
    char version[32], command[16];
};
enum { OPENING_AT = 512 };

static struct opening opening_of(const struct reading *given)
{
    struct opening opening = {.version = ""};
    snprintf(opening.version, sizeof opening.version, "%s", lockstep_version());
    snprintf(opening.command, sizeof opening.command, "%s", command_name(given->options->command));
    return opening;
}

static enum status compare_openings(
    const struct opening *own, const struct opening *first, enum status status, struct error *error)
{
    if (strcmp(own->version, first->version) != 0)
        return fail(error, STATUS_NO_RESOURCE,
            "this rank runs lockstep %s, but rank 0 runs lockstep %.31s; start the same version on "
            "every rank",
            own->version, first->version);
    if (!status && strcmp(own->command, first->command) != 0)
        return fail(error, STATUS_USAGE,
            "the command of this rank is %s, but rank 0's is %.15s; give every rank the same "
            "command",
            own->command, first->command);
    return status;
}

/* Checks that all ranks run the same version and command. `status`: the status of reading
 * `given`. Collective. */
static enum status agree_to_begin(
    struct comm *comm, const struct reading *given, enum status status, struct error *error)
{
    struct opening own = opening_of(given), first;
    struct error greeting = {0};
    fail(&greeting, STATUS_NO_RESOURCE,
        "other ranks run a newer lockstep, %s; start the same version on every rank", own.version);
    memcpy(greeting.text + OPENING_AT, &own, sizeof own);
    int stranger = comm_greet(comm, &greeting);
    if (stranger >= 0)
        return fail(error, STATUS_NO_RESOURCE,
            "rank %d runs an older lockstep than this one, %s; start the same version on every "
            "rank",
            stranger, own.version);
    memcpy(&first, greeting.text + OPENING_AT, sizeof first);
    if (!first.version[0]) /* no greeting: rank 0 runs an older program, which exits */
        return fail(error, greeting.status, "%.500s", greeting.text);
    return comm_agree(comm, compare_openings(&own, &first, status, error), error);
}

/* --- differences ------------------------------------------------------------------------------ */

/* A rank's first option that differs from rank 0's; -1: none. */
struct difference {
    int option;
    char text[GIVEN_TEXT];
};

static struct difference difference_of(const struct reading *given,
    const uint64_t own[OPTION_COUNT_MAX], const uint64_t first[OPTION_COUNT_MAX])
{
    struct difference difference = {.option = -1};
    for (int i = 0; i < option_count && difference.option < 0; i++)
        if (own[i] != first[i] && !(option_table[i].per_rank & (unsigned)given->options->command))
            difference.option = i;
    if (difference.option >= 0)
        given_describe(given, difference.option, difference.text);
    return difference;
}

static bool equal(const struct difference *a, const struct difference *b)
{
    return a->option == b->option && strcmp(a->text, b->text) == 0;
}

/* Starting at `rank`, finds the ranks whose options differ in the same way. Writes them as
 * " 1, 3-5", with ", ..." in place of the ranks that do not fit. Removes all of them from the list.
 * Returns their number. */
static int list_ranks(char *out, size_t size, struct difference *all, int ranks, int rank)
{
    const struct difference wanted = all[rank];
    size_t used = 0;
    int n = 0, end;
    for (int r = rank; r < ranks; r = end + 1) {
        for (end = r; end < ranks && equal(&all[end], &wanted); end++)
            all[end].option = -1;
        n += end - r;
        if (end == r || used + 6 > size) /* room for the last ", ..." */
            continue;
        if (used + 32 > size) {
            snprintf(out + used, size - used, ", ...");
            used = size;
            continue;
        }
        used += (size_t)snprintf(out + used, size - used, "%s %d", used ? "," : "", r);
        if (end - r > 1)
            used += (size_t)snprintf(out + used, size - used, "-%d", end - 1);
    }
    return n;
}

/* Writes one line about all ranks that differ, with details of the first ones. Rank 0 only. */
static void describe(
    const struct reading *given, struct difference *all, int ranks, char warning[AGREED_WARNING])
{
    enum { TAIL = 100, GROUP = 90 + 2 * GIVEN_TEXT };
    size_t used = 0;
    int left = 0;
    for (int r = 1; r < ranks; r++) {
        char list[64] = "", first[GIVEN_TEXT];
        int option = all[r].option;
        if (option < 0)
            continue;
        if (used + GROUP + TAIL > AGREED_WARNING) {
            left++;
            continue;
        }
        int n = list_ranks(list, sizeof list, all, ranks, r);
        given_describe(given, option, first);
        used += (size_t)snprintf(warning + used, AGREED_WARNING - used, "%s%s%s %s %s (rank 0: %s)",
            used ? "; " : "command lines differ: ", n == 1 ? "rank" : "ranks", list,
            n == 1 ? "has" : "have", all[r].text, first);
    }
    if (left > 0)
        used +=
            (size_t)snprintf(warning + used, AGREED_WARNING - used, "; and %d more differ", left);
    if (used > 0)
        snprintf(warning + used, AGREED_WARNING - used, "; rank 0's options apply to all ranks");
}

/* Compares the options of all ranks with those of rank 0. Collective. */
static enum status compare_options(struct comm *comm, const struct reading *given,
    char warning[AGREED_WARNING], struct error *error)
{
    uint64_t own[OPTION_COUNT_MAX], first[OPTION_COUNT_MAX];
    struct difference mine, *all = NULL;
    enum status status =
        memory_take(&all, (size_t)comm->size, sizeof *all, "the ranks' options", error);
    if (!status)
        status = given_hashes(given, own, error);
    status = comm_agree(comm, status, error);
    if (!status) {
        memcpy(first, own, sizeof first);
        comm_broadcast(comm, first, sizeof first);
        mine = difference_of(given, own, first);
        comm_gather_all(comm, &mine, sizeof mine, all);
        if (comm->rank == 0)
            describe(given, all, comm->size, warning);
    }
    free(all);
    return status;
}

/* --- rank 0's options for all ----------------------------------------------------------------- */

/* Reads the options and writes them as a text. Rank 0 only. */
static enum status read_text(
    char **text, int argc, char *const *argv, char *const *environment, struct error *error)
{
    struct options options;
    enum status status = options_read(&options, argc, argv, environment, error);
    if (!status)
        status = options_to_text(&options, TEXT_EXACT, text, error);
    options_clear(&options);
    return status;
}

/* Reads the options on rank 0 and sends them to all ranks. Collective. */
static enum status share_options(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, struct error *error)
{
    bool leads = comm->rank == 0;
    char *text = NULL;
    TRY(comm_agree(
        comm, leads ? read_text(&text, argc, argv, environment, error) : STATUS_OK, error));
    size_t size = leads ? strlen(text) + 1 : 0;
    comm_broadcast(comm, &size, sizeof size);
    enum status status = leads ? STATUS_OK : memory_take(&text, size, 1, "the options", error);
    status = comm_agree(comm, status, error);
    if (!status) {
        comm_broadcast(comm, text, size);
        status =
            comm_agree(comm, options_from_text(options, text, "rank 0's options", error), error);
    }
    free(text);
    return status;
}

enum status agreed_options_read(struct options *options, struct comm *comm, int argc,
    char *const *argv, char *const *environment, char warning[AGREED_WARNING], struct error *error)
{
    struct options own;
    struct reading given = {.options = &own};
    warning[0] = '\0';
    *options = (struct options){0};
    if (comm->size == 1)
        return options_read(options, argc, argv, environment, error);
    enum status status = reading_begin(&given, argc, argv, environment, error);
    status = agree_to_begin(comm, &given, status, error);
    if (!status)
        status = compare_options(comm, &given, warning, error);
    if (!status)
        status = share_options(options, comm, argc, argv, environment, error);
    if (!status)
        status = comm_agree(comm, given_take_own(&given, options, error), error);
    options_clear(&own);
    return status;
}
