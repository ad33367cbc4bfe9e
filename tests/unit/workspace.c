/* workspace.c: how many rows a worker takes at a time, for caches and networks of all sizes. */
#include "net/workspace.h"

#include <sys/mman.h>

#include "support/unit.h"

/* Row panels that a lane panel of weights is worth fetching for: from the last cache, from memory.
 */
enum { LEAST = 12, LEAST_STREAMED = 48 };

static const int64_t small[] = {10, 33, 5, 3}, usual[] = {784, 512, 256, 10},
                     large[] = {784, 2048, 2048, 10};
enum { LAYERS = 3 };

static struct panels panels_of(
    const int64_t *width, const struct kernel *kernel, int64_t cache_bytes)
{
    struct panels panels;
    struct mlp mlp;
    struct error error;
    assert_int_equal(
        mlp_init(&mlp, width[0], width + 1, LAYERS - 1, width[LAYERS], &error), STATUS_OK);
    panels_init(&panels, &mlp, kernel, cache_bytes);
    return panels;
}

/* Of what goes from product to product, for so many row panels. */
static int64_t bytes_at_once(const struct panels *panels, int64_t row_panels)
{
    return workspace_bytes(panels, 0, row_panels * panels->kernel.rows, true) -
           workspace_bytes(panels, 0, 0, true);
}

static void check_caches(const int64_t *width, const struct kernel *kernel)
{
    int64_t before = 0;
    bool streamed = true;
    for (int64_t cache = 1; cache < INT64_C(1) << 36; cache += 1 + cache / 3) {
        struct panels panels = panels_of(width, kernel, cache);
        int64_t at_once = workspace_panels_at_once(&panels);
        bool streams = panels.parameters * 4 > 16 * cache;
        int64_t least = streams ? LEAST_STREAMED : LEAST;
        assert_true(at_once >= least);
        if (at_once > least) { /* as many as fill half the cache, but for the ends of arrays */
            assert_true(bytes_at_once(&panels, at_once) <= cache / 2 + 64 * 4 * LAYERS);
            assert_true(bytes_at_once(&panels, at_once + 2 + at_once / 50) > cache / 2);
        }
        assert_true(at_once >= before || (streamed && !streams)); /* larger with the cache */
        before = at_once;
        streamed = streams;
    }
}

TEST(what_fits_into_half_the_cache)
{
    struct kernel kernels[KERNELS_MAX];
    int n = kernel_list(kernels);
    for (int k = 0; k < n; k++) {
        check_caches(small, &kernels[k]);
        check_caches(usual, &kernels[k]);
        check_caches(large, &kernels[k]);
    }
}

/* Weights of 24 MB beside a cache of 1 MiB come from memory; those of 2 MB do not. */
TEST(streamed_weights_want_more_rows)
{
    const struct kernel kernel = {.name = "none", .lanes = 32, .rows = 12};
    struct panels panels = panels_of(large, &kernel, 1 << 20);
    assert_int_equal(workspace_panels_at_once(&panels), LEAST_STREAMED);
    panels = panels_of(usual, &kernel, 1 << 20);
    assert_in_range(workspace_panels_at_once(&panels), LEAST, LEAST_STREAMED - 1);
}

/* A cache of unknown size is taken to be a common one, and no size gives nothing to do. */
TEST(unknown_caches)
{
    const struct kernel kernel = {.name = "none", .lanes = 32, .rows = 12};
    struct panels unknown = panels_of(usual, &kernel, 0),
                  common = panels_of(usual, &kernel, 1 << 20);
    assert_int_equal(workspace_panels_at_once(&unknown), workspace_panels_at_once(&common));
}

/* Its arrays are placed without an access, so their pages stay free for the workers that use them:
 * any access to this block would end the program. */
TEST(placing_touches_no_page)
{
    const struct kernel kernel = {.name = "none", .lanes = 32, .rows = 12};
    struct panels panels = panels_of(usual, &kernel, 1 << 20);
    struct workspace workspace;
    size_t bytes = (size_t)workspace_bytes(&panels, 600, 60, true);
    char *block = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(block != MAP_FAILED);
    struct carver carver = {block, 0};
    workspace_place(&workspace, &panels, 600, 60, true, &carver);
    assert_int_equal(carver.bytes, bytes);
    assert_ptr_equal(workspace.x_rows[0], block);
    assert_true((char *)workspace.z > block && (char *)workspace.z < block + bytes);
    munmap(block, bytes);
}
