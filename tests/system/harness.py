"""What the system tests share: the program, alone or under mpirun; files for it to read; its files read back.

The tests see the program as a user does, through arguments, environment, exit code, streams and
files, and know nothing of its sources. Each runs by itself too:

    PROGRAM=build/lockstep tests/system/test_plan.py          (MPIEXEC=mpiexec.mpich for another MPI)
"""

import ctypes
import gzip
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.path.abspath(os.environ.get("PROGRAM", SOURCE_DIR / "build" / "lockstep"))
MPIEXEC = shlex.split(os.environ.get("MPIEXEC", "mpirun"))
if not os.access(PROGRAM, os.X_OK):
    sys.exit(f"there is no program {PROGRAM}: build it, or name it by PROGRAM")
TIMEOUT_S = 60  # of one run; a test that needs more says so

# What Open MPI wants for tests on a small machine, perhaps as root; other MPIs do not look at it.
LAUNCH = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",  # as Open MPI 5's launcher wants it
    "PRTE_MCA_hwloc_default_binding_policy": "none",
    "OMPI_MCA_odls_base_sigkill_timeout": "0",  # a failing job ends at once, not after a second or two
    "OMP_WAIT_POLICY": "passive",
}

# What would change a run, or make it think that a launcher has started it.
FOREIGN = re.compile(r"LOCKSTEP_|OMP_(?!WAIT_POLICY)|SLURM_|PMI|MV2_|OMPI_COMM_|PRTE_|BLIS_")

# The number of a rank, for shells under either MPI; and the directory of a rank.
RANK = "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}"


# Options of runs that do not give them. Most tests are about something else than the defaults, which may
# change again; those that are about them set these variables to "", which is as if they were not there.
PLAIN = {
    "LOCKSTEP_OPTIMIZER": "sgd", "LOCKSTEP_SCHEDULE": "constant", "LOCKSTEP_INIT": "by-activation",
    "LOCKSTEP_SCALE": "by-type", "LOCKSTEP_NORMALIZE_TARGET": "none", "LOCKSTEP_DROPOUT": "0",
}
DEFAULTS = dict.fromkeys(PLAIN, "")


def environment(extra=None, command=()):
    """For a command that takes its options from a file, no others."""
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    arguments = list(map(str, command))
    continued = "--resume" in arguments and arguments[arguments.index("--resume") + 1:][:1] != ["auto"]
    return kept | LAUNCH | ({} if continued or "--config" in arguments else PLAIN) | (extra or {})


class Done:
    """A run that has ended: `code`, `out`, `err` (texts), `seconds`."""

    def __init__(self, command, code, out, err, seconds):
        self.command, self.code, self.out, self.err = command, code, out, err
        self.seconds = seconds

    def __str__(self):
        command = shlex.join(map(str, self.command))
        return f"{command}\nexit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def messages(self):
        """The error messages of the program, warnings and notes not among them."""
        return [line for line in self.err.splitlines()
                if re.match(r"lockstep:(?! warning:| note:)", line)]

    @property
    def warnings(self):
        return [line for line in self.err.splitlines() if line.startswith("lockstep: warning:")]

    @property
    def notes(self):
        return [line for line in self.err.splitlines() if line.startswith("lockstep: note:")]

    def figure(self, name):
        """The value of a line `name value` or `name value (baseline value)` of the results on stdout."""
        found = re.findall(rf"^{name} (\S+)(?: \(baseline \S+\))?$", self.out, re.MULTILINE)
        if len(found) != 1:
            raise AssertionError(f"not one line `{name} ...` in the results of\n{self}")
        return found[0]


def command_of(arguments, ranks=None, wrapper=()):
    """ranks: None for the plain program, else under mpirun. `wrapper` comes before the program."""
    launch = [] if ranks is None else [*MPIEXEC, "-n", str(ranks)]
    return [*launch, *wrapper, PROGRAM, *map(str, arguments)]


class Running:
    """A program that has been started, in a session of its own, so that all of it can be ended."""

    def __init__(self, command, env=None, cwd=None):
        self.command, self.started = command, time.monotonic()
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, env=environment(env, command), cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.out,
            stderr=self.err, start_new_session=True)

    def said(self, pattern):
        """Whether this stands on stderr by now."""
        size = os.fstat(self.err.fileno()).st_size
        return re.search(pattern, os.pread(self.err.fileno(), size, 0).decode("utf-8", "replace")) is not None

    @staticmethod
    def _text(file):
        file.seek(0)
        text = file.read().decode("utf-8", "replace")
        file.close()
        return text

    def end(self, timeout_s=TIMEOUT_S):
        """Waits for the end. One that does not come is a failure: the program hangs."""
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end after {timeout_s} s, so a hang:\n{self._done(None)}") from None
        return self._done(code)

    def _done(self, code):
        seconds = time.monotonic() - self.started
        return Done(self.command, code, self._text(self.out), self._text(self.err), seconds)

    def kill(self):
        """Ends what is left of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def run(*arguments, ranks=None, env=None, cwd=None, wrapper=(), timeout_s=TIMEOUT_S):
    return Running(command_of(arguments, ranks, wrapper), env, cwd).end(timeout_s)


def launcher():
    """The MPI whose launcher MPIEXEC is: "Open MPI 4" (its mpiexec calls itself OpenRTE), "Open MPI 5", "MPICH"."""
    text = subprocess.run([*MPIEXEC, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    if found := re.search(r"\((?:Open MPI|OpenRTE)\) (\d+)", text):
        return f"Open MPI {found[1]}"
    return "MPICH" if "HYDRA" in text else text.split("\n")[0]


def wait_until(condition, what, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.01)


class Case(unittest.TestCase):
    """A test with a directory of its own, and what tests of a program ask again and again."""

    maxDiff = None
    longMessage = True

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def need_program(self, name, purpose):
        """Skips the test where a program of scripts/setup is not installed; with REQUIRE_PACKAGES, as in CI, fails it."""
        if not shutil.which(name):
            stop = self.fail if os.environ.get("REQUIRE_PACKAGES") else self.skipTest
            stop(f"{name} is not installed: scripts/setup {purpose}")

    def ok(self, *arguments, **settings):
        """A run that must succeed, without a message."""
        done = run(*arguments, **settings)
        self.assertEqual(0, done.code, done)
        self.assertEqual([], done.messages, done)
        return done

    def train(self, out, *arguments, **settings):
        """The same of `train`, into self.dir / out."""
        return self.ok("train", "--out", self.dir / out, "--progress", "off", *arguments, **settings)

    def refused(self, code, *arguments, says=(), **settings):
        """A run that must fail with this exit code and one message that holds these texts."""
        done = run(*arguments, **settings)
        self.assert_failure(done, code, says)
        return done

    def assert_failure(self, done, code, says=()):
        self.assertEqual(code, done.code, done)
        self.assertEqual(1, len(done.messages), f"not exactly one message\n{done}")
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, done.messages[0], done)
        self.assert_no_crash(done)

    def assert_no_crash(self, done):
        for trace in ("Segmentation fault", "process received signal", "Traceback", "Sanitizer",
                      "core dumped", "*** stack smashing", "free():", "malloc():", "Assertion"):
            self.assertNotIn(trace, done.out + done.err, done)

    def assert_nothing_half_written(self, directory):
        """No results, and no part of one, in a directory that may not even be there."""
        names = {path.name for path in directory.glob("*")} if directory.is_dir() else set()
        self.assertEqual(set(), names - {"config.ini", "metrics.jsonl"}, f"in {directory}")


# --- what the program writes -----------------------------------------------------------------------


def read_json(path):
    """Strictly: NaN and Infinity are no JSON."""
    def refuse(word):
        raise ValueError(f"{word} in {path}")
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"), parse_constant=refuse)


def read_events(path):
    """metrics.jsonl as a list of objects."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    if not text.endswith("\n"):
        raise ValueError(f"{path} ends in the middle of a line")
    return [json.loads(line, parse_constant=lambda word: 1 / 0) for line in text.splitlines()]


class Tensors:
    """A safetensors file: `metadata`, `shape` of each name, `values` of each name, in file order."""

    def __init__(self, path):
        content = pathlib.Path(path).read_bytes()
        length, = struct.unpack_from("<Q", content)
        header = json.loads(content[8:8 + length].decode("utf-8"))
        self.data = content[8 + length:]
        self.metadata = header.pop("__metadata__")
        self.shape, self.values, covered = {}, {}, 0
        for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            first, end = entry["data_offsets"]
            if entry["dtype"] != "F32" or first != covered or (end - first) % 4:
                raise ValueError(f"{path}: tensor {name} lies badly: {entry}")
            self.shape[name] = entry["shape"]
            self.values[name] = struct.unpack(f"<{(end - first) // 4}f", self.data[first:end])
            covered = end
        if covered != len(self.data) or (8 + length) % 8:
            raise ValueError(f"{path}: {covered} bytes of tensors in {len(self.data)} of data")

    @property
    def all_values(self):
        return [value for values in self.values.values() for value in values]


def write_tensors(path, tensors):
    """tensors: name -> (shape, values)."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        piece = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def rewrite_state(path, change):
    """A checkpoint's state.json, as another version would have written it: `change` edits its object."""
    content = read_json(path)
    change(content)
    hash64 = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
    hash64.argtypes, hash64.restype = [ctypes.c_char_p, ctypes.c_size_t], ctypes.c_uint64
    text = json.dumps({"xxh3": "0" * 16} | content | {"xxh3": "0" * 16}, indent=2).encode()
    path.write_bytes(text.replace(b"0" * 16, b"%016x" % hash64(text, len(text)), 1))


# --- what the program reads ------------------------------------------------------------------------


def idx_bytes(shape, values, kind="B"):
    """An IDX file's content. kind: B for bytes, i for int32, f for float32, as in struct."""
    code = {"B": 8, "b": 9, "h": 11, "i": 12, "f": 13, "d": 14}[kind]
    header = struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape)
    return header + struct.pack(f">{len(values)}{kind}", *values)


def write_file(path, content):
    """Gzipped if the name says so."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return path


class Images:
    """A small classification set as a directory of IDX files: `train` samples of 4 x 4 bytes in 3
    classes, told apart by which row is bright, and `test` more."""

    SIDE, CLASSES = 4, 3

    def __init__(self, directory, train=60, test=20, ending="", seed=0):
        self.directory, self.ending = pathlib.Path(directory), ending
        self.write("train", train, seed)
        if test:
            self.write("t10k", test, seed + 1)

    def path(self, prefix, what):
        kind = {"images": "idx3", "labels": "idx1"}[what]
        return self.directory / f"{prefix}-{what}-{kind}-ubyte{self.ending}"

    def write(self, prefix, samples, seed):
        labels = [(i * 7 + seed) % self.CLASSES for i in range(samples)]
        pixels = [self.pixel(i + seed, labels[i], place) for i in range(samples)
                  for place in range(self.SIDE**2)]
        write_file(self.path(prefix, "images"), idx_bytes((samples, self.SIDE, self.SIDE), pixels))
        write_file(self.path(prefix, "labels"), idx_bytes((samples,), labels))

    def pixel(self, sample, label, place):
        noise = (sample * 2654435761 + place * 40503) >> 7 & 63
        return noise + (150 if place // self.SIDE == label else 0)


if __name__ == "__main__":
    sys.exit("a helper of the tests beside it")
