/* shared_data.c: one rank of a team reads, and all of them have the same dataset. */
#include "api/shared_data.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/source.h"
#include "support/idx_files.h"
#include "support/own_directory.h"
#include "support/ranks.h"

static const struct team_request shapes[] = {
    {TEAM_NODE, 0}, {TEAM_RANKS, 1}, {TEAM_RANKS, 2}, {TEAM_RANKS, 3}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

static const char *const sources[] = {"synthetic:samples=301,features=7,classes=3",
    "synthetic:samples=200,features=5,targets=2", "synthetic:samples=2,features=1,classes=2",
    "table.csv", "inputs.npy,labels.npy"};
enum { N_SOURCES = sizeof sources / sizeof sources[0] };

/* A table, with names; and arrays, whose inputs are mapped. */
static void write_sources(void)
{
    static const char table[] = "width,height,kind\n1,2,pear\n3,4,fig\n5,6,pear\n";
    static const char format[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d), } ";
    char path[IDX_FILES_PATH], file[200] = "\x93NUMPY\1\0";
    idx_files_write_raw(path, "table.csv", table, sizeof table - 1);
    for (int i = 0; i < 2; i++) {
        int length = snprintf(file + 10, 100, format, 3, i == 0 ? 5 : 1);
        file[8] = (char)length;
        memset(file + 10 + length, i, 15);
        file[10 + length] = 0; /* labels 0, 1, 1 */
        idx_files_write_raw(path, i == 0 ? "inputs.npy" : "labels.npy", file,
            10 + (size_t)length + (i == 0 ? 15 : 3));
    }
}

/* The files are made by rank 0, and every rank works where they are. */
static int begin(void **state)
{
    char path[IDX_FILES_PATH] = "";
    bool made = world->rank > 0 || own_directory_enter(state) == 0;
    if (world->rank == 0 && made) {
        snprintf(path, sizeof path, "%s", (char *)*state);
        write_sources();
    }
    comm_broadcast(world, path, sizeof path);
    return made ? chdir(path) : -1;
}

static int end(void **state)
{
    comm_barrier(world);
    return world->rank == 0 ? own_directory_leave(state) : chdir("/");
}

/* What a test of one source in teams of one shape has at hand. */
struct scene {
    struct teams *teams;
    struct dataset own, shared; /* read by this rank itself; shared by its team */
};

/* The first rank of each team alone reads what is to be shared. */
static void open_scene(struct scene *scene, struct team_request request, const char *source)
{
    struct dataset test = {.samples = 0};
    struct error error = {0};
    *scene = (struct scene){.teams = NULL};
    enum status status = teams_create(&scene->teams, world, request, &error);
    assert_ranks(status == STATUS_OK, "%s", error.text);
    struct source_request asked = {.data = source, .threads = 1};
    status = source_read_train(&asked, &scene->own, &test, &error);
    dataset_clear(&test);
    if (!status && scene->teams->rank == 0)
        status = source_read_train(&asked, &scene->shared, &test, &error);
    dataset_clear(&test);
    assert_ranks(status == STATUS_OK, "%s", error.text);
}

static void close_scene(struct scene *scene)
{
    dataset_unshare(&scene->shared, scene->teams);
    dataset_clear(&scene->own);
    teams_destroy(scene->teams);
}

static bool same(const struct dataset *a, const struct dataset *b)
{
    return dataset_fingerprint(a) == dataset_fingerprint(b) && strcmp(a->name, b->name) == 0 &&
           !a->values == !b->values && !a->labels == !b->labels && !a->targets == !b->targets &&
           !a->class_name == !b->class_name && !a->feature_name == !b->feature_name &&
           (!a->feature_name || strcmp(a->feature_name[1], b->feature_name[1]) == 0) &&
           strcmp(a->path, b->path) == 0 && a->first_line == b->first_line;
}

TEST(test_every_rank_has_what_one_read)
{
    for (int s = 0; s < N_SHAPES * N_SOURCES; s++) {
        struct scene scene;
        struct error error = {0};
        open_scene(&scene, shapes[s % N_SHAPES], sources[s / N_SHAPES]);
        enum status status = dataset_share(&scene.shared, scene.teams, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        assert_ranks(same(&scene.shared, &scene.own), "another dataset, shape %d", s % N_SHAPES);
        bool several = scene.teams->team[scene.teams->mine].size > 1;
        assert_ranks(scene.shared.lent == several, "whose memory is it? shape %d", s % N_SHAPES);

        /* One memory: what one rank writes, all see. */
        comm_barrier(scene.teams->inside);
        if (scene.teams->rank == 0)
            *(char *)(scene.shared.path[0] ? (void *)scene.shared.labels : scene.shared.values) ^=
                1;
        comm_barrier(scene.teams->inside);
        assert_ranks(!same(&scene.shared, &scene.own), "a copy, shape %d", s % N_SHAPES);
        close_scene(&scene);
    }
}

/* Validation or test data that are not there. */
TEST(test_nothing_can_be_shared)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct scene scene;
        struct error error = {0};
        open_scene(&scene, shapes[s], sources[0]);
        dataset_clear(&scene.shared);
        enum status status = dataset_share(&scene.shared, scene.teams, &error);
        assert_ranks(status == STATUS_OK, "%s", error.text);
        assert_ranks(scene.shared.samples == 0 && !scene.shared.values, "data out of nowhere");
        close_scene(&scene);
    }
}

TEST(test_a_refusal_leaves_the_dataset_as_it_was)
{
    for (int s = 0; s < N_SHAPES; s++) {
        struct scene scene;
        struct error error = {0};
        open_scene(&scene, shapes[s], sources[0]);
        bool several = scene.teams->team[scene.teams->mine].size > 1;
        bool reader = scene.teams->rank == 0;
        teams_inject_fault(TEAMS_FAULT_SPACE);
        enum status status = dataset_share(&scene.shared, scene.teams, &error);
        teams_inject_fault(TEAMS_NO_FAULT);
        assert_ranks(status == (several ? STATUS_NO_RESOURCE : STATUS_OK), "status %d, shape %d",
            (int)status, s);
        assert_ranks(
            !several || (strstr(error.text, "synthetic") && strstr(error.text, "/dev/shm")), "'%s'",
            error.text);
        bool kept = reader ? same(&scene.shared, &scene.own) : scene.shared.values == NULL;
        assert_ranks(kept && !scene.shared.lent, "the dataset has changed, shape %d", s);
        close_scene(&scene);
    }
}

/* Ranks that would share memory, but see different files by one name. */
TEST(test_another_file_by_that_name)
{
    static const char another[] = "this is no longer what was read";
    char path[IDX_FILES_PATH];
    for (int s = 0; s < N_SHAPES; s++) {
        struct scene scene;
        struct error error = {0};
        open_scene(&scene, shapes[s], sources[N_SOURCES - 1]);
        bool several = scene.teams->team[scene.teams->mine].size > 1;
        bool reader = scene.teams->rank == 0;
        comm_barrier(world);
        if (world->rank == 0) {
            unlink("inputs.npy"); /* those who mapped it keep it */
            idx_files_write_raw(path, "inputs.npy", another, sizeof another);
        }
        comm_barrier(world);
        enum status status = dataset_share(&scene.shared, scene.teams, &error);
        assert_ranks(status == (several ? STATUS_BAD_DATA : STATUS_OK), "status %d: %s",
            (int)status, error.text);
        assert_ranks(
            !several || strstr(error.text, "inputs.npy has 32 bytes here"), "'%s'", error.text);
        assert_ranks(!reader || same(&scene.shared, &scene.own), "the dataset has changed");
        close_scene(&scene);
        if (world->rank == 0)
            write_sources();
        comm_barrier(world);
    }
}

int main(void)
{
    return ranks_run(begin, end);
}
