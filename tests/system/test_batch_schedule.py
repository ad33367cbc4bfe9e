"""--batch-schedule: batches that change on the way. Plan, run, log, record and resume say the same."""

import itertools
import unittest

import harness
import test_resume
from test_resume import LAYOUTS, SUMMARY_TIMES

USAGE, CONFIG = 64, 78

# 160 training samples: two epochs of 4 steps (48, 48, 48, 16), one of 2 (100, 60), two of 1.
RUN = ["--data", "synthetic:samples=210,features=6,classes=3,test=40", "--val-split", "50", "--hidden", "8,5",
       "--lr", "0.05", "--momentum", "0.9", "--log-every", "1", "--threads", "1", "--epochs", 5]
SCHEDULE = ["--batch-schedule", "48,100@2ep,160@3ep"]
SIZES = [48, 48, 48, 16] * 2 + [100, 60] + [160] * 2


class BatchSchedule(harness.Case):
    content, steps = test_resume.Resume.content, test_resume.Resume.steps
    resume, assert_same_run = test_resume.Resume.resume, test_resume.Resume.assert_same_run

    def test_plan_is_run(self):
        done = self.train("run", *RUN, *SCHEDULE)
        summary = harness.read_json(self.dir / "run" / "summary.json")
        events = harness.read_events(self.dir / "run" / "metrics.jsonl")
        steps = [event for event in events if event["event"] == "step"]
        self.assertEqual(SIZES, [event["samples"] for event in steps])
        self.assertEqual(list(range(1, 13)), [event["step"] for event in steps])
        self.assertEqual([1] * 4 + [2] * 4 + [3] * 2 + [4, 5], [event["epoch"] for event in steps])
        self.assertEqual([1, 2, 3, 4] * 2 + [1, 2, 1, 1], [event["iteration"] for event in steps])
        epochs = [event for event in events if event["event"] == "epoch"]
        self.assertEqual([4, 8, 10, 11, 12], [event["step"] for event in epochs])
        self.assertEqual([160] * 5, [event["samples"] for event in epochs])
        self.assertEqual(12, summary["total_steps"], done)
        self.assertEqual([(1, 1, 48, 4, 16), (3, 9, 100, 2, 60), (4, 11, 160, 1, 160)],
                         [tuple(stage[key] for key in ("first_epoch", "first_step", "batch", "steps_per_epoch",
                                                       "last_batch")) for stage in summary["stages"]])

    def test_one_stage_is_a_batch(self):
        self.train("plain", *RUN, "--batch", 48)
        self.train("stage", *RUN, "--batch-schedule", "48")
        self.assert_same_run(self.content("plain"), "stage", "48")

    def test_stages_are_the_runs_they_continue(self):
        """The first two epochs are those of a run with the first batch size: same weights then."""
        self.train("first", *RUN, "--batch", 48, "--epochs", 2)
        self.train("run", *RUN, *SCHEDULE)
        hashes = [[event["weights_xxh3"] for event in harness.read_events(self.dir / out / "metrics.jsonl")
                   if event["event"] == "epoch"] for out in ("first", "run")]
        self.assertEqual(hashes[0], hashes[1][:2])
        self.assertEqual(5, len(set(hashes[1])))

    def test_any_layout(self):
        runs = []
        for i, (ranks, layout) in enumerate(LAYOUTS):
            self.train(f"run{i}", *RUN, *SCHEDULE, *layout, ranks=ranks)
            runs.append({key: value for key, value in self.content(f"run{i}")["summary"].items()
                         if key not in SUMMARY_TIMES})
        for one, other in itertools.pairwise(runs):
            self.assertEqual(one, other)

    def test_slices_for_all_stages(self):
        for ranks in (1, 2, 3):
            self.train(f"run{ranks}", *RUN, *SCHEDULE, "--slices", 5, "--team", "rank", ranks=ranks)
            self.assert_same_run(self.content("run1"), f"run{ranks}", f"{ranks} ranks")
        stages = harness.read_json(self.dir / "run1" / "summary.json")["stages"]
        self.assertEqual([5, 5, 5], [stage["slices"] for stage in stages])

    def test_resumed_anywhere(self):
        self.train("whole", *RUN, *SCHEDULE, "--checkpoint-every", "1ep")
        wanted = self.content("whole")
        for step in range(1, 12):
            (ranks, first), (more_ranks, then) = LAYOUTS[step % 7], LAYOUTS[(step + 1) % 7]
            self.train(f"run{step}", *RUN, *SCHEDULE, "--max-steps", step, *first, ranks=ranks)
            self.assertEqual([step], self.steps(f"run{step}"))
            self.resume(f"run{step}", "--max-steps", "none", *then, ranks=more_ranks)
            self.assert_same_run(wanted, f"run{step}", f"after step {step}")
        self.refused(USAGE, "train", "--resume", self.dir / "whole", "--batch-schedule", "48,100@1ep",
                     says="--batch-schedule")

    def test_checkpoints_by_epochs(self):
        """The first is due after so many whole epochs; later ones may have to wait for the disk."""
        for every, step in (("1ep", 4), ("3ep", 10), ("4ep", 11)):
            self.train(every, *RUN, *SCHEDULE, "--checkpoint-every", every)
            events = harness.read_events(self.dir / every / "metrics.jsonl")
            self.assertEqual(step, next(event["step"] for event in events if event["event"] == "checkpoint"))

    def test_record_repeats_the_run(self):
        self.train("run", *RUN, "--batch-schedule", "48,100@2ep,1000@3ep")
        self.ok("train", "--config", self.dir / "run" / "config.ini", "--out", self.dir / "again")
        self.assert_same_run(self.content("run"), "again", "by its record")

    def test_milestones_in_epochs(self):
        """An epoch is the steps it really has: the rate falls where the stages change."""
        self.train("run", *RUN, *SCHEDULE, "--schedule", "multistep", "--milestones", "2ep,3ep", "--gamma", "0.5")
        rates = [event["lr"] for event in harness.read_events(self.dir / "run" / "metrics.jsonl")
                 if event["event"] == "step"]
        self.assertEqual([0.05] * 8 + [0.025] * 2 + [0.0125] * 2, rates)

    def test_refusals(self):
        def refused(*arguments, says, code=USAGE):
            self.refused(code, "train", *RUN, "--out", self.dir / "refused", *arguments, says=says)
            self.assertFalse((self.dir / "refused").exists())

        form = "whole epochs: 128,256@10ep,512@20ep"
        refused("--batch-schedule", "48@1ep", says=form)
        refused("--batch-schedule", "48,100", says=form)
        refused("--batch-schedule", "48,100@20", says=["begins after whole epochs", "@20ep?"])
        refused("--batch-schedule", "48,100@", says=form)
        refused("--batch-schedule", "48,@2ep", says="must be a whole number")
        refused("--batch-schedule", "0,100@2ep", says="at least 1")
        refused("--batch-schedule", ",".join(["1"] + [f"{i + 1}@{i}ep" for i in range(1, 20)]),
                says="more than 16 items")
        refused("--batch-schedule", "48,100@2ep,200@2ep", says="must come after the previous change")
        refused("--batch-schedule", "48,100@5ep", says="would never take effect")
        refused("--batch-schedule", "48,100@2ep", "--batch", 48, says="omit the first")
        refused("--batch-schedule", "48,100@2ep", "--schedule", "exponential", "--gamma", "0.9",
                "--schedule-by", "epoch", says="epochs then differ in length")
        refused("--batch-schedule", "48,100@2ep", "--schedule", "step", "--step-size", "2ep",
                says="--milestones")
        refused("--batch-schedule", "48,1000@2ep", "--drop-last", says="--drop-last")
        config = self.dir / "run.ini"
        config.write_text("[train]\nbatch = 64\nbatch-schedule = 48,100@2ep\n")
        refused("--config", config, says=["run.ini:2", "run.ini:3"], code=CONFIG)


if __name__ == "__main__":
    unittest.main()
