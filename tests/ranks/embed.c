/* embed.c: lockstep_train() inside a program that has its own MPI and its own communicators:
 * MPI_COMM_WORLD is split in two, and each half trains for itself.
 *
 * MPI is the test's here, so support/ranks.h does not serve; agree() is its like. Rank 0 alone
 * prints. In a build without MPI there is only a refusal to test.
 */
#include "lockstep/lockstep.h"

#if __has_include(<mpi.h>)

#include <mpi.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

enum { PATH = 512, ARGUMENTS_MAX = 32 };

static int rank, size;
static MPI_Comm half;        /* even and odd ranks */
static char directory[PATH]; /* rank 0's, known to all */
static const char *const files[] = {
    "config.ini", "metrics.jsonl", "summary.json", "model.safetensors"};
enum { N_FILES = sizeof files / sizeof files[0] };

/* True on all ranks if `ok` was true on all; else prints the first failing rank's text.
 * Collective. */
static bool agree(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool agree(bool ok, const char *format, ...)
{
    char text[2000] = "";
    int mine = ok ? size : rank, first;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (first == size)
        return true;
    MPI_Bcast(text, sizeof text, MPI_CHAR, first, MPI_COMM_WORLD);
    print_message("rank %d: %s\n", first, text);
    return false;
}
#define assert_all(ok, ...) assert_true(agree(ok, __VA_ARGS__))

/* Whether all ranks of `comm` hold the same bytes. Collective. */
static bool same_everywhere(const void *bytes, int n, MPI_Comm comm)
{
    int members;
    MPI_Comm_size(comm, &members);
    char *all = malloc((size_t)n * (size_t)members);
    bool same = true;
    MPI_Allgather(bytes, n, MPI_BYTE, all, n, MPI_BYTE, comm);
    for (int i = 0; i < members; i++)
        same &= memcmp(all + (size_t)i * (size_t)n, bytes, (size_t)n) == 0;
    free(all);
    return same;
}

/* --- runs ---------------------------------------------------------------------------------- */

/* The same small job for all, into directory/`name`, with further arguments up to a NULL. */
static struct lockstep_result train(const void *comm, const char *name, const char *const *more)
{
    struct lockstep_result result;
    char out[PATH + 32];
    snprintf(out, sizeof out, "%s/%s", directory, name);
    const char *argument[ARGUMENTS_MAX] = {"--data", "synthetic:samples=300,features=7,classes=3",
        "--val-split", "50", "--hidden", "11", "--batch", "41", "--epochs", "2", "--slices", "4",
        "--lr", "0.05", "--threads", "2", "--progress", "off", "--checkpoint-every", "never",
        "--out", out};
    int n = 22;
    for (; *more; more++)
        argument[n++] = *more;
    memset(&result, 0xff, sizeof result);
    int status = lockstep_train(n, argument, comm, &result);
    if (status != result.status)
        result.status = -1;
    return result;
}

static const char *const nothing[] = {NULL};

/* Takes away what a run into directory/`name` has written; says whether all of it was there. */
static bool take_away(const char *name)
{
    char path[PATH + 64];
    bool complete = true;
    for (int i = 0; i < N_FILES; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", directory, name, files[i]);
        complete &= unlink(path) == 0;
    }
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return rmdir(path) == 0 && complete;
}

static struct lockstep_result train_in_halves(const char *const *more)
{
    struct lockstep_result result = train(&half, rank % 2 ? "odd" : "even", more);
    MPI_Barrier(MPI_COMM_WORLD); /* everything is written */
    return result;
}

/* --- the tests ----------------------------------------------------------------------------- */

/* Each half, each rank alone and all together come to the same weights, and every rank knows
 * them. */
TEST(test_same_weights_everywhere)
{
    char name[32];
    snprintf(name, sizeof name, "alone%d", rank);
    struct lockstep_result alone = train(NULL, name, nothing);
    assert_all(alone.status == 0, "alone: %d: %s", alone.status, alone.message);
    struct lockstep_result in_half = train_in_halves(nothing);
    assert_all(in_half.status == 0, "in halves: %d: %s", in_half.status, in_half.message);
    MPI_Comm world = MPI_COMM_WORLD;
    struct lockstep_result together = train(&world, "all", nothing);
    assert_all(together.status == 0, "together: %d: %s", together.status, together.message);
    MPI_Barrier(MPI_COMM_WORLD);

    bool same = same_everywhere(&alone.weights_xxh3, 8, MPI_COMM_WORLD);
    assert_all(same && alone.weights_xxh3 != 0, "alone they differ");
    assert_all(in_half.weights_xxh3 == alone.weights_xxh3, "%llx in halves, %llx alone",
        (unsigned long long)in_half.weights_xxh3, (unsigned long long)alone.weights_xxh3);
    assert_all(together.weights_xxh3 == alone.weights_xxh3, "%llx together, %llx alone",
        (unsigned long long)together.weights_xxh3, (unsigned long long)alone.weights_xxh3);

    bool complete = take_away(name);
    if (rank < 2)
        complete &= take_away(rank ? "odd" : "even");
    if (rank == 0)
        complete &= take_away("all");
    assert_all(complete, "results are missing, or there are others");
}

/* The hash is of these weights: another seed gives another. */
TEST(test_other_weights_have_another_hash)
{
    static const char *const more[] = {"--seed", "2", NULL};
    struct lockstep_result one = train_in_halves(nothing);
    bool complete = rank > 1 || take_away(rank ? "odd" : "even");
    MPI_Barrier(MPI_COMM_WORLD); /* all is away */
    struct lockstep_result two = train_in_halves(more);
    complete &= rank > 1 || take_away(rank ? "odd" : "even");
    assert_all(one.status == 0, "%d: %s", one.status, one.message);
    assert_all(two.status == 0, "%d: %s", two.status, two.message);
    assert_all(complete, "results are missing");
    assert_all(one.weights_xxh3 != two.weights_xxh3, "the same weights from another seed");
}

/* 250 samples by 41 are 7 steps an epoch. Synthetic data have no test part. */
TEST(test_result_is_filled_on_every_rank)
{
    struct lockstep_result result = train_in_halves(nothing);
    bool complete = rank > 1 || take_away(rank ? "odd" : "even");
    assert_all(result.status == 0, "%d: %s", result.status, result.message);
    assert_all(complete, "results are missing");
    assert_all(result.message[0] == 0, "a message without a failure: %.50s", result.message);
    assert_all(result.steps_done == 14, "%lld steps", (long long)result.steps_done);
    assert_all(result.seconds > 0 && result.seconds < 100, "%g s", result.seconds);
    assert_all(result.train_loss > 0.01 && result.train_loss < 3, "loss %g", result.train_loss);
    assert_all(isnan(result.test_loss) && isnan(result.test_accuracy), "test data out of nowhere");
    assert_all(same_everywhere(&result.train_loss, sizeof result.train_loss, MPI_COMM_WORLD),
        "the training loss differs");
}

TEST(test_test_data)
{
    static const char *const more[] = {
        "--test-data", "synthetic:samples=100,features=7,classes=3,seed=9", NULL};
    struct lockstep_result result = train_in_halves(more);
    bool complete = rank > 1 || take_away(rank ? "odd" : "even");
    assert_all(result.status == 0, "%d: %s", result.status, result.message);
    assert_all(complete, "results are missing");
    assert_all(result.test_loss > 0.01 && result.test_loss < 5, "loss %g", result.test_loss);
    assert_all(result.test_accuracy >= 0 && result.test_accuracy <= 1, "accuracy %g",
        result.test_accuracy);
    assert_all(same_everywhere(&result.test_loss, 16, MPI_COMM_WORLD), "test figures differ");
}

/* What must be said of it, and on every rank of the communicator in the same words. */
static const struct wrong {
    const char *more[4];
    int status;
    const char *says;
} wrongs[] = {
    {{"--epochs", "0", NULL}, 64, "--epochs"},
    {{"--epoch", "3", NULL}, 64, "--epochs"},
    {{"--batch", "500", "--drop-last", NULL}, 64, "--batch"},
    {{"--help", NULL}, 64, "--help"},
    {{"--data", "/nowhere/at-all", NULL}, 66, "/nowhere/at-all"},
    {{"--init-from", "/nowhere/x.safetensors", NULL}, 66, "/nowhere/x.safetensors"},
    {{"--out", "/dev/null/x", NULL}, 73, "/dev/null/x"},
};

TEST(test_wrong_arguments)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *wrong = &wrongs[i];
        struct lockstep_result result = train_in_halves(wrong->more);
        assert_all(result.status == wrong->status, "%s: status %d, not %d: %s", wrong->more[0],
            result.status, wrong->status, result.message);
        assert_all(
            strstr(result.message, wrong->says), "no %s in: %s", wrong->says, result.message);
        assert_all(same_everywhere(result.message, (int)strlen(result.message) + 1, half),
            "the messages differ: %s", result.message);
        assert_all(result.steps_done == 0 && isnan(result.train_loss), "%lld steps, loss %g",
            (long long)result.steps_done, result.train_loss);
    }
}

/* Where arguments differ, rank 0's count. */
TEST(test_arguments_of_rank_0_count)
{
    static const char *const other[] = {"--epochs", "7", "--out", "/dev/null/x", NULL};
    struct lockstep_result result = train_in_halves(rank < 2 ? nothing : other);
    bool complete = rank > 1 || take_away(rank ? "odd" : "even");
    assert_all(result.status == 0, "%d: %s", result.status, result.message);
    assert_all(complete, "results are missing");
    assert_all(result.steps_done == 14, "%lld steps", (long long)result.steps_done);
}

/* Wrong ones were once not even looked at on the other ranks. */
TEST(test_wrong_arguments_of_one_rank)
{
    static const char *const wrong[] = {"--epochs", "-7", NULL};
    int members;
    MPI_Comm_size(half, &members);
    struct lockstep_result result = train_in_halves(rank < 2 ? nothing : wrong);
    assert_all(result.status == (members > 1 ? 64 : 0), "%d: %s", result.status, result.message);
    assert_all(members == 1 || strstr(result.message, "--epochs -7"), "%s", result.message);
    assert_all(members > 1 || rank > 1 || take_away(rank ? "odd" : "even"), "results are missing");
}

/* A directory with results is not overwritten, which only rank 0 of each half can see. */
TEST(test_occupied_directory)
{
    struct lockstep_result first = train_in_halves(nothing), second = train_in_halves(nothing);
    bool complete = rank > 1 || take_away(rank ? "odd" : "even");
    assert_all(first.status == 0, "%d: %s", first.status, first.message);
    assert_all(second.status == 73, "%d: %s", second.status, second.message);
    assert_all(strstr(second.message, rank % 2 ? "/odd" : "/even"), "%s", second.message);
    assert_all(same_everywhere(second.message, sizeof second.message, half), "messages differ");
    assert_all(complete, "the first results are not there any more");
}

/* A run that diverges says so on every rank, and tells what came before it. */
TEST(test_divergence)
{
    static const char *const more[] = {"--lr", "1e30", NULL};
    struct lockstep_result result = train_in_halves(more);
    bool complete = rank > 1 || take_away(rank ? "odd" : "even");
    assert_all(result.status == 3, "%d: %s", result.status, result.message);
    assert_all(complete, "results are missing");
    assert_all(result.steps_done < 14, "%lld steps", (long long)result.steps_done);
    assert_all(same_everywhere(result.message, sizeof result.message, half), "messages differ");
    assert_all(same_everywhere(&result.steps_done, 8, MPI_COMM_WORLD), "steps differ");
}

/* The caller's MPI, its communicators and their error handlers are as they were. */
TEST(test_mpi_is_the_callers_still)
{
    int initialized = 0, finalized = 1, level = -1, members, sum = 0, unequal = -1;
    MPI_Comm copy;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    MPI_Query_thread(&level);
    assert_all(initialized && !finalized && level >= MPI_THREAD_FUNNELED, "MPI was ended");
    MPI_Comm_size(half, &members);
    MPI_Allreduce(&(int){1}, &sum, 1, MPI_INT, MPI_SUM, half);
    assert_all(sum == members && members == (size + 1 - rank % 2) / 2, "%d of %d", sum, members);
    MPI_Comm_dup(half, &copy);
    MPI_Comm_compare(half, copy, &unequal);
    MPI_Comm_free(&copy);
    assert_all(unequal == MPI_CONGRUENT, "communicators cannot be duplicated any more");
    assert_all(strcmp(lockstep_version(), "") != 0, "no version");
}

/* A message of the caller's that is under way while a run goes on is neither taken nor lost. */
TEST(test_a_message_under_way)
{
    int sent = 1000 + rank, got = -1, to = (rank + 1) % size, from = (rank + size - 1) % size;
    MPI_Request request[2];
    MPI_Irecv(&got, 1, MPI_INT, from, 0, MPI_COMM_WORLD, &request[0]);
    MPI_Isend(&sent, 1, MPI_INT, to, 0, MPI_COMM_WORLD, &request[1]);
    MPI_Comm world = MPI_COMM_WORLD;
    struct lockstep_result result = train(&world, "all", nothing);
    MPI_Waitall(2, request, MPI_STATUSES_IGNORE);
    bool complete = rank > 0 || take_away("all");
    assert_all(result.status == 0, "%d: %s", result.status, result.message);
    assert_all(complete, "results are missing");
    assert_all(got == 1000 + from, "got %d", got);
}

/* --- a group of ranks ---------------------------------------------------------------------- */

/* Only rank 0 speaks, and that with the results of its runs in between. */
static bool quiet(void)
{
    return rank == 0 || (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr));
}

static int begin(void **state)
{
    const char *parent = getenv("TMPDIR");
    (void)state;
    snprintf(directory, sizeof directory, "%s/lockstep-embed-XXXXXX", parent ? parent : "/tmp");
    if (rank == 0 && !mkdtemp(directory))
        directory[0] = 0;
    MPI_Bcast(directory, PATH, MPI_CHAR, 0, MPI_COMM_WORLD);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    return directory[0] == 0;
}

static int end(void **state)
{
    (void)state;
    MPI_Comm_free(&half);
    MPI_Barrier(MPI_COMM_WORLD);
    return rank == 0 && rmdir(directory) != 0;
}

int main(int argc, char **argv)
{
    int level, failed = 1;
    if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
        return 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (level >= MPI_THREAD_FUNNELED && quiet())
        failed = unit_run(begin, end);
    MPI_Finalize();
    return failed;
}

#else /* no MPI in this build */

#include <string.h>

#include "support/unit.h"

TEST(test_a_communicator_is_refused)
{
    static const char *const argument[] = {"--data", "synthetic:samples=10", "--out", "never-made"};
    struct lockstep_result result;
    int something = 0;
    assert_int_equal(lockstep_train(4, argument, &something, &result), 64);
    assert_int_equal(result.status, 64);
    assert_says(result.message, "MPI");
}

#endif
