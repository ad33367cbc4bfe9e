/* peak.c: how many float32 multiply-adds this machine can do, on one core and on all of them.
 *
 * Chains of fused multiply-adds that never leave the registers, enough of them at once to hide
 * their latency: no memory, no loads, nothing to wait for. No program goes beyond it, so a step's
 * GFLOP/s divided by this is the share of the machine that it uses. A multiply-add counts as two
 * operations.
 *
 *     bench_peak             text
 *     bench_peak --json      one object: instructions, threads, gflops_one, gflops_all (medians),
 * ...
 *
 * Each figure is the median of ROUNDS rounds of about ROUND_S seconds; the best round stands beside
 * it. "All" is OMP_NUM_THREADS, or every core that this process may use.
 */
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 9, UNROLL = 24, UNROLL_AVX2 = 12 };
static const double ROUND_S = 0.1;

/* c = c * a + b runs towards b / (1 - a) = 1 and stays there: no overflow, no denormals. The caller
 * keeps the sum, or the compiler would see that nobody wants the work. */
static const float A = 0.75f, B = 0.25f;

struct work {
    const char *name;
    double flops; /* of one turn */
    float (*run)(int64_t turns);
};

/* Plain C: whatever this compiler makes of it. */
static float run_plain(int64_t turns)
{
    enum { N = 64 };
    float c[N];
    for (int i = 0; i < N; i++)
        c[i] = (float)i;
    for (int64_t t = 0; t < turns; t++)
        for (int i = 0; i < N; i++)
            c[i] = c[i] * A + B;
    float sum = 0;
    for (int i = 0; i < N; i++)
        sum += c[i];
    return sum;
}
static const struct work plain = {"plain C", 2.0 * 64, run_plain};

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static float run_avx512(int64_t turns)
{
    __m512 a = _mm512_set1_ps(A), b = _mm512_set1_ps(B), c[UNROLL];
    for (int i = 0; i < UNROLL; i++)
        c[i] = _mm512_set1_ps((float)i);
    for (int64_t t = 0; t < turns; t++)
#pragma GCC unroll 24
        for (int i = 0; i < UNROLL; i++)
            c[i] = _mm512_fmadd_ps(c[i], a, b);
    for (int i = 1; i < UNROLL; i++)
        c[0] = _mm512_add_ps(c[0], c[i]);
    return _mm512_reduce_add_ps(c[0]);
}
static const struct work avx512 = {"AVX-512", 2.0 * 16 * UNROLL, run_avx512};

__attribute__((target("avx2,fma"))) static float run_avx2(int64_t turns)
{
    __m256 a = _mm256_set1_ps(A), b = _mm256_set1_ps(B), c[UNROLL_AVX2];
    for (int i = 0; i < UNROLL_AVX2; i++)
        c[i] = _mm256_set1_ps((float)i);
    for (int64_t t = 0; t < turns; t++)
#pragma GCC unroll 12
        for (int i = 0; i < UNROLL_AVX2; i++)
            c[i] = _mm256_fmadd_ps(c[i], a, b);
    for (int i = 1; i < UNROLL_AVX2; i++)
        c[0] = _mm256_add_ps(c[0], c[i]);
    return _mm256_cvtss_f32(c[0]);
}
static const struct work avx2 = {"AVX2", 2.0 * 8 * UNROLL_AVX2, run_avx2};

static const struct work *choose_work(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f"))
        return &avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &avx2;
    return &plain;
}
#else
static const struct work *choose_work(void)
{
    return &plain;
}
#endif

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Seconds that `threads` threads take, together, for these turns each. */
static double seconds_of(const struct work *work, int threads, int64_t turns)
{
    double begin = 0, end = 0;
    float sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    {
#pragma omp barrier
#pragma omp master
        begin = omp_get_wtime();
        sum += work->run(turns);
#pragma omp barrier
#pragma omp master
        end = omp_get_wtime();
    }
    if (!isfinite(sum)) /* never; it uses the sum */
        fprintf(stderr, "bench_peak: the chains ran away\n");
    return end - begin;
}

struct figure {
    double median, best; /* GFLOP/s */
};

static struct figure measure(const struct work *work, int threads)
{
    int64_t turns = 1000;
    while (seconds_of(work, threads, turns) < ROUND_S / 4)
        turns *= 2;
    turns *= 4;
    double rate[ROUNDS];
    for (int r = 0; r < ROUNDS; r++)
        rate[r] = 1e-9 * work->flops * (double)turns * threads / seconds_of(work, threads, turns);
    qsort(rate, ROUNDS, sizeof *rate, ascending);
    return (struct figure){rate[ROUNDS / 2], rate[ROUNDS - 1]};
}

int main(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: bench_peak [--json]\n");
        return 64;
    }
    const struct work *work = choose_work();
    int threads = omp_get_max_threads();
    struct figure one = measure(work, 1), all = measure(work, threads);
    if (json)
        printf("{\"instructions\": \"%s\", \"threads\": %d, \"gflops_one\": %.1f, "
               "\"gflops_one_best\": %.1f, \"gflops_all\": %.1f, \"gflops_all_best\": %.1f}\n",
            work->name, threads, one.median, one.best, all.median, all.best);
    else
        printf("%s float32 multiply-adds, GFLOP/s: one core %.1f (best %.1f), %d threads %.1f "
               "(best %.1f)\n",
            work->name, one.median, one.best, threads, all.median, all.best);
    return 0;
}
