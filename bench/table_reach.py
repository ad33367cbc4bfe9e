"""Measures how well programs predict from real tables, all on the same splits: `bench/reach --tables`.

    bench/reach --tables --programs lightgbm,linear             peers on the tables for choosing
    bench/reach --tables --ours preset="--preset table"         lockstep beside them, with these options of train
    bench/reach --tables --ours tuned="tune 50 --preset table"  the best of 50 tries, as lightgbm-tuned
    bench/reach --tables --half judge --frozen COMMIT --ours preset="--preset table"
    bench/reach --tables --report --half judge                  print what has been measured
    bench/reach --tables --export                               write all tables, also small ones for trying out readers

Twenty tables with 1,030 to 58,000 rows come from Debian's R packages (bench/table_sets.py says which, and what is left
out). Every program gets two files of a split, train.csv and test.csv, and writes predictions; the error is 1 - accuracy
for classes, and for values the root of the mean squared error relative to the standard deviation of the labels. A line of
results.csv is one table x split x program, with times and peak memory; the lines that exist are not measured again.

The tables have two halves. Recipes are chosen on one. On the other, lockstep only runs with --frozen COMMIT, as built
from this commit, which must contain the recipe; whatever comes is published. The report has, for each table, the mean
error of the splits with its 95 % interval (corrected for overlapping training sets), and over the tables the geometric
mean of the error ratios to LightGBM's defaults, errors shifted by 0.01, with a bootstrap over tables. Bars for lockstep:
the upper end of that interval at most 1.02, and below 1 for the ratio to scikit-learn's MLP. Exit code 1 if a program
failed, or --half judge misses a bar.

Needs the packages of `scripts/setup reach`, and for the peers python3 with LightGBM, scikit-learn and pandas.
"""

import argparse
import csv
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
import typing

import table_report
import table_sets
import table_statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "bench" / "peers" / "table_models.py"
EX_USAGE, EX_UNAVAILABLE = 64, 69
PEERS = ["lightgbm", "lightgbm-tuned", "sklearn-mlp", "sklearn-mlp-stopping", "linear"]
COLUMNS = ["table", "split", "program", "version", "options", "train_rows", "test_rows", "error", "log_loss", "seconds",
           "peak_mib", "detail"]


def stop(message, code=1):
    print(f"bench/reach: {message}", file=sys.stderr)
    sys.exit(code)


class Failed(Exception):
    """A program that ended with an error, or with predictions that are none."""


class Split(typing.NamedTuple):
    """One split of a table, in a folder of its own with train.csv and test.csv."""
    table: table_sets.Table
    number: int  # from 1; also the programs' seed
    train_rows: int
    labels: list  # of test.csv
    folder: pathlib.Path
    about: pathlib.Path  # the table's NAME.json
    threads: int


class Program(typing.NamedTuple):
    name: str
    version: str
    options: str
    commands: typing.Callable  # of a split; they run in its folder and write predictions.csv
    detail: typing.Callable  # of a split and the standard output of the last command; for results.csv


def peer(name, version, python):
    def commands(split):
        return [[python, str(MODELS), name, "--train", "train.csv", "--test", "test.csv", "--about", str(split.about),
                 "--out", "predictions.csv", "--seed", str(split.number), "--threads", str(split.threads)]]
    return Program(name, version, "", commands, lambda split, output: json.loads(output))


def lockstep(name, version, options, program):
    """`options`: those of train, or "tune N" and its options."""
    words = shlex.split(options)
    tunes = words[:1] == ["tune"]
    command = words[:2] if tunes else ["train"]

    def commands(split):
        common = ["--label", split.table.label, "--threads", str(split.threads)]
        # Whole numbers are classes for lockstep unless the loss is one for values.
        loss = ["--loss", "mse"] if split.table.task == "values" and "--loss" not in options else []
        return [[program, *command, "--data", "train.csv", *common, *loss, "--seed", str(split.number), "--progress", "off",
                 "--out", name, *words[2 if tunes else 0:]],
                [program, "predict", name, "--data", "test.csv", *common, "--out", "predictions.csv"]]

    def detail(split, _):
        if tunes:
            study = json.loads((split.folder / name / "tune.json").read_text(encoding="utf-8"))
            winner = study["tries"][study["winner"]["try"] - 1]
            return {"fit_s": sum(row["seconds"] for row in study["tries"]), "chosen": winner}
        summary = json.loads((split.folder / name / "summary.json").read_text(encoding="utf-8"))
        return {"fit_s": summary["seconds"], "steps": summary["steps_done"], "weights_xxh3": summary["weights_xxh3"]}
    return Program(name, version, options, commands, detail)


def measure(commands, split):
    """Runs the commands. Returns their wall time, their peak memory in MiB, and the standard output of the last."""
    seconds, peak = 0.0, 0
    environment = {**os.environ, "OMP_NUM_THREADS": str(split.threads), "OPENBLAS_NUM_THREADS": str(split.threads)}
    for command in commands:
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=split.folder, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds += time.perf_counter() - start
            peak = max(peak, usage.ru_maxrss)
            out.seek(0)
            err.seek(0)
            output = out.read()
            if process.returncode:
                raise Failed(f"exit {process.returncode} from: {shlex.join(command)}\n{err.read().strip()}")
    return seconds, peak / 1024, output


def judge(split):
    """The error of predictions.csv, and its log loss if there are classes."""
    try:
        header, rows = table_sets.read_rows(split.folder / "predictions.csv")
        if split.table.task == "classes":
            return table_statistics.class_errors(split.labels, header, rows)
        return table_statistics.value_error([float(label) for label in split.labels], rows), None
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Failed(f"its predictions are not usable: {error}") from error


def measure_program(program, split):
    """Returns the line of results. Raises Failed."""
    try:
        seconds, peak, output = measure(program.commands(split), split)
        error, loss = judge(split)
    finally:
        (split.folder / "predictions.csv").unlink(missing_ok=True)
    return {"table": split.table.name, "split": split.number, "program": program.name, "version": program.version,
            "options": program.options, "train_rows": split.train_rows, "test_rows": len(split.labels), "error": f"{error:.9g}",
            "log_loss": "" if loss is None else f"{loss:.9g}", "seconds": f"{seconds:.3f}", "peak_mib": f"{peak:.1f}",
            "detail": json.dumps(program.detail(split, output))}


def read_results(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add_result(path, line):
    """Appends a line, in one write, so that a kill leaves no half of it."""
    new = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(line)


def check_same(results, programs):
    """Stops if results were measured with another version or other options: a table of both would mislead."""
    for line in results:
        for program in programs:
            if line["program"] == program.name and (line["version"], line["options"]) != (program.version, program.options):
                stop(f"{program.name} has results of {line['version']} with options \"{line['options']}\", and would now be "
                     f"{program.version} with options \"{program.options}\": use another name or another --folder", EX_USAGE)


def run_split(programs, split, results):
    """Adds the lines of programs to the results. Returns the number of failures."""
    failures = 0
    for program in programs:
        place = f"{split.table.name} {split.number} {program.name}"
        try:
            line = measure_program(program, split)
        except Failed as failure:
            print(f"{place}: {failure}", file=sys.stderr)
            failures += 1
            continue
        add_result(results, line)
        print(f"{place}: {float(line['error']):.4f}, {line['seconds']} s", file=sys.stderr)
    return failures


def run(programs, tables, options):
    """Measures what is not among the results yet. Returns the number of failures."""
    results, failures = options.folder / "results.csv", 0
    done = {(line["table"], int(line["split"]), line["program"]) for line in read_results(results)}
    for table in tables:
        about = (options.folder / "tables" / f"{table.name}.json").resolve()
        header, rows = table_sets.read_rows(about.with_suffix(".csv"))
        labels = [row[header.index(table.label)] for row in rows]
        for number, (train, test) in enumerate(list(table_sets.splits(table, labels))[:options.splits], 1):
            pending = [program for program in programs if (table.name, number, program.name) not in done]
            if not pending:
                continue
            with tempfile.TemporaryDirectory() as folder:
                split = Split(table, number, len(train), [labels[row] for row in test], pathlib.Path(folder), about, options.threads)
                table_sets.write_rows(split.folder / "train.csv", header, [rows[row] for row in train])
                table_sets.write_rows(split.folder / "test.csv", header, [rows[row] for row in test])
                failures += run_split(pending, split, results)
    return failures


def peer_versions(python):
    done = subprocess.run([python, str(MODELS), "--versions"], capture_output=True, text=True, check=False)
    if done.returncode:
        stop(done.stderr.strip(), done.returncode)
    return json.loads(done.stdout)


def lockstep_version(program):
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        stop(f"{program} does not run: {error}", EX_UNAVAILABLE)


def check_frozen(version, commit):
    """Stops unless the program was built from a commit, without changes."""
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        stop(f"--frozen {commit}: not a commit of this repository", EX_USAGE)
    built = re.search(r"\((\w+)\)", version)
    if not built or not done.stdout.startswith(built[1]):
        stop(f"--frozen {commit}: the program is {version}, not built from {done.stdout[:12]} without changes", EX_USAGE)


def select_tables(options):
    """The tables to measure: of the half, or those of --only."""
    names = [table.name for table in table_sets.TABLES]
    only = options.only.split(",") if options.only else names
    if unknown := set(only) - set(names):
        stop(f"unknown table {min(unknown)}; choose from {', '.join(names)}", EX_USAGE)
    tables = [table for table in table_sets.TABLES if table.name in only and options.half in ("both", table_sets.half_of(table))]
    if not tables:
        stop(f"--only {options.only}: not in the half \"{options.half}\"", EX_USAGE)
    return tables


def select_programs(options, tables):
    recipes = [recipe.partition("=")[::2] for recipe in options.ours]
    peers = [name for name in options.programs.split(",") if name]
    names = [*peers, *(name for name, _ in recipes)]
    if unknown := set(peers) - set(PEERS):
        stop(f"unknown program {min(unknown)}; choose from {', '.join(PEERS)}", EX_USAGE)
    if len(set(names)) < len(names) or any(not re.fullmatch(r"[\w.-]+", name) or name in PEERS for name, _ in recipes):
        stop(f"--ours NAME=\"OPTIONS\" needs distinct names that are not those of peers: {', '.join(names)}", EX_USAGE)
    if recipes:
        version = lockstep_version(options.program)
        if options.frozen:
            check_frozen(version, options.frozen)
        elif judged := [table.name for table in tables if table_sets.half_of(table) == "judge"]:
            stop(f"{', '.join(judged)}: these tables judge lockstep. Commit the recipe first, then build and run it with "
                 f"--frozen COMMIT", EX_USAGE)
    versions = peer_versions(options.python) if peers else {}
    return [*(lockstep(name, version, text, options.program) for name, text in recipes),
            *(peer(name, versions[name], options.python) for name in peers)]


def read_options(arguments):
    parser = argparse.ArgumentParser(prog="bench/reach --tables", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=["choose", "judge", "both"], default="choose", help="tables to measure (default choose)")
    parser.add_argument("--only", help="names of tables, of that half")
    parser.add_argument("--programs", default=",".join(PEERS), help="peers (default %(default)s); \"\" for none")
    parser.add_argument("--ours", action="append", default=[], metavar="NAME=OPTIONS", help="lockstep with these options of train, or tune N and its options; repeatable")
    parser.add_argument("--frozen", metavar="COMMIT", help="commit of the recipe, which the program is built from")
    parser.add_argument("--splits", type=int, default=table_sets.SPLITS, help="the first splits only (default %(default)s, all)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="threads of each program (default: all cores)")
    parser.add_argument("--report", action="store_true", help="print the report, measure nothing")
    parser.add_argument("--export", action="store_true", help="write the tables of both halves and the small ones, measure nothing")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build-tables", help="tables and results.csv (default build-tables)")
    parser.add_argument("--python", default=sys.executable, help="python3 of the peers (default: this one)")
    parser.add_argument("--program", type=os.path.abspath, default=str(ROOT / "build" / "lockstep"))
    return parser.parse_args(arguments)


def export(tables, folder):
    try:
        table_sets.export(tables, folder)
    except table_sets.NotInstalled as error:
        stop(f"{error}: scripts/setup reach", EX_UNAVAILABLE)


def main(arguments):
    options = read_options(arguments)
    folder, results = options.folder / "tables", options.folder / "results.csv"
    if options.export:
        export(table_sets.TABLES + table_sets.SMALL, folder)
        print(*sorted(str(path) for path in folder.glob("*.csv")), sep="\n")
        return 0
    tables, failures = select_tables(options), 0
    if not options.report:
        programs = select_programs(options, tables)
        check_same(read_results(results), programs)
        export(tables, folder)
        failures = run(programs, tables, options)
    missed = table_report.report(read_results(results), tables, PEERS, bars=not options.only)
    if missed is None:
        stop("no results of these tables")
    return 1 if failures or (missed and options.half == "judge") else 0
