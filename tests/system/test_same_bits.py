"""The same bits on any ranks, threads, kernels and passes, seen from outside: whole model files of
runs on real data, compared byte for byte.

B=7,000 of 60,000 leaves a tail of 4,000; 64 slices divide over no 3 ranks evenly.
"""

import json
import math
import unittest

import harness

RUN = ["--data", "fashion-mnist", "--hidden", "32,16", "--batch", "7000", "--epochs", "1", "--lr", "0.1",
       "--momentum", "0.9", "--weight-decay", "1e-4", "--eval-every", "never"]
# Other sums: 3 slices in blocks, rows that no kernel's tile divides, tails smaller than the ranks.
ODD = ["--data", "synthetic:samples=1003,features=300,classes=7,test=77", "--hidden", "33,17", "--batch",
       "1000", "--slices", "3", "--epochs", "3", "--lr", "0.05", "--momentum", "0.9", "--val-split", "0"]


class SameBits(harness.Case):
    def model(self, arguments, *more, **settings):
        """The bytes of the model file, and the summary."""
        out = "-".join(["run", *more, *map(str, settings.values())]).replace("/", "")
        self.train(out, *arguments, *more, **settings)
        return ((self.dir / out / "model.safetensors").read_bytes(),
                harness.read_json(self.dir / out / "summary.json"))

    def assert_same(self, arguments, variants):
        """Each variant: extra arguments, and the number of ranks (None: without mpirun)."""
        wanted, summary = self.model(arguments, "--threads", "1")
        for more, ranks in variants:
            with self.subTest(more=more, ranks=ranks):
                model, other = self.model(arguments, *more, ranks=ranks)
                self.assertEqual(summary["weights_xxh3"], other["weights_xxh3"])
                self.assertTrue(wanted == model, "the model files differ")
                for name in ("train_loss", "test_loss", "test_accuracy", "steps_done"):
                    self.assertEqual(summary[name], other[name], name)

    def kernels(self):
        return json.loads(self.ok("info", "--json").out)["kernels"].split(", ")

    def test_real_data(self):
        variants = [(["--threads", "2"], None), (["--threads", "3"], None), (["--threads", "1"], 2),
                    (["--threads", "2"], 2), (["--threads", "1"], 3), (["--threads", "1"], 4),
                    (["--threads", "2", "--pass-rows", "256"], None),
                    (["--threads", "1", "--pass-rows", "all"], 3), (["--threads", "1", "--team", "rank"], 3),
                    (["--threads", "2", "--team", "2"], 3), (["--threads", "2", "--memory", "1MiB"], 2)]
        self.assert_same(RUN, variants)
        summary = self.model(RUN)[1]
        self.assertEqual((9, 64), (summary["steps_done"], summary["slices"]))

    def test_kernels_on_real_data(self):
        """haswell's tiles are not skx's, and neither are portable C's; each with its elementwise code."""
        kernels = self.kernels()
        self.assertIn("portable", kernels)
        self.assert_same([*RUN, "--max-steps", "2"],
                         [(["--kernel", kernel, "--threads", "2"], None) for kernel in ["auto", *kernels]])

    def test_odd_numbers(self):
        variants = [(["--threads", "3"], 4), (["--threads", "2"], 3), (["--threads", "4"], None),
                    (["--threads", "1", "--pass-rows", "1"], 2), (["--threads", "2", "--team", "rank"], 4),
                    (["--threads", "1", "--team", "2"], 3), (["--team", "numa"], 2),
                    (["--threads", "2", "--verify-every", "1"], None), (["--verify-every", "never"], None),
                    (["--threads", "1", "--team", "rank", "--verify-every", "1"], 3)]
        variants += [(["--kernel", kernel], 2) for kernel in self.kernels()]
        self.assert_same(ODD, variants)

    def test_tail_smaller_than_the_ranks(self):
        """3 samples for 4 ranks in 8 slices, of which five are empty."""
        tail = ["--data", "synthetic:samples=103,features=9,classes=3,test=2", "--hidden", "5", "--batch",
                "20", "--slices", "8", "--epochs", "2"]
        self.assert_same(tail, [(["--threads", str(threads)], ranks) for ranks in (None, 2, 4)
                                for threads in (2, 3)] +
                         [(["--team", team], 4) for team in ("rank", "2", "3")])

    def test_what_must_change_the_bits_does(self):
        """Else the comparisons above would not see anything."""
        one = ["--data", "synthetic:samples=1003,features=20,classes=3", "--hidden", "9", "--batch", "500",
               "--epochs", "1"]
        base = self.model(one, "--slices", "2")[0]
        for more in (["--slices", "3"], ["--slices", "2", "--seed", "2"], ["--slices", "2", "--lr", "0.1001"],
                     ["--slices", "2", "--shuffle", "off"]):
            self.assertFalse(base == self.model(one, *more)[0], more)

    def test_allreduce_agrees_to_rounding(self):
        """Another order of the same sums: as close as a few dozen roundings, and never far."""
        for ranks in (2, 3):
            paths = {}
            for kind in ("ordered", "allreduce"):
                paths[kind] = self.dir / f"{kind}{ranks}"
                self.train(paths[kind].name, *ODD, "--slices", "8", "--reduce", kind, "--team", "rank",
                           ranks=ranks)
                summary = harness.read_json(paths[kind] / "summary.json")
                self.assertEqual(kind == "ordered", summary["same_bits_on_any_ranks"])
                self.assertEqual(kind, summary["reduce"])
            one, other = (harness.Tensors(path / "model.safetensors").all_values for path in paths.values())
            norm = math.sqrt(sum(x * x for x in one))
            distance = math.sqrt(sum((x - y)**2 for x, y in zip(one, other, strict=True)))
            self.assertLess(distance, 1e-5 * norm)
            self.assertGreater(norm, 1)

    def test_allreduce_within_one_team_is_ordered(self):
        wanted = self.model(ODD)[1]["weights_xxh3"]
        for ranks in (None, 2):
            _, one = self.model(ODD, "--reduce", "allreduce", ranks=ranks)
            self.assertTrue(one["same_bits_on_any_ranks"])
            self.assertEqual(wanted, one["weights_xxh3"])


if __name__ == "__main__":
    unittest.main()
