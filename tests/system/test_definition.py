"""Files of another definition of sums and random draws (src/base/definition.h): runs of two are never mixed.

Before there was a number, a version with other sums would have resumed any checkpoint, and ended in bits
that neither version gives; and a sweep would have compared its runs with those.
"""

import json
import re
import struct
import unittest

import harness

BAD_DATA = 65
TODAY = int(re.search(r"DEFINITION = (\d+)", (harness.SOURCE_DIR / "src/base/definition.h").read_text())[1])
OTHER = TODAY + 1

DATA = ["--data", "synthetic:samples=100,features=4,classes=3,test=20"]
RUN = [*DATA, "--hidden", "5", "--batch", "32", "--epochs", "2"]
SWEEP = [*DATA, "--val-split", "20", "--hidden", "5", "--epochs", "1", "--threads", "1"]


def set_number(content):
    content.update(definition=OTHER, lockstep="7.8.9")


class Definition(harness.Case):
    def rewrite_model(self, path, change):
        """`change` edits the metadata."""
        content = path.read_bytes()
        length, = struct.unpack_from("<Q", content)
        header = json.loads(content[8:8 + length])
        change(header["__metadata__"])
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length:])

    def rewrite_summary(self, run, **entries):
        path = self.dir / run / "summary.json"
        path.write_text(json.dumps(harness.read_json(path) | entries))

    def states(self, run):
        return sorted((self.dir / run / "checkpoints").glob("step-*/state.json"))

    def everything(self, run):
        return {path: path.read_bytes() for path in (self.dir / run).rglob("*") if path.is_file()}

    def test_it_is_written(self):
        self.train("run", *RUN)
        self.assertEqual(TODAY, harness.read_json(self.dir / "run" / "summary.json")["definition"])
        self.assertEqual([TODAY], [harness.read_json(path)["definition"] for path in self.states("run")])
        for path in (self.dir / "run").rglob("model.safetensors"):
            self.assertEqual(str(TODAY), harness.Tensors(path).metadata["definition"], path)

    def test_another_is_not_resumed(self):
        self.train("run", *RUN, "--max-steps", 3)
        state, = self.states("run")
        harness.rewrite_state(state, set_number)
        before = self.everything("run")
        for ranks in (None, 2):
            for command in (["--resume", self.dir / "run"], ["--resume", "auto", "--out", self.dir / "run"],
                            ["--resume", state.parent]):
                done = self.refused(BAD_DATA, "train", *command, "--max-steps", "none", ranks=ranks, says=[
                    str(state.parent), "lockstep 7.8.9", f"definition {OTHER} of sums and random draws",
                    f"has definition {TODAY}", "Resume it with lockstep 7.8.9", "--init-from"])
                self.assertEqual(before, self.everything("run"))
        model = re.search(r"--init-from (\S+)", done.messages[0])[1]
        self.train("anew", *RUN, "--init-from", model)

    def test_one_without_a_number_is_of_the_first(self):
        self.train("run", *RUN, "--max-steps", 3)
        state, = self.states("run")
        harness.rewrite_state(state, lambda content: content.pop("definition"))
        command = ["train", "--resume", self.dir / "run", "--max-steps", "none", "--progress", "off"]
        if TODAY == 1:
            self.ok(*command)
        else:
            self.refused(BAD_DATA, *command, says="definition 1 of sums")

    def test_models_of_another_are_used(self):
        self.train("run", *RUN)
        model = self.dir / "run" / "model.safetensors"
        commands = [["eval", model, *DATA, "--json"], ["predict", model, *DATA]]
        wanted = [self.ok(*command) for command in commands]
        self.assertEqual(["", ""], [done.err for done in wanted])
        self.rewrite_model(model, lambda metadata: metadata.update(definition=str(OTHER)))
        for command, before in zip(commands, wanted):
            for ranks in (None, 2):
                done = self.ok(*command, ranks=ranks)
                self.assertEqual(before.out, done.out)
                self.assertEqual(1, len(done.notes), done)
                for text in (str(model), f"definition {OTHER} of sums and random draws", f"has definition {TODAY}"):
                    self.assertIn(text, done.notes[0])
        self.rewrite_model(model, lambda metadata: metadata.pop("definition"))
        self.assertEqual(0 if TODAY == 1 else 1, len(self.ok(*commands[0]).notes))

    def test_a_sweep_is_of_one(self):
        """A run that is over, and one that was interrupted."""
        sweep = ["sweep", "--out", self.dir / "sweep", *SWEEP]
        self.ok(*sweep, "--batch", "20,40")
        run = sorted((self.dir / "sweep" / "runs").iterdir())[1]
        for interrupted in (False, True):
            if interrupted:
                (run / "summary.json").unlink()
                for state in self.states(run):
                    harness.rewrite_state(state, set_number)
            else:
                self.rewrite_summary(run, definition=OTHER)
            before = self.everything("sweep")
            for ranks in (None, 2):
                self.refused(BAD_DATA, *sweep, "--batch", "10,20,40", ranks=ranks, says=[
                    str(run), f"definition {OTHER} of sums", f"has definition {TODAY}", "--overwrite"])
            self.assertEqual(before, self.everything("sweep"), "nothing was trained, and nothing lost")
        self.ok(*sweep, "--batch", "10,20,40", "--overwrite")


if __name__ == "__main__":
    unittest.main()
