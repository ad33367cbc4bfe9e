"""Nothing that a file, a name or an argument holds reaches a terminal, a log or the page as a control sequence.

Texts of files were printed as they came: the dtype of an NPY file, a column's name or a class could clear the screen, set
the window's title, or write over the lines above it.
"""

import json
import os
import pathlib
import pty
import struct
import subprocess
import unittest

import harness

USAGE, BAD_DATA, NO_INPUT, CONFIG = 64, 65, 66, 78

# What terminals obey, what turns the order of text, what has no width; and the same for names of files, which are bytes.
EVIL = "E\x1b[2J\x1b]0;owned\x07\x08\r\x7f\u009b31m\u202e\u2066\u200b\ufeffE"
BYTES = b"E\x1b[2J\r\xff\x9b\xe2\x80\xaeE"
HIDDEN = {*range(0x20), *range(0x7f, 0xa0), *range(0x200b, 0x2010), *range(0x2028, 0x202f), *range(0x2060, 0x2070), 0xfeff}
HIDDEN.remove(ord("\n"))
SMALL = ["--hidden", "4", "--batch", "16", "--epochs", "1", "--threads", "1"]


def hidden(content, allowed=""):
    """The characters of these bytes that should not be shown; bytes that are not UTF-8 are among them."""
    return sorted({hex(ord(c)) for c in content.decode("utf-8", "surrogateescape")
                   if (ord(c) in HIDDEN and c not in allowed) or 0xd800 <= ord(c) < 0xe000})


def npy(descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def safetensors(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


class Terminal(harness.Case):
    def setUp(self):
        super().setUp()
        self.folder = os.fsencode(self.dir) + b"/" + BYTES
        os.mkdir(self.folder)

    def file(self, name, content):
        path = self.folder + b"/" + name
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def see(self, code, *arguments, shows=b"E\\x1b[2J", env=None, program=harness.PROGRAM, data_on_stdout=False):
        """Runs it, and looks at every byte of both streams."""
        done = subprocess.run([program, *arguments], env=harness.environment(env), capture_output=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT_S)
        said = done.stderr if data_on_stdout else done.stdout + done.stderr
        self.assertEqual(code, done.returncode, done)
        self.assertEqual([], hidden(said), done)
        if shows:
            self.assertIn(shows, said, "the text is not shown at all")
        return done

    def table(self, name=b"t.csv"):
        """Evil names of columns and of classes."""
        lines = [f"a{EVIL},b,kind".replace("\r", "")]
        lines += [f"{i * 7 % 10},{i * 3 % 11},c{i % 2}{EVIL}".replace("\r", "") for i in range(80)]
        return self.file(name, "\n".join(lines) + "\n")

    def run_directory(self):
        out = self.folder + b"/run"
        self.see(0, "train", "--data", self.table(), "--out", out, *SMALL, "--val-split", "0.25", "--checkpoint-every", "2")
        return out

    # --- what is wrong with files ---------------------------------------------------------------------

    def test_arrays(self):
        labels = self.file(b"y.npy", npy("<i8", "(4,)", bytes(32)))
        for descr, shape in ((EVIL, "(4, 2)"), ("<f4", f"(4, {EVIL})"), ("<f4", "(4, 2)")):
            inputs = self.file(b"x.npy", npy(descr, shape, bytes(20)))
            self.see(BAD_DATA, "train", "--data", inputs, "--labels", labels, *SMALL)
            self.see(BAD_DATA, "plan", "--data", inputs, "--labels", labels)

    def test_models(self):
        entry = {"dtype": EVIL, "shape": [1], "data_offsets": [0, 4]}
        cases = [json.dumps({"0.weight": entry}, ensure_ascii=False).encode(),
                 json.dumps({EVIL: entry}, ensure_ascii=False).encode(),
                 json.dumps({"__metadata__": {"format": EVIL, "lockstep": EVIL}}, ensure_ascii=False).encode(),
                 b'{"a": nonsense \x1b[2J\xff}', b'{"\x1b[2J": 1}', BYTES]
        for header in cases:
            model = self.file(b"model.safetensors", safetensors(header, bytes(4)))
            for command in ("eval", "predict"):
                self.see(BAD_DATA, command, model, "--data", self.table())
            self.see(BAD_DATA, "train", "--init-from", model, "--data", self.table(), *SMALL)

    def test_metadata_of_a_model(self):
        """A sound model whose metadata hold a text of somebody's choice in each place."""
        self.train("run", "--data", os.fsdecode(self.table()), *SMALL)
        content = (self.dir / "run" / "model.safetensors").read_bytes()
        length, = struct.unpack_from("<Q", content)
        header = json.loads(content[8:8 + length])
        for key in header["__metadata__"]:
            changed = header | {"__metadata__": header["__metadata__"] | {key: EVIL}}
            model = self.file(b"m.safetensors",
                              safetensors(json.dumps(changed, ensure_ascii=False).encode(), content[8 + length:]))
            done = subprocess.run([harness.PROGRAM, "eval", model, "--data", self.table()], capture_output=True,
                                  check=False, env=harness.environment(), timeout=harness.TIMEOUT_S)
            self.assertIn(done.returncode, (0, BAD_DATA), done)
            self.assertEqual([], hidden(done.stdout + done.stderr), done)

    def test_cells_of_a_table(self):
        bad = "1\x1b[2J\x7f"
        for text in (f"a,b\n1,2\n{bad},3\n", f"a,b\n{bad}\n", f"a{EVIL},a{EVIL}\n1,2\n", "a,b\n1,k\x1b\xe4\n",
                     "a,\xff\x1b[2J\n1,2\n"):
            path = self.file(b"bad.csv", text.encode("latin-1" if "\xe4" in text or "\xff" in text else "utf-8"))
            self.see(BAD_DATA, "train", "--data", path, *SMALL)

    def test_names_of_files(self):
        model = self.file(b"model", b"")
        for command in (["train", "--data"], ["plan", "--data"], ["eval", "--data", "synthetic"], ["report"],
                        ["train", "--data", "synthetic", "--resume"], ["train", "--config"],
                        ["train", "--data", "synthetic", "--init-from"]):
            for path in (self.folder + b"/none.csv", self.folder + b"/no\nlockstep: done.csv"):
                code = USAGE if command == ["report"] and b"\n" in path else NO_INPUT
                done = self.see(code, *command, path)
                self.assertNotIn(b"\nlockstep: done", done.stderr)
        self.see(BAD_DATA, "predict", model, "--data", "synthetic")

    def test_arguments_and_configurations(self):
        config = self.file(b"c.ini", f"{EVIL} = 3\n".replace("\r", ""))
        self.see(CONFIG, "train", "--config", config, "--data", "synthetic")
        config = self.file(b"c.ini", f"batch = {EVIL}\n".replace("\r", ""))
        self.see(CONFIG, "train", "--config", config, "--data", "synthetic")
        self.see(USAGE, "train", f"--{EVIL}")
        self.see(USAGE, EVIL)
        self.see(USAGE, "help", EVIL)
        self.see(USAGE, "train", "--batch", EVIL)
        self.see(USAGE, "train", "--data", f"synthetic:{EVIL}=3")
        self.see(USAGE, "train", "--data", "synthetic", env={"LOCKSTEP_BATCH": EVIL})

    # --- what goes well -------------------------------------------------------------------------------

    def test_commands(self):
        run, table = self.run_directory(), self.table()
        self.see(0, "train", "--data", table, *SMALL, "--val-split", "0.25", "--epochs", "3", "--resume", run)
        for name in (b"metrics.jsonl", b"summary.json", b"config.ini"):
            content = pathlib.Path(os.fsdecode(run + b"/" + name)).read_bytes()
            self.assertEqual([], hidden(content), f"in {name}")
        self.assert_names_are_whole(run, table)
        self.see(0, "eval", run, "--data", table)
        self.see(0, "eval", run, "--data", table, "--json", shows=b"\\u001B[2J")
        self.see(0, "plan", "--data", table)
        self.see(0, "plan", "--data", table, "--explain", "--hidden", "8")
        self.see(0, "info", shows=None)
        out = self.folder + b"/sweep"
        self.see(0, "sweep", "--data", table, "--batch", "16,32", "--epochs", "2", "--out", out, "--hidden", "4",
                 "--val-split", "0.25", "--target", "val_accuracy=0.1", shows=None)
        self.see(0, "sweep", "--data", table, "--batch", "16,32", "--epochs", "2", "--out", out, "--hidden", "4",
                 "--val-split", "0.25", "--target", "val_accuracy=0.1", shows=None)

    def assert_names_are_whole(self, run, table):
        """The classes of the model, as the JSON of eval has them: for programs, so nothing is lost."""
        done = subprocess.run([harness.PROGRAM, "eval", run, "--data", table, "--json"], capture_output=True, check=True,
                              env=harness.environment())
        names = [entry["name"] for entry in json.loads(done.stdout)["classes"]]
        self.assertEqual([f"c{i}{EVIL}".replace("\r", "") for i in (0, 1)], sorted(names))

    def test_predictions_are_data(self):
        """In CSV names are data, and stay what they were; but a terminal reads no CSV."""
        run, table = self.run_directory(), self.table()
        done = self.see(0, "predict", run, "--data", table, "--label", "kind", shows=None, data_on_stdout=True)
        self.assertIn(f"c0{EVIL}".replace("\r", "").encode(), done.stdout)
        self.assertEqual(b"", done.stderr)
        shown = self.on_a_terminal("predict", run, "--data", table, "--label", "kind")
        self.assertIn(b"c0E\\x1b[2J", shown)
        self.assertEqual([], hidden(shown, allowed="\r"))

    def on_a_terminal(self, *arguments):
        """What a terminal gets, which ends lines in \\r\\n."""
        master, slave = pty.openpty()
        child = subprocess.Popen([harness.PROGRAM, *arguments], env=harness.environment(), stdin=subprocess.DEVNULL,
                                 stdout=slave, stderr=slave)
        os.close(slave)
        got = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                piece = b""
            if not piece:
                break
            got += piece
        os.close(master)
        self.assertEqual(0, child.wait(harness.TIMEOUT_S), got)
        return got

    def test_a_bar_on_a_terminal(self):
        """Our own bar is erased by a control sequence, and by nothing else."""
        out = self.folder + b"/run"
        got = self.on_a_terminal("train", "--data", self.table(), "--out", out, "--hidden", "4", "--batch", "4",
                                 "--epochs", "3000", "--max-time", "2s", "--threads", "1", "--progress", "bar")
        self.assertIn(b"\r\x1b[K", got)
        self.assertEqual([], hidden(got.replace(b"\r\x1b[K", b""), allowed="\r"))

    # --- the page -------------------------------------------------------------------------------------

    def test_the_page(self):
        run = self.run_directory()
        bench = self.bench()
        page = self.folder + b"/page.html"
        self.see(0, "report", run, bench, "--out", page)
        self.assertEqual([], hidden(pathlib.Path(os.fsdecode(page)).read_bytes(), allowed="\t"))

        summary = pathlib.Path(os.fsdecode(run + b"/summary.json"))
        facts = {key: EVIL if isinstance(value, str) else value for key, value in json.loads(summary.read_text()).items()}
        summary.write_text(json.dumps(facts, ensure_ascii=False))
        config = pathlib.Path(os.fsdecode(run + b"/config.ini"))
        config.write_bytes(config.read_bytes() + b"# " + BYTES + b"\n")
        self.see(0, "report", run, bench, "--out", page)
        text = pathlib.Path(os.fsdecode(page)).read_bytes()
        self.assertEqual([], hidden(text, allowed="\t"))
        self.assertIn(b"E\\x1b[2J", text)
        done = self.see(0, "report", run, bench, "--out", "-", shows=None, data_on_stdout=True)
        self.assertEqual(text, done.stdout)

    def bench(self):
        """Figures of a bench, of a program that is called by an evil name."""
        program = self.folder + b"/lockstep"
        os.symlink(harness.PROGRAM, program)
        arguments = ["bench", "peak", "--seconds", "0.01", "--repeats", "1", "--threads", "1"]
        self.see(0, *arguments, program=program)
        done = self.see(0, *arguments, "--json", program=program, shows=b"\\x1b[2J")
        facts = json.loads(done.stdout)
        changed = {key: EVIL if isinstance(value, str) and key not in ("bench", "what") else value
                   for key, value in facts.items()}
        return self.file(b"bench.json", json.dumps(changed, ensure_ascii=False))

    def test_ranks(self):
        """What another rank says, and what travels with it."""
        labels = self.file(b"y.npy", npy("<i8", "(4,)", bytes(32)))
        inputs = self.file(b"x.npy", npy(EVIL, "(4, 2)", bytes(32)))
        done = subprocess.run([*map(os.fsencode, harness.command_of(["train"], 2)), b"--team", b"rank", b"--data", inputs,
                               b"--labels", labels], env=harness.environment(), capture_output=True, check=False,
                              timeout=harness.TIMEOUT_S)
        line = next(line for line in done.stderr.splitlines() if line.startswith(b"lockstep:"))
        self.assertIn(b"rank 0: ", line)
        self.assertIn(b"E\\x1b[2J", line)
        self.assertEqual([], hidden(line))


if __name__ == "__main__":
    unittest.main()
