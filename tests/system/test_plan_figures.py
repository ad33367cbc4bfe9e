"""What `lockstep plan` says of rates, memory, messages, operations and times, and what it warns of."""

import csv
import io
import json
import math
import re
import unittest

import harness

NETWORK = ["--features", 20, "--outputs", 3, "--hidden", "16,8"]
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
PARTS = ("weights", "gradients", "optimizer", "activations", "data", "best", "checkpoints", "evaluation",
         "process")


class Figures(harness.Case):
    def report(self, *arguments, **settings):
        return json.loads(self.ok("plan", "--json", *arguments, **settings).out)

    def plans(self, *arguments):
        return self.report(*arguments)["plans"]

    def plan(self, *arguments):
        plan, = self.plans(*arguments)
        return plan

    # --- identities ------------------------------------------------------------------------------

    def test_both_directions(self):
        """Steps from epochs, epochs from steps, samples seen: recomputed, tails kept and dropped."""
        for tail in ([], ["--drop-last"]):
            for length in (["--epochs", 3], ["--max-steps", 100], ["--epochs", 3, "--max-steps", 100]):
                for plan in self.plans("--samples", 1003, "--batch", "7..448", *length, *tail):
                    b, visited = plan["batch"], 1003 - plan["dropped_per_epoch"]
                    per_epoch = 1003 // b if tail else math.ceil(1003 / b)
                    steps = min(3 * per_epoch if "--epochs" in length else 10**9,
                                100 if "--max-steps" in length else 10**9)
                    whole, rest = divmod(steps, per_epoch)
                    self.assertEqual((per_epoch, steps, whole * visited + rest * b),
                                     (plan["steps_per_epoch"], plan["total_steps"], plan["samples_seen"]))
                    self.assertAlmostEqual(steps / per_epoch, plan["epochs_run"])

    def test_stages_are_one_run(self):
        line = ["--samples", 1000, "--batch-schedule", "32,100@2ep,300@3ep", "--epochs", 5]
        plan = self.plan(*line)
        self.assertEqual([(1, 1, 32, 32, 64, 2, 2000), (3, 65, 100, 10, 10, 1, 1000),
                          (4, 75, 300, 4, 8, 2, 2000)],
                         [tuple(stage[name] for name in (
                             "first_epoch", "first_step", "batch", "steps_per_epoch", "total_steps",
                             "epochs_run", "samples_seen")) for stage in plan["stages"]])
        self.assertEqual((82, 5, 5000), tuple(plan[name] for name in (
            "total_steps", "epochs_run", "samples_seen")))
        text = self.ok("plan", *line).out
        self.assertRegex(text, r"\n +all +- +- +82 +- +5 +5,000\n")
        cut = self.plan(*line, "--max-steps", 70)
        self.assertEqual([64, 6, 0], [stage["total_steps"] for stage in cut["stages"]])
        self.assertEqual((70, 2.6, 2600), (cut["total_steps"], cut["epochs_run"], cut["samples_seen"]))

    def test_explained_stages(self):
        text = self.ok("plan", "--samples", 1000, "--batch-schedule", "32,300@1ep", "--epochs", 2,
                       "--explain").out
        for line in ("+-- Epoch 1: steps 1 to 32", "|   +-- Batch 32: 8 samples -> Step 32",
                     "+-- Epoch 2: steps 33 to 36", "    +-- Batch 4: 100 samples -> Step 36"):
            self.assertIn(f"  {line}\n", text)

    # --- rates -----------------------------------------------------------------------------------

    def test_scaled_rates(self):
        for rule, power in (("linear", 1), ("sqrt", 0.5)):
            for plan in self.plans("--samples", 60000, "--batch", "32..512", "--lr", "0.1", "--lr-scale",
                                   rule, "--base-batch", 64):
                self.assertAlmostEqual(0.1 * (plan["batch"] / 64)**power, plan["lr"])
        self.assertEqual({0.1}, {plan["lr"] for plan in self.plans(
            "--samples", 60000, "--batch", "32..512", "--lr", "0.1")})

    def test_warmup_in_both_units(self):
        plans = self.plans("--samples", 1000, "--batch", "100,250", "--epochs", 10, "--warmup", "2ep")
        self.assertEqual([(20, 2, 0.2), (8, 2, 0.2)], [tuple(plan[name] for name in (
            "warmup_steps", "warmup_epochs", "warmup_share")) for plan in plans])
        plans = self.plans("--samples", 1000, "--batch", "100,250", "--epochs", 10, "--warmup", 10)
        self.assertEqual([(10, 1, 0.1), (10, 2.5, 0.25)], [tuple(plan[name] for name in (
            "warmup_steps", "warmup_epochs", "warmup_share")) for plan in plans])

    def turns(self, *arguments):
        plan = self.plan("--samples", 1000, "--batch", 100, "--epochs", 10, "--lr", 1, *arguments)
        return [(turn["what"], turn["step"], turn["epochs"], round(turn["lr"], 9)) for turn in plan["turns"]]

    def test_turns_of_the_schedule(self):
        self.assertEqual([], self.turns())
        self.assertEqual([("falls", 30, 3, 0.1), ("falls", 65, 6.5, 0.01)],
                         self.turns("--schedule", "multistep", "--milestones", "3ep,65"))
        self.assertEqual([("warm-up ends", 10, 1, 1), ("falls", 50, 5, 0.1), ("falls", 90, 9, 0.01)],
                         self.turns("--schedule", "step", "--step-size", "4ep", "--warmup", "1ep"))
        self.assertEqual([("highest", 30, 3, 1), ("ends", 100, 10, 4e-6)],
                         self.turns("--schedule", "one-cycle"))
        self.assertEqual([("falls", 30, 3, 0.1)], self.turns(
            "--schedule", "multistep", "--milestones", "25st", "--schedule-by", "epoch"))
        text = self.ok("plan", "--samples", 1000, "--batch", 100, "--schedule", "multistep", "--milestones",
                       "3ep,65").out
        self.assertIn("falls 30 (3), 65 (6.5)\n", text)

    def test_turns_are_those_of_the_curve(self):
        """Where a rate falls by the list, it is another than before, by the schedule itself."""
        plan = self.plan("--samples", 1003, "--batch", 100, "--epochs", 7, "--schedule", "multistep",
                         "--milestones", "2ep,50", "--warmup", 3)
        curve = {point["step"]: point["lr"] for point in plan["rates"]["curve"]}
        for turn in plan["turns"]:
            if turn["what"] == "falls":
                self.assertEqual(turn["lr"], curve[turn["step"] + 1])
        self.assertEqual(plan["lr_last"], curve[max(curve)])

    # --- memory ----------------------------------------------------------------------------------

    def test_memory_is_the_sum_of_its_parts(self):
        for plan in self.plans("--samples", 10000, *NETWORK, "--batch", "32..8192", "--ranks", 4, "--team",
                               "2", "--val-split", "0.1", "--early-stop", "val_loss", "--optimizer", "adam"):
            self.assertEqual(plan["memory_node_bytes"], sum(plan[f"memory_{part}_bytes"] for part in PARTS))
            self.assertEqual(plan["memory_rank_bytes"], plan["memory_node_bytes"] // 4)

    def test_what_memory_grows_with(self):
        """The lesson: a batch at once takes memory in proportion to B; by passes it does not."""
        small, large = self.plans("--samples", 2**20, *NETWORK, "--batch", f"{2**14},{2**18}", "--pass-rows",
                                  1024, "--slices", 16)
        for part in PARTS:
            if part != "gradients":
                self.assertEqual(small[f"memory_{part}_bytes"], large[f"memory_{part}_bytes"], part)
        whole = [plan["memory_whole_batch_activations_bytes"] for plan in (small, large)]
        self.assertTrue(14 < whole[1] / whole[0] <= 16, whole)  # less what does not grow
        self.assertGreater(whole[1], 50 * large["memory_activations_bytes"])
        # Of a batch that is one pass both are the same.
        plan = self.plan("--samples", 1000, *NETWORK, "--batch", 100)
        self.assertEqual(plan["memory_node_bytes"], plan["memory_whole_batch_node_bytes"])

    def test_optimizers_and_best_weights(self):
        def parts(*arguments):
            plan = self.plan("--samples", 1000, *NETWORK, "--val-split", "0.1", *arguments)
            return [plan[f"memory_{part}_bytes"] for part in ("optimizer", "best", "checkpoints")]
        none, sgd, adam = (parts("--optimizer", *words.split()) for words in ("sgd --momentum 0", "sgd", "adam"))
        self.assertEqual((0, 2), (none[0], adam[0] / sgd[0]))
        block = sgd[0]
        self.assertEqual((block, 2 * block, 3 * block), (none[2], sgd[2], adam[2]))
        canonical = 4 * (20 * 16 + 16 + 16 * 8 + 8 + 8 * 3 + 3)
        self.assertEqual(canonical, parts("--early-stop", "val_loss")[1])

    def test_data_without_data(self):
        """A plan from --features is that of the data themselves."""
        data = self.plan("--data", "synthetic:samples=1000,features=20,classes=3", "--hidden", "16,8",
                         "--batch", 100, "--epochs", 10, "--threads", 2, "--val-split", "0.1")
        said = self.plan("--samples", 1000, *NETWORK, "--batch", 100, "--epochs", 10, "--threads", 2,
                         "--val-split", "0.1")
        self.assertEqual(data, said)
        self.assertEqual(1000 * 21 * 4 + 1000 * 8, data["memory_data_bytes"])

    # --- work ------------------------------------------------------------------------------------

    def test_operations(self):
        per_sample = 6 * (20 * 16 + 16 * 8 + 8 * 3) - 2 * 20 * 16
        for plan in self.plans("--samples", 1003, *NETWORK, "--batch", "32..512", "--epochs", 3):
            self.assertEqual((per_sample * plan["batch"], per_sample * 1003, 3 * per_sample * 1003), tuple(
                plan[f"flops_per_{what}"] for what in ("step", "epoch", "run")))

    def test_messages(self):
        """Two teams with a slice each: half of the sums out and in, half of the weights in and out."""
        padded = self.plan("--samples", 1000, *NETWORK, "--optimizer", "adagrad")["memory_optimizer_bytes"]
        two = self.plan("--samples", 1000, *NETWORK, "--batch", 128, "--ranks", 2, "--team", "rank")
        self.assertEqual(2, two["slices"])
        self.assertAlmostEqual(2 * padded, two["team_bytes_per_step"], delta=256)
        self.assertEqual(8 * two["team_bytes_per_step"], two["team_bytes_per_epoch"])
        one = self.plan("--samples", 1000, *NETWORK, "--batch", 128, "--ranks", 2)
        self.assertEqual(0, one["team_bytes_per_step"])
        hosts = self.plan("--samples", 1000, *NETWORK, "--batch", 128, "--ranks", 8, "--hosts", 2)
        self.assertEqual((2, two["team_bytes_per_step"]), (hosts["teams"], hosts["team_bytes_per_step"]))
        mpi = self.plan("--samples", 1000, *NETWORK, "--ranks", 2, "--team", "rank", "--reduce", "allreduce")
        self.assertIsNone(mpi["team_bytes_per_step"])

    # --- times -----------------------------------------------------------------------------------

    def assert_times(self, plan):
        self.assertGreater(plan["seconds_per_step"], 0)
        self.assertAlmostEqual(1, plan["seconds_per_epoch"] / plan["seconds_per_step"] / plan["steps_per_epoch"])
        self.assertAlmostEqual(1, plan["seconds_per_run"] / plan["seconds_per_step"] / plan["total_steps"])

    def test_measured(self):
        line = ["--data", "synthetic:samples=1000,features=20,classes=3", "--hidden", "8", "--threads", 1,
                "--warmup", "1ep", "--schedule", "cosine", "--val-split", "0.1", "--early-stop", "val_loss",
                "--measure"]
        report = self.report(*line, "--batch", "50,2000")
        self.assertEqual("measured", report["times"])
        for plan in report["plans"]:
            self.assert_times(plan)
            self.assertGreater(plan["memory_evaluation_bytes"], 0)
        staged = self.plan(*line, "--batch-schedule", "50,300@1ep", "--epochs", 3)
        stages = staged["stages"]
        self.assertAlmostEqual(1, sum(stage["seconds_per_run"] for stage in stages) / staged["seconds_per_run"])

    def test_measured_on_the_ranks_there_are(self):
        report = self.report("--data", "synthetic:samples=1000,features=20,classes=3", "--hidden", "8",
                             "--threads", 1, "--batch", 128, "--team", "rank", "--measure", ranks=2)
        plan, = report["plans"]
        self.assertEqual((2, 2), (plan["ranks"], plan["teams"]))
        self.assert_times(plan)

    def test_more_hosts(self):
        """From a step on one host: its share of the slices, and the messages of the faster route."""
        line = ["--data", "synthetic:samples=9000,features=50,classes=3", "--hidden", "64"]
        file = self.dir / "host.json"
        measured = json.loads(self.ok("bench", "step", *line, "--batch", 8192, "--seconds", "0.02", "--repeats", 1,
                                      "--json").out)
        measured["results"]["rows"][0]["step_s"] = 0.064
        file.write_text(json.dumps(measured), encoding="utf-8")
        plan, = self.report(*line, "--batch", 8192, "--figures", file, "--latency", 50, "--bandwidth", 1)["plans"]
        rows = {row["hosts"]: row for row in plan["more_hosts"]}
        self.assertEqual([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64], list(rows))
        self.assertEqual({1: 64, 2: 32, 3: 22, 4: 16, 6: 11, 64: 1},
                         {hosts: rows[hosts]["slices"] for hosts in (1, 2, 3, 4, 6, 64)})
        for row in rows.values():
            self.assertAlmostEqual(0.001 * row["slices"], row["compute_s"])
            self.assertAlmostEqual(row["compute_s"] + row["exchange_s"], row["step_s"])
            self.assertAlmostEqual(0.064 / row["step_s"], row["speed_up"])
        self.assertEqual(0, rows[1]["exchange_s"])
        # Two hosts: half of the sums, then half of the weights, in each direction.
        two, = self.report(*line, "--batch", 8192, "--ranks", 2, "--hosts", 2)["plans"]
        self.assertAlmostEqual(2 * 50e-6 + two["team_bytes_per_step"] / 2 * 8e-9, rows[2]["exchange_s"], delta=1e-5)
        slower = self.ok("plan", *line, "--batch", 8192, "--figures", file, "--bandwidth", "0.0001").out
        self.assertRegex(slower, r"More hosts like this one\n(.*\n){2} +8,192 +1 .*100.0 %\n +8,192 +2 .*\npredicted")

    def test_batch_that_uses_all_hosts(self):
        """A plan with idle teams names the smallest batch that would have a slice for each of them."""
        line = ["--samples", 100000, "--hosts", 20, "--ranks", 20]
        text = self.ok("plan", *line, "--batch", 512).out
        batch = int(re.search(r"a batch of at least (\d+)", text)[1])
        self.assertEqual((8, 32), tuple(self.plan(*line, "--batch", b)["slices"] for b in (512, batch)))
        self.assertEqual(16, self.plan(*line, "--batch", batch - 1)["slices"])

    def test_figures_of_bench(self):
        line = ["--data", "synthetic:samples=1000,features=20,classes=3", "--hidden", "8", "--threads", 1]
        file = self.dir / "step.json"
        file.write_text(self.ok("bench", "step", *line, "--batch", "32,64", "--seconds", "0.01", "--repeats", 1,
                                "--json").out)
        measured = {row["batch"]: row["step_s"] for row in json.loads(file.read_text())["results"]["rows"]}
        report = self.report(*line, "--batch", "32..128", "--figures", file)
        self.assertEqual((str(file), None), (report["times"], report["times_note"]))
        self.assertEqual([measured[32], measured[64], None],
                         [plan["seconds_per_step"] for plan in report["plans"]])
        self.assert_times(report["plans"][0])
        self.assertRegex(self.report(*line, "--ranks", 2, "--figures", file)["times_note"],
                         "1 rank of 1 thread, not with the planned 2 x 1")
        self.refused(64, "plan", *line, "--hidden", "9", "--figures", file, says="a different network")
        file.write_text("{}")
        self.refused(65, "plan", *line, "--figures", file, says="not the output of lockstep bench step --json")
        self.refused(66, "plan", *line, "--figures", self.dir / "none", says="none")

    # --- one list for all ------------------------------------------------------------------------

    def test_csv_is_the_json(self):
        line = ["--samples", 1003, *NETWORK, "--batch", "32,100", "--ranks", 3, "--team", "rank", "--warmup", 7]
        rows = list(csv.DictReader(io.StringIO(self.ok("plan", "--csv", *line).out)))
        plans = self.plans(*line)
        self.assertEqual(len(plans), len(rows))
        for row, plan in zip(rows, plans):
            flat = {}
            for name, value in plan.items():
                if isinstance(value, dict) and set(value) == {"least", "most"}:
                    flat |= {f"{name}_{end}": value[end] for end in value}
                elif not isinstance(value, (dict, list)) and name != "other_tail":
                    flat[name] = value
            self.assertEqual(set(flat), set(row))
            for name, text in row.items():
                value = {"": None, "true": True, "false": False}.get(text, text)
                self.assertEqual(flat[name], float(value) if isinstance(value, str) else value, name)

    def section(self, text, title):
        """The rows of a table, by batch: lists of words."""
        lines = re.search(rf"^{title}\n(.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL).group(1).splitlines()
        return {words[0]: words[1:] for line in lines if (words := line.split()) and words[0][0].isdigit()}

    def bytes_of(self, words, at):
        return float(words[at]) * UNITS[words[at + 1]]

    def test_text_is_the_json(self):
        line = ["--samples", 60000, *NETWORK, "--batch", "32..8192", "--ranks", 4, "--threads", 2, "--team", "2",
                "--warmup", "1ep", "--optimizer", "adam"]
        text = self.ok("plan", *line).out
        self.assertTrue(all(len(row) < 100 for row in text.splitlines() if not row.startswith("batch ")), text)
        steps, shares, rates, memory, work = (self.section(text, title) for title in (
            "Steps", "Division of work", "Learning rate", "Memory", "Work"))
        for plan in self.plans(*line):
            batch = f"{plan['batch']:,}"
            self.assertEqual([f"{plan[name]:,}" for name in (
                "steps_per_epoch", "last_batch", "total_steps", "dropped_per_epoch")], steps[batch][1:5])
            self.assertEqual([f"{plan['threads_used']}", f"{plan['slices']:,}"], shares[batch][:2])
            self.assertEqual([f"{plan['lr']:g}", f"{plan['warmup_steps']:,}"], rates[batch][:2])
            self.assertEqual(f"{plan['pass_rows']:,}", memory[batch][0])
            told = [self.bytes_of(memory[batch], at) for at in range(1, 13, 2)]
            for value, name in zip(told, ("node", "rank", "gradients", "activations",
                                          "whole_batch_activations", "whole_batch_node")):
                self.assertAlmostEqual(1, value / plan[f"memory_{name}_bytes"], delta=0.06)
            self.assertEqual(f"{plan['flops_per_epoch'] / 1e6:.4g}M", work[batch][1])

    def test_a_learner_sees_steps_alone(self):
        text = self.ok("plan", "--samples", 60000, "--batch", "32..8192", "--epochs", 10).out
        self.assertEqual(9, len(self.section(text, "Steps")))
        for title in ("Memory", "Work", "Division of work", "Warnings"):
            self.assertNotRegex(text, rf"\n{title}\n")
        self.assertIn("--features F and --outputs K", text)

    # --- warnings --------------------------------------------------------------------------------

    def warnings(self, *arguments):
        return {warning["about"]: warning for warning in self.report(*arguments)["warnings"]}

    def test_every_warning_and_its_cure(self):
        """Each can be had, names its cure, is in the text too, and is gone when that is taken."""
        n = ["--samples", 1000, "--epochs", 4]
        for about, cure, line, cured in (
                ("batch", "--batch 1000 or less", ["--batch", 1001], ["--batch", 1000]),
                ("warmup", "a shorter --warmup", ["--batch", 100, "--warmup", 41],
                 ["--batch", 100, "--warmup", 40]),
                ("tail", "--drop-last", ["--batch", 37], ["--batch", 37, "--drop-last"]),
                ("tail", "--batch 500", ["--batch", 980], ["--batch", 500]),
                ("drop-last", "--batch 333 omits 1", ["--batch", 300, "--drop-last"],
                 ["--batch", 333, "--drop-last"]),
                ("max-steps", "whole epochs: --max-steps 10 or 20", ["--batch", 100, "--max-steps", 15],
                 ["--batch", 100, "--max-steps", 20]),
                ("max-steps", "a whole epoch: --max-steps 10", ["--batch", 100, "--max-steps", 5],
                 ["--batch", 100, "--max-steps", 10]),
                ("teams", "--slices 3", ["--batch", 100, "--ranks", 3, "--team", "rank"],
                 ["--batch", 100, "--ranks", 3, "--team", "rank", "--slices", 3]),
                ("balance", "--slices 3", ["--batch", 256, "--ranks", 3, "--team", "rank"],
                 ["--batch", 256, "--ranks", 3, "--team", "rank", "--slices", 3]),
                ("milestones", "below 40 steps", ["--batch", 100, "--schedule", "multistep", "--milestones", "10,40"],
                 ["--batch", 100, "--schedule", "multistep", "--milestones", "10,39"]),
                ("step-size", "below 30 steps, counted from the end of the warm-up",
                 ["--batch", 100, "--schedule", "step", "--step-size", 30, "--warmup", 10],
                 ["--batch", 100, "--schedule", "step", "--step-size", 29, "--warmup", 10]),
                ("workers", "a larger batch", ["--batch", 2, "--ranks", 3], ["--batch", 4, "--ranks", 3]),
                ("memory", "fewer ranks", [*NETWORK, "--batch", 100, "--ranks", 4, "--host-memory", "25MiB"],
                 [*NETWORK, "--batch", 100, "--threads", 4, "--host-memory", "25MiB"])):
            with self.subTest(about, line=line):
                self.assertEqual([about], list(self.warnings(*n, *line)))
                warning = self.warnings(*n, *line)[about]
                self.assertIn(cure, warning["cure"])
                self.assertIn(f": {warning['text']}\n    ({warning['cure']})\n", self.ok("plan", *n, *line).out)
                self.assertEqual({}, self.warnings(*n, *cured))

    def test_train_refuses_what_plan_warns_of(self):
        line = ["--data", "synthetic:samples=1000", "--batch", 100, "--epochs", 4, "--warmup", 41]
        warning = self.warnings(*line)["warmup"]
        self.assertEqual("--warmup takes 41 steps, but the run has only 40, so the rate would never reach --lr; train rejects this",
                         warning["text"])
        self.refused(64, "train", *line, "--out", self.dir / "run",
                     says=f"{warning['text'].removesuffix('; train rejects this')}; {warning['cure']}")

    def test_the_same_is_said_once(self):
        text = self.ok("plan", "--samples", 1000, "--batch", "51,52", "--epochs", 4, "--max-steps", 30).out
        self.assertIn("batches 51; 52: --max-steps ends the run in epoch 2, at iteration 10 of 20", text)

    def test_sizes_above_the_training_set_are_one_row(self):
        line = ["plan", "--samples", 10, "--batch", "4,20,10,40"]
        plan = json.loads(self.ok(*line, "--json").out)
        self.assertEqual([4, 10], [row["batch"] for row in plan["plans"]])
        self.assertEqual([10, 40], plan["batches_merged"])
        text = self.ok(*line).out
        self.assertIn("batch 20: larger than the training set", text)
        self.assertIn("B = 10, 40: also the whole training set, so without a row", text)

    def test_warnings_of_stages(self):
        line = ["--samples", 1000, "--batch-schedule", "50,300@2ep", "--epochs", 4]
        warning = self.warnings(*line, "--max-steps", 45)["max-steps"]
        self.assertEqual((300, "whole epochs: --max-steps 44 or 48"), (warning["batch"], warning["cure"]))
        self.assertIn("iteration 1 of 4", warning["text"])
        self.assertIn("drop-last", self.warnings(*line, "--drop-last"))

    # --- the run itself --------------------------------------------------------------------------

    def test_what_train_then_does(self):
        """Steps, samples and rates of the log; stages too."""
        line = ["--data", "synthetic:samples=1003,features=7,classes=3", "--hidden", "8", "--threads", 1,
                "--warmup", "1ep", "--schedule", "one-cycle", "--log-every", 1, "--lr", "0.05"]
        for i, more in enumerate((["--batch", 100, "--epochs", 3], ["--batch", 100, "--max-steps", 25],
                                  ["--batch-schedule", "50,300@1ep", "--epochs", 3],
                                  ["--batch", 64, "--drop-last", "--epochs", 2, "--lr-scale", "linear"])):
            with self.subTest(more):
                plan = self.plan(*line, *more)
                out = self.dir / f"run{i}"
                self.ok("train", *line, *more, "--out", out)
                steps = [event for event in map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
                         if event["event"] == "step"]
                self.assertEqual(plan["total_steps"], len(steps))
                self.assertEqual(plan["samples_seen"], sum(event["samples"] for event in steps))
                rates = {event["step"]: event["lr"] for event in steps}
                self.assertEqual(plan["lr_last"], rates[len(steps)])
                for turn in plan["turns"]:
                    if turn["what"] in ("warm-up ends", "highest"):
                        self.assertEqual(turn["lr"], rates[turn["step"]], turn)
                self.assertEqual(max(rates.values()), next(
                    turn["lr"] for turn in plan["turns"] if turn["what"] == "highest"))
                for stage in plan["stages"]:
                    mine = [event for event in steps if event["step"] >= stage["first_step"]]
                    self.assertEqual((stage["first_step"], stage["batch"]), (mine[0]["step"], mine[0]["samples"]))


if __name__ == "__main__":
    unittest.main()
