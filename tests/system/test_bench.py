"""`lockstep bench`: what it writes and what it refuses. How fast anything is, is no matter here."""

import csv
import json
import os
import re
import subprocess
import unittest

import harness

CORES = len(os.sched_getaffinity(0))
QUICK = ["--seconds", "0.01", "--repeats", "2"]
TINY = ["--data", "synthetic:samples=600,features=10,classes=3", "--hidden", "12", *QUICK]
PHASES = {"load", "forward", "backward", "weights", "reduce", "update", "wait"}


class Bench(harness.Case):
    def report(self, what, *arguments, **settings):
        report = json.loads(self.ok("bench", what, "--json", *arguments, **settings).out)
        self.assertEqual(what, report["bench"])
        for name in ("version", "commit", "compiler", "flags", "command", "cpu", "mpi", "blas", "kernel"):
            self.assertTrue(report[name] and type(report[name]) is str, name)
        for name in ("cores", "ranks", "threads", "hosts", "repeats"):
            self.assertGreaterEqual(report[name], 1, name)
        self.assertIn(f"bench {what} --json", report["command"])
        self.assertEqual(report["ranks"], len(report["binding"]))
        self.assertEqual([os.uname().nodename], report["host_names"])
        self.assertGreater(report["start_up_s"], 0)
        return report

    def assert_spread(self, spread):
        self.assertEqual({"median", "least", "most"}, set(spread))
        self.assertGreater(spread["least"], 0)
        self.assertLessEqual(spread["least"], spread["median"])
        self.assertLessEqual(spread["median"], spread["most"])

    def assert_share(self, share):
        """Of the peak: above 1 only by the luck of one short measurement on a busy machine."""
        self.assertGreater(share, 0)
        self.assertLessEqual(share, 1.2)


class Peak(Bench):
    def rows(self, *arguments, **settings):
        results = self.report("peak", *QUICK, *arguments, **settings)["results"]
        for row in results["rows"]:
            self.assert_spread(row["one"])
            self.assert_spread(row["all"])
            self.assertEqual("GB/s" if row["bytes"] else "GFLOP/s", row["unit"])
        return results, {(row["place"], row["work"]): row for row in results["rows"]}

    def test_json(self):
        results, rows = self.rows("--threads", 1)
        self.assertEqual(1, results["workers"])
        for place in ("L1", "L2", "memory"):
            self.assertIn((place, "read"), rows)
            self.assertIn((place, "update"), rows)
        self.assertLess(rows["L1", "read"]["bytes"], rows["memory", "read"]["bytes"])
        peak = rows["registers", "multiply-add"]
        self.assertGreaterEqual(peak["all"]["most"], 0.5 * peak["one"]["least"])

    def test_all_cores(self):
        results, rows = self.rows("--threads", min(2, CORES))
        peak = rows["registers", "multiply-add"]
        self.assertGreaterEqual(peak["all"]["most"], 0.5 * peak["one"]["least"])
        self.assertEqual(min(2, CORES), results["workers"])

    def test_ranks(self):
        results, _ = self.rows("--threads", 1, ranks=2)
        self.assertEqual(2, results["workers"])

    def test_text(self):
        done = self.ok("bench", "peak", *QUICK)
        for text in ("machine   ", "command   ", "GFLOP/s", "GB/s", "one core", "registers", "memory"):
            self.assertIn(text, done.out)


class Kernel(Bench):
    def test_json(self):
        report = self.report("kernel", *QUICK)
        info = json.loads(self.ok("info", "--json").out)
        kernels = report["results"]["kernels"]
        self.assertEqual(info["kernels"].split(", "), [kernel["kernel"] for kernel in kernels])
        self.assert_spread(report["results"]["peak_gflops"])
        for kernel in kernels:
            self.assertEqual([16, 64, 256], [tile["k"] for tile in kernel["tiles"]])
            for figure in kernel["tiles"]:
                self.assert_spread(figure["gflops"])
                self.assertGreater(figure["share_of_peak"], 0)

    def test_one(self):
        report = self.report("kernel", *QUICK, "--kernel", "portable", ranks=2)
        kernel, = report["results"]["kernels"]
        self.assertEqual("portable", kernel["kernel"])

    def test_text(self):
        done = self.ok("bench", "kernel", *QUICK, "--kernel", "portable")
        for heading in ("k = 16 ", "k = 64 ", "k = 256 "):  # on one line or on two, by the width of the figures
            self.assertIn(heading, done.out)
        self.assertRegex(done.out, r"\nportable +6 +16 .* %\n")


class Reduce(Bench):
    def test_json(self):
        for ranks, counts in ((2, [2]), (5, [2, 3, 4, 5])):
            results = self.report("reduce", "--seconds", "0.002", "--repeats", "2", ranks=ranks)["results"]
            self.assertEqual(ranks, results["ranks"])
            self.assertEqual(
                [("size", ranks, 1, 4096 * 4**i) for i in range(8)] +
                [("teams", teams, slices, 1 << 20) for teams in counts for slices in (1, 3, 4)],
                [(row["kind"], row["teams"], row["slices"], row["bytes"]) for row in results["rows"]])
            for row in results["rows"]:
                self.assertEqual(row["kind"] == "size", "message_s" in row)
                for name in ("ordered", "allreduce", *(("message",) if row["kind"] == "size" else ())):
                    self.assert_spread(row[f"{name}_s"])
                    self.assertAlmostEqual(row["bytes"] * 1e-9 / row[f"{name}_s"]["median"], row[f"{name}_gb_per_s"])
                self.assert_spread(row["ratio"])
            message = results["message"]
            self.assertEqual((os.uname().nodename, os.uname().nodename, True),
                             (message["from"], message["to"], message["same_host"]))
            self.assert_spread(message["latency_s"])
            self.assertEqual(max(row["message_gb_per_s"] for row in results["rows"][:8]), message["gb_per_s"])

    def test_text_and_csv(self):
        quick = ("--seconds", "0.002", "--repeats", "2")
        done = self.ok("bench", "reduce", *quick, ranks=3)
        self.assertRegex(done.out, rf"\nlatency [\d.]+ .s, bandwidth [\d.e+]+ GB/s between two ranks on {os.uname().nodename}\n\n")
        self.assertRegex(done.out, r"\n +3 +4 +1\.0 MiB ")
        self.assertLessEqual(max(map(len, done.out.split("latency")[1].splitlines())), 100)
        rows = list(csv.DictReader(self.ok("bench", "reduce", *quick, "--csv", ranks=2).out.splitlines()))
        self.assertEqual(["size"] * 8 + ["teams"] * 3, [row["kind"] for row in rows])
        self.assertEqual("", rows[-1]["message_s"])

    def test_one_rank(self):
        self.refused(64, "bench", "reduce", says="mpirun -n 2 lockstep bench reduce")


class Step(Bench):
    def assert_step(self, row):
        for name in ("samples_per_s", "gflops", "peak_gflops", "kernel_gflops", "share_of_peak",
                     "share_of_kernel"):
            self.assert_spread(row[name])
        self.assert_share(row["share_of_peak"]["median"])
        self.assert_share(row["share_of_kernel"]["median"])
        self.assertEqual(PHASES, set(row["phase_s"]))
        for name, seconds in row["phase_s"].items():
            self.assertGreaterEqual(seconds, 0, name)

    def test_json(self):
        for ranks in (None, 2):
            results = self.report("step", *TINY, "--batch", "32,128", "--threads", 1, ranks=ranks)["results"]
            self.assertEqual(([10, 12, 3], 600), (results["widths"], results["samples"]))
            self.assertEqual(4 * 10 * 12 + 6 * 12 * 3, results["flops_per_sample"])
            self.assertEqual([32, 128], [row["batch"] for row in results["rows"]])
            for row in results["rows"]:
                self.assert_step(row)

    def test_one_repeat_adds_up(self):
        row, = self.report("step", *TINY, "--repeats", 1, "--batch", 64, "--threads", 1)["results"]["rows"]
        self.assertAlmostEqual(1, sum(row["phase_s"].values()) / row["step_s"])
        self.assertEqual(row["samples_per_s"]["least"], row["samples_per_s"]["most"])

    def test_a_batch_beyond_the_data(self):
        row, = self.report("step", *TINY, "--batch", 5000)["results"]["rows"]
        self.assertEqual((600, True), (row["batch"], row["clamped"]))

    def test_text_and_nothing_else(self):
        """A table; no run directory."""
        done = self.ok("bench", "step", *TINY, cwd=self.dir)
        self.assertIn("network   10-12-3 on synthetic", done.out)
        self.assertRegex(done.out, r"B +samples/s +GFLOP/s +kernel GFLOP/s +peak GFLOP/s +share of kernel +share of peak\n")
        self.assertEqual([], list(self.dir.iterdir()))

    def test_divergence(self):
        self.refused(3, "bench", "step", "--data", "synthetic:samples=600,features=10,targets=1", "--hidden",
                     "none", "--lr", "1e30", *QUICK, says="finite")


class Progress(Bench):
    """On stderr, by rank 0; results alone on stdout."""

    def lines(self, *arguments, **settings):
        done = self.ok("bench", *arguments, *QUICK, **settings)
        self.assertNotIn("round 1 of", done.out)
        return [line for line in done.err.splitlines() if not line.startswith("lockstep: warning:")]

    def test_training(self):
        self.assertEqual([f"bench step: round {n} of 2, B={batch}" for n in (1, 2) for batch in (32, 64)],
                         self.lines("step", *TINY, "--batch", "32,64", "--threads", 1))
        self.assertEqual([f"bench scaling: round 1 of 1, verifying B=32 on {layout}" for layout in ("1 x 1", "2 x 1")] +
                         [f"bench scaling: round {n} of 2, B={batch} on {layout}"
                          for n in (1, 2) for batch, layout in ((32, "1 x 1"), (32, "2 x 1"), (64, "2 x 1"))],
                         self.lines("scaling", *TINY, "--batch", 32, "--layouts", "1x1,2x1", ranks=2))

    def test_machine(self):
        self.assertIn("bench peak: round 2 of 2, L1, read", self.lines("peak", "--threads", 1))
        self.assertIn("bench kernel: round 2 of 2, portable, k = 16", self.lines("kernel", "--kernel", "portable"))
        lines = self.lines("reduce", ranks=2)
        self.assertEqual((24, "bench reduce: round 1 of 2, 4.0 KiB"), (len(lines), lines[1]))
        self.assertEqual("bench reduce: round 2 of 2, 1.0 MiB on 2 ranks, 3 slices each", lines[-2])

    def test_forms(self):
        self.assertEqual([], self.lines("step", *TINY, "--progress", "off"))
        done = self.ok("bench", "step", *TINY, *QUICK, "--progress", "bar")
        self.assertEqual([f"  0% |{20 * ' '}| bench step: round 1 of 2, B=128",
                          f" 50% |{10 * '#'}{10 * ' '}| bench step: round 2 of 2, B=128", ""],
                         re.split(r"[\r\n]\x1b\[K", done.err))


class Scaling(Bench):
    def assert_factors(self, row):
        for name in ("load_balance", "communication_efficiency", "parallel_efficiency", "first_step_s", "sample_compute_s"):
            self.assertGreater(row[name], 0, name)
        self.assertLessEqual(row["load_balance"], 1)
        self.assertLessEqual(row["communication_efficiency"], 1.01)  # clocks of workers start one after the other
        self.assertAlmostEqual(row["load_balance"] * row["communication_efficiency"], row["parallel_efficiency"])
        self.assertAlmostEqual(row["parallel_efficiency"] * row["computation_scaling"], row["global_efficiency"])
        reduce_s = row["reduce_s"]
        self.assertTrue(0 <= reduce_s["least"] <= reduce_s["mean"] <= reduce_s["most"], reduce_s)

    def rows(self, layouts, *arguments, **settings):
        results = self.report("scaling", *TINY, "--layouts", layouts, *arguments, **settings)["results"]
        return results["rows"]

    def test_json(self):
        for ranks, layouts in (2, "1x1,1x2,2x1"), (3, "1x1,3x1"):
            rows = self.rows(layouts, "--batch", 64, ranks=ranks)
            n = layouts.count(",") + 1
            self.assertEqual(["strong"] * n + ["weak"] * n, [row["kind"] for row in rows])
            self.assertEqual([64] * n, [row["batch"] for row in rows[:n]])
            for row in rows:
                workers = row["ranks"] * row["threads"]
                self.assert_spread(row["samples_per_s"])
                self.assertAlmostEqual(row["speed_up"] / workers, row["efficiency"])
                self.assertEqual(row["speed_up"], row["host_efficiency"])  # one host for all
                self.assertEqual(f"{row['ranks']}x{row['threads']}", row["layout"])
                self.assertTrue(0 <= row["communication"] <= 1)
                self.assert_factors(row)
                self.assertEqual(row["kind"] == "strong", row["same_model"])
                self.assertEqual(row["ranks"], len(row["binding"].split("|")))
                if row["kind"] == "weak":
                    self.assertEqual(64 * workers, row["batch"])
            self.assertEqual((1, 1), (rows[0]["speed_up"], rows[0]["efficiency"]))
            self.assertEqual(rows[0]["samples_per_s"], rows[n]["samples_per_s"])  # one run serves both

    def test_csv(self):
        done = self.ok("bench", "scaling", *TINY, "--layouts", "1x1,2x1", "--batch", 64, "--csv", ranks=2)
        rows = list(csv.DictReader(done.out.splitlines()))
        self.assertEqual(["1x1", "2x1"] * 2, [row["layout"] for row in rows])
        self.assertEqual(["strong", "strong", "weak", "weak"], [row["kind"] for row in rows])
        for row in rows:
            self.assertNotIn(None, row)
            self.assertEqual(int(row["ranks"]), len(row["binding"].split("|")))
            self.assertLessEqual(float(row["samples_per_s_least"]), float(row["samples_per_s"]))

    def test_weak_batches_beyond_the_data(self):
        rows = self.rows("1x1,1x2", "--batch", 400)
        self.assertEqual([True, True, True, False], [row["measured"] for row in rows])
        self.assertEqual([True, True, True, False], ["speed_up" in row for row in rows])

    def test_default_layouts(self):
        report = self.report("scaling", *TINY, ranks=2)
        self.assertIn((2, max(1, report["cores"] // 2)),
                      [(row["ranks"], row["threads"]) for row in report["results"]["rows"]])

    @unittest.skipIf(CORES < 2, "one core has no second to bind to")
    def test_binding(self):
        """A rank that the launcher bound to one core gets two for two threads, and only then."""
        wrapper = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
        bound = self.rows("1x1,1x2", "--batch", 64, wrapper=wrapper)
        self.assertNotIn("-", bound[0]["binding"])
        self.assertRegex(bound[1]["binding"], r"^cores \d+[-,] ?\d+$")
        left = self.rows("1x1,1x2", "--batch", 64, "--bind", "none", wrapper=wrapper)
        self.assertEqual(left[0]["binding"], left[1]["binding"])

    def test_text(self):
        done = self.ok("bench", "scaling", *TINY, "--layouts", "1x1", "--batch", 16)
        self.assertIn("needs a different --lr", done.out)
        self.assertRegex(done.out, r"\n +1x1 +16 +[\d,]+ \[[\d,]+, [\d,]+\] +1 +100.0 %")
        self.assertRegex(done.out, r"\nFOM = \d+\.\d samples/s\nVERIFIED: all strong layouts end with weights_xxh3 "
                                   r"[0-9a-f]{16} after 10 steps\n$")
        self.assertLessEqual(max(map(len, done.out.split("strong scaling")[1].splitlines())), 100)

    def test_refusals(self):
        for says, line in {
            "needs 2 ranks, but there is 1; start them with mpirun -n 2": "scaling --layouts 2x1",
            "must be ranks x threads": "scaling --layouts 2",
            "--batch 0: must be at least 1": "step --batch 0",
            "lockstep bench: the argument peak": "",
            "what speed: must be peak": "speed",
            "--repeats 0": "peak --repeats 0",
            "--out is an option of train, plan, sweep, folds, tune, predict and report": "step --out x",
            "--hidden is an option of bench step and scaling, not of bench peak": "peak --hidden 512",
        }.items():
            with self.subTest(line):
                done = self.refused(64, "bench", *line.split(), says=says)
                self.assertEqual("", done.out)
        self.refused(66, "bench", "step", "--data", "/nowhere", says="/nowhere")


# The program hashes the initial and the final weights of every run. At one of these calls a bit of them changes,
# before the hash is computed or after it.
FLIP = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

uint64_t XXH3_64bits_withSeed(const void *bytes, size_t size, uint64_t seed)
{
    static int calls;
    int here = size == WEIGHTS && calls++ == CALL;
    uint64_t (*real)(const void *, size_t, uint64_t);
    *(void **)&real = dlsym(RTLD_NEXT, "XXH3_64bits_withSeed");
    if (here && !AFTER)
        ((unsigned char *)(uintptr_t)bytes)[2] ^= 64; /* the first bit of a mantissa */
    uint64_t hash = real(bytes, size, seed);
    if (here && AFTER)
        ((unsigned char *)(uintptr_t)bytes)[2] ^= 64; /* the first bit of a mantissa */
    return hash;
}
"""


class Verification(Bench):
    """One wrong bit in one team is found. Layouts were only timed before, so that a wrong one could be the fastest."""

    WEIGHTS = 4 * (10 * 12 + 12 + 12 * 3 + 3)
    RUN = ["bench", "scaling", *TINY, "--batch", "128", "--layouts", "1x1,2x1", "--team", "rank", "--progress", "off"]

    def preloaded(self, *calls, after=0):
        """A wrapper under which the call of each rank changes a bit; None: of that rank, none does."""
        lines = []
        for rank, call in enumerate(calls):
            source, library = self.dir / "flip.c", self.dir / f"flip{rank}.so"
            source.write_text(FLIP)
            subprocess.run([os.environ.get("CC", "cc"), f"-DCALL={-1 if call is None else call}", f"-DAFTER={after}",
                            f"-DWEIGHTS={self.WEIGHTS}", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
            lines.append(f'[ {harness.RANK} = {rank} ] && export LD_PRELOAD="{library}"')
        return ["sh", "-c", "; ".join([*lines, 'exec "$@"']), "sh"]

    def refuted(self, wrapper, says, *arguments):
        done = harness.run(*self.RUN, *arguments, ranks=2, wrapper=wrapper)
        self.assert_failure(done, 70, ["NOT VERIFIED: with B=128 on 2x1, ", *says])
        return done

    def test_one_bit_of_the_weights_that_one_team_starts_from(self):
        done = self.refuted(self.preloaded(None, 0, after=1), ["training ends with weights_xxh3 ", ", but on 1x1 with "])
        self.assertRegex(done.out.splitlines()[-1], "^NOT VERIFIED: with B=128 on 2x1, training ends with ")
        self.assertNotIn("FOM", done.out)

    def test_one_bit_of_the_weights_that_one_team_ends_with(self):
        wrapper, says = self.preloaded(None, 1), ["rank 1 on ", " ends with weights_xxh3 ", ", but rank 0 on "]
        report = json.loads(self.refuted(wrapper, says, "--json").out)["results"]
        self.assertEqual([False] * 4, [row["measured"] for row in report["rows"]])
        self.assertEqual((False, None), (report["verification"]["verified"], report.get("fom")))

    def test_one_bit_in_a_measured_run(self):
        done = self.refuted(self.preloaded(None, 3), ["rank 1 on ", ", but rank 0 on "])
        self.assertRegex(done.out, r"\n +2x1 +128 +[\d,]+ ")
        self.assertNotIn("FOM", done.out)

    def test_nothing_changes(self):
        """Else the tests above would not show that it is the bit that is found."""
        self.assertIn("VERIFIED", self.ok(*self.RUN, ranks=2, wrapper=self.preloaded(None, None)).out.splitlines()[-1])

    def test_the_bits_of_train(self):
        done = self.ok("bench", "scaling", *TINY, "--batch", "64,100", "--layouts", "1x1,2x1", "--lr", "0.05", ranks=2)
        hashes = []
        for batch in (64, 100):
            self.train(f"{batch}", *TINY[:4], "--batch", batch, "--lr", "0.05", "--epochs", "none", "--max-steps", 10)
            hashes.append(harness.read_json(self.dir / f"{batch}" / "summary.json")["weights_xxh3"])
        self.assertIn(f"VERIFIED: all strong layouts end with weights_xxh3 {hashes[0]} (B=64), {hashes[1]} (B=100) "
                      "after 10 steps\n", done.out)

    def test_allreduce(self):
        """It has no order, so nothing is claimed."""
        done = self.ok(*self.RUN, "--reduce", "allreduce", ranks=2)
        self.assertRegex(done.out, r"\nFOM = .*\nnot compared: with --reduce allreduce the bits depend on the number")


if __name__ == "__main__":
    unittest.main()
