"""`lockstep report`: one HTML page, opened by a browser, that says what the files say.

What needs chromium (scripts/setup report) is skipped without it. Screenshots are kept in the build tree, in
report-pages/, to look at.
"""

import html
import html.parser
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

BUILD_DIR = pathlib.Path(os.environ.get("BUILD_DIR", pathlib.Path(harness.PROGRAM).parent))
SHOTS = BUILD_DIR / "report-pages"
VOID = {"meta", "br", "link", "img", "hr", "input"}
DASH = "\u2013"


class Browser:
    """Chromium without a window, with a profile of its own that is thrown away."""

    QUIET = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0"]

    def __init__(self):
        self.program = shutil.which("chromium")

    def run(self, page, *flags):
        with tempfile.TemporaryDirectory(prefix="lockstep-browser-", ignore_cleanup_errors=True) as profile:
            done = subprocess.run(
                [self.program, *self.QUIET, f"--user-data-dir={profile}", *flags, page.as_uri()],
                capture_output=True, text=True, timeout=harness.TIMEOUT_S, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"chromium: exit code {done.returncode}\n{done.stderr}")
        return done

    def open(self, page):
        """The document as the browser has it; what it asked for; what it said on its console."""
        with tempfile.TemporaryDirectory(prefix="lockstep-net-") as folder:
            done = self.run(page, "--dump-dom", f"--log-net-log={folder}/log")
            log = pathlib.Path(folder, "log").read_text(errors="replace")
        requests = re.findall(r'"initiator":"([^"]*)".*?"url":"([^"]*)"', log)
        asked = {url for initiator, url in requests if initiator != "not an origin"}  # that is the browser itself
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return done.stdout, asked, console

    def measure(self, page, width, values):
        """The values of JavaScript expressions of `page` (its document) and `window_`, in a frame of a width."""
        with tempfile.TemporaryDirectory(prefix="lockstep-frame-") as folder:
            frame = pathlib.Path(folder, "frame.html")
            frame.write_text(
                f'<!DOCTYPE html><iframe style="width:{width}px;height:800px;border:0" '
                f'srcdoc="{html.escape(page.read_text(encoding="utf-8"))}" onload="'
                f'const window_ = this.contentWindow, page = this.contentDocument;'
                f'document.title = JSON.stringify([{html.escape(", ".join(values))}])"></iframe>', encoding="utf-8")
            dom = self.run(frame, "--dump-dom").stdout
        return json.loads(html.unescape(re.search("<title>(.*?)</title>", dom)[1]))

    def shoot(self, page, name, width=1280, height=2400, dark=False):
        SHOTS.mkdir(exist_ok=True)
        to = SHOTS / f"{name}.png"
        flags = ["--blink-settings=preferredColorScheme=0"] if dark else []
        self.run(page, f"--screenshot={to}", f"--window-size={width},{height}", *flags)
        return to


class Page(html.parser.HTMLParser):
    """A page taken apart; an element that is not closed in its place is an error."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.tags, self.addresses = [], [], {}, []
        self.text, self.figures, self.tables, self.titles = [], [], [], []
        self.cell, self.heading = None, None
        self.findings = []
        self.feed(text)
        self.close()
        if self.open:
            raise AssertionError(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.start(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.start(tag, dict(attrs))

    def start(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if "id" in attrs:
            self.ids.append(attrs["id"])
        for name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
            if name in attrs:
                self.addresses.append(attrs[name])
        if any(name.startswith("on") for name in attrs):
            raise AssertionError(f"a script in <{tag} {attrs}>")
        if tag == "svg" and attrs.get("role") == "img":
            self.figures.append({"labels": attrs["aria-labelledby"].split(), "text": [], "title": "", "desc": ""})
        elif tag == "table":
            self.tables.append({"caption": "", "head": [], "rows": [], "folded": "details" in self.open,
                                "picture": attrs.get("class") in ("map", "bars")})
        elif tag == "tr" and "tbody" in self.open:
            self.tables[-1]["rows"].append([])
        elif tag in ("td", "th") and self.tables:
            self.cell = {"data": {k[5:]: v for k, v in attrs.items() if k.startswith("data-")}, "text": "",
                         "class": attrs.get("class", "").split(), "style": attrs.get("style", "")}
            (self.tables[-1]["rows"][-1] if "tbody" in self.open else self.tables[-1]["head"]).append(self.cell)
        elif tag == "h3":
            self.titles.append("")
            self.findings.append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes nothing, at {self.getpos()}")

    def handle_data(self, data):
        self.text.append(data)
        inside = self.open[-1] if self.open else ""
        if "svg" in self.open and "main" in self.open and self.figures and "li" not in self.open:
            if inside in ("title", "desc"):
                self.figures[-1][inside] += data
            elif inside == "text":
                self.figures[-1]["text"].append(data.strip())
        if inside == "caption":
            self.tables[-1]["caption"] += data
        if inside in ("td", "th"):
            (self.tables[-1]["rows"][-1] if "tbody" in self.open else self.tables[-1]["head"])[-1]["text"] += data
        if "h3" in self.open:
            self.titles[-1] += data + (": " if inside == "span" else "")
            self.findings[-1] += data if inside == "h3" else ""

    def table(self, start):
        """That whose caption begins so: its column titles, and rows as dictionaries of cells."""
        found = [table for table in self.tables if table["caption"].startswith(start)]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} tables `{start}...` of {[t['caption'] for t in self.tables]}")
        titles = [cell["text"] for cell in found[0]["head"]]
        return [dict(zip(titles, row)) for row in found[0]["rows"]]


def numbers_of(value):
    """All numbers of a JSON value."""
    if isinstance(value, bool):
        return set()
    if isinstance(value, (int, float)):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(numbers_of, inner)) if inner else set()


def spread(*values):
    return {"mean": sum(values) / len(values), "least": min(values), "most": max(values), "n": len(values)}


class SweepFixture:
    """A sweep's directory as its contract has it, whose steps follow S = S_min + E_min/B."""

    N, S_MIN, E_MIN = 54000, 310.0, 190000.0
    BATCHES, RATES, SEEDS = [32, 128, 512, 2048, 8192], [0.05, 0.2], [1, 2]
    SPREADS = ("steps_to_target", "epochs_to_target", "samples_to_target", "seconds_to_target",
               "samples_per_second", "seconds_per_epoch", "communication_share", "peak_rss_bytes", "metric",
               "train_loss", "val_loss", "val_accuracy", "frozen_noise_scale")

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.json = self.sweep([self.run(b, lr, s) for b in self.BATCHES for lr in self.RATES for s in self.SEEDS])
        for run in self.json["runs"]:
            if run["seed"] == 1:
                self.write_run(run)
        (self.directory / "sweep.json").write_text(json.dumps(self.json, indent=1))
        (self.directory / "config.ini").write_text("[sweep]\nbatch = 32..8192\n")

    def best_rate(self, batch):
        return self.RATES[batch > 500]

    def run(self, batch, lr, seed):
        per_epoch = math.ceil(self.N / batch)
        steps = round((self.S_MIN + self.E_MIN / batch) * (1 + seed / 100) * (1 if lr == self.best_rate(batch) else 1.5))
        speed = 250000.0 * batch / (batch + 40)
        return {
            "directory": f"b{batch:05}-lr{lr}-s{seed}", "batch": batch, "lr": lr, "seed": seed,
            "stopped_by": "target", "diverged": False, "reached": True, "steps_per_epoch": per_epoch,
            "total_steps": 20 * per_epoch, "steps_done": steps, "epochs_done": steps / per_epoch,
            "steps_to_target": steps, "epochs_to_target": steps / per_epoch, "samples_to_target": steps * batch,
            "seconds_to_target": steps * batch / speed, "samples_per_second": speed,
            "seconds_per_epoch": self.N / speed, "communication_share": 0.02 + 1 / batch,
            "peak_rss_bytes": 70000000 + 9000 * batch, "metric": 0.87 + seed / 1000, "train_loss": 0.33,
            "val_loss": 0.36, "val_accuracy": 0.8712345678901234, "frozen_noise_scale": 400.5 + seed,
            "frozen_noise_low": 360.25,
            "frozen_noise_high": 444.5, "workers": 2, "workers_busy": 1 if batch < 64 else 2}

    def row(self, batch, runs):
        best = [run for run in runs if run["batch"] == batch and run["lr"] == self.best_rate(batch)]
        row = {name: best[0][name] for name in ("batch", "lr", "steps_per_epoch", "total_steps", "workers", "workers_busy")}
        row |= {"lr_on_border": True, "runs": len(best), "reached": len(best), "slices": 1}
        row |= {name: spread(*(run[name] for run in best)) for name in self.SPREADS}
        row["rates"] = [self.rate(lr, [run for run in runs if run["batch"] == batch and run["lr"] == lr])
                        for lr in self.RATES]
        row["steps_interval"] = {"least": 0.9 * row["steps_to_target"]["mean"], "most": 1.1 * row["steps_to_target"]["mean"]}
        row["points"] = "; ".join(f"{run['steps_to_target']:,}" for run in best)
        row["regime"] = "perfect scaling" if batch < 300 else "no gain" if batch > 3000 else None
        return row

    def rate(self, lr, runs):
        """A rate of a batch size, with every seed."""
        seeds = [{"seed": run["seed"], "chooses": True, "reports": True, "steps": run["steps_to_target"],
                  "censored_at": None, "diverged": False} for run in runs]
        return {"lr": lr, "median_steps": sum(seed["steps"] for seed in seeds) / len(seeds), "seeds": seeds}

    def sweep(self, runs):
        return {
            "kind": "sweep", "version": "0.1.0", "commit": "0123abc", "command": "lockstep sweep --batch 32..8192",
            "data": "fashion-mnist", "train_samples": self.N, "val_samples": 6000, "features": 784, "classes": 10,
            "parameters": 407050, "network": "784-512-10", "optimizer": "sgd", "epochs": 20, "max_steps": None,
            "budget": "epochs", "seeds": 2, "rates": "grid", "lr_scale": "none", "base_batch": 128,
            "grid": self.RATES, "target": {"metric": "val_accuracy", "value": 0.87},
            "machine": {"hosts": 1, "teams": 1, "ranks": 2, "threads": 1, "kernel": "skx", "mpi": "none"},
            "runs": runs, "batches": [self.row(batch, runs) for batch in self.BATCHES],
            "fit": {"min_steps": self.S_MIN, "min_samples": self.E_MIN, "critical_batch": self.E_MIN / self.S_MIN,
                    "min_steps_low": 300.0, "min_steps_high": 345.0, "min_samples_low": 180000.0,
                    "min_samples_high": 202000.0, "critical_batch_low": 540.0, "critical_batch_high": 696.0,
                    "batch_20": 122.7, "batch_20_low": 108.0, "batch_20_high": 139.2, "batch_20_measured": 161.1,
                    "batch_20_measured_low": 146.4, "batch_20_measured_high": 177.6, "least_batch": 32,
                    "scatter": 0.05, "points": 10, "missed": 0},
            "fit_why": None, "frozen_noise_scale": 402.25, "agreement_factor": 1.523,
            "recommendation": {"soonest": {"batch": 512, "seconds": 1.5, "why": "fewest steps for its speed"},
                               "thriftiest": {"batch": 32, "samples": 200000, "why": "below the critical batch"}},
            "warnings": ["B = 32: 1 of 2 workers had work"]}

    def write_run(self, run):
        directory = self.directory / "runs" / run["directory"]
        directory.mkdir(parents=True)
        summary = {name: run[name] for name in ("batch", "steps_per_epoch", "total_steps", "steps_done", "stopped_by",
                                                "train_loss", "val_loss", "val_accuracy", "frozen_noise_scale",
                                                "frozen_noise_low", "frozen_noise_high",
                                                "samples_per_second", "peak_rss_bytes")}
        summary |= {"train_samples": self.N, "seconds": run["seconds_to_target"], "phase_s": dict(
            zip(("load", "forward", "backward", "weights", "reduce", "update", "wait"), (1, 3, 2, 4, 0.5, 0.25, 0)))}
        (directory / "summary.json").write_text(json.dumps(summary))
        write_log(directory / "metrics.jsonl", self.N, run["batch"], run["steps_done"], run["lr"])


def write_log(path, samples, batch, steps, lr=0.1, every=None, noise=30, loss=lambda step: 2.0 / (1 + step / 50)):
    """metrics.jsonl of a run of so many steps, with two evaluations."""
    per_epoch = math.ceil(samples / batch)
    every = every or max(1, steps // 40)
    events = [{"event": "start", "version": "0.1.0", "train_samples": samples, "batch": batch,
               "steps_per_epoch": per_epoch, "total_steps": steps}]
    for step in range(every, steps + 1, every):
        events.append({"event": "step", "epoch": (step - 1) // per_epoch + 1, "iteration": (step - 1) % per_epoch + 1,
                       "step": step, "samples": batch, "loss": loss(step), "lr": lr, "elapsed_s": step / 100,
                       "gradient_norm": 0.5, "noise_scale": 300 + step / 100 if noise else None,
                       "noise_error": noise or None})
    for step in (steps // 2, steps):
        events.append({"event": "evaluation", "epoch": (step - 1) // per_epoch + 1, "step": step, "set": "validation",
                       "samples": 6000, "loss": 2.1 / (1 + step / 50), "accuracy": 1 - 1 / (1 + step / 20),
                       "rmse": None, "seconds": 0.01})
    events[1:] = sorted(events[1:], key=lambda event: event["step"])
    path.write_text("".join(json.dumps(event) + "\n" for event in events))


class Report(harness.Case):
    @property
    def browser(self):
        self.need_program("chromium", "report")
        return Browser()

    def report(self, *arguments, out="page.html", **settings):
        """The page's text, taken apart. There is no message."""
        done = self.ok("report", *arguments, "--out", self.dir / out, **settings)
        self.assertEqual("", done.err, done)
        text = (self.dir / out).read_text(encoding="utf-8")
        page = Page(text)
        self.assert_sound(page, text)
        return page

    def assert_sound(self, page, text):
        """No script, nothing to fetch, no id twice, and every picture in words too."""
        self.assertTrue(text.startswith("<!DOCTYPE html>"))
        for tag in ("script", "link", "iframe", "object", "embed", "img", "base", "foreignobject"):
            self.assertNotIn(tag, page.tags)
        self.assertEqual({f"#at{i + 1}" for i in range(len(page.addresses))}, set(page.addresses))
        self.assertLessEqual({address[1:] for address in page.addresses}, set(page.ids))
        self.assertEqual([], [table["caption"] for table in page.tables if not table["folded"] and not table["picture"]])
        self.assertNotRegex(text, r"(?i)https?://|@import|url\(|javascript:")
        self.assertEqual(len(page.ids), len(set(page.ids)))
        for figure in page.figures:
            self.assertLessEqual(set(figure["labels"]), set(page.ids))
            self.assertTrue(figure["title"])
            across, up = re.match(r"Horizontal axis: (.*?)(?:, logarithmic)?\. Vertical axis: (.*?)(?:, logarithmic)?\. ",
                                  figure["desc"]).groups()
            self.assertIn(across, figure["text"], "the label across")
            self.assertIn(up, figure["text"], "the label up")
            self.assertRegex(figure["desc"], r": .*\d.* at .*\d", "no numbers in the text alternative")
            self.assertGreaterEqual(sum(bool(re.match(r"[\d.]", t)) for t in figure["text"]), 4, "axes without numbers")

    def assert_numbers_come_from(self, page, *sources):
        """Each number of a table is one of the files', to the last bit."""
        known = set().union(*map(numbers_of, sources))
        checked = 0
        for table in page.tables:
            for cell in (cell for row in table["rows"] for cell in row):
                for value in cell["data"].values():
                    self.assertIn(json.loads(value), known, f"in {table['caption']}")
                    checked += 1
        self.assertGreater(checked, 10)

    def assert_opens(self, name):
        """The browser fetches the page and nothing else, and has nothing to complain of."""
        page = self.dir / name
        text, asked, console = self.browser.open(page)
        self.assertEqual([], console)
        self.assertEqual(set(), asked)
        mine, theirs = Page(page.read_text(encoding="utf-8")), Page(text)
        self.assertEqual(len(mine.figures), len(theirs.figures))
        self.assertEqual([table["rows"] for table in mine.tables], [table["rows"] for table in theirs.tables])
        self.assertEqual(mine.titles, theirs.titles)

    def test_the_browser_tells(self):
        """What the check of pages rests on: a page that asks for something, or fails, is caught."""
        page = self.dir / "bad.html"
        page.write_text('<!DOCTYPE html><img src="http://example.invalid/x.png"><script>nothing()</script>')
        _, asked, console = self.browser.open(page)
        self.assertEqual({"http://example.invalid/x.png"}, asked)
        self.assertTrue(any("nothing is not defined" in line for line in console), console)

    # --- what it shows --------------------------------------------------------------------------

    def test_sweep(self):
        sweep = SweepFixture(self.dir / "sweep")
        self.ok("report", self.dir / "sweep")
        page = self.report(self.dir / "sweep")
        self.assertEqual((self.dir / "sweep" / "report.html").read_bytes(), (self.dir / "page.html").read_bytes())
        logs = [harness.read_events(path) for path in (self.dir / "sweep" / "runs").glob("*/metrics.jsonl")]
        summaries = [harness.read_json(path) for path in (self.dir / "sweep" / "runs").glob("*/summary.json")]
        self.assert_numbers_come_from(page, sweep.json, logs, summaries)
        rows = page.table("Steps to target")
        self.assertEqual([str(b) for b in sweep.BATCHES], [row["B (samples)"]["data"]["value"] for row in rows])
        for row, batch in zip(rows, sweep.json["batches"]):
            cell, steps = row["steps to target"]["data"], batch["steps_to_target"]
            self.assertEqual([steps["mean"], steps["least"], steps["most"]],
                             [float(cell[name]) for name in ("value", "least", "most")])
            self.assertEqual(batch["regime"] or DASH, row["regime"]["text"])
        for start, key in (("Time to target", "seconds_to_target"), ("Samples to target", "samples_to_target"),
                           ("Memory", "peak_rss_bytes"), ("Noise scale at the end", "frozen_noise_scale")):
            self.assertEqual([batch[key]["mean"] for batch in sweep.json["batches"]],
                             [float(list(row.values())[1]["data"]["value"]) for row in page.table(start)])
        self.assertEqual(len(sweep.json["runs"]), len(page.table("All runs")))
        text = "".join(page.text)
        for word in ("784-512-10", "613", "402", "95 % interval 540 to 696", "usually a low guess", "161 (146 to 178) compared with B = 32", "val_accuracy \u2265 0.87",  "B\u00a0=\u00a0512", "1 of 2 workers had work", "lockstep sweep --batch 32..8192"):
            self.assertIn(word, text)
        steps = next(f for f in page.figures if f["title"].startswith("Steps to target"))
        for word in ("fit: S_min + E_min/B: from 6.247k at 32 to 333.2 at 8,192",
                     "perfect scaling: E_min/B: from 5.938k at 32 to 23.19 at 8,192", "critical batch E_min/S_min: at 613."):
            self.assertIn(word, steps["desc"])
        for word in ("Training loss", "Validation loss", "Validation accuracy", "Gradient noise", "Where the time"):
            self.assertTrue(any(f["title"].startswith(word) for f in page.figures), word)
        self.assert_opens("page.html")
        self.browser.shoot(self.dir / "page.html", "sweep-light", height=7600)
        self.browser.shoot(self.dir / "page.html", "sweep-dark", height=7600, dark=True)
        self.browser.shoot(self.dir / "page.html", "sweep-phone", width=390, height=5000)

    def test_sweep_of_an_older_version(self):
        """Its fit has standard errors in place of intervals: no sentence and no tile with gaps."""
        sweep = SweepFixture(self.dir / "sweep")
        fit = {name: value for name, value in sweep.json["fit"].items()
               if not name.endswith(("_low", "_high")) and not name.startswith("batch_20")}
        for batch in sweep.json["batches"]:
            for name in ("rates", "steps_interval", "points"):
                del batch[name]
        sweep.json["fit"] = fit | {"critical_batch_error": 31.0, "r_squared": 0.998}
        (self.dir / "sweep" / "sweep.json").write_text(json.dumps(sweep.json))
        text = "".join(self.report(self.dir / "sweep").text)
        self.assertNotIn("95 % interval", text)
        self.assertIn("Fastest on this machine", text)

    def test_map(self):
        """Each rate of each batch size: the chosen one outlined, those that missed the target hatched."""
        sweep = SweepFixture(self.dir / "sweep")
        first, second = (batch["rates"] for batch in sweep.json["batches"][:2])
        missed = {"steps": None, "censored_at": 500}
        first[1] |= {"median_steps": None, "seeds": [seed | missed for seed in first[1]["seeds"]]}
        second[1] |= {"median_steps": None, "seeds": [seed | missed | {"diverged": True} for seed in second[1]["seeds"]]}
        del sweep.json["batches"][2]["rates"][0]
        sweep.json["batches"][3]["rates"][0]["median_steps"] = None
        sweep.json["batches"][3]["rates"][0]["seeds"][0] |= missed
        (self.dir / "sweep" / "sweep.json").write_text(json.dumps(sweep.json))
        page = self.report(self.dir / "sweep")
        high, low = page.table("Map of steps")
        self.assertEqual(["0.2", "> 500", "diverged", "692", "409", "339"], [cell["text"] for cell in high.values()])
        self.assertEqual(["0.05", "6,341", "1,821", "", "1 of 2", "508"], [cell["text"] for cell in low.values()])
        self.assertEqual([0, 0, 0, 1, 1, 1], ["best" in cell["class"] for cell in high.values()])
        self.assertEqual([0, 1, 1, 0, 0, 0], ["missed" in cell["class"] for cell in high.values()])
        self.assertEqual(["--part:60%", "--part:42%"], [list(row.values())[5]["style"] for row in (high, low)])
        steps = next(f for f in page.figures if f["title"].startswith("Steps to target"))
        self.assertIn("one seed: 6.31k at 32, 6.372k at 32, 1.812k at 128", steps["desc"])
        self.assertIn("its 95 % interval: from 540 to 696", steps["desc"])

    def test_findings(self):
        """The title of a curve says where it is best, and how it ends."""
        run = self.dir / "run"
        run.mkdir()
        for losses, finding in (
                ((2, 1, 1.5), "The validation loss is lowest after epoch 2, at 1.0000, and rises to 1.5000 after it"),
                ((2, 1, 1.01), "The validation loss is lowest after epoch 2, at 1.0000, and ends at 1.0100"),
                ((2, 1.5, 1), "The validation loss falls until the end, to 1.0000"), ((2,), "The validation loss is 2.0000")):
            write_log(run / "metrics.jsonl", 1000, 100, 30, every=1)
            events = [event for event in harness.read_events(run / "metrics.jsonl") if event["event"] != "evaluation"]
            for epoch, loss in enumerate(losses, 1):
                event = {"event": "evaluation", "epoch": epoch, "step": 10 * epoch, "set": "validation", "samples": 10,
                         "loss": loss, "accuracy": 0.5 + epoch / 10, "rmse": None, "seconds": 0.01}
                events.insert(next(i for i, e in enumerate(events) if e.get("step") == 10 * epoch) + 1, event)
            (run / "metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
            findings = self.report(run).findings
            self.assertIn(finding, findings)
        self.assertIn("The validation accuracy is 0.6000", findings)

    def test_undetermined_noise(self):
        """A noise scale below its error, or that is not determined at the end, is in no picture."""
        for error, drawn in ((513567, False), (20, True)):
            for name in ("b16", "b32"):
                run = self.dir / f"{error}" / name
                run.mkdir(parents=True)
                batch = int(name[1:])
                write_log(run / "metrics.jsonl", 1000, batch, 90, noise=error)
                (run / "summary.json").write_text(json.dumps({
                    "batch": batch, "steps_done": 90, "val_loss": 0.5, "frozen_noise_scale": 300 if drawn else None,
                    "noise_scale": 300, "noise_error": error}))
            page = self.report(self.dir / f"{error}")
            titles = [figure["title"] for figure in page.figures if "oise scale" in figure["title"]]
            self.assertEqual(2 if drawn else 0, len(titles), titles)

    def test_units(self):
        """An axis has the unit that suits its values: milliseconds, not 0.0008 s."""
        for scale, unit in ((1e-3, "ms"), (1, "s"), (60, "min"), (4e-7, "\u00b5s")):
            sweep = SweepFixture(self.dir / f"{scale}")
            for batch in sweep.json["batches"]:
                for key in ("mean", "least", "most"):
                    batch["seconds_to_target"][key] *= scale
            (self.dir / f"{scale}" / "sweep.json").write_text(json.dumps(sweep.json))
            time = next(f for f in self.report(self.dir / f"{scale}").figures if f["title"].startswith("Time to target"))
            self.assertIn(f"Vertical axis: time to target ({unit})", time["desc"])

    def test_sweep_that_goes_on(self):
        """Not all runs are done, and one batch size reached the target by a run's luck."""
        sweep = SweepFixture(self.dir / "sweep")
        sweep.json["runs_planned"] = 30
        sweep.json["target"] = {"metric": "val_rmse", "value": 500}
        sweep.json["batches"][-1] |= {"reached": 1}
        (self.dir / "sweep" / "sweep.json").write_text(json.dumps(sweep.json))
        page = self.report(self.dir / "sweep")
        text = "".join(page.text)
        self.assertIn("20 of 30 planned runs are done", text)
        self.assertIn("val_rmse \u2264 500", text)
        self.assertIn("val_rmse (target)", text)
        for start in ("Steps to target", "Samples to target"):
            title = next(title for title in page.titles if title.startswith(start))
            self.assertIn("B\u00a0=\u00a02,048", title)
            self.assertNotIn("8,192", title)
            figure = next(f for f in page.figures if f["title"].startswith(start))
            self.assertRegex(figure["desc"], r"where not all runs reached the target: [\d.kM]+ at 8,192\.")

    def test_ties_are_named(self):
        """In the tile, in the sentences and in the title of the times."""
        sweep = SweepFixture(self.dir / "sweep")
        ties = "B = 256 and B = 1024 are equally fast within the noise; B = 1024 uses the fewest steps of these"
        sweep.json["recommendation"]["soonest"] = {"batch": 512, "seconds": 1.5, "samples": 2e5, "steps": 400.0,
                                                   "seconds_per_step": 0.00375, "ties": [256, 1024], "tied": ties}
        path = self.dir / "ties.json"
        path.write_text(json.dumps(sweep.json))
        page = self.report(path)
        text = "".join(page.text)
        self.assertIn("target in 1.50 s; 2 others as fast within the noise", text)
        self.assertIn(f"Fastest on this machine: B = 512: 1.50 s to the target, 400 steps of 3.75 ms; {ties}.", text)
        self.assertTrue(any(ties in title for title in page.titles))

    def test_sweep_without_its_runs(self):
        """sweep.json kept alone, of a target that no run reached, and without a fit."""
        sweep = SweepFixture(self.dir / "sweep")
        sweep.json["fit"], sweep.json["fit_why"] = None, "fewer than three batch sizes reached the target"
        for batch in sweep.json["batches"]:
            batch |= dict.fromkeys(("steps_to_target", "seconds_to_target", "samples_to_target", "epochs_to_target"))
        sweep.json |= {"recommendation": {"soonest": None, "thriftiest": None}, "frozen_noise_scale": None,
                       "agreement_factor": None, "warnings": []}
        path = self.dir / "kept.json"
        path.write_text(json.dumps(sweep.json))
        page = self.report(path)
        self.assert_numbers_come_from(page, sweep.json)
        self.assertFalse(any(title.startswith("Steps to target") for title in page.titles))
        self.assertIn(sweep.json["fit_why"], "".join(page.text))
        self.assertIn("without a directory beside sweep.json", "".join(page.text))

    def test_runs(self):
        summaries, logs = [], []
        for batch in (32, 256):
            self.train(f"runs/b{batch}", "--data", "synthetic:samples=2000,features=10,classes=3", "--val-split", "0.2",
                       "--hidden", "16", "--epochs", "3", "--batch", batch, "--log-every", "5")
            summaries.append(harness.read_json(self.dir / f"runs/b{batch}/summary.json"))
            logs.append(harness.read_events(self.dir / f"runs/b{batch}/metrics.jsonl"))
        page = self.report(self.dir / "runs")
        self.assert_numbers_come_from(page, summaries, logs, [1, 2])
        rows = page.table("Figures at the end")
        self.assertEqual(["b32", "b256"], [row["run"]["text"] for row in rows])
        for row, summary in zip(rows, summaries):
            for title, key in (("validation accuracy", "val_accuracy"), ("training loss", "train_loss"),
                               ("time", "seconds"), ("steps done", "steps_done"), ("B (samples)", "batch")):
                self.assertEqual(summary[key], json.loads(row[title]["data"]["value"]), title)
            self.assertIn(summary["weights_xxh3"], "".join(page.text))
        for row, summary in zip(page.table("Where the time"), summaries):
            self.assertEqual(summary["phase_s"]["forward"], float(row["forward"]["data"]["value"]))
        text = "".join(page.text)
        self.assertIn(summaries[0]["command"], text)
        self.assertIn("hidden = 16", text)
        self.assert_opens("page.html")
        self.assert_fits("page.html")
        self.browser.shoot(self.dir / "page.html", "runs-light", height=4200)

    def test_runs_of_different_kinds(self):
        """An RMSE is not drawn as an accuracy, and no loss is compared with one of another function."""
        rows = [f"{i % 7},{i % 11},{{}}\n" for i in range(300)]
        (self.dir / "values.csv").write_text("".join(row.format(700 + i % 7) for i, row in enumerate(rows)))
        (self.dir / "classes.csv").write_text("".join(row.format("ab"[i % 7 > 3]) for i, row in enumerate(rows)))
        for name, data, batch, more in (("v1", "values", 32, ["--loss", "mse"]), ("v2", "values", 64, ["--loss", "mse"]),
                                        ("h1", "values", 32, ["--loss", "huber"]), ("c1", "classes", 128, [])):
            self.train(f"runs/{name}", "--data", self.dir / f"{data}.csv", "--val-split", "0.2", "--hidden", "4",
                       "--epochs", "3", "--lr", "0.001", "--batch", batch, *more)
        page = self.report(self.dir / "runs")
        series = {}
        for figure in page.figures:
            if "steps" in figure["text"]:
                series[figure["title"].split(":")[0]] = {
                    name for name in ("v1", "v2", "h1", "c1") if re.search(rf"\b{name}\b[^.]*: ", figure["desc"])}
        self.assertEqual({"v1", "v2", "h1"}, series["Validation RMSE"])
        self.assertEqual({"c1"}, series["Validation accuracy"])
        self.assertEqual({"v1", "v2"}, series["Validation loss (mse)"])
        self.assertEqual({"h1"}, series["Loss (huber)"])
        self.assertEqual({"c1"}, series["Loss (cross-entropy)"])
        self.assertEqual(["cross-entropy", "huber", "mse", "mse"],
                         [row["loss function"]["text"] for row in page.table("Figures at the end")])
        text = "".join(page.text)
        for kind in ("mse", "huber", "cross-entropy"):
            self.assertIn(f"Lowest validation loss at the end ({kind})", text)
        self.assert_opens("page.html")
        self.browser.shoot(self.dir / "page.html", "kinds", height=5600)

    def test_batch_schedule(self):
        """A run whose batch size changes is not shown as one of its first."""
        for name, more in (("grows", ["--batch-schedule", "32,64@2ep,256@3ep"]), ("b32", ["--batch", "32"]),
                           ("b64", ["--batch", "64"])):
            self.train(f"runs/{name}", "--data", "synthetic:samples=2000,features=10,classes=3", "--val-split", "0.2",
                       "--hidden", "16", "--epochs", "4", *more)
        starts = [stage["first_epoch"] for stage in harness.read_json(self.dir / "runs/grows/summary.json")["stages"]]
        told = f"32, from epoch {starts[1]} 64, from epoch {starts[2]} 256"
        self.assertIn(f"B\u00a0=\u00a0{told}; ", "".join(self.report(self.dir / "runs" / "grows").text))
        page = self.report(self.dir / "runs")
        self.assertEqual([DASH, DASH, told],
                         sorted(row["B during training"]["text"] for row in page.table("Figures at the end"))[::-1])
        self.assertEqual(["b32", "b64"], [row["run"]["text"] for row in page.table("Steps per epoch")])
        self.assertIn("Without the runs whose batch size changes", "".join(page.text))

    def test_samples_seen(self):
        """A picture by samples ends where the run did: three epochs of 1,600 samples, tails among them."""
        self.train("run", "--data", "synthetic:samples=1600,features=4,classes=2", "--hidden", "8", "--epochs", "3",
                   "--batch", "48", "--log-every", "7", "--eval-every", "never")
        page = self.report(self.dir / "run")
        by_sample = next(f for f in page.figures if "samples seen" in f["text"])
        self.assertRegex(by_sample["desc"], r"mean over the epoch: [\d.]+ at 1\.6k, [\d.]+ at 3\.2k, [\d.]+ at 4\.8k\.")
        self.assertRegex(by_sample["desc"], r"batch of a step: from [\d.]+ at 336 to [\d.]+ at 4\.8k,")

    def test_averaged_weights(self):
        """A run with --ema has a curve of the averaged weights beside each curve of an evaluation."""
        self.train("run", "--data", "synthetic:samples=600,features=4,classes=2", "--val-split", "0.2", "--hidden", "8",
                   "--epochs", "3", "--ema", "1ep")
        events = harness.read_events(self.dir / "run" / "metrics.jsonl")
        last = [event for event in events if event["event"] == "evaluation"][-1]
        page = self.report(self.dir / "run")
        for title, key in (("Loss", "ema_loss"), ("Validation accuracy", "ema_accuracy")):
            figure = next(f for f in page.figures if f["title"].startswith(title))
            found = re.search(r"averaged weights: .*?([\d.]+) at [\d.k]+\.", figure["desc"])
            self.assertAlmostEqual(last[key], float(found.group(1)), delta=1e-3 * last[key])
        self.train("plain", "--data", "synthetic:samples=600,features=4,classes=2", "--val-split", "0.2", "--epochs", "2")
        self.assertNotIn("averaged weights", "".join(f["desc"] for f in self.report(self.dir / "plain").figures))

    def test_bench(self):
        known = []
        quick = ("--seconds", "0.01", "--repeats", "1", "--json")
        small = ("--data", "synthetic:samples=600,features=10,classes=3", "--hidden", "16")
        for name, more in (("peak", ()), ("kernel", ("--kernel", "portable")), ("step", (*small, "--batch", "16,64")),
                           ("scaling", (*small, "--batch", "64", "--layouts", "1x1,1x2"))):
            (self.dir / f"{name}.json").write_text(self.ok("bench", name, *quick, *more).out)
            known.append(harness.read_json(self.dir / f"{name}.json"))
        (self.dir / "reduce.json").write_text(self.ok("bench", "reduce", *quick, ranks=2).out)
        known.append(harness.read_json(self.dir / "reduce.json"))
        page = self.report(*(self.dir / f"{what['bench']}.json" for what in known))
        self.assert_numbers_come_from(page, known)
        scaling = known[3]["results"]["rows"]
        start = "Speed-up of" if max(r["speed_up"] for r in scaling if r["threads"] == 2) > 1 else "No layout is faster"
        self.assertIn("on 1 rank of 2 threads", next(title for title in page.findings if title.startswith(start)))
        for row, wanted in zip(page.table("Ranks and threads"), scaling):
            self.assertEqual(wanted["speed_up"], float(row["speed-up"]["data"]["value"]))
            self.assertEqual(wanted["efficiency"], float(row["efficiency"]["data"]["value"]))
            self.assertEqual(wanted["communication"], float(row["reduce and wait"]["data"]["value"]))
            self.assertEqual(wanted["samples_per_s"]["median"], float(row["samples/s"]["data"]["value"]))
        for row, wanted in zip(page.table("Strong scaling"), scaling[:2]):
            for heading, name in (("load balance", "load_balance"), ("communication efficiency", "communication_efficiency"),
                                  ("computation scaling", "computation_scaling"), ("global efficiency", "global_efficiency")):
                self.assertEqual(wanted[name], float(row[heading]["data"]["value"]))
        lowest = min(("load_balance", "communication_efficiency", "computation_scaling"), key=lambda name: scaling[1][name])
        limit = {"load_balance": "Load balance", "communication_efficiency": "Communication", "computation_scaling": "Computing"}
        self.assertTrue(any(title.startswith(f"{limit[lowest]} limits 1 rank of 2 threads: ") for title in page.findings), page.findings)
        self.assertIn("Verified: all strong layouts end with the same weights, bit for bit, after 10 steps.", "".join(page.text))
        speed_up = next(f for f in page.figures if f["title"].startswith("Ranks and threads"))
        self.assertIn("ideal: 0 at 0, 2 at 2.", speed_up["desc"])
        reduce = known[4]["results"]["rows"]
        sums = page.table("The sum over ranks")
        self.assertEqual([row["ordered_s"]["median"] for row in reduce], [float(row["ordered"]["data"]["value"]) for row in sums])
        self.assertIn("a message to another rank", next(f["desc"] for f in page.figures if f["title"].startswith("The sum over ranks")))
        for start in ("Training: share of the peak", "Training: samples per second", "The sum over ranks"):
            self.assertTrue(page.table(start))
        self.assertIn(known[0]["cpu"], "".join(page.text))
        self.assert_opens("page.html")
        self.assert_fits("page.html")
        self.browser.shoot(self.dir / "page.html", "bench-light", height=5600)

    def test_scaling_that_does_not_pay(self):
        """The layout that the others are measured by is not told as the best of them."""
        def rows(*speed_ups):
            return [{"kind": kind, "ranks": ranks, "threads": threads, "batch": 64, "speed_up": value, "efficiency": value,
                     "communication": 0.25, "samples_per_s": 1000 * value}
                    for (ranks, threads), value in zip(((1, 1), (2, 1), (1, 2)), speed_ups) for kind in ("strong", "weak")]
        for name, speed_ups, title in (
                ("slow", (1, 0.25, 0.5), "No layout is faster than 1 rank of 1 thread: speed-up of 0.5 on 1 rank of 2 threads;"),
                ("fast", (1, 1.5, 1.25), "Speed-up of 1.5 on 2 ranks of 1 thread;"),
                ("alone", (1,), "Speed on 1 rank of 1 thread;")):
            (self.dir / "scaling.json").write_text(json.dumps({"bench": "scaling", "results": {"rows": rows(*speed_ups)}}))
            page = self.report(self.dir / "scaling.json")
            self.assertTrue(page.findings[0].startswith(title), page.findings)
            text = "".join(page.text)
            self.assertEqual(name == "slow", "no layout is faster than the first" in text)
            self.assertEqual(name != "alone", "ranks \u00d7 threads" in text.split("measured on")[1].split("Ranks and")[0])

    def test_scaling_that_is_wrong(self):
        """No speed is drawn: the page shows which layout differs."""
        rows = [{"kind": "strong", "layout": layout, "ranks": 1, "threads": 1, "batch": 64, "measured": False, "weights_xxh3": text}
                for layout, text in (("1x1", "0123456789abcdef"), ("2x1", "fedcba9876543210"))]
        (self.dir / "scaling.json").write_text(json.dumps({"bench": "scaling", "results": {"rows": rows, "verification": {
            "verified": False, "steps": 10, "why": "with B=64 on 2x1, <one> bit differs"}}}))
        page = self.report(self.dir / "scaling.json")
        self.assertEqual("The layouts do not train the same weights", page.findings[0])
        self.assertIn("NOT VERIFIED: with B=64 on 2x1, <one> bit differs. ", "".join(page.text))
        self.assertEqual(["0123456789abcdef", "fedcba9876543210"],
                         [row["weights xxh3"]["text"] for row in page.table("Ranks and threads")])

    def test_best_kernel(self):
        """The best of all depths, and at which it is so; without a peak the title has no figure."""
        def kernel(name, *shares):
            return {"kernel": name, "tiles": [{"k": k, "gflops": 50 * (share or 1), "share_of_peak": share}
                                              for k, share in zip((64, 128, 256), shares)]}
        for kernels, title in (([kernel("portable", 0.25, 0.5, 0.625), kernel("skx", 0.5, 0.75, 0.375)],
                                "The kernel skx reaches 75.0 % of one core's peak, at k\u00a0=\u00a0128"),
                               ([kernel("portable", None, None, None)], "Speed of the kernels on one core")):
            (self.dir / "kernel.json").write_text(json.dumps({"bench": "kernel", "results": {"kernels": kernels}}))
            self.ok("report", self.dir / "kernel.json", "--out", self.dir / "page.html")
            self.assertTrue(Page((self.dir / "page.html").read_text()).findings[0].startswith(title))

    def assert_fits(self, name):
        """At most four screens of 1280 x 800 before anything is unfolded; a phone's page is as wide as the phone."""
        page, height, width = self.dir / name, "page.documentElement.scrollHeight", "page.documentElement.scrollWidth"
        tall, wide = self.browser.measure(page, 1280, [height, width])
        self.assertLessEqual(tall, 3200)
        self.assertLessEqual(wide, 1280)
        unfold = "[...page.querySelectorAll('details')].map(fold => fold.open = true).length"
        for screen in (375, 700):
            count, wide = self.browser.measure(page, screen, [unfold, width])
            self.assertGreater(count, 1)
            self.assertLessEqual(wide, screen)

    def test_room(self):
        """Also the measuring is measured: a page with a wide word is too wide."""
        SweepFixture(self.dir / "sweep")
        self.report(self.dir / "sweep")
        self.assert_fits("page.html")
        widths = "[...page.querySelectorAll('figure > svg')].map(svg => svg.getBoundingClientRect().width / " \
                 "svg.parentNode.getBoundingClientRect().width)"
        self.assertGreater(self.browser.measure(self.dir / "page.html", 1280, [widths])[0][0], 0.99)
        links = "[...page.querySelectorAll('nav a')].map(a => page.querySelector(a.getAttribute('href')) != null)"
        found, = self.browser.measure(self.dir / "page.html", 1280, [links])
        self.assertTrue(len(found) > 10 and all(found))
        (self.dir / "bad.html").write_text(f"<!DOCTYPE html><p>{'w' * 500}</p>")
        self.assertGreater(self.browser.measure(self.dir / "bad.html", 375, ["page.documentElement.scrollWidth"])[0], 375)

    def test_light_and_dark(self):
        """The ground is light by day and dark by night, so the colours follow."""
        SweepFixture(self.dir / "sweep")
        self.report(self.dir / "sweep")
        light = self.browser.shoot(self.dir / "page.html", "small-light", 320, 200)
        dark = self.browser.shoot(self.dir / "page.html", "small-dark", 320, 200, dark=True)
        self.assertNotEqual(light.read_bytes(), dark.read_bytes())
        text = (self.dir / "page.html").read_text()
        rules = dict(re.findall(r"(--[a-z0-9]+):(#[0-9a-f]+)", text.split("@media screen and")[0]))
        night = dict(re.findall(r"(--[a-z0-9]+):(#[0-9a-f]+)", text.split("@media screen and")[1].split("}}")[0]))
        self.assertEqual(set(rules), set(night))
        used = set(re.findall(r"var\((--[a-z0-9]+)\)", text))
        self.assertLessEqual(used, set(rules))
        for colours in (rules, night):
            for name in colours:
                least = 4.5 if name in ("--ink", "--soft") else 2 if re.fullmatch(r"--s\d", name) else 0
                self.assertGreater(contrast(colours[name], colours["--card"]), least, name)

    def test_paper(self):
        SweepFixture(self.dir / "sweep")
        self.report(self.dir / "sweep")
        SHOTS.mkdir(exist_ok=True)
        self.browser.run(self.dir / "page.html", f"--print-to-pdf={SHOTS / 'sweep.pdf'}", "--no-pdf-header-footer")
        self.assertTrue((SHOTS / "sweep.pdf").read_bytes().startswith(b"%PDF"))

    # --- runs as they may be ----------------------------------------------------------------------

    def test_unfinished(self):
        """Killed, or still going: what was logged, and a word on the line that is cut."""
        for name, ending in (("going", ""), ("cut", '{"event":"step","epoch":1,"iter')):
            run = self.dir / name
            run.mkdir()
            write_log(run / "metrics.jsonl", 1000, 10, 90)
            with open(run / "metrics.jsonl", "a", encoding="utf-8") as log:
                log.write(ending)
        text = "".join(self.report(self.dir / "going").text)
        self.assertIn("going has no summary.json: it is still running, or was killed", text)
        self.assertNotIn("is incomplete", text)
        page = self.report(self.dir / "cut", self.dir / "going")
        self.assertIn("The last line of cut/metrics.jsonl is incomplete and was skipped", "".join(page.text))
        self.assertEqual(["90", "90"], [row["steps done"]["data"]["value"] for row in page.table("Figures at the end")])

    def test_one_of_several_is_broken(self):
        """The others are told, and that it is left out, and why; a broken one alone is refused."""
        for name in ("good", "torn"):
            (self.dir / "runs" / name).mkdir(parents=True)
            write_log(self.dir / "runs" / name / "metrics.jsonl", 1000, 10, 90)
        log = self.dir / "runs" / "torn" / "metrics.jsonl"
        log.write_text("{]\n" + log.read_text())
        page = self.report(self.dir / "runs")
        self.assertEqual(["good"], [row["run"]["text"] for row in page.table("Figures at the end")])
        self.assertRegex("".join(page.text), r"Skipped, since it could not be read: .*torn/metrics.jsonl:1: not JSON")
        shutil.rmtree(self.dir / "runs" / "good")
        self.refused(65, "report", self.dir / "runs", "--out", self.dir / "none.html", says="metrics.jsonl:1: not JSON")

    def test_barely_begun(self):
        (self.dir / "run").mkdir()
        for content in ("", '{"event":"start","version":"0.1.0","train_samples":10,"batch":2,"steps_per_epoch":5,"total_steps":5}\n'):
            (self.dir / "run" / "metrics.jsonl").write_text(content)
            self.assertEqual([], self.report(self.dir / "run").figures)

    def test_before_the_first_epoch_ended(self):
        """What was not logged yet is no figure of 0, and a step that no run has is passed over."""
        (self.dir / "run").mkdir()
        log = self.dir / "run" / "metrics.jsonl"
        write_log(log, 1000, 10, 90)
        log.write_text("".join(log.read_text().splitlines(keepends=True)[:4]))
        for more in ("", '{"event":"epoch","step":1e300,"train_loss":null}\n'):
            log.write_text(log.read_text() + more)
            row, = self.report(self.dir / "run").table("Figures at the end")
            self.assertNotIn("training loss", row)
            self.assertEqual("6", row["steps done"]["data"]["value"])

    def test_one_run(self):
        """The figure at the end is not told as the least of the run."""
        self.train("run", "--data", "synthetic:samples=600,features=4,classes=2", "--val-split", "0.2", "--hidden", "8",
                   "--epochs", "2")
        text = "".join(self.report(self.dir / "run").text)
        self.assertIn("Validation loss", text)
        self.assertNotIn("Lowest", text)

    def test_regression(self):
        """R2 and RMSE come first, each with the baseline; a model that is not better is named, with causes."""
        (self.dir / "values.csv").write_text("".join(f"{i % 7},{i % 11},{3 * (i % 7) + i % 5}\n" for i in range(300)))
        for name, rate, better in (("good", "0.01", True), ("bad", "1e-9", False)):
            self.train(name, "--data", self.dir / "values.csv", "--loss", "mse", "--val-split", "0.2", "--hidden", "none",
                       "--optimizer", "sgd", "--schedule", "constant", "--scale", "standard", "--normalize-target", "none",
                       "--init", "he", "--dropout", "0", "--lr", rate, "--batch", "16", "--epochs", "20")
            page = self.report(self.dir / name)
            summary, text = harness.read_json(self.dir / name / "summary.json"), "".join(page.text).split("Training run")[-1]
            self.assertIn(f"Validation R2{summary['val_r2']:.4f}baseline {summary['baseline']['val_r2']:.4f}",
                          text)
            self.assertLess(text.index("Validation R"), text.index("Validation RMSE"))
            self.assertEqual(better, f"{name} is not better than the mean of the training targets" not in text)
            row, = page.table("Figures at the end")
            self.assertEqual(summary["val_r2"], float(row["validation R2"]["data"]["value"]))

    def test_long_run(self):
        """100,000 logged steps: a small page that keeps the one bad step, in time and space that do not grow."""
        (self.dir / "run").mkdir()
        write_log(self.dir / "run" / "metrics.jsonl", 10**6, 10, 100_000, every=1,
                  loss=lambda step: 77.25 if step == 54_321 else 1.0 + step % 7 / 100)
        page = self.report(self.dir / "run")
        self.assertLess((self.dir / "page.html").stat().st_size, 400_000)
        loss = next(f for f in page.figures if f["title"].startswith("Loss") and "steps" in f["text"])
        self.assertIn("highest 77.25 at 54.32k", loss["desc"])
        self.assertIn("Thinned:", "".join(page.text))

    def test_hostile_names(self):
        """Names, commands and configurations are shown as they are, and are nothing else."""
        bad = "<script>alert(1)</script>\"'&amp; `id` $(id)"
        run = self.dir / bad.replace("/", "_")
        run.mkdir()
        write_log(run / "metrics.jsonl", 1000, 10, 90)
        (run / "config.ini").write_bytes(b"[train]\n# </pre><script>alert(2)</script> \xff\n")
        (run / "summary.json").write_text(json.dumps({
            "batch": 10, "command": bad, "stopped_by": "</td><script>alert(3)</script>", "mpi": "<!--", "kernel": "]]>",
            "steps_done": 90, "val_accuracy": "0.5", "val_loss": 0.5, "phase_s": "none"}))
        broken = os.fsencode(self.dir) + b"/\xff\xfe<b>"
        shutil.copytree(os.fsencode(run), broken)
        page = self.report(run, os.fsdecode(broken))
        text = "".join(page.text)
        self.assertIn("alert(1)", text)
        self.assertIn("`id` $(id)", text)
        self.assertIn("# </pre><script>alert(2)</script> \\xff", text)
        self.assert_opens("page.html")

    def test_odd_numbers(self):
        """Zeros, negative and huge numbers, nulls: a page all the same."""
        sweep = SweepFixture(self.dir / "sweep")
        odd = [0, -5, 1e300, None, 1e-300]
        for batch, value in zip(sweep.json["batches"], odd):
            batch |= {"lr": value, "steps_per_epoch": value, "samples_per_second": value, "val_loss": value,
                      "steps_to_target": {"mean": value, "least": None, "most": 3}, "frozen_noise_scale": value}
        sweep.json["fit"]["min_steps"] = -1e308
        (self.dir / "odd.json").write_text(json.dumps(sweep.json))
        self.ok("report", self.dir / "odd.json", "--out", self.dir / "page.html")
        text = (self.dir / "page.html").read_text(encoding="utf-8")
        self.assert_sound(Page(text), text)

    # --- where it goes, and what is refused -----------------------------------------------------------

    def test_places(self):
        (self.dir / "run").mkdir()
        write_log(self.dir / "run" / "metrics.jsonl", 1000, 10, 90)
        done = self.ok("report", "run", cwd=self.dir)
        self.assertIn("run/report.html", done.out)
        page = (self.dir / "run" / "report.html").read_bytes()
        (self.dir / "old.html").write_text("old" * 10**6)
        self.ok("report", "run", "--out", "old.html", cwd=self.dir)
        self.assertEqual(page, (self.dir / "old.html").read_bytes())
        done = self.ok("report", "run", "--out", "-", cwd=self.dir)
        self.assertEqual(page, done.out.encode())
        shutil.copytree(self.dir / "run", self.dir / "other")
        self.ok("report", "run", "other", cwd=self.dir)
        self.assertTrue((self.dir / "report.html").exists())
        self.ok("report", "run", "--out", "ranks.html", cwd=self.dir, ranks=2)
        self.assertEqual(page, (self.dir / "ranks.html").read_bytes())

    def test_refused(self):
        def write(name, content):
            (self.dir / name).write_text(content)
            return self.dir / name

        def refuse(code, says, *paths):
            self.refused(code, "report", *paths, "--out", self.dir / "page.html", says=says)
            self.assertFalse((self.dir / "page.html").exists())

        (self.dir / "empty").mkdir()
        run = self.dir / "run"
        run.mkdir()
        write_log(run / "metrics.jsonl", 1000, 10, 90)
        refuse(66, str(self.dir / "nowhere"), self.dir / "nowhere")
        refuse(66, "nowhere", run, self.dir / "nowhere")
        refuse(65, ["empty", "no run (metrics.jsonl, summary.json) and no sweep (sweep.json)"], self.dir / "empty")
        refuse(65, ["a.json:", "line 2"], write("a.json", "{\n"))
        refuse(65, ["b.json:", "neither the output of lockstep bench --json nor a sweep.json"], write("b.json", "{}"))
        refuse(65, ["c.json:", "\"results\""], write("c.json", '{"bench": "step"}'))
        refuse(65, ["d.json:", "\"batches\""], write("d.json", '{"kind": "sweep", "batches": []}'))
        refuse(65, ["metrics.jsonl", "pass the run's directory"], run / "metrics.jsonl")
        refuse(64, "the argument DIR|FILE... is missing")
        log = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
        (run / "metrics.jsonl").write_text("".join(log[:3] + ["{]\n"] + log[3:]))
        refuse(65, "metrics.jsonl:4: not JSON", run)
        (run / "metrics.jsonl").write_text("".join(log[:2] + ["[]\n"] + log[2:]))
        refuse(65, "metrics.jsonl:3: no \"event\"", run)
        (run / "metrics.jsonl").write_text("".join(log))
        (run / "summary.json").write_text('{"batch": 1')
        refuse(65, "summary.json:", run)
        (run / "summary.json").write_text("{}")
        refuse(65, ["summary.json:", "\"batch\""], run)

    def test_files_without_an_end(self):
        """A FIFO is not waited for, and no line is read that takes all memory."""
        def refuse(code, says, path):
            self.refused(code, "report", path, "--out", self.dir / "page.html", says=says)

        (self.dir / "run").mkdir()
        log = self.dir / "run" / "metrics.jsonl"
        os.mkfifo(log)
        refuse(66, "metrics.jsonl is not a regular file", self.dir / "run")
        os.mkfifo(self.dir / "fifo.json")
        refuse(66, "fifo.json is not a regular file", self.dir / "fifo.json")
        log.unlink()
        log.symlink_to("/dev/zero")
        refuse(66, "metrics.jsonl is not a regular file", self.dir / "run")
        log.unlink()
        with open(log, "wb") as file:
            file.truncate(1 << 40)
        refuse(65, "metrics.jsonl:1: 65536 bytes or longer", self.dir / "run")

    def test_cannot_write(self):
        run = self.dir / "run"
        run.mkdir()
        write_log(run / "metrics.jsonl", 1000, 10, 90)
        self.refused(73, "report", run, "--out", self.dir / "nowhere" / "page.html", says="nowhere")
        self.refused(74, "report", run, "--out", run, says="Is a directory")
        self.assertEqual({"metrics.jsonl"}, {path.name for path in run.iterdir()})


def contrast(one, other):
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    def light(colour):
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


if __name__ == "__main__":
    unittest.main()
