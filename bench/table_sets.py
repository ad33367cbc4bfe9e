"""The real tables of `bench/reach --tables`: their list, their halves, their export from Debian's R packages, and their splits.

Everything here is plain Python, so that the splits are the same everywhere; the export needs Rscript and the packages
(scripts/setup reach). A table is exported once into a folder, as

    NAME.csv    header and rows as they are: words, missing cells as NA; without the columns below, and without rows
                that have no label
    NAME.json   {"label", "task", "rows", "categories": [names of the columns that are not numbers]}
"""

import collections
import csv
import json
import pathlib
import random
import subprocess
import typing

EX_UNAVAILABLE = 69
SPLITS = 10
FEW_ROWS = 5000  # below: twofold cross-validation five times; from here: a fifth for testing, ten times
HOLDOUT = 5


class Table(typing.NamedTuple):
    name: str
    package: str
    object: str
    label: str
    task: str  # classes or values
    omitted: dict = {}  # columns, and the reason why each is left out


# At least 1,000 rows. The list is closed: another table would change the half of those behind it.
TABLES = [
    Table("attrition", "modeldata", "attrition", "Attrition", "classes"),
    Table("cells", "modeldata", "cells", "class", "classes", {"case": "the split of the authors"}),
    Table("credit_data", "modeldata", "credit_data", "Status", "classes"),
    Table("dna", "mlbench", "DNA", "Class", "classes"),
    Table("hpc_data", "modeldata", "hpc_data", "class", "classes"),
    Table("income", "kernlab", "income", "INCOME", "classes"),
    Table("lending_club", "modeldata", "lending_club", "Class", "classes"),
    Table("letter", "mlbench", "LetterRecognition", "lettr", "classes"),
    Table("mlc_churn", "modeldata", "mlc_churn", "churn", "classes"),
    Table("satellite", "mlbench", "Satellite", "classes", "classes"),
    Table("shuttle", "mlbench", "Shuttle", "Class", "classes"),
    Table("spam", "kernlab", "spam", "type", "classes"),
    Table("stackoverflow", "modeldata", "stackoverflow", "Remote", "classes"),
    Table("ticdata", "kernlab", "ticdata", "CARAVAN", "classes"),
    Table("wa_churn", "modeldata", "wa_churn", "churn", "classes"),
    Table("ames", "modeldata", "ames", "Sale_Price", "values"),
    Table("check_times", "modeldata", "check_times", "check_time", "values", {"package": "a name, different in every row"}),
    Table("concrete", "modeldata", "concrete", "compressive_strength", "values"),
    Table("diamonds", "ggplot2", "diamonds", "price", "values"),
    Table("txhousing", "ggplot2", "txhousing", "median", "values",
          {"volume": "with sales the mean price, nearly the label", "date": "year and month again"}),
]

# Smaller ones, for the reader of files only.
SMALL = [
    Table("airquality", "datasets", "airquality", "Ozone", "values"),
    Table("boston", "mlbench", "BostonHousing2", "cmedv", "values", {"medv": "the label before its correction"}),
    Table("breast_cancer_words", "mlbench", "BreastCancer", "Class", "classes", {"Id": "a number of the patient"}),
    Table("house_votes", "mlbench", "HouseVotes84", "Class", "classes"),
    Table("mpg", "ggplot2", "mpg", "hwy", "values", {"cty": "the same on other roads"}),
    Table("msleep", "ggplot2", "msleep", "sleep_total", "values",
          {"name": "different in every row", "awake": "24 hours minus the label"}),
    Table("ozone", "mlbench", "Ozone", "V4", "values"),
    Table("penguins", "modeldata", "penguins", "species", "classes"),
    Table("pima", "mlbench", "PimaIndiansDiabetes2", "diabetes", "classes"),
    Table("sacramento", "modeldata", "Sacramento", "price", "values"),
    Table("soybean", "mlbench", "Soybean", "Class", "classes"),
    Table("vowel", "mlbench", "Vowel", "Class", "classes", {"V1": "the speaker"}),
    Table("zoo", "mlbench", "Zoo", "type", "classes"),
]

# Writes a data set as OBJECT.csv, and whether each column is a number. Exit code 69 if a package is not installed.
EXPORT = r"""
arguments <- commandArgs(TRUE)
for (source in arguments[-1]) {
  part <- strsplit(source, "::")[[1]]
  if (!requireNamespace(part[1], quietly = TRUE)) { message("R has no package ", part[1]); quit(status = 69) }
  place <- new.env()
  data(list = part[2], package = part[1], envir = place)
  table <- as.data.frame(place[[part[2]]])
  stopifnot(nrow(table) > 0)
  write.csv(table, file.path(arguments[1], paste0(part[2], ".csv")), row.names = FALSE, fileEncoding = "UTF-8")
  write.csv(data.frame(number = sapply(table, is.numeric)), file.path(arguments[1], paste0(part[2], ".kinds")))
}
"""


class NotInstalled(Exception):
    """Rscript or one of its packages is missing."""


def half_of(table):
    """The half that a table belongs to: every second one is for judging, classes first, each in order of name."""
    ordered = sorted(TABLES, key=lambda other: (other.task, other.name))
    return "judge" if ordered.index(table) % 2 else "choose"


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def write_rows(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def refine(table, raw, folder):
    """Writes NAME.csv and NAME.json from R's files."""
    header, rows = read_rows(raw / f"{table.object}.csv")
    numbers = {name: kind == "TRUE" for name, kind in read_rows(raw / f"{table.object}.kinds")[1]}
    label = header.index(table.label)
    kept = [i for i, name in enumerate(header) if name not in table.omitted]
    rows = [[row[i] for i in kept] for row in rows if row[label] != "NA"]
    write_rows(folder / f"{table.name}.csv", [header[i] for i in kept], rows)
    about = {"label": table.label, "task": table.task, "rows": len(rows),
             "categories": [header[i] for i in kept if not numbers[header[i]] and i != label]}
    # Last, since this file says that the table is complete.
    (folder / f"{table.name}.json").write_text(json.dumps(about), encoding="utf-8")


def export(tables, folder):
    """Exports the tables that the folder does not have yet. Raises NotInstalled."""
    missing = [table for table in tables if not (folder / f"{table.name}.json").exists()]
    if not missing:
        return
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    command = ["Rscript", "--vanilla", "-e", EXPORT, str(raw), *(f"{table.package}::{table.object}" for table in missing)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NotInstalled("Rscript is not installed") from error
    if done.returncode == EX_UNAVAILABLE:
        raise NotInstalled(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(f"Rscript: {done.stderr.strip()}")
    for table in missing:
        refine(table, raw, folder)


def about(table, folder):
    return json.loads((pathlib.Path(folder) / f"{table.name}.json").read_text(encoding="utf-8"))


def deal(strata, parts, draw):
    """The part of each row: all parts get equally many rows of every stratum, to within one. `draw` returns random numbers."""
    by_stratum = collections.defaultdict(list)
    for row, stratum in enumerate(strata):
        by_stratum[stratum].append((draw(), row))
    part, position = [0] * len(strata), 0
    for stratum in sorted(by_stratum):
        for _, row in sorted(by_stratum[stratum]):
            part[row] = position % parts
            position += 1
    return part


def splits(table, labels):
    """The ten splits of a table as (training rows, test rows), each in the order of the file; classes are stratified.

    The seed is the table's name and the number of the repetition; only random() is used, which is the same in every
    version of Python."""
    strata = labels if table.task == "classes" else [""] * len(labels)
    repetitions, parts, tests = (5, 2, (0, 1)) if len(labels) < FEW_ROWS else (10, HOLDOUT, (0,))
    for repetition in range(repetitions):
        part = deal(strata, parts, random.Random(f"{table.name} {repetition}").random)
        for test in tests:
            yield ([row for row, p in enumerate(part) if p != test], [row for row, p in enumerate(part) if p == test])
