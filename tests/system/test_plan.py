"""`lockstep plan`: the numbers, for people and for programs."""

import json
import re
import unittest

import harness

COUNT, TRUTH, NUMBER, SPAN = (int,), (bool,), (int, float), (dict,)
NONE = (type(None),)
MAYBE = COUNT + NONE

KEYS = {
    "batch": COUNT, "batch_asked": COUNT, "clamped": TRUTH, "samples": COUNT, "epochs": MAYBE,
    "max_steps": MAYBE, "tail": COUNT, "drop_last": TRUTH, "steps_per_epoch": COUNT,
    "last_batch": COUNT, "total_steps": COUNT, "dropped_per_epoch": COUNT, "epochs_begun": COUNT,
    "epochs_run": NUMBER, "samples_seen": COUNT, "cut_by_max_steps": TRUTH,
    "ranks": COUNT, "threads": COUNT, "threads_used": COUNT, "teams": COUNT, "workers": COUNT,
    "slices": COUNT, "busy_teams": COUNT, "balance": NUMBER, "workers_without_rows": COUNT,
    "workers_busy": COUNT, "workers_per_team": SPAN, "slices_per_team": SPAN, "rows_per_team": SPAN,
    "rows_per_worker": SPAN, "rows_per_slice": SPAN, "other_tail": SPAN + NONE, "rates": SPAN,
    "lr": NUMBER, "warmup_steps": COUNT, "warmup_epochs": NUMBER, "warmup_share": NUMBER,
    "lr_last": NUMBER, "turns": (list,), "stages": (list,), "more_hosts": (list,),
}
# Without a network they are null.
OF_NETWORK = {
    "pass_rows": COUNT, "memory_weights_bytes": COUNT, "memory_gradients_bytes": COUNT,
    "memory_optimizer_bytes": COUNT, "memory_activations_bytes": COUNT, "memory_data_bytes": COUNT,
    "memory_best_bytes": COUNT, "memory_checkpoints_bytes": COUNT, "memory_evaluation_bytes": COUNT,
    "memory_process_bytes": COUNT, "memory_writing_bytes": COUNT, "memory_reading_bytes": COUNT,
    "memory_node_bytes": COUNT, "memory_rank_bytes": COUNT,
    "memory_whole_batch_activations_bytes": COUNT, "memory_whole_batch_node_bytes": COUNT,
    "flops_per_step": NUMBER, "flops_per_epoch": NUMBER, "flops_per_run": NUMBER,
    "team_bytes_per_step": COUNT, "team_bytes_per_epoch": COUNT, "team_messages_per_step": COUNT, "exchange_buckets": COUNT,
}
# Where nothing was measured.
OF_TIME = ("exchange_seconds_per_step", "samples_per_second", "seconds_per_step", "seconds_per_epoch", "seconds_per_run")


class Plan(harness.Case):
    def report(self, *arguments, **settings):
        return json.loads(self.ok("plan", "--json", *arguments, **settings).out)

    def plans(self, *arguments, **settings):
        return self.report(*arguments, **settings)["plans"]

    def assert_plan(self, arguments, steps_per_epoch, total_steps, **more):
        """More: other values of the plan's object. (No --epochs means none here.)"""
        plan, = self.plans(*arguments.split())
        wanted = {"steps_per_epoch": steps_per_epoch, "total_steps": total_steps, **more}
        self.assertEqual(wanted, {name: plan[name] for name in wanted}, arguments)

    def test_numbers(self):
        n10k = "--samples 10000 --epochs 5 "
        self.assert_plan(n10k + "--batch 32", 313, 1565, last_batch=16, tail=16, dropped_per_epoch=0)
        self.assert_plan(n10k + "--batch 32 --drop-last", 312, 1560, last_batch=32, dropped_per_epoch=16)
        self.assert_plan("--samples 1000 --epochs 5 --batch 200", 5, 25, last_batch=200, tail=0)
        self.assert_plan("--samples 1000 --epochs 5 --batch 100", 10, 50, other_tail=None)
        self.assert_plan(n10k + "--batch 1", 10000, 50000, last_batch=1)
        self.assert_plan(n10k + "--batch 10000", 1, 5, last_batch=10000)
        self.assert_plan(n10k + "--batch 10001", 1, 5, batch=10000, batch_asked=10001, clamped=True)
        self.assert_plan("--samples 1 --epochs 1 --batch 1", 1, 1)

    def test_max_steps(self):
        n10k = "--samples 10000 --batch 32 "
        self.assert_plan(n10k + "--epochs 5 --max-steps 400", 313, 400, epochs_begun=2,
                         cut_by_max_steps=True)
        self.assert_plan(n10k + "--epochs 5 --max-steps 5000", 313, 1565, cut_by_max_steps=False)
        self.assert_plan(n10k + "--max-steps 1000", 313, 1000, epochs=None, epochs_begun=4)
        self.assert_plan(n10k + "--epochs none --max-steps 313", 313, 313, epochs_begun=1)

    def test_beyond_32_bits(self):
        self.assert_plan("--samples 1000000000000 --batch 1 --epochs 1000000", 10**12, 10**18)
        self.assert_plan("--samples 5000000001 --batch 5000000000 --epochs 3", 2, 6, last_batch=1)

    def test_json(self):
        report = self.report("--samples", 10000, "--batch", "32,100", "--epochs", 5, "--val-split",
                             "0.1", "--ranks", 3, "--threads", 2)
        self.assertGreater(report.pop("host_memory_bytes"), 2**20)
        self.assertEqual({"data": None, "samples": 10000, "val_samples": 1000, "test_samples": 0, "train_samples": 9000,
                          "team": "node", "hosts": 1, "network": None, "parameters": None, "times": None,
                          "times_note": None, "batches_merged": [], "warnings": []},
                         {name: value for name, value in report.items() if name != "plans"})
        self.assertEqual([32, 100], [plan["batch"] for plan in report["plans"]])
        for plan in report["plans"]:
            self.assert_types(plan, KEYS | dict.fromkeys(OF_NETWORK, NONE) | dict.fromkeys(OF_TIME, NONE))
            self.assertEqual((3, 2, 1, 6, 9000), tuple(plan[name] for name in (
                "ranks", "threads", "teams", "workers", "samples")))
        self.assertEqual({"drop_last": True, "steps_per_epoch": 281, "last_batch": 32,
                          "total_steps": 1405, "dropped_per_epoch": 8}, report["plans"][0]["other_tail"])
        self.assertIsNone(report["plans"][1]["other_tail"])

    def assert_types(self, plan, keys):
        self.assertEqual(set(keys), set(plan))
        for name, types in keys.items():
            self.assertIn(type(plan[name]), types, name)

    def test_json_of_a_network(self):
        report = self.report("--samples", 10000, "--features", 20, "--outputs", 3, "--hidden", "16,8")
        self.assertEqual(("20-16-8-3", 20 * 16 + 16 + 16 * 8 + 8 + 8 * 3 + 3),
                         (report["network"], report["parameters"]))
        self.assert_types(report["plans"][0], KEYS | OF_NETWORK | dict.fromkeys(OF_TIME, NONE))

    def shares(self, *arguments):
        """One plan, with its spans as pairs."""
        plan, = self.plans("--samples", 10000, *arguments)
        return {name: (value["least"], value["most"]) if "_per_" in name and isinstance(value, dict)
                else value for name, value in plan.items()}

    def test_shares_of_teams(self):
        """B=512 has 8 slices of 64 rows; 3 teams take 2 or 3 of them, in blocks of whole slices."""
        plan = self.shares("--batch", 512, "--ranks", 3, "--threads", 2, "--team", "rank")
        wanted = {"teams": 3, "workers": 6, "slices": 8, "rows_per_slice": (64, 64),
                  "slices_per_team": (2, 3), "rows_per_team": (128, 192), "rows_per_worker": (64, 96),
                  "workers_per_team": (2, 2), "workers_without_rows": 0}
        self.assertEqual(wanted, {name: plan[name] for name in wanted})
        self.assertAlmostEqual(8 / 9, plan["balance"])
        plan = self.shares("--batch", 64, "--ranks", 3, "--team", "rank")
        self.assertEqual((1, 1, 2), tuple(plan[name] for name in ("slices", "busy_teams",
                                                                  "workers_without_rows")))

    def test_shares_of_one_team(self):
        """The ranks of a machine split rows, whatever the slices; nobody idles but for want of rows."""
        for team in ("node", "numa", "3", "7"):
            plan = self.shares("--batch", 64, "--ranks", 3, "--threads", 4, "--team", team)
            wanted = {"ranks": 3, "threads": 4, "teams": 1, "workers": 12, "slices": 1, "busy_teams": 1,
                      "balance": 1, "rows_per_team": (64, 64), "rows_per_worker": (5, 6),
                      "workers_without_rows": 0}
            self.assertEqual(wanted, {name: plan[name] for name in wanted}, team)
        plan = self.shares("--batch", 5, "--ranks", 3, "--threads", 4)
        self.assertEqual(((0, 1), 7), (plan["rows_per_worker"], plan["workers_without_rows"]))

    def test_shares_of_unequal_teams(self):
        plan = self.shares("--batch", 512, "--ranks", 4, "--threads", 2, "--team", 3)
        wanted = {"teams": 2, "workers": 8, "workers_per_team": (2, 6), "rows_per_team": (256, 256),
                  "rows_per_worker": (42, 128)}
        self.assertEqual(wanted, {name: plan[name] for name in wanted})

    def test_words(self):
        def said(*arguments):
            return self.ok("plan", "--samples", 10000, "--threads", 2, *arguments).out
        self.assertIn("; 3 ranks of 2 threads: 1 team of 6 workers\n", said("--ranks", 3))
        self.assertIn("; 1 rank of 2 threads\n", said())
        text = said("--ranks", 3, "--team", "rank", "--batch", "64,512")
        for line in ("; 3 ranks of 2 threads: 3 teams of 2 workers\n",
                     "batch 64: 1 slice for 3 teams, so 2 of them compute no rows",
                     "batch 512: 8 slices are not a multiple of 3 teams (2-3 each): 89 % of the teams are busy"):
            self.assertIn(line, text)
        self.assertNotIn("no row of", text)
        text = said("--ranks", 3, "--batch", "5,64,512")
        self.assertIn("batch 5: 1 of 6 workers has no row of its own\n", text)
        self.assertEqual(1, len(re.findall(r"^batch \d", text, re.MULTILINE)), text)
        text = said("--ranks", 3, "--team", "2", "--batch", 512, "--explain")
        for line in ("8 slices over 2 teams: 4 slices, 256 rows per team",
                     "512 rows over 6 workers: 64 to 128 per worker"):
            self.assertIn(f"    {line}\n", text)

    def test_explanation_of_rate_memory_and_work(self):
        """Each figure of the tables with the numbers that it comes from."""
        run = ["--data", "synthetic:samples=1000,features=20,classes=3", "--hidden", "16", "--activation", "relu",
               "--batch", "100", "--epochs", "4", "--optimizer", "adam", "--lr", "0.02", "--schedule", "cosine",
               "--warmup", "8st", "--val-split", "0.2", "--ranks", "4", "--team", "2"]
        plan = self.plans(*run)[0]
        rates = {point["step"]: point["lr"] for point in plan["rates"]["curve"]}
        text = self.ok("plan", *run, "--explain").out
        self.assertTrue(all(len(line) < 100 for line in text.splitlines()), text)
        for line in ("0 + (0.02 - 0) x (1 + cos(pi k / 24)) / 2", "a warm-up precedes it: step t of 8 has the rate x t / 8",
                     f"step 1: 0.0025; step 16: {rates[16]:.6g}; step 32: {plan['lr_last']:.6g}",
                     "Memory of a machine: 387 parameters x 4 bytes = 1.5 KiB", "2 per parameter: 2 x 1.5 KiB, padded",
                     "per sample  4 x 20 x 16 + 6 x 16 x 3 = 1,568", "per step    1,568 x 100 samples = 156.8k",
                     "per epoch   1,568 x 800 samples = 1.254M", "per run     1,568 x 3,200 samples = 5.018M"):
            self.assertIn(f" {line}\n", text)
        units = {"B": 1, "KiB": 2**10, "MiB": 2**20}
        parts = {name: float(number) * units[unit] for name, number, unit in
                 re.findall(r"^    (\w+) +([\d.]+) (B|KiB|MiB)  ", text, re.MULTILINE)}
        for name in ("weights", "optimizer", "gradients", "activations", "data", "checkpoints", "evaluation", "process"):
            self.assertAlmostEqual(1, parts.pop(name) / plan[f"memory_{name}_bytes"], 1)
        self.assertAlmostEqual(1, parts.pop("sum") / plan["memory_node_bytes"], 1)
        self.assertEqual({}, parts)
        for schedule in ("constant", "step", "multistep", "exponential", "linear", "polynomial", "one-cycle", "plateau"):
            more = {"step": ["--step-size", "8st"], "multistep": ["--milestones", "10st,20st"],
                    "exponential": ["--gamma", "0.99"], "plateau": ["--val-split", "0.1"]}.get(schedule, [])
            line = self.ok("plan", "--samples", 1000, "--batch", 100, "--epochs", 4, "--lr", "0.02", "--schedule", schedule,
                           *more, "--explain").out.split("Learning rate")[1]
            self.assertNotIn("{", line)
            self.assertIn("0.02", line)

    def test_ranges(self):
        plans = self.plans("--samples", 60000, "--batch", "32..8192")
        batches = [32 << i for i in range(9)]
        self.assertEqual(batches, [plan["batch"] for plan in plans])
        self.assertEqual([-(-60000 // b) for b in batches], [plan["steps_per_epoch"] for plan in plans])
        self.assertEqual([1, 4, 64], [plan["batch"] for plan in self.plans(
            "--samples", 64, "--batch", "1,4,64")])

    def rows(self, *arguments, **settings):
        """The table's cells: a list of words for each line that begins with a number or a tail's name."""
        done = self.ok("plan", *arguments, **settings)
        self.assertTrue(all(len(line) < 100 for line in done.out.splitlines()), done)
        return [words for line in done.out.splitlines()
                if (words := line.split()) and (words[0] == "if" or
                                                words[1:] and words[1] in ("kept", "dropped", "none"))]

    def test_table(self):
        """Both figures where a tail exists."""
        self.assertEqual([
            ["32", "kept", "313", "16", "1,565", "0", "5", "50,000"],
            ["if", "dropped", "312", "32", "1,560", "16", "5", "49,920"],
            ["100", "none", "100", "100", "500", "0", "5", "50,000"]],
            self.rows("--samples", 10000, "--batch", "32,100", "--epochs", 5))
        self.assertEqual([
            ["32", "dropped", "312", "32", "1,560", "16", "5", "49,920"],
            ["if", "kept", "313", "16", "1,565", "0", "5", "50,000"]],
            self.rows("--samples", 10000, "--batch", "32", "--epochs", 5, "--drop-last"))

    def test_a_rate_that_vanishes(self):
        """plan and train warn about it, on rank 0 alone, and a length in epochs is the cure."""
        run = ["--data", "synthetic:samples=2000,features=4", "--batch", "20", "--epochs", "12", "--lr", "0.1",
               "--schedule", "step", "--step-size"]
        says = "multiplied by 0.1 every 3 steps, is below a millionth of its peak from step 22 of 1,200 on"
        cure = "epochs are written --step-size 3ep"
        plan = self.ok("plan", *run, "3").out
        self.assertIn(says, plan)
        self.assertIn(cure, plan)
        for ranks in (None, 2):
            done = self.ok("train", *run, "3", "--out", self.dir / f"run{ranks}", "--progress", "off", ranks=ranks)
            self.assertEqual(1, done.err.count(says), done.err)
            self.assertIn(cure, done.err)
        for same in (["3ep"], ["3", "--schedule-by", "epoch"]):
            self.assertNotIn("millionth", self.ok("plan", *run, *same).out)
            self.assertNotIn("millionth", self.train("good", *run, *same, "--overwrite").err)

    def test_falls_of_a_rate_by_epoch(self):
        """Each is listed once, even if several milestones or steps end in the same epoch."""
        run = ["plan", "--samples", 100, "--batch", 10, "--epochs", 4, "--json", "--schedule-by", "epoch"]
        for schedule in (["step", "--step-size", "3st"], ["multistep", "--milestones", "3st,7st,12st,25st"]):
            turns = json.loads(self.ok(*run, "--schedule", *schedule).out)["plans"][0]["turns"]
            self.assertEqual([10, 20, 30], [turn["step"] for turn in turns], schedule)

    def test_explain(self):
        text = self.ok("plan", "--samples", 10000, "--batch", 32, "--epochs", 5, "--explain").out
        for line in ("ceil(10000/32) = ceil(312.5) = 313; last batch 16; 313 x 5 = 1565",
                     "floor(10000/32) = floor(312.5) = 312; last batch 32, 16 samples dropped; "
                     "312 x 5 = 1560",
                     "Run: 1,565 steps in 5 epochs",
                     "+-- Epoch 1: steps 1 to 313",
                     "+-- Epoch 2: steps 314 to 626",
                     "|   +-- Batch 1: 32 samples -> Step 314",
                     "|   +-- Batch 313: 16 samples -> Step 626",
                     "+-- Epoch 5: steps 1253 to 1565",
                     "    +-- Batch 313: 16 samples -> Step 1565"):
            self.assertIn(f"  {line}\n", text)

    def test_a_train_command_line(self):
        """`plan` in the place of `train` is a dry run: what it says is what then happens."""
        line = ["--data", "synthetic:samples=1003,features=7,classes=3,test=10", "--val-split", "0.1",
                "--hidden", "16,8", "--batch", "100", "--epochs", "3", "--max-steps", "25", "--lr",
                "0.05", "--momentum", "0.5", "--weight-decay", "1e-4", "--seed", "7", "--scale",
                "standard", "--shuffle", "off", "--threads", "2", "--kernel", "portable", "--slices",
                "3", "--pass-rows", "256", "--reduce", "ordered", "--eval-every", "end", "--progress",
                "off", "--out", str(self.dir / "run")]
        report = self.report(*line)
        self.assertFalse((self.dir / "run").exists(), "a dry run writes nothing")
        self.ok("train", *line)
        summary = harness.read_json(self.dir / "run" / "summary.json")
        self.assertEqual((1003, 100), (report["samples"], report["val_samples"]))
        plan, = report["plans"]
        self.assertEqual((10, 25, 3), (plan["steps_per_epoch"], plan["total_steps"], plan["slices"]))
        for name in ("batch", "steps_per_epoch", "total_steps", "drop_last", "slices", "epochs", "threads",
                     "threads_used"):
            self.assertEqual(plan[name], summary[name], name)
        self.assertEqual((25, 903), (summary["steps_done"], summary["train_samples"]))
        config = self.plans("--config", self.dir / "run" / "config.ini")
        self.assertEqual([plan], config)

    def test_ranks_are_those_of_train(self):
        """Teams, workers and slices, as plan says and as train then has them."""
        line = ["--data", "synthetic:samples=1000", "--hidden", "8", "--batch", "300", "--epochs", "1",
                "--threads", "2"]
        for ranks, team in ((3, "node"), (3, "rank"), (3, "2"), (4, "3"), (2, "7")):
            with self.subTest(ranks=ranks, team=team):
                report = self.report(*line, "--ranks", ranks, "--team", team)
                plan, = report["plans"]
                done = self.ok("train", *line, "--verbose", "--team", team, "--out", self.dir / f"{ranks}-{team}",
                               ranks=ranks)
                summary = harness.read_json(self.dir / f"{ranks}-{team}" / "summary.json")
                for name in ("ranks", "threads", "threads_used", "teams", "slices", "batch", "total_steps"):
                    self.assertEqual(plan[name], summary[name], name)
                self.assertEqual(int(team) if team.isdigit() else team, summary["team"])
                self.assertEqual(report["team"], summary["team"])
                self.assertIsNone(summary["team_note"])
                lines = re.findall(r"^    (?:team|rank) .*slices (\d+)-(\d+), rows (\d+)-(\d+), (\d+) ",
                                   done.err, re.MULTILINE)
                told = [[int(number) for number in line] for line in lines]
                self.assertEqual(plan["teams"], len(told), done.err)
                for name, sizes in (("slices_per_team", [line[1] - line[0] + 1 for line in told]),
                                    ("rows_per_team", [line[3] - line[2] + 1 for line in told]),
                                    ("workers_per_team", [line[4] for line in told])):
                    self.assertEqual({"least": min(sizes), "most": max(sizes)}, plan[name], name)
                self.assertEqual(plan["workers"], sum(line[4] for line in told))

    def test_real_data(self):
        report = self.report("--data", "fashion-mnist", "--val-split", "6000", "--batch", "128")
        self.assertEqual(("fashion-mnist", 60000, 54000),
                         (report["data"], report["samples"], report["train_samples"]))
        self.assertEqual(422, report["plans"][0]["steps_per_epoch"])

    def test_several_ranks_print_once(self):
        """A plan wants no ranks, but a launcher does no harm."""
        plan, = self.plans("--samples", 10000, "--batch", 32, "--epochs", 5, ranks=2)
        self.assertEqual(1565, plan["total_steps"])

    def test_refusals(self):
        for says, line in {
            "--batch 0: must be at least 1": "--samples 10 --batch 0",
            "--samples 0: must be at least 1": "--samples 0 --batch 1",
            "--samples -5": "--samples -5 --batch 1",
            "--epochs 0": "--samples 10 --epochs 0",
            "--batch 32 with --drop-last": "--samples 10 --batch 32 --drop-last",
            "both are none": "--samples 10 --epochs none",
            "leave none to train on": "--samples 10 --val-split 10",
            "--batch 64..32": "--samples 100 --batch 64..32",
            "--batch 32,x": "--samples 100 --batch 32,x",
            "--explain and --json": "--samples 100 --explain --json",
            "--explain and --csv": "--samples 100 --explain --csv",
            "--json and --csv": "--samples 100 --json --csv",
            "--measure and --samples": "--samples 100 --measure",
            "--measure and --figures": "--measure --figures x",
            "--measure and --ranks 2": "--measure --ranks 2 --data synthetic:samples=100",
            "--features and --outputs": "--samples 100 --features 3",
            "--outputs and --samples": "--outputs 3",
            "--ranks 3 and --hosts 2": "--samples 100 --ranks 3 --hosts 2",
            "--team 2 and --hosts 2": "--samples 100 --ranks 6 --hosts 2 --team 2",
            "did you mean --samples": "--sample 10",
            "2^62 steps": f"--samples {2**62} --batch 1 --epochs {2**62}",
        }.items():
            with self.subTest(line):
                done = self.refused(64, "plan", *line.split(), says=says)
                self.assertEqual("", done.out)


if __name__ == "__main__":
    unittest.main()
