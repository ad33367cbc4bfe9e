/* pass_memory.c: the largest pass that fits, against what its workspace takes. */
#include "step/pass_memory.h"

#include "net/workspace.h"
#include "support/unit.h"

static const int64_t networks[][5] = {
    {1, 1}, {784, 10}, {784, 512, 256, 10}, {20, 300, 13, 513, 7}};
static const int layers[] = {1, 1, 3, 4};
enum { N_NETWORKS = 4 };

static void check(const struct panels *panels, int64_t bytes, int workers)
{
    int64_t rows = pass_rows_within(panels, bytes, workers);
    assert_int_equal(rows % KERNEL_BLOCK, 0);
    assert_true(rows >= KERNEL_BLOCK);
    assert_true(rows == KERNEL_BLOCK || pass_bytes(panels, rows, workers) <= bytes);
    assert_true(pass_bytes(panels, rows + KERNEL_BLOCK, workers) > bytes);
    int64_t at_once = pass_rows_at_once(panels, rows, workers);
    assert_int_equal(
        pass_bytes(panels, rows, workers), workspace_bytes(panels, rows, at_once, true));
}

/* Room for the turns of workers with rows of their own, and for all rows where they share. */
TEST(rows_at_once)
{
    struct kernel kernels[KERNELS_MAX];
    struct panels panels;
    struct mlp mlp;
    struct error error;
    kernel_list(kernels);
    assert_int_equal(mlp_init(&mlp, 784, networks[2] + 1, 2, 10, &error), STATUS_OK);
    panels_init(&panels, &mlp, &kernels[0], 0);
    for (int workers = 1; workers <= 64; workers++)
        for (int64_t n = 1; n < 3000; n += 7) {
            int64_t at_once = pass_rows_at_once(&panels, n * kernels[0].rows, workers);
            if (pass_by_rows(n, workers))
                assert_true(
                    at_once >= workers * workspace_panels_at_once(&panels) * kernels[0].rows);
            else
                assert_true(at_once >= n * kernels[0].rows);
        }
}

TEST(as_many_blocks_as_fit)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int i = 0; i < N_NETWORKS * n; i++) {
        const int64_t *width = networks[i % N_NETWORKS];
        int depth = layers[i % N_NETWORKS];
        struct panels panels;
        struct mlp mlp;
        struct error error;
        assert_int_equal(
            mlp_init(&mlp, width[0], width + 1, depth - 1, width[depth], &error), STATUS_OK);
        panels_init(&panels, &mlp, &kernels[i / N_NETWORKS], 0);
        for (int64_t bytes = 1; bytes < INT64_C(1) << 60; bytes += 1 + bytes / 3)
            check(&panels, bytes, 1 + i % 3);
        for (int64_t rows = KERNEL_BLOCK; rows < 40 * KERNEL_BLOCK; rows += KERNEL_BLOCK) {
            int64_t exact = pass_bytes(&panels, rows, 2);
            assert_int_equal(pass_rows_within(&panels, exact, 2), rows);
            check(&panels, exact - 1, 2);
        }
    }
}
