"""--tensorboard and --log-csv: the records of metrics.jsonl in two more formats, without a gap and without a step twice,
however often the run was stopped; and no failure of theirs costs the run.

What TensorBoard itself reads is in tests/peers/test_tensorboard.py.
"""

import csv
import os
import pathlib
import struct
import subprocess
import time
import unittest

import harness

USAGE, CANNOT_CREATE = 64, 73
# 3 epochs of 15 steps; evaluations within epochs; averaged weights; a log that skips steps.
RUN = ["--data", "synthetic:samples=1000,features=6,classes=3,test=100", "--val-split", "100", "--hidden", "8",
       "--batch", "64", "--epochs", "3", "--log-every", "4", "--eval-every", "7", "--ema", "1ep", "--schedule", "cosine",
       "--threads", "1"]


# --- the format ------------------------------------------------------------------------------------


def crc_of_byte(crc):
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


CRCS = [crc_of_byte(byte) for byte in range(256)]


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ CRCS[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def masked(content):
    crc = crc32c(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    """The data of each record of a file, whose checksums must be right."""
    at = 0
    while at < len(content):
        size, crc = struct.unpack_from("<QI", content, at)
        data = content[at + 12:at + 12 + size]
        end, = struct.unpack_from("<I", content, at + 12 + size)
        if crc != masked(content[at:at + 8]) or end != masked(data):
            raise ValueError(f"wrong checksum at byte {at}")
        yield data
        at += 16 + size


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a message: an integer, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("a field beyond its message")
        yield key >> 3, value


def read_values(event, step, board):
    for _, value in fields(event[5]):
        value = dict(fields(value))
        tag = value[1].decode()
        if 2 in value:
            board.setdefault(tag, []).append((step, struct.unpack("<f", value[2])[0]))
        else:
            board.setdefault("texts", []).append((tag, step, dict(fields(value[8]))[8].decode()))


def read_board(directory):
    """{tag: [(step, value)]}, as TensorBoard reads it: files by name; a start discards what is from its step on."""
    board, times = {}, []
    for path in sorted(pathlib.Path(directory).glob("*tfevents*")):
        for number, data in enumerate(records(path.read_bytes())):
            event = dict(fields(data))
            times.append(struct.unpack("<d", event[1])[0])
            step = event[2]
            if number == 0:
                assert event[3] == b"brain.Event:2", event
            if dict(fields(event.get(7, b""))).get(1) == 1:
                board = {tag: [value for value in values if tag == "texts" or value[0] < step]
                         for tag, values in board.items()}
            if 5 in event:
                read_values(event, step, board)
    assert times == sorted(times) and abs(times[-1] - time.time()) < 600, "not wall-clock time"
    return board


# --- tests -----------------------------------------------------------------------------------------


class LogFiles(harness.Case):
    def train_with(self, out, *arguments, **settings):
        return self.train(out, *RUN, "--tensorboard", self.dir / out / "board", "--log-csv", self.dir / f"{out}.csv",
                          *arguments, **settings)

    def table(self, out):
        """The rows of the table, without times."""
        text = (self.dir / f"{out}.csv").read_text()
        self.assertTrue(text.endswith("\n"))
        rows = list(csv.DictReader(text.splitlines()))
        self.assertTrue(all(row.pop("seconds") for row in rows))
        return rows

    def board(self, out):
        """The scalars, without those that are times."""
        return {tag: values for tag, values in read_board(self.dir / out / "board").items()
                if tag not in ("texts", "train/samples_per_s")}

    def assert_board_is_log(self, out):
        """Every number of the log's steps, evaluations and epochs, in float32, and none besides."""
        wanted = {}

        def add(tag, step, value):
            if value is not None:
                wanted.setdefault(tag, []).append((step, struct.unpack("<f", struct.pack("<f", value))[0]))

        for event in harness.read_events(self.dir / out / "metrics.jsonl"):
            if event["event"] == "step":
                for name in ("loss", "lr", "gradient_norm", "noise_scale"):
                    add(f"train/{name}", event["step"], event[name])
            elif event["event"] == "epoch":
                add("train/epoch", event["step"], event["epoch"])
                add("train/epoch_loss", event["step"], event["train_loss"])
            elif event["event"] == "evaluation":
                set_ = {"validation": "val", "test": "test"}[event["set"]]
                for name in set(event) - {"event", "epoch", "step", "set", "samples", "lr", "seconds", "elapsed_s"}:
                    average = name.startswith("ema_")
                    add(f"{set_}_ema/{name[4:]}" if average else f"{set_}/{name}", event["step"], event[name])
        self.assertEqual(wanted, self.board(out))
        rates = read_board(self.dir / out / "board")["train/samples_per_s"]
        self.assertEqual([step for step, _ in wanted["train/loss"]], [step for step, _ in rates])

    def test_the_checksum(self):
        """The check value of the CRC catalogue, and a vector of RFC 3720."""
        self.assertEqual([0xE3069283, 0x8A9136AA], [crc32c(b"123456789"), crc32c(bytes(32))])

    def test_a_run(self):
        self.train_with("run")
        self.assert_board_is_log("run")
        rows = self.table("run")
        self.assertEqual("7 14 15 21 28 30 35 42 45".split(), [row["step"] for row in rows])
        self.assertEqual("1 1 1 2 2 2 3 3 3".split(), [row["epoch"] for row in rows])
        self.assertEqual(
            ["step", "epoch", "lr", "train_loss"] + [f"{set_}_{name}" for set_ in ("val", "val_ema", "test", "test_ema")
                                                     for name in ("loss", "accuracy", "f1")] + ["noise_scale"],
            list(rows[0]))
        events = harness.read_events(self.dir / "run" / "metrics.jsonl")
        for row in rows:
            of_step = [event for event in events if event.get("step") == int(row["step"])]
            for event in of_step:
                if event["event"] == "evaluation":
                    self.assertEqual(event["accuracy"], float(row["val_accuracy" if event["set"] == "validation"
                                                                  else "test_accuracy"]))
                    self.assertEqual(event["ema_loss"], float(row["val_ema_loss" if event["set"] == "validation"
                                                                  else "test_ema_loss"]))
                if event["event"] == "epoch":
                    self.assertEqual(event["train_loss"], float(row["train_loss"]))
                if "lr" in event:
                    self.assertEqual(event["lr"], float(row["lr"]))
        tag, step, text = read_board(self.dir / "run" / "board")["texts"][0]
        self.assertEqual(("config", 0), (tag, step))
        self.assertEqual((self.dir / "run" / "config.ini").read_text(), text)

    def test_values_have_their_own_columns(self):
        self.ok("train", "--data", "synthetic:samples=200,features=4,targets=1", "--epochs", 1, "--threads", 1,
                "--val-split", 50, "--out", self.dir / "run", "--log-csv", self.dir / "run.csv")
        self.assertEqual("step epoch lr train_loss val_loss val_r2 val_rmse val_mae val_mse noise_scale".split(),
                         list(self.table("run")[0]))

    def test_resumed_is_never_stopped(self):
        """Stopped within an epoch, at its end, and after an evaluation; and taken back to earlier checkpoints, so that
        what the starts before wrote from there on must neither be repeated nor stay."""
        constant = ["--schedule", "constant", "--log-every", 1]
        self.train_with("whole", *constant)
        wanted, table = self.board("whole"), self.table("whole")
        self.train_with("parts", *constant, "--max-steps", 7, "--keep", 100)
        board = self.dir / "parts" / "board"
        starts = [(self.dir / "parts", step) for step in (14, 15, 20, 45)]
        starts += [(self.dir / "parts" / "checkpoints" / f"step-{step:09}", 45) for step in (20, 15, 14, 7)]
        for place, step in starts:
            self.ok("train", "--resume", place, "--max-steps", step, "--progress", "off", "--keep", 100,
                    "--tensorboard", board, "--log-csv", self.dir / "parts.csv")
            if step == 45:
                self.assertEqual(table, self.table("parts"), place)
                self.assertEqual(wanted, self.board("parts"), place)
        self.assertEqual(9, len(list(board.iterdir())))

    def test_killed(self):
        """What a kill leaves are whole rows and records; once resumed, both files are the log again."""
        running = harness.Running(harness.command_of(
            ["train", *RUN, "--epochs", 100000, "--schedule", "constant", "--hidden", "256,256", "--out", self.dir / "run",
             "--progress", "off", "--checkpoint-every", 50, "--tensorboard", self.dir / "run" / "board",
             "--log-csv", self.dir / "run.csv"]))
        self.addCleanup(running.kill)
        harness.wait_until(lambda: list((self.dir / "run").glob("checkpoints/step-*")), "a checkpoint")
        running.kill()
        running.end()
        self.table("run")
        self.board("run")
        step = max(int(path.name[5:]) for path in (self.dir / "run" / "checkpoints").glob("step-*"))
        self.ok("train", "--resume", self.dir / "run", "--max-steps", step + 40, "--progress", "off",
                "--tensorboard", self.dir / "run" / "board", "--log-csv", self.dir / "run.csv")
        self.assert_board_is_log("run")
        steps = sorted({event["step"] for event in harness.read_events(self.dir / "run" / "metrics.jsonl")
                        if event["event"] in ("evaluation", "epoch")})
        self.assertEqual(steps, [int(row["step"]) for row in self.table("run")])

    def test_a_table_that_an_earlier_start_did_not_have(self):
        constant = [*RUN, "--schedule", "constant"]
        self.train("whole", *constant, "--log-csv", self.dir / "whole.csv")
        self.train("parts", *constant, "--max-steps", 20)
        self.ok("train", "--resume", self.dir / "parts", "--max-steps", "none", "--progress", "off",
                "--log-csv", self.dir / "parts.csv")
        self.assertEqual(self.table("whole"), self.table("parts"))

    def test_any_ranks(self):
        self.train_with("one")
        self.train_with("two", ranks=2)
        self.assertEqual(self.board("one"), self.board("two"))
        self.assertEqual(self.table("one"), self.table("two"))
        self.assertEqual(1, len(list((self.dir / "two" / "board").iterdir())))

    def test_the_runs_of_a_study(self):
        """Each in a directory of its own, named as the run; a table is for one run."""
        study = ["--data", "synthetic:samples=200,features=4", "--epochs", 1, "--threads", 1, "--progress", "off"]
        self.ok("sweep", *study, "--batch", "32,64", "--out", self.dir / "sweep", "--tensorboard", self.dir / "board")
        names = sorted(path.name for path in (self.dir / "sweep" / "runs").iterdir())
        self.assertEqual(2, len(names))
        self.assertEqual(names, sorted(path.name for path in (self.dir / "board").iterdir()))
        self.ok("folds", 2, *study, "--out", self.dir / "folds", "--tensorboard", self.dir / "board")
        self.assertEqual(sorted([*names, "fold1", "fold2"]), sorted(path.name for path in (self.dir / "board").iterdir()))
        self.ok("tune", 2, *study[:2], "--val-split", 50, "--epochs", 9, "--threads", 1, "--out", self.dir / "tune",
                "--tensorboard", self.dir / "board")  # whose runs are continued from rung to rung
        for path in (self.dir / "board").iterdir():
            self.assertIn("train/loss", read_board(path))
        for path in (self.dir / "tune" / "runs").iterdir():
            self.assertEqual([event["step"] for event in harness.read_events(path / "metrics.jsonl")
                              if event["event"] == "epoch"],
                             [step for step, _ in read_board(self.dir / "board" / path.name)["train/epoch"]])
        self.refused(USAGE, "folds", 2, *study, "--out", self.dir / "other", "--log-csv", self.dir / "x.csv",
                     says="--log-csv")

    def test_files_of_others(self):
        other = self.dir / "board" / "events.out.tfevents.0000000001.other"
        harness.write_file(other, b"theirs")
        harness.write_file(self.dir / "data.csv", b"a,b\n1,0\n2,1\n")
        run = ["train", *RUN, "--out", self.dir / "run", "--progress", "off"]
        self.refused(CANNOT_CREATE, *run, "--log-csv", self.dir / "data.csv", says=["data.csv", "not a table of --log-csv"])
        self.assertEqual(b"a,b\n1,0\n2,1\n", (self.dir / "data.csv").read_bytes())
        self.assertFalse((self.dir / "run").exists())
        self.ok(*run, "--log-csv", self.dir / "log.csv", "--tensorboard", self.dir / "board")
        self.assertEqual(b"theirs", other.read_bytes())
        log = (self.dir / "log.csv").read_bytes()
        run[run.index("--out") + 1] = self.dir / "second"
        self.refused(CANNOT_CREATE, *run, "--log-csv", self.dir / "log.csv", says=["log.csv exists", "--overwrite"])
        self.assertEqual(log, (self.dir / "log.csv").read_bytes())
        self.ok(*run, "--log-csv", self.dir / "log.csv", "--overwrite")

    def test_places_that_do_not_exist(self):
        run = ["train", *RUN, "--progress", "off", "--out"]
        harness.write_file(self.dir / "file", b"x")
        os.mkfifo(self.dir / "fifo")
        for number, (option, place, says) in enumerate([
                ("--tensorboard", self.dir / "file", "cannot make directory"),
                ("--tensorboard", self.dir / "file" / "in", "cannot make directory"),
                ("--tensorboard", "/proc/x", "cannot make directory"),
                ("--log-csv", self.dir / "none" / "log.csv", f"cannot create {self.dir}/none/log.csv: its directory does not exist"),
                ("--log-csv", self.dir, "is not a regular file"),
                ("--log-csv", self.dir / "fifo", "is not a regular file"),
                ("--log-csv", "/dev/full", "is not a regular file")]):
            for ranks in (None, 2):
                self.refused(CANNOT_CREATE, *run, self.dir / f"run{number}-{ranks}", option, place, says=says, ranks=ranks)

    def test_a_full_disk(self):
        """A warning for each file, in the log too; both end with whole records; the run is as without them."""
        private = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*private, "true"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("this needs mounts of its own, which the system refuses")
        small, kept = self.dir / "small", self.dir / "kept"
        small.mkdir()
        disk = f'mount -t tmpfs -o size=8k none {small} && "$@"; code=$?; cp -r {small} {kept}; exit $code'
        often = [*RUN, "--log-every", 1, "--eval-every", 2]
        self.train("plain", *often)
        full = self.train("full", *often, "--tensorboard", small / "board", "--log-csv",
                          small / "log.csv", wrapper=[*private, "sh", "-c", disk, "sh"])
        self.assertEqual(2, len(full.warnings), full)
        for warning in full.warnings:
            self.assertIn(f"cannot write {small}", warning)
            self.assertIn("No space left on device; this file gets nothing more, and the run continues", warning)
        said = [event["text"] for event in harness.read_events(self.dir / "full" / "metrics.jsonl")
                if event["event"] == "warning"]
        self.assertEqual([warning.removeprefix("lockstep: warning: ") for warning in full.warnings], said)
        self.assertGreater(len(read_board(kept / "board")["train/loss"]), 2)
        self.assertTrue((kept / "log.csv").read_text().endswith("\n"))
        self.assertEqual(*[(self.dir / out / "model.safetensors").read_bytes() for out in ("plain", "full")])


if __name__ == "__main__":
    unittest.main()
