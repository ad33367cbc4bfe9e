"""The runs of tests/golden/hashes.json, and the files of tests/golden/files-VERSION: what they read, and
the figures that they end in.

The table gives every option: those of `common`, and over them those of the run. So a run follows from
the table, from the files below and from the definition of sums and random draws, and from no default.
Options of the machine (threads, team, kernel, pass-rows, memory) change no bits, so each run may be made
with any of them.
"""

import hashlib
import itertools
import json
import struct

import harness
from test_tables import npy

GOLDEN = harness.SOURCE_DIR / "tests" / "golden"
TABLE = GOLDEN / "hashes.json"
FIGURES = ("weights_xxh3", "noise_trace", "noise_gradient_square")


def read_table(path=TABLE):
    return harness.read_json(path)


def options_of(table, row):
    return table["common"] | row["options"]


# --- the files -------------------------------------------------------------------------------------


def draw(*place):
    """16 bits that follow from the place alone, in every version of Python."""
    return int.from_bytes(hashlib.sha256(" ".join(map(str, place)).encode()).digest()[:2], "little")


def inputs(name, samples, features):
    """Rows of numbers in [-2, 2), which every format and float32 holds exactly."""
    return [[draw(name, i, f) / 16384 - 2 for f in range(features)] for i in range(samples)]


def label(row, classes=3):
    return max(range(classes), key=lambda c: (row[c], -c))


def targets(row):
    return [row[0] - row[1] / 2 + 1, row[2] * row[3] / 8 - row[0]]


def flat(rows):
    return list(itertools.chain.from_iterable(rows))


def table_text(rows, delimiter=",", names=None):
    """Inputs with three decimals, most of which no float holds exactly."""
    lines = [names] if names else []
    lines += [[cell if isinstance(cell, str) else f"{cell:.3f}" for cell in row] for row in rows]
    return "".join(delimiter.join(line) + "\n" for line in lines).encode()


def write_arrays(directory, name, samples, features, descr, code):
    """NPY files of inputs, classes and one target."""
    rows = inputs(name, samples, features)
    harness.write_file(directory / f"{name}.npy",
                       npy(descr, (samples, features), struct.pack(f"<{samples * features}{code}", *flat(rows))))
    harness.write_file(directory / f"{name}-classes.npy",
                       npy("<i8", (samples,), struct.pack(f"<{samples}q", *map(label, rows))))
    harness.write_file(directory / f"{name}-targets.npy",
                       npy("<f4", (samples, 1), struct.pack(f"<{samples}f", *(targets(row)[0] for row in rows))))


def write_data(directory):
    """All files that runs of the table name, relative to the directory."""
    harness.Images(directory / "images", train=150, test=40)
    harness.Images(directory / "images-gz", train=130, test=30, ending=".gz", seed=5)

    rows = inputs("floats", 140, 6)
    harness.write_file(directory / "floats.idx", harness.idx_bytes((140, 6), flat(rows), "f"))
    harness.write_file(directory / "floats-targets.idx",
                       harness.idx_bytes((140, 2), flat(map(targets, rows)), "f"))

    fruit = ("pear", "fig", "kiwi")
    for name, samples in (("train", 180), ("validation", 40), ("test", 30)):
        rows = inputs(f"fruit-{name}", samples, 5)
        harness.write_file(directory / f"fruit-{name}.csv", table_text(
            [[*row, fruit[label(row)]] for row in rows], names=["a", "b", "c", "d", "e", "fruit"]))
    rows = inputs("weighted", 150, 5)
    harness.write_file(directory / "weighted.csv", table_text(
        [[*row, str(draw("weight", i) % 7 / 2), fruit[label(row)]] for i, row in enumerate(rows)],
        names=["a", "b", "c", "d", "e", "weight", "fruit"]))
    rows = inputs("values", 160, 4)
    harness.write_file(directory / "values.tsv", table_text([[*row, *targets(row)] for row in rows], "\t"))
    rows = inputs("answers", 150, 5)
    harness.write_file(directory / "answers.csv", table_text(
        [[*row, *("1" if value > 0 else "0" for value in row[:3])] for row in rows],
        names=["a", "b", "c", "d", "e", "p", "q", "r"]))

    colours = ("red", "green", "blue", "", "grey", "white", "black")
    for name, holes in (("words", False), ("holes", True)):
        rows = [[*(f"{cell:.3f}" if cell > -1.5 or not holes else "NA" for cell in row), colours[draw(name, i) % 7],
                 fruit[label(row)]] for i, row in enumerate(inputs(name, 160, 4))]
        harness.write_file(directory / f"{name}.csv",
                           table_text(rows, names=["a", "b", "c", "d", "colour", "fruit"]))

    rows = inputs("sparse", 155, 6)
    harness.write_file(directory / "sparse.libsvm", "".join(
        f"{label(row)} " + " ".join(f"{i}:{cell:.3f}" for i, cell in enumerate(row, 1) if cell > -1) + "\n"
        for row in rows).encode())

    write_arrays(directory, "single", 170, 7, "<f4", "f")
    write_arrays(directory, "double", 165, 6, "<f8", "d")
    pixels = [draw("bytes", i) >> 8 for i in range(120 * 9)]
    harness.write_file(directory / "bytes.npy", npy("|u1", (120, 9), bytes(pixels)))
    harness.write_file(directory / "bytes-classes.npy",
                       npy("|u1", (120,), bytes(label(pixels[9 * i:], 4) for i in range(120))))

    begin = [(draw("begin", i) - 32768) / 65536 for i in range(6 * 8 + 8 + 8 * 3 + 3)]
    harness.write_tensors(directory / "begin.safetensors", {
        "0.weight": ([8, 6], begin[:48]), "0.bias": ([8], begin[48:56]),
        "2.weight": ([3, 8], begin[56:80]), "2.bias": ([3], begin[80:])})


# --- a run -----------------------------------------------------------------------------------------


def config_text(options):
    return "[train]\n" + "".join(f'{name} = "{value}"\n' for name, value in options.items())


def make_run(directory, name, options, arguments=(), ranks=None):
    """Trains in the directory, into `name`, with these options and, of the machine, these arguments."""
    (directory / f"{name}.ini").write_text(config_text(options), encoding="utf-8")
    return harness.run("train", "--config", f"{name}.ini", "--out", name, "--progress", "off", *arguments,
                       ranks=ranks, cwd=directory)


def figures_of(directory, name):
    summary = harness.read_json(directory / name / "summary.json")
    return {figure: summary[figure] for figure in FIGURES}


def program_of(directory, name):
    """What made a run: the program, and its definition of sums and random draws."""
    summary = harness.read_json(directory / name / "summary.json")
    return {"program": f"lockstep {summary['version']}, commit {summary['commit']}",
            "definition": summary.get("definition", 1)}


def identity_of(directory, name):
    """The options that make this run what it is, as its last checkpoint has them: name -> value."""
    state = max((directory / name / "checkpoints").glob("step-*")) / "state.json"
    return {trait[2:]: value for trait, value in harness.read_json(state)["identity"].items()
            if trait.startswith("--")}


def text_of(table):
    """A line a run, so that a difference shows which."""
    head = {key: value for key, value in table.items() if key != "runs"}
    rows = ",\n".join(json.dumps(row) for row in table["runs"])
    return json.dumps(head, indent=1)[:-2] + f',\n "runs": [\n{rows}\n]\n}}\n'


# --- files of an earlier version -------------------------------------------------------------------

# The models there: the run of the table that each is of, and the data it is asked about.
MODELS = {
    "classes": ("adam, a table with class names, linear by epoch after a warm-up of one",
                ["--data", "fruit-test.csv", "--header", "on", "--label", "fruit"]),
    "values": ("rmsprop with momentum, a table of two targets, exponential",
               ["--data", "values.tsv", "--header", "off", "--label", "5,6"]),
}


def course_of(directory, name):
    """A run to its end: its figures, and its weights after every epoch."""
    summary = harness.read_json(directory / name / "summary.json")
    events = harness.read_events(directory / name / "metrics.jsonl")
    keys = [*FIGURES, "steps_done", "stopped_by", "weights_of_step", "val_loss", "test_loss"]
    return {key: summary[key] for key in keys} | {
        "epochs": {f"step {event['step']}": event["weights_xxh3"] for event in events if event["event"] == "epoch"}}


def evaluate(directory, model, arguments, **settings):
    """What eval says of a model, but for its path."""
    done = harness.run("eval", model, "--json", *arguments, cwd=directory, **settings)
    report = json.loads(done.out) if done.code == 0 else {"model": None, "failed": str(done)}
    del report["model"]
    return report


if __name__ == "__main__":
    raise SystemExit("a helper of the tests beside it")
