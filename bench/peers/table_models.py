#!/usr/bin/env python3
"""The peers of `bench/reach --tables`: fits one to a CSV file and writes its predictions for another.

    bench/peers/table_models.py PEER --train train.csv --test test.csv --about table.json --out predictions.csv
    bench/peers/table_models.py --versions

Reads the columns' kinds from table.json (bench/table_sets.py), since reading is not what is compared. LightGBM gets
categories as pandas categories and missing cells as they are; the others get scikit-learn's pipeline: medians and
indicators for missing numbers, a level for missing words, one-hot columns (at most 64 per column), StandardScaler, and
standardised targets. The predictions have the form of `lockstep predict`: the class and the probability of each class,
or the value. Prints one JSON object: seconds of the fit, and the settings that were chosen.

Exits with code 69 if LightGBM, scikit-learn or pandas is not installed.
"""

import argparse
import json
import sys
import time
import warnings

EX_UNAVAILABLE = 69

try:
    import lightgbm
    import numpy
    import pandas
    import sklearn
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import log_loss, mean_squared_error
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
except ImportError as error:
    print(f"table_models.py: {error}. Install it with\n    python3 -m pip install lightgbm==4.7.0 scikit-learn pandas", file=sys.stderr)
    sys.exit(EX_UNAVAILABLE)

# Random search: 50 draws, each trained on 80 % of the training rows until 50 rounds have not improved the log loss or the
# squared error of the others. The draw with the lowest is fitted to all training rows, for its best number of rounds.
TRIES, VALIDATION, PATIENCE, MOST_ROUNDS = 50, 0.2, 50, 1000
SPACE = {  # name: (least, greatest, scale)
    "learning_rate": (0.02, 0.3, "log"), "num_leaves": (7, 255, "log, whole"), "min_child_samples": (2, 100, "log, whole"),
    "colsample_bytree": (0.4, 1, "linear"), "subsample": (0.5, 1, "linear"), "reg_lambda": (1e-3, 10, "log"),
    "reg_alpha": (1e-3, 10, "log"), "cat_smooth": (1, 100, "log"),
}


def read_csv(path, words, **selection):
    return pandas.read_csv(path, dtype=dict.fromkeys(words, str), keep_default_na=False, na_values=["NA"], low_memory=False, **selection)


def levels_of(path, about):
    """The levels of each category in the training rows."""
    frame = read_csv(path, about["categories"], usecols=about["categories"])
    return {name: sorted(frame[name].dropna().unique()) for name in about["categories"]}


def read_table(path, about, levels):
    """The inputs (numbers as c0, c1 ..., categories as w0, w1 ..., as LightGBM refuses some characters) and the labels."""
    classes = about["task"] == "classes"
    frame = read_csv(path, [*about["categories"], *([about["label"]] if classes else [])])
    labels = frame.pop(about["label"]).to_numpy(object if classes else float)
    for name, known in levels.items():
        frame[name] = pandas.Categorical(frame[name].astype(object), categories=known)
    frame.columns = [f"w{i}" if name in levels else f"c{i}" for i, name in enumerate(frame.columns)]
    return frame, labels


def booster(options, **settings):
    model = lightgbm.LGBMClassifier if options.classes else lightgbm.LGBMRegressor
    return model(random_state=options.seed, n_jobs=options.threads, verbose=-1, **settings)


def fit_lightgbm(x, y, options):
    return booster(options).fit(x, y), {}


def draw_settings(random):
    settings = {"subsample_freq": 1}
    for name, (least, greatest, scale) in SPACE.items():
        ends = numpy.log([least, greatest]) if "log" in scale else [least, greatest]
        value = random.uniform(*ends)
        value = numpy.exp(value) if "log" in scale else value
        settings[name] = int(round(value)) if "whole" in scale else float(value)
    return settings


def fit_lightgbm_tuned(x, y, options):
    random = numpy.random.default_rng(options.seed)
    inner, held, y_inner, y_held = train_test_split(
        x, y, test_size=VALIDATION, random_state=options.seed, stratify=y if options.classes else None)
    best = (numpy.inf, None)
    for _ in range(options.tries):
        settings = draw_settings(random)
        model = booster(options, n_estimators=MOST_ROUNDS, **settings).fit(
            inner, y_inner, eval_set=[(held, y_held)], callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)])
        if options.classes:
            loss = log_loss(y_held, model.predict_proba(held), labels=model.classes_)
        else:
            loss = mean_squared_error(y_held, model.predict(held))
        best = min(best, (loss, {**settings, "n_estimators": model.best_iteration_}), key=lambda pair: pair[0])
    return booster(options, **best[1]).fit(x, y), best[1]


def pipeline(x, classes, model):
    numbers = [name for name in x.columns if name.startswith("c")]
    words = [name for name in x.columns if name.startswith("w")]
    inputs = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        ("words", make_pipeline(SimpleImputer(strategy="constant", fill_value=""),
                                OneHotEncoder(max_categories=64, handle_unknown="infrequent_if_exist", sparse_output=False)), words),
    ])
    return make_pipeline(inputs, model if classes else TransformedTargetRegressor(model, transformer=StandardScaler()))


def fit_pipeline(model):
    return lambda x, y, options: (pipeline(x, options.classes, model(options)).fit(x, y), {})


def mlp(options, **settings):
    return (MLPClassifier if options.classes else MLPRegressor)(random_state=options.seed, **settings)


def linear(options):
    return LogisticRegression(max_iter=2000) if options.classes else Ridge()


PEERS = {
    "lightgbm": fit_lightgbm,
    "lightgbm-tuned": fit_lightgbm_tuned,
    "sklearn-mlp": fit_pipeline(mlp),
    "sklearn-mlp-stopping": fit_pipeline(lambda options: mlp(options, early_stopping=True)),
    "linear": fit_pipeline(linear),
}


def write_predictions(path, model, x, classes):
    if classes:
        frame = pandas.DataFrame(model.predict_proba(x), columns=model.classes_)
        frame.insert(0, "class", model.predict(x))
    else:
        frame = pandas.DataFrame({"value": model.predict(x)})
    frame.to_csv(path, index=False)


def versions():
    own = f"LightGBM {lightgbm.__version__}"
    other = f"scikit-learn {sklearn.__version__}"
    return {name: own if "lightgbm" in name else other for name in PEERS}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", nargs="?", choices=PEERS)
    parser.add_argument("--versions", action="store_true", help="print the versions of all peers as JSON")
    parser.add_argument("--space", action="store_true", help="print the settings that lightgbm-tuned draws from")
    for name in ("train", "test", "about", "out"):
        parser.add_argument(f"--{name}", help="file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tries", type=int, default=TRIES)
    return parser.parse_args()


def main():
    options = read_options()
    if options.versions:
        print(json.dumps(versions()))
        return
    if options.space:
        for name, (least, greatest, scale) in SPACE.items():
            print(f"{name:18} {least:g} to {greatest:g}, {scale}")
        return
    warnings.simplefilter("ignore")  # that the epochs of a fit were not enough, that a category is new
    with open(options.about, encoding="utf-8") as file:
        about = json.load(file)
    options.classes = about["task"] == "classes"
    levels = levels_of(options.train, about)
    x, y = read_table(options.train, about, levels)
    x_test, _ = read_table(options.test, about, levels)
    start = time.perf_counter()
    model, chosen = PEERS[options.peer](x, y, options)
    seconds = time.perf_counter() - start
    write_predictions(options.out, model, x_test, options.classes)
    print(json.dumps({"fit_s": round(seconds, 3), "chosen": chosen}))


if __name__ == "__main__":
    main()
