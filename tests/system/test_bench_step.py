"""bench/step: that it measures what it says and refuses what it cannot. How fast anything is, is no matter here."""

import json
import subprocess
import sys
import unittest

import harness

STEP = harness.SOURCE_DIR / "bench" / "step"
# So many epochs that even a busy machine needs longer for them than for one.
TINY = ["--data", "synthetic:samples=600,features=10,classes=3", "--hidden", "12", "--batch", "64", "--threads", "1",
        "--epochs", "1,3000", "--rounds", "1", "--no-peer", "--peak-seconds", "0.001"]
# In place of a Python with PyTorch and JAX: reports TINY's training; JAX is fastest with one thread.
STAND_IN = """#!{python}
import json, sys, time
given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
epochs, seconds = int(given["--epochs"]), 1e-4 * int(given.get("--threads", 1))
time.sleep(epochs * seconds)
print(json.dumps({{"torch": "2", "samples": 600, "parameters": 171, "epoch_seconds": [seconds] * epochs,
                  "train_loss": {jax_loss} if sys.argv[1].endswith("jax_scan.py") else 0.5}}))
"""


class BenchStep(harness.Case):
    def step(self, *arguments):
        command = [sys.executable, str(STEP), "--program", harness.PROGRAM, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.dir)

    def test_variants(self):
        file = self.dir / "step.json"
        done = self.step(*TINY, "--json", str(file), "--variant", "one=--slices 1",
                         "--variant", "two=--slices 2 --lr 0.01")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"\n {7}two / one \d+\.\d\d \[.*\] +different weights\n")
        result, = harness.read_json(file)["results"]
        self.assertEqual([10, 12, 3], result["widths"])
        self.assertEqual(4 * 10 * 12 + 6 * 12 * 3, result["flops_per_sample"])
        self.assertEqual(["one", "two"], list(result["programs"]))
        for name, slices in ("one", 1), ("two", 2):
            program = result["programs"][name]
            self.assertEqual(slices, program["about"]["slices"])
            self.assertEqual(1, len(program["rounds"]))
            self.assertGreater(program["step_us"], 0)
            # Ten steps, the last a tail, for 600 samples.
            self.assertAlmostEqual(60, 1e-6 * program["step_us"] * program["samples_per_second"])

    def with_peers(self, jax_loss, *arguments):
        python = self.dir / "python"
        python.write_text(STAND_IN.format(python=sys.executable, jax_loss=jax_loss), encoding="utf-8")
        python.chmod(0o755)
        return self.step(*TINY, "--python", str(python), "--peer", "best,jax", "--no-compile", *arguments)

    def test_peers(self):
        file = self.dir / "step.json"
        done = self.with_peers(0.500001, "--json", str(file))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertRegex(done.stdout, r"\n {7}lockstep / pytorch \d+\.\d\d \[.*\] +--ranks 1 --threads 1 --optimizer fused\n")
        self.assertRegex(done.stdout, r"\n {7}lockstep / jax \d+\.\d\d \[.*\] +--threads 1\n")
        result, = harness.read_json(file)["results"]
        self.assertEqual(["lockstep", "pytorch", "jax"], list(result["programs"]))
        self.assertEqual({"threads": 1}, result["settings"]["jax"])
        self.assertEqual(1, result["tried"]["jax"][0]["threads"])

    def test_peers_that_train_differently(self):
        done = self.with_peers(0.5001)
        self.assertEqual(1, done.returncode)
        self.assertIn("after the same steps, pytorch has a loss of 0.5 and jax of 0.5001", done.stderr)

    def test_refusals(self):
        for says, arguments in {
            "need distinct names: a, a": ["--variant", "a=", "--variant", "a=--slices 1", "--no-peer"],
            "--peer takes best, jax, naive": ["--peer", "worst"],
            "need distinct names: jax, pytorch, jax": ["--variant", "jax="],
            "the smaller first": ["--epochs", "6,2"],
            "--variant x=: error: argument --threads": ["--variant", "x=--threads"],
        }.items():
            with self.subTest(says):
                done = self.step(*arguments)
                self.assertEqual(2, done.returncode)
                self.assertIn(says, done.stderr)

    def test_a_program_that_fails(self):
        done = self.step(*TINY, "--variant", "wrong=--slices 0")
        self.assertEqual(1, done.returncode)
        self.assertIn("--slices 0: must be at least 1", done.stderr)


if __name__ == "__main__":
    unittest.main()
