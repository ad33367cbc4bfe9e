"""The bits of today are those of the golden table (tests/golden/hashes.json), on any ranks, threads and
kernels: the order of an epoch, initial weights, loaders, sums, optimizers and schedules stay as they were.
And what an earlier version left on disk (tests/golden/files-VERSION) is read, resumed and evaluated as by
that version.

A change that is meant to alter them raises the number in src/base/definition.h, which says what else to do.
"""

import json
import re
import shutil
import unittest

import golden_runs
import harness

THREADS = [["--threads", "1"], ["--threads", "2"], ["--threads", "3", "--pass-rows", "1"]]
RANKS = [(2, ["--threads", "1"]), (3, ["--threads", "1", "--team", "rank"]), (2, ["--threads", "2", "--team", "rank"]),
         (4, ["--threads", "1", "--team", "2"]), (3, ["--threads", "1", "--team", "2", "--pass-rows", "1"])]

# What follows from the batch sizes, the data or another option, and a value that no run should leave to them.
LEFT_OPEN = "auto"


def same_number(text):
    """The record writes 10000 as 1e+04."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


class Golden(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.table = golden_runs.read_table()
        cls.rows = [(row, golden_runs.options_of(cls.table, row)) for row in cls.table["runs"]]

    def setUp(self):
        super().setUp()
        golden_runs.write_data(self.dir)

    def kernels(self):
        return json.loads(self.ok("info", "--json").out)["kernels"].split(", ")

    def make(self, name, options, arguments=("--threads", "1"), ranks=None):
        done = golden_runs.make_run(self.dir, name, options, arguments, ranks)
        self.assertEqual((0, []), (done.code, done.messages), done)
        self.assertEqual(self.table["definition"], golden_runs.program_of(self.dir, name)["definition"],
                         "the number was raised: write the table anew (tests/golden/hashes)")
        return golden_runs.figures_of(self.dir, name)

    def assert_golden(self, layouts):
        """Each run in the next of the layouts, and with the next of the kernels."""
        kernels = self.kernels()
        for i, (row, options) in enumerate(self.rows):
            ranks, arguments = layouts[i % len(layouts)]
            arguments = [*arguments, "--kernel", kernels[i % len(kernels)]]
            with self.subTest(run=row["name"], ranks=ranks, arguments=arguments):
                wanted = {figure: row[figure] for figure in golden_runs.FIGURES}
                self.assertEqual(wanted, self.make(f"run{i}", options, arguments, ranks))

    def test_threads(self):
        self.assert_golden([(None, arguments) for arguments in THREADS])

    def test_ranks(self):
        self.assert_golden(RANKS)

    # --- the table is whole ----------------------------------------------------------------------

    def lacking(self, identity, given):
        """The options of a run's identity that were not given, or whose value is another one."""
        if given["init-from"]:
            given = given | {"init-from": str(self.dir / given["init-from"])}
        return [f"{name} = {value}, given {given.get(name)}" for name, value in identity.items()
                if same_number(given.get(name)) != same_number(value)]

    def test_every_option_is_given(self):
        """What a checkpoint keeps as the run's identity is what decides its bits. An option that is new there
        goes into `common`, with the value that leaves the figures as they are."""
        for i, (row, options) in enumerate(self.rows):
            with self.subTest(run=row["name"]):
                self.make(f"run{i}", options)
                identity = golden_runs.identity_of(self.dir, f"run{i}")
                self.assertGreater(len(identity), 40)
                self.assertEqual([], self.lacking(identity, options), "not all options are explicit")
                self.assertNotIn(LEFT_OPEN, [options[name] for name in identity])

    def test_an_option_left_out_is_caught(self):
        for name in ("momentum", "lr", "slices", "init"):
            with self.subTest(name=name):
                options = {key: value for key, value in self.rows[0][1].items() if key != name}
                self.make("less", options, ["--threads", "1", "--overwrite"])
                caught = self.lacking(golden_runs.identity_of(self.dir, "less"), options)
                self.assertEqual([name], [line.split(" ")[0] for line in caught])

    def test_every_choice_has_a_run(self):
        """Of optimizers, losses, activations, schedules and whatever else is one of several words: these the
        program itself names, when it is given another."""
        self.make("run", self.rows[0][1])
        choices = 0
        for name in golden_runs.identity_of(self.dir, "run"):
            refusal = harness.run("plan", f"--{name}", "?")
            listed = re.search(rf"--{name} \?: must be ((?:[a-z0-9-]+, )*[a-z0-9-]+ or [a-z0-9-]+)$", refusal.err,
                               re.MULTILINE)
            if listed:
                choices += 1
                words = set(re.split(", | or ", listed[1])) - {LEFT_OPEN}
                taken = {word for _, options in self.rows for word in options[name].split(",")}
                self.assertEqual(set(), words - taken, f"no run with this --{name}")
        self.assertGreaterEqual(choices, 9)


def written():
    """Of each version whose files are kept: their place, and what must come out of them. Those of another
    definition are not resumed (test_definition.py)."""
    kept = [(place, harness.read_json(place / "figures.json")) for place in sorted(golden_runs.GOLDEN.glob("files-*"))]
    today = golden_runs.read_table()["definition"]
    return [(place, figures) for place, figures in kept if figures["definition"] == today]


class Files(harness.Case):
    def assert_resumed(self, place, figures, start, arguments, ranks):
        """From the newest checkpoint, or from the one named, in a copy of the run."""
        shutil.rmtree(self.dir / "run", ignore_errors=True)
        shutil.copytree(place / "stopped", self.dir / "run")
        self.ok("train", "--resume", self.dir / "run" / start, "--max-steps", "none", "--progress", "off", *arguments,
                ranks=ranks)
        self.assertEqual(figures["run"], golden_runs.course_of(self.dir, "run"))

    def test_a_run_is_resumed(self):
        self.assertTrue(written(), "no files of this definition: tests/golden/files")
        for place, figures in written():
            starts = ["", *(f"checkpoints/{path.name}" for path in (place / "stopped" / "checkpoints").iterdir())]
            self.assertGreaterEqual(len(starts), 3)
            for i, start in enumerate(starts):
                ranks, arguments = [(None, THREADS[1]), *RANKS][i % 4]
                with self.subTest(place=place.name, start=start, ranks=ranks):
                    self.assert_resumed(place, figures, start, arguments, ranks)

    def test_an_option_that_came_later(self):
        """An option that neither config.ini nor checkpoint of a run names is one that its version did not have.
        With its default the run is resumed, with another value it is another run."""
        for place, figures in written():
            run = self.dir / "run"
            shutil.copytree(place / "stopped", run)
            config = run / "config.ini"
            config.write_text(re.sub(r"^beta2 = .*\n", "", config.read_text(), flags=re.MULTILINE))
            for state in (run / "checkpoints").glob("*/state.json"):
                harness.rewrite_state(state, lambda content: content["identity"].pop("--beta2"))
            self.refused(64, "train", "--resume", run, "--max-steps", "none", "--beta2", "0.9",
                         says=["--beta2 is not known in the checkpoint", "0.9 now"])
            self.ok("train", "--resume", run, "--max-steps", "none", "--progress", "off")
            self.assertEqual(figures["run"], golden_runs.course_of(self.dir, "run"))
            shutil.rmtree(run)

    def test_a_run_is_repeated(self):
        """Its config.ini says all that it was, and `report` reads the rest."""
        for place, _ in written():
            with self.subTest(place=place.name):
                self.train("again", "--config", place / "stopped" / "config.ini")
                self.assertEqual(golden_runs.course_of(place, "stopped"), golden_runs.course_of(self.dir, "again"))
                self.ok("report", place / "stopped", "--out", self.dir / "report.html")

    def test_models_are_evaluated(self):
        golden_runs.write_data(self.dir)
        for place, figures in written():
            for name, (_, arguments) in golden_runs.MODELS.items():
                for ranks in (None, 2):
                    with self.subTest(place=place.name, model=name, ranks=ranks):
                        found = golden_runs.evaluate(self.dir, place / f"{name}.safetensors", arguments, ranks=ranks)
                        wanted = figures["models"][name]
                        self.assertEqual(wanted, {key: found.get(key) for key in wanted}, found)


if __name__ == "__main__":
    unittest.main()
