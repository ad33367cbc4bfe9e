"""Ranks that were told different things (mpirun -n 1 lockstep ... : -n 1 lockstep ...).

Once rank 0's command line and environment counted and the others' were not even read: a run went on
with half of what it was asked for, `train : info` trained, a misspelt option on one rank was
silent, and two versions of lockstep on two machines waited for each other for ever.
"""

import json
import os
import pathlib
import re
import unittest

import harness

USAGE, NO_RESOURCE = 64, 71
RUN = ["--data", "synthetic:samples=200,features=6,classes=3", "--hidden", "8", "--epochs", "1", "--progress",
       "off", "--out", "run"]
TRAIN = ["train", *RUN]

# Keeps the rank's exit code and hides it from the launcher, which would end the other ranks.
KEEP_CODE = f'"$@"; echo $? >"code.{harness.RANK}"'


class Mpmd(harness.Case):
    def launch(self, *parts, wrapper=(), program=harness.PROGRAM):
        """parts: the arguments of each rank; or pairs of how many ranks, and these."""
        command = [*harness.MPIEXEC]
        for part in parts:
            ranks, arguments = part if isinstance(part, tuple) else (1, part)
            own = arguments if os.path.isabs(str(arguments[0])) else [program, *arguments]
            command += [] if command == harness.MPIEXEC else [":"]
            command += ["-n", str(ranks), *wrapper, *map(str, own)]
        return harness.Running(command, cwd=self.dir).end()

    def assert_warning(self, done, text):
        self.assertEqual((0, []), (done.code, done.messages), done)
        self.assertEqual([f"lockstep: warning: command lines differ: {text}; rank 0's options apply to all "
                          "ranks"] if text else [],
                         [line for line in done.warnings if "ranks on" not in line], done)

    def assert_refused(self, code, says, *parts):
        """Every rank ends with this code, after one message and before any work."""
        done = self.launch(*parts, wrapper=["sh", "-c", KEEP_CODE, "sh"])
        self.assertEqual(1, len(done.messages), done)
        self.assertIn(says, done.messages[0])
        self.assert_no_crash(done)
        codes = {path.read_text().strip() for path in self.dir.glob("code.*")}
        self.assertEqual(({str(code)}, len(parts)), (codes, len(list(self.dir.glob("code.*")))), done)
        self.assertEqual("", done.out)
        self.assertFalse((self.dir / "run").exists(), done)
        for path in self.dir.glob("code.*"):
            path.unlink()

    def summary(self):
        return harness.read_json(self.dir / "run" / "summary.json")

    def copy_with(self, name, old, new):
        """The program with another text of the same length inside."""
        content = pathlib.Path(harness.PROGRAM).read_bytes()
        # A version may be the end of another number; what stands before a commit may be part of any other constant.
        before = rb"(?<![0-9a-z.])" if "." in old else b""
        copy, found = re.subn(before + re.escape(old.encode()) + b"\0", new.encode() + b"\0", content)
        self.assertGreater(found, 0)
        path = self.dir / name
        path.write_bytes(copy)
        path.chmod(0o755)
        return path


class Options(Mpmd):
    def test_one_of_two(self):
        done = self.launch([*TRAIN, "--batch", 50], [*TRAIN, "--batch", 64, "--lr", "0.1"])
        self.assert_warning(done, "rank 1 has --batch 64 (rank 0: --batch 50)")
        self.assertEqual(50, self.summary()["batch"])

    def test_one_of_three(self):
        for odd in (1, 2):
            lines = [[*TRAIN, "--overwrite"] for _ in range(3)]
            lines[odd] += ["--batch", 64]
            self.assert_warning(self.launch(*lines), f"rank {odd} has --batch 64 (rank 0: no --batch)")
            self.assertEqual(128, self.summary()["batch"])

    def test_groups(self):
        done = self.launch([*TRAIN, "--batch", 50], (2, [*TRAIN, "--batch", 64]), TRAIN,
                           [*TRAIN, "--batch", "64"])
        self.assert_warning(done, "ranks 1-2, 4 have --batch 64 (rank 0: --batch 50); rank 3 has no --batch "
                                  "(rank 0: --batch 50)")

    def test_the_same_in_other_words(self):
        shell = f'[ {harness.RANK} = 1 ] && export LOCKSTEP_BATCH=50; exec "$@"'
        done = self.launch([*TRAIN, "--batch=50", "--lr", "0.1"], [*TRAIN, "--lr", "1e-1"],
                           [*TRAIN, "--lr=.10", "--batch", "50"], wrapper=["sh", "-c", shell, "sh"])
        self.assert_warning(done, "")

    def test_environment(self):
        shell = f'[ {harness.RANK} = 1 ] && export LOCKSTEP_BATCH=50; exec "$@"'
        done = self.launch(TRAIN, TRAIN, wrapper=["sh", "-c", shell, "sh"])
        self.assert_warning(done, "rank 1 has LOCKSTEP_BATCH=50 (rank 0: no --batch)")
        self.assertEqual(128, self.summary()["batch"])

    def test_config_files_are_rank_0s(self):
        """Another machine need not have it."""
        harness.write_file(self.dir / "run.ini", b"batch = 40\n")
        shell = f'[ {harness.RANK} = 1 ] && mkdir away && cd away; exec "$@"'
        line = [*TRAIN, "--config", "run.ini"]
        self.assert_warning(self.launch(line, line, wrapper=["sh", "-c", shell, "sh"]), "")
        self.assertEqual(40, self.summary()["batch"])
        done = self.launch([*line, "--overwrite"], [*TRAIN, "--overwrite", "--config", "other.ini"])
        self.assert_warning(done, "rank 1 has --config other.ini (rank 0: --config run.ini)")

    def test_threads_may_differ(self):
        """Nodes are not all alike. One that does not say takes rank 0's."""
        line = ["train", "--data", "synthetic:samples=600,features=100", "--hidden", "1024", "--batch", "512",
                "--max-steps", "1", "--progress", "lines", "--verbose", "--overwrite", "--out", "run"]
        plain = self.ok(*line, "--threads", 1, cwd=self.dir).figure("weights_xxh3")
        done = self.launch([*line, "--threads", 2], [*line, "--threads", 3], line)
        self.assertEqual((0, []), (done.code, done.messages), done)
        self.assertNotIn("differ:", done.err)
        self.assertIn("7 workers (2 + 3 + 2)", done.err)
        self.assertEqual(plain, done.figure("weights_xxh3"))

    def test_threads_of_a_plan_are_rank_0s(self):
        plan = ["plan", "--measure", *RUN[:4], "--threads"]
        self.assert_warning(self.launch([*plan, 1], [*plan, 2]), "rank 1 has --threads 2 (rank 0: --threads 1)")


class Refused(Mpmd):
    def test_another_command(self):
        others = {"info": ["info"], "plan": ["plan", "--samples", 100], "version": ["--version"],
                  "help": ["train", "--help"], "report": ["report", "."]}
        for name, line in others.items():
            with self.subTest(name):
                self.assert_refused(USAGE, f"rank 1: the command of this rank is {name}, but rank 0's is train",
                                    TRAIN, line)
                self.assert_refused(USAGE, f"rank 1: the command of this rank is train, but rank 0's is {name}",
                                    line, TRAIN)

    def test_one_of_three(self):
        self.assert_refused(USAGE, "rank 2: the command of this rank is info, but rank 0's is train", TRAIN,
                            TRAIN, ["info"])

    def test_a_wrong_line(self):
        for line, says in ((["train", "--bacth", "3"], "unknown option --bacth; did you mean --batch?"),
                           (["trian"], "unknown command trian"),
                           ([*TRAIN, "--batch", "-1"], "--batch -1: must be at least 1")):
            self.assert_refused(USAGE, f"rank 1: {says}", TRAIN, line, TRAIN)
            self.assert_refused(USAGE, f"rank 0: {says}", line, TRAIN, TRAIN)

    def test_another_version(self):
        version = json.loads(self.ok("info", "--json").out)["version"]
        new = self.copy_with("new", version, version[:-1] + ("1" if version[-1] != "1" else "2"))
        self.assert_refused(NO_RESOURCE, f"rank 1: this rank runs lockstep {version[:-1]}", TRAIN, [new, *TRAIN],
                            [new, "info"])
        self.assert_refused(NO_RESOURCE, f"rank 1: this rank runs lockstep {version}, but rank 0", [new, *TRAIN],
                            TRAIN)

    def test_another_build_is_welcome(self):
        commit = json.loads(self.ok("info", "--json").out)["commit"]
        other = self.copy_with("other", commit, "f" * len(commit))
        self.assert_warning(self.launch(TRAIN, [other, *TRAIN]), "")


if __name__ == "__main__":
    unittest.main()
