"""lockstep tune: random tries on one split, the worse ones of which end early; the same on any ranks, and continued where it was
stopped; the best try is the study's model, and a run of train."""

import csv
import json
import random
import re
import signal
import unittest

import harness

USAGE, DATA, NO_INPUT, CANNOT_CREATE, STOPPED = 64, 65, 66, 73, 75
TRIES, EPOCHS = 7, 9
RUNG_EPOCHS = {1: 1, 2: 3, 3: EPOCHS}  # at the end of a rung


class Tune(harness.Case):
    def setUp(self):
        super().setUp()
        draw = random.Random(7)
        lines = ["id,x,y,colour,kind"]
        for i in range(150):
            x, y = draw.gauss(0, 1), draw.gauss(0, 1)
            colour = draw.choice(["red", "green", ""])
            lines.append(f"p{i},{x:.4g},{y:.4g},{colour},{'cat' if (x * y > 0) != (draw.random() < 0.1) else 'dog'}")
        self.table = harness.write_file(self.dir / "table.csv", "\n".join(lines).encode())
        self.command = ["--data", self.table, "--id", "id", "--val-split", "0.3", "--epochs", EPOCHS, "--batch", "16", "--lr", "0.01"]

    def tune(self, out, *more, tries=TRIES, ranks=None):
        return self.ok("tune", tries, *self.command, "--out", self.dir / out, *more, ranks=ranks, env=harness.DEFAULTS)

    def result(self, out):
        return harness.read_json(self.dir / out / "tune.json")

    def text(self, out):
        """tune.json without times and the command."""
        text = (self.dir / out / "tune.json").read_text()
        return re.sub(r'"command": .*', "", re.sub(r'"seconds": .*', "", text))

    def test_rungs_and_winner(self):
        done = self.tune("one", "--test-split", "0.2")
        result = self.result("one")
        tries = result["tries"]
        self.assertEqual(list(range(1, TRIES + 1)), [row["try"] for row in tries])
        reached = [row["rung"] for row in tries]
        self.assertEqual(3, reached[0], "the first try goes on")
        self.assertIn(sum(rung >= 2 for rung in reached), (3, 4))  # the best third of 7, and the first
        self.assertIn(sum(rung == 3 for rung in reached), (1, 2, 3))
        for row in tries:
            log = harness.read_events(self.dir / "one" / "runs" / f"try{row['try']:03}" / "metrics.jsonl")
            values = [event["loss"] for event in log if event["event"] == "evaluation" and event["set"] == "validation"]
            self.assertEqual(RUNG_EPOCHS[row["rung"]], len(values))
            self.assertEqual(min(values), row["score"])
            self.assertEqual(RUNG_EPOCHS[row["rung"]], row["epochs_done"])
            self.assertEqual("epochs" if row["rung"] == 3 else "give_up", row["stopped_by"])
            self.assertNotIn("lr", row)  # it was given
        for rung in (1, 2):  # nobody who went on was worse than somebody who did not, except the first
            score = {row["try"]: self.score_at(row["try"], rung) for row in tries if row["rung"] >= rung}
            on = [score[row["try"]] for row in tries[1:] if row["rung"] > rung]
            out = [score[row["try"]] for row in tries if row["rung"] == rung]
            self.assertLessEqual(max(on, default=0), min(out))
        winner = min((row for row in tries if row["rung"] == 3), key=lambda row: row["score"])
        self.assertEqual((winner["try"], winner["score"]), (result["winner"]["try"], result["winner"]["score"]))
        self.assertAlmostEqual(tries[0]["score"] - winner["score"], result["winner"]["gain"])
        summary = harness.read_json(self.dir / "one" / "runs" / f"try{winner['try']:03}" / "summary.json")
        self.assertEqual(summary["test_loss"], result["winner"]["test"]["test_loss"])
        self.assertIn(f"test_loss {summary['test_loss']:.4f}", done.out)
        self.assertIn(f"the score of the best of {TRIES} tries is optimistic", done.out)
        with open(self.dir / "one" / "tune.csv", encoding="utf-8") as file:
            self.assertEqual([(str(row["try"]), row["stopped_by"]) for row in tries],
                             [(row["try"], row["stopped_by"]) for row in csv.DictReader(file)])

    def score_at(self, number, rung):
        log = harness.read_events(self.dir / "one" / "runs" / f"try{number:03}" / "metrics.jsonl")
        values = [event["loss"] for event in log if event["event"] == "evaluation" and event["set"] == "validation"]
        return min(values[:RUNG_EPOCHS[rung]])

    def test_winner_is_a_model_and_a_run_of_train(self):
        self.tune("one")
        result = self.result("one")
        winner = result["tries"][result["winner"]["try"] - 1]["runs"][0]
        self.ok("train", "--config", self.dir / "one" / "best.ini", "--out", self.dir / "again", "--progress", "off")
        again = harness.read_json(self.dir / "again" / "summary.json")
        self.assertEqual(winner["weights_xxh3"], again["weights_xxh3"])
        arguments = ["--data", self.table, "--id", "id"]
        self.assertEqual(self.ok("predict", self.dir / "again", *arguments).out, self.ok("predict", self.dir / "one", *arguments).out)
        self.assertIn(winner["weights_xxh3"], self.ok("eval", self.dir / "one", *arguments).out)
        page = self.dir / "page.html"
        self.ok("report", self.dir / "one", "--out", page)
        text = page.read_text(encoding="utf-8")
        self.assertIn("<h1>Tuning: ", text)
        section = text[text.index("<main>"):text.index("Training curves", text.index("<main>"))]
        for row in harness.read_json(self.dir / "one" / "tune.json")["tries"]:
            self.assertIn(f'data-value="{row["score"]!r}"', section)

    def test_same_on_any_ranks_and_with_more_tries(self):
        self.tune("one")
        # Even without checkpoints of its own, a rung continues the runs of the last one.
        self.tune("two", "--team", "rank", "--checkpoint-every", "never", ranks=2)
        log = harness.read_events(self.dir / "two" / "runs" / "try001" / "metrics.jsonl")
        self.assertEqual(2, sum(event["event"] == "resume" for event in log))
        self.assertEqual(self.text("one"), self.text("two"))
        self.assertEqual((self.dir / "one" / "model.safetensors").read_bytes(), (self.dir / "two" / "model.safetensors").read_bytes())
        before = self.result("one")["tries"]
        self.tune("one", tries=TRIES + 3)
        after = self.result("one")["tries"]
        self.assertEqual(TRIES + 3, len(after))
        for old, new in zip(before, after):
            self.assertLessEqual(old["rung"], new["rung"])
            searched = {key: old[key] for key in ("hidden", "dropout", "weight_decay", "encode", "bins", "scale")}
            self.assertEqual(searched, {key: new[key] for key in searched})

    def test_more_tries_later(self):
        """A try that had come further among fewer tries, and is better there than those of the next rung, took the place of one of them."""
        seed = ["--seed", "28"]
        self.tune("later", *seed, tries=6)
        before = self.result("later")["winner"]["score"]
        self.tune("later", *seed, tries=17)
        self.tune("once", *seed, tries=17)
        later, once = self.result("later"), self.result("once")
        rungs = [(one["rung"], other["rung"]) for one, other in zip(once["tries"], later["tries"])]
        self.assertTrue(all(one <= other for one, other in rungs), rungs)
        self.assertTrue(any(one < other for one, other in rungs), "seed 28 is no such case any more")
        self.assertLessEqual(later["winner"]["score"], min(before, once["winner"]["score"]))

    def test_killed_and_continued(self):
        self.tune("whole")
        arguments = ["tune", TRIES, *self.command, "--out", self.dir / "cut"]
        for pattern, how in ((r"rung 1/3\] try 3 ", signal.SIGKILL), (r"rung 2/3\] try 1 ", signal.SIGTERM), (r"rung 3/3\]", signal.SIGKILL)):
            running = harness.Running(harness.command_of(arguments), harness.DEFAULTS)
            harness.wait_until(lambda running=running, pattern=pattern: running.said(pattern) or running.process.poll() is not None, pattern)
            if running.process.poll() is None:
                running.process.send_signal(how)
            done = running.end()
            self.assertIn(done.code, (0, STOPPED, -signal.SIGKILL), done)
        (self.dir / "cut" / "runs" / "try002" / "summary.json").unlink()  # one that was killed before its last line
        self.ok(*arguments, env=harness.DEFAULTS)
        self.assertEqual(self.text("whole"), self.text("cut"))
        self.assertEqual((self.dir / "whole" / "model.safetensors").read_bytes(), (self.dir / "cut" / "model.safetensors").read_bytes())

    def test_folds(self):
        self.tune("one", "--folds", "3", tries=3)
        result = self.result("one")
        winner = result["tries"][result["winner"]["try"] - 1]
        self.assertEqual([f"try{winner['try']:03}-fold{k}" for k in (1, 2, 3)], [run["directory"] for run in winner["runs"]])
        self.assertAlmostEqual(sum(run["score"] for run in winner["runs"]) / 3, winner["score"])
        low, gain, high = (result["winner"][key] for key in ("gain_low", "gain", "gain_high"))
        self.assertTrue(low <= gain <= high)
        arguments = ["--data", self.table, "--id", "id"]
        mean = list(csv.DictReader(self.ok("predict", self.dir / "one", *arguments).out.splitlines()))
        each = [list(csv.DictReader(self.ok("predict", self.dir / "one" / "runs" / run["directory"], *arguments).out.splitlines()))
                for run in winner["runs"]]
        for row, *rows in zip(mean, *each):
            self.assertAlmostEqual(float(row["cat"]), sum(float(one["cat"]) for one in rows) / 3, places=6)
        self.refused(NO_INPUT, "eval", self.dir / "one", *arguments, says=["tuning study", "take the mean"])
        self.ok("train", "--config", self.dir / "one" / "best.ini", "--out", self.dir / "all", "--progress", "off")
        self.assertEqual(105, harness.read_json(self.dir / "all" / "summary.json")["train_samples"])

    def test_record_repeats_the_study(self):
        self.tune("one", tries=3)
        config = (self.dir / "one" / "config.ini").read_text()
        self.assertIn("\nsearch = hidden,dropout,weight-decay,encode,bins,scale\n", config)
        harness.write_file(self.dir / "again.ini", config.encode())
        self.ok("tune", 3, "--config", self.dir / "again.ini", "--out", self.dir / "again", env=harness.DEFAULTS)
        self.assertEqual(self.text("one"), self.text("again"))

    def test_refused(self):
        def refused(code, *arguments, says):
            self.refused(code, "tune", *arguments, says=says, env=harness.DEFAULTS)
        data = ["--data", self.table, "--id", "id"]
        out = ["--out", self.dir / "x"]
        refused(USAGE, 1, *self.command, *out, says="tries 1: must be at least 2")
        refused(USAGE, 3, *data, *out, says="add --val-split")
        refused(USAGE, 3, *self.command[:-6], *out, "--epochs", "2", says="1/9 and 1/3")
        refused(USAGE, 3, *data, "--val-split", "0.3", "--eval-every", "never", *out, says="--eval-every")
        refused(USAGE, 3, "--data", "synthetic:samples=90,features=3,classes=2", "--val-split", "0.3", "--search", "encode", *out,
                says="without effect on")
        refused(USAGE, 3, *self.command, "--hidden", "8", "--lr", "0.01", "--dropout", "0", "--weight-decay", "0", "--encode", "none",
                "--scale", "standard", *out, says=["are given by this command", "omit --hidden"])
        self.assert_nothing_half_written(self.dir / "x")
        self.tune("one", tries=2)
        refused(USAGE, 2, *self.command, "--out", self.dir / "one", "--dropout", "0", says="different configuration")
        for tries in (2, 4):
            refused(USAGE, tries, *self.command, "--out", self.dir / "one", "--batch", "32", says="--batch is 16 there, but 32 here")
        refused(USAGE, 2, *self.command, "--out", self.dir / "one", "--seed", "5", says="--seed is 1 there, but 5 here")
        self.refused(CANNOT_CREATE, "folds", 3, *data, "--out", self.dir / "one", says="holds a tuning study")
        model = self.dir / "one" / "model.safetensors"
        self.refused(CANNOT_CREATE, "predict", self.dir / "one", *data, "--out", model, says="input of this command")
        self.table.write_text(self.table.read_text().replace("cat", "cow", 1))
        refused(DATA, 2, *self.command, "--out", self.dir / "one", says="tuning study of different data")
        self.tune("one", "--overwrite", tries=2)


if __name__ == "__main__":
    unittest.main()
