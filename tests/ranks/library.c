/* library.c: lockstep_fit() on a communicator of the caller: the bits of one process alone, and of the
 * command that reads the same numbers from files; and failures that all ranks see.
 *
 * As in embed.c, MPI is the test's here. In a build without MPI there is one process.
 */
#include "lockstep/lockstep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/library.h"
#include "support/unit.h"

#if __has_include(<mpi.h>)
#include <mpi.h>
static MPI_Comm world;
#endif

enum { PATH = 512, N = LIBRARY_SAMPLES, M = LIBRARY_FEATURES };

static int rank, size = 1;
static char directory[PATH]; /* rank 0's, known to all */
static struct library_arrays arrays;
static const char *const nothing[] = {NULL};

/* --- ranks ------------------------------------------------------------------------------------ */

static const void *all_ranks(void)
{
#if __has_include(<mpi.h>)
    return &world;
#else
    return NULL;
#endif
}

/* Returns the first rank at which `ok` is false; `size`: none. Collective. */
static int first_failing(bool ok)
{
    int mine = ok ? size : rank, first = mine;
#if __has_include(<mpi.h>)
    MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, world);
#endif
    return first;
}

/* Fails on all ranks if one of them has failed. Collective. */
#define assert_all(ok, ...)                                                                        \
    do {                                                                                           \
        bool held = (ok);                                                                          \
        if (!held)                                                                                 \
            print_error("rank %d: ", rank), print_error(__VA_ARGS__), print_error("\n");           \
        assert_int_equal(first_failing(held), size);                                               \
    } while (0)

static void broadcast(void *bytes, int n)
{
#if __has_include(<mpi.h>)
    MPI_Bcast(bytes, n, MPI_BYTE, 0, world);
#else
    (void)bytes;
    (void)n;
#endif
}

/* --- trainings --------------------------------------------------------------------------------- */

struct outcome {
    int status;
    struct lockstep_error error;
    struct lockstep_fit_result result;
    uint64_t hash; /* of the model; 0: none */
};

static struct outcome fit(
    const struct lockstep_sets *sets, const char *const *more, const void *comm)
{
    struct outcome outcome;
    struct lockstep_options *options = library_options(more);
    struct lockstep_model *model;
    outcome.status =
        lockstep_fit(&model, options, sets, NULL, comm, &outcome.result, &outcome.error);
    outcome.hash = lockstep_model_hash(model);
    lockstep_model_free(model);
    lockstep_options_free(options);
    return outcome;
}

/* Trains on all ranks and alone; both must give the same weights and metrics. Collective. */
static struct outcome assert_same(const struct lockstep_sets *sets, const char *const *more)
{
    struct outcome alone = fit(sets, more, NULL), together = fit(sets, more, all_ranks());
    struct lockstep_metrics *one = &alone.result.validation, *all = &together.result.validation;
    assert_all(alone.status == 0 && together.status == 0, "%s %s", alone.error.message,
        together.error.message);
    assert_all(together.hash == alone.hash && alone.hash != 0, "other weights");
    assert_all(together.result.weights_xxh3 == alone.hash, "another hash");
    assert_all(memcmp(one, all, sizeof *one) == 0, "other metrics of validation data");
    assert_all(memcmp(&alone.result.test, &together.result.test, sizeof *one) == 0,
        "other metrics of test data");
    uint64_t first = alone.hash;
    broadcast(&first, sizeof first);
    assert_all(first == alone.hash, "another hash than on rank 0");
    return together;
}

/* --- the command ------------------------------------------------------------------------------- */

static void write_npy(
    const char *name, const char *type, const char *shape, const void *data, size_t bytes)
{
    char path[PATH + 32], header[128];
    int length = snprintf(header, sizeof header,
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
    memset(header + length, ' ', sizeof header - (size_t)length);
    header[117] = '\n';
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
    fwrite(header, 1, 118, file);
    fwrite(data, 1, bytes, file);
    assert_int_equal(fclose(file), 0);
}

/* Returns the hash of the weights that the command trains, with the options of library_options(). */
static uint64_t train_by_command(const char *const *more)
{
    char data[2 * PATH + 64], out[PATH + 32];
    struct lockstep_result result;
    snprintf(data, sizeof data, "%s/x.npy,%s/y.npy", directory, directory);
    snprintf(out, sizeof out, "%s/run", directory);
    const char *argument[40] = {"--data", data, "--out", out, "--overwrite", "--progress", "off",
        "--checkpoint-every", "never", "--hidden", "7", "--epochs", "3", "--batch", "32",
        "--threads", "2", "--slices", "4", "--lr", "0.02"};
    int n = 21;
    for (; *more; more++)
        argument[n++] = *more;
    if (lockstep_train(n, argument, all_ranks(), &result))
        fail_msg("%s", result.message);
    return result.weights_xxh3;
}

/* --- tests ------------------------------------------------------------------------------------- */

TEST(test_the_bits_of_the_command)
{
    static const char *const split[] = {"val-split", "40", "test-split", "20", "dropout", "0.2",
        NULL},
                             *const flags[] = {"--val-split", "40", "--test-split", "20",
                                 "--dropout", "0.2", NULL};
    char shape[32];
    if (rank == 0) {
        snprintf(shape, sizeof shape, "%d, %d", N, M);
        write_npy("x.npy", "<f4", shape, arrays.x, sizeof arrays.x);
        snprintf(shape, sizeof shape, "%d,", N);
        write_npy("y.npy", "<i4", shape, arrays.y, sizeof arrays.y);
    }
    first_failing(true); /* all is written */
    struct lockstep_table table = library_table(&arrays);
    struct lockstep_dataset *data = library_dataset(&table);
    const struct lockstep_sets sets = {.train = data};
    uint64_t hash = assert_same(&sets, nothing).hash, command = train_by_command(nothing);
    assert_all(hash == command, "other bits than the command's");
    hash = assert_same(&sets, split).hash;
    command = train_by_command(flags);
    assert_all(hash == command, "other bits than the command's, with a split");
    lockstep_dataset_free(data);
}

/* Validation and test data, weights, groups, categories, targets. */
TEST(test_all_kinds_of_data)
{
    static const int64_t levels[M] = {0, 0, 0, 3};
    static const char *const name[] = {"a", "b", "c"};
    static const char *const team[] = {"team", "rank", "val-split", "30", NULL};
    struct lockstep_table table = library_table(&arrays), part = table;
    table.weight = (struct lockstep_array){arrays.weight, LOCKSTEP_F32, {0, 0}};
    table.group = (struct lockstep_array){arrays.group, LOCKSTEP_I64, {0, 0}};
    table.levels = part.levels = levels;
    table.level_name = part.level_name = name;
    part.samples = 37;
    struct lockstep_dataset *whole = library_dataset(&table), *few = library_dataset(&part);
    const struct lockstep_sets three = {whole, few, few}, one = {.train = whole};
    struct outcome outcome = assert_same(&three, nothing);
    assert_all(outcome.result.validation.samples == 37, "no validation samples");
    assert_all(outcome.result.test.samples == 37, "no test samples");
    assert_same(&one, team);
    lockstep_dataset_free(whole);
    lockstep_dataset_free(few);
    table.classes = 0;
    table.outputs = 2;
    table.y = (struct lockstep_array){arrays.target, LOCKSTEP_F32, {0, 0}};
    whole = library_dataset(&table);
    assert_same(&(struct lockstep_sets){.train = whole}, team);
    lockstep_dataset_free(whole);
}

static int stop_at_5(void *context, const struct lockstep_progress *progress)
{
    ++*(int *)context;
    return progress->step == 5;
}

/* Rank 0's callback stops all ranks after the same step; only it is called. */
TEST(test_a_callback_stops_all_ranks)
{
    int calls = 0;
    const struct lockstep_callbacks callbacks = {.context = &calls, .progress = stop_at_5};
    struct lockstep_table table = library_table(&arrays);
    struct lockstep_dataset *data = library_dataset(&table);
    struct lockstep_options *options = library_options(nothing);
    struct lockstep_fit_result result;
    struct lockstep_error error;
    struct lockstep_model *model;
    int status = lockstep_fit(&model, options, &(struct lockstep_sets){.train = data}, &callbacks,
        all_ranks(), &result, &error);
    assert_all(status == 0, "%s", error.message);
    assert_all(strcmp(result.stopped_by, "callback") == 0, "stopped by %s", result.stopped_by);
    assert_all(result.steps == 6 || result.epochs == 1, "%lld steps", (long long)result.steps);
    assert_all((calls > 0) == (rank == 0), "%d calls", calls);
    lockstep_model_free(model);
    lockstep_options_free(options);
    lockstep_dataset_free(data);
}

/* What one rank alone passes wrongly ends the call on all of them. */
TEST(test_failures_of_one_rank)
{
    struct lockstep_table table = library_table(&arrays);
    struct lockstep_dataset *data = library_dataset(&table);
    const struct lockstep_sets sets = {.train = rank == size - 1 ? NULL : data};
    struct outcome outcome = fit(&sets, nothing, all_ranks());
    assert_all(outcome.status == LOCKSTEP_USAGE && outcome.hash == 0, "status %d", outcome.status);
    assert_all(strstr(outcome.error.message, "sets->train is NULL"), "%s", outcome.error.message);
    static const char *const wrong[] = {"batch", "151", "drop-last", "on", NULL};
    const struct lockstep_sets right = {.train = data};
    outcome = fit(&right, wrong, all_ranks());
    assert_all(outcome.status == LOCKSTEP_USAGE, "status %d", outcome.status);
    outcome = fit(&right, nothing, all_ranks());
    assert_all(outcome.status == 0, "%s", outcome.error.message);
    lockstep_dataset_free(data);
}

/* --- a group of ranks --------------------------------------------------------------------------- */

static int begin(void **state)
{
    const char *parent = getenv("TMPDIR");
    (void)state;
    snprintf(directory, sizeof directory, "%s/lockstep-library-XXXXXX", parent ? parent : "/tmp");
    if (rank == 0 && !mkdtemp(directory))
        directory[0] = 0;
    broadcast(directory, PATH);
    library_fill(&arrays);
    return directory[0] == 0;
}

static int end(void **state)
{
    static const char *const files[] = {"x.npy", "y.npy", "run/config.ini", "run/metrics.jsonl",
        "run/summary.json", "run/model.safetensors", "run"};
    char path[PATH + 64];
    bool complete = true;
    (void)state;
    first_failing(true);
    for (size_t i = 0; rank == 0 && i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        complete &= remove(path) == 0;
    }
    return rank == 0 && (rmdir(directory) != 0 || !complete);
}

#if __has_include(<mpi.h>)

int main(int argc, char **argv)
{
    int level, failed = 1;
    if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
        return 1;
    world = MPI_COMM_WORLD;
    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &size);
    /* Only rank 0 prints the results of cmocka. */
    if (rank == 0 || freopen("/dev/null", "w", stdout))
        failed = unit_run(begin, end);
    MPI_Finalize();
    return failed;
}

#else

int main(void)
{
    return unit_run(begin, end);
}

#endif
