"""Errors of predictions, and the statistics of `bench/reach --tables`, in plain Python."""

import math
import random
import statistics

SHIFT = 0.01  # added to errors before their logarithm, so that a table with hardly any errors does not decide
DRAWS = 10000  # of the bootstrap
SEED = 20261130
# 97.5 % points of Student's distribution with 1, 2 ... 9 degrees of freedom.
STUDENT = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622]


def class_errors(labels, header, rows):
    """1 - accuracy, and the log loss. `header` is "class" and the classes' names, each row the class and their probabilities."""
    column = {name: i for i, name in enumerate(header) if i}
    wrong = sum(row[0] != label for row, label in zip(rows, labels, strict=True))
    loss = 0.0
    for row, label in zip(rows, labels):
        total = sum(map(float, row[1:]))
        loss -= math.log(max(float(row[column[label]]) / total, 1e-15)) if label in column else math.log(1e-15)
    return wrong / len(labels), loss / len(labels)


def value_error(targets, rows):
    """The root of the mean squared error, relative to the standard deviation of the targets: 1 for their mean as a guess."""
    squares = [(float(row[0]) - target) ** 2 for row, target in zip(rows, targets, strict=True)]
    error = math.sqrt(statistics.fmean(squares)) / statistics.pstdev(targets)
    if not math.isfinite(error):
        raise ValueError("a prediction is not finite")
    return error


def interval(values, test_share):
    """The mean over splits, and half of its 95 % interval.

    The variance is corrected for overlapping training sets (Nadeau and Bengio 2003): its factor is 1/n + test/training
    rows, not 1/n. `test_share` is that ratio: 1/4 for holdouts of 20 %, 1 for twofold cross-validation."""
    n = len(values)
    if n < 2:
        return values[0], math.nan
    half = STUDENT[n - 2] * math.sqrt((1 / n + test_share) * statistics.variance(values))
    return statistics.fmean(values), half


def shifted_ratio(pairs):
    """The geometric mean over tables of (error + SHIFT) / (the other's error + SHIFT)."""
    return math.exp(statistics.fmean(math.log((a + SHIFT) / (b + SHIFT)) for a, b in pairs))


def ratio_interval(pairs):
    """The 95 % percentile interval of shifted_ratio by a bootstrap over tables."""
    draw = random.Random(SEED).random
    n = len(pairs)
    ratios = sorted(shifted_ratio([pairs[int(n * draw())] for _ in range(n)]) for _ in range(DRAWS))
    return ratios[DRAWS // 40 - 1], ratios[DRAWS - DRAWS // 40]
