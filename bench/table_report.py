"""The report of `bench/reach --tables`, from the lines of results.csv."""

import math

import table_sets
from table_statistics import SHIFT, interval, ratio_interval, shifted_ratio

BARS = [("lightgbm", 1.02), ("sklearn-mlp", 1.0)]  # of lockstep's interval: the peer, and the greatest upper end


class Results:
    """The errors of some tables: `of(table, program)` is {split: error}."""

    def __init__(self, lines, tables):
        names = [table.name for table in tables]
        self.lines = [line for line in lines if line["table"] in names]
        self.tables = [name for name in names if any(line["table"] == name for line in self.lines)]
        self.versions = {line["program"]: line["version"] for line in self.lines}
        self.test_share = {line["table"]: int(line["test_rows"]) / int(line["train_rows"]) for line in self.lines}
        self.rows = {line["table"]: int(line["test_rows"]) + int(line["train_rows"]) for line in self.lines}

    def of(self, table, program):
        return {int(line["split"]): float(line["error"]) for line in self.lines
                if (line["table"], line["program"]) == (table, program)}

    def pairs(self, program, other):
        """{table: [(error, the other's error) of each split that both have]}"""
        found = {}
        for table in self.tables:
            mine, theirs = self.of(table, program), self.of(table, other)
            if common := sorted(mine.keys() & theirs.keys()):
                found[table] = [(mine[split], theirs[split]) for split in common]
        return found

    def means(self, program, other):
        """(mean error, the other's) of each table, over the splits that both have."""
        return [tuple(sum(errors) / len(errors) for errors in zip(*pairs)) for pairs in self.pairs(program, other).values()]

    def clear_differences(self, program, other):
        """On how many tables the error is lower and higher than the other's, beyond the corrected interval."""
        lower = higher = 0
        for table, pairs in self.pairs(program, other).items():
            mean, half = interval([a - b for a, b in pairs], self.test_share[table])
            lower += mean + half < 0
            higher += mean - half > 0
        return lower, higher


def error_text(errors, test_share):
    """The mean error and half of its corrected interval; without it, if splits are missing."""
    if not errors:
        return "-"
    mean, half = interval(list(errors.values()), test_share)
    return f"{mean:.4f} +- {half:.4f}" if len(errors) == table_sets.SPLITS else f"{mean:.4f}, {len(errors)} of {table_sets.SPLITS}"


def print_errors(results, programs):
    width = max(22, *(len(name) + 2 for name in programs))
    print(f"{'table':14}{'rows':>7}" + "".join(f"{name:>{width}}" for name in programs))
    for table in results.tables:
        cells = [error_text(results.of(table, name), results.test_share[table]) for name in programs]
        print(f"{table:14}{results.rows[table]:7}" + "".join(f"{cell:>{width}}" for cell in cells))


def print_ratios(results, programs, other):
    print(f"\nerror / error of {other}: geometric mean over tables (shift {SHIFT}), 95 % interval, and the number of tables on which "
          f"it is clearly lower and higher\n{'':22}{'ratio':>7}{'interval':>18}{'tables':>8}{'lower':>7}{'higher':>8}")
    for name in programs:
        if name != other and (means := results.means(name, other)):
            low, high = ratio_interval(means)
            lower, higher = results.clear_differences(name, other)
            print(f"{name:22}{shifted_ratio(means):7.3f}{f'[{low:.3f}, {high:.3f}]':>18}{len(means):8}{lower:7}{higher:8}")


def print_costs(results, programs):
    print(f"\n{'':22}{'runs':>7}{'seconds':>10}{'peak MiB':>10}   version")
    for name in programs:
        lines = [line for line in results.lines if line["program"] == name]
        seconds, peak = sum(float(line["seconds"]) for line in lines), max(float(line["peak_mib"]) for line in lines)
        print(f"{name:22}{len(lines):7}{seconds:10.1f}{peak:10.0f}   {results.versions[name]}")


def missed_bars(results, programs, tables):
    """Prints how programs compare with the bars. Returns how many they miss, or have not been measured for."""
    missed = 0
    print()
    for name in programs:
        for other, bar in BARS:
            pairs = results.pairs(name, other)
            complete = len(pairs) == len(tables) and all(len(of) == table_sets.SPLITS for of in pairs.values())
            high = ratio_interval(results.means(name, other))[1] if complete else math.inf
            passed = high < bar if bar == 1 else high <= bar
            missed += not passed
            verdict = "met" if passed else "missed" if complete else f"not known, as results are missing ({len(pairs)} of {len(tables)} tables)"
            print(f"bar: {name} / {other}, upper end {'below' if bar == 1 else 'at most'} {bar:g}: {verdict}")
    return missed


def report(lines, tables, peers, bars):
    """Prints all of it. `bars`: these tables are a whole half. Returns the number of bars that lockstep misses, None if there
    are no results."""
    results = Results(lines, tables)
    if not results.lines:
        return None
    ours = sorted(results.versions.keys() - set(peers))
    programs = [*ours, *(name for name in peers if name in results.versions)]
    print_errors(results, programs)
    for other, _ in BARS:
        if other in programs:
            print_ratios(results, programs, other)
    print_costs(results, programs)
    return missed_bars(results, ours, tables) if bars and ours else 0
