"""The structure of src/: which folder may include which, no circles, a header of each source's name,
no crowded folder, no crumbs; and "one big dependency, one file".

    base < data, net, optim, comm < step, model < run < study < report < options < api < cli

A folder may include itself and the folders to its left; those between commas do not know each other.
The checker itself is checked: it must find what is wrong in small made-up trees.
"""

import collections
import os
import pathlib
import re
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))

LAYERS = [
    ["base"],
    ["data", "net", "optim", "comm"],
    ["step", "model"],
    ["run"],
    ["study"],
    ["report"],
    ["options"],
    ["api"],
    ["cli"],
]
HEIGHT = {folder: height for height, layer in enumerate(LAYERS) for folder in layer}
MAY_INCLUDE = {
    folder: {other for other in HEIGHT if HEIGHT[other] < HEIGHT[folder]} for folder in HEIGHT
}

MOST_FILES = 45  # in one folder
CRUMB_LINES = 60  # a source of fewer, that one other file reads, belongs into that file

# Sources whose header has another name, and which may be small: levels, main, transports, one file a
# command or a section of the page, and variants behind a table or an interface.
VARIANTS = re.compile(
    r"src/(.*_level|cli/main|cli/cmd_\w+|comm/(mpi|none)|report/page/page_\w+|net/kernel_\w+|api/lockstep)\.c"
)

# Headers of others: a pattern, and where it may stand. A folder ends in "/".
OWNERS = [
    (r"mpi\.h", "src/comm/"),
    (r"blis\.h", "src/net/kernel_blis.c"),
    (r"jansson\.h", "src/base/json.c"),
    (r"xxhash\.h", "src/base/hash.c"),
    (r"Random123/.*", "src/base/random.c"),
    (r"ini\.h", "src/options/"),
    (r"zlib\.h", "src/data/"),
    (r"hwloc.*", "src/comm/"),
]
ONE_FILE_ONLY = [r"blis\.h", r"jansson\.h", r"xxhash\.h", r"ini\.h", r"zlib\.h"]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes_of(path):
    """Pairs of (is it in quotes, name); comments do not count."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [(mark == '"', name) for mark, name in INCLUDE.findall(text)]


def fault_of_layer(root, place, name):
    """What is wrong with a project include, or None."""
    layer = place.split("/")[1]
    if name in ("commit.h",) or name.startswith("lockstep/"):
        return None  # the generated header, and the public ones
    other = name.split("/")[0]
    if not (root / "src" / name).exists():
        return f"{place}: \"{name}\" is not a path below src/"
    if other != layer and other not in MAY_INCLUDE[layer]:
        allowed = ", ".join(sorted(MAY_INCLUDE[layer] | {layer}))
        return f"{place}: includes \"{name}\", but {layer} may know only {allowed}"
    return None


def fault_of_owner(place, name):
    """What is wrong with an include of somebody else's header, or None."""
    for pattern, owner in OWNERS:
        if re.fullmatch(pattern, name):
            fits = place.startswith(owner) if owner.endswith("/") else place == owner
            return None if fits else f"{place}: <{name}> belongs to {owner} alone"
    return None


def faults_of_file(root, path):
    place = path.relative_to(root).as_posix()
    found = []
    for quoted, name in includes_of(path):
        owned = fault_of_owner(place, name)
        layered = fault_of_layer(root, place, name) if quoted and not owned else None
        found += [fault for fault in (owned, layered) if fault]
    return found


def faults_of_sharing(root, files):
    """The big dependencies that more than one file includes."""
    found = []
    for pattern in ONE_FILE_ONLY:
        users = [
            path.relative_to(root).as_posix()
            for path in files
            if any(re.fullmatch(pattern, name) for _, name in includes_of(path))
        ]
        if len(users) > 1:
            found.append(f"<{pattern}> is included by more than one file: {', '.join(users)}")
    return found


def without_suffix(name):
    return re.sub(r"\.[ch]$", "", name)


def project_includes(root, files):
    """{path below src: [paths below src that it includes]}"""
    return {
        path.relative_to(root / "src").as_posix(): [
            name for quoted, name in includes_of(path) if quoted and (root / "src" / name).exists()
        ]
        for path in files
    }


def faults_of_circles(includes):
    """Sources that need each other, over any number of others. A header's includes bring types alone."""
    needs = collections.defaultdict(set)
    for name, others in includes.items():
        if name.endswith(".c"):
            unit = without_suffix(name)
            needs[unit] |= {without_suffix(other) for other in others} - {unit}

    def reached(start):
        seen, waiting = set(), list(needs[start])
        while waiting:
            unit = waiting.pop()
            if unit not in seen:
                seen.add(unit)
                waiting += needs.get(unit, ())
        return seen

    reach = {unit: reached(unit) for unit in list(needs)}
    circles = {
        tuple(sorted(other for other in reach[unit] if unit in reach.get(other, ())))
        for unit in reach
        if unit in reach[unit]
    }
    return [f"a circle of sources: {', '.join(circle)}" for circle in sorted(circles)]


def faults_of_names(root, files):
    return [
        f"{path.relative_to(root)}: there is no {path.stem}.h beside it"
        for path in files
        if path.suffix == ".c"
        and not path.with_suffix(".h").exists()
        and not VARIANTS.fullmatch(path.relative_to(root).as_posix())
    ]


def faults_of_crumbs(root, files, includes):
    readers = collections.defaultdict(set)
    for name, others in includes.items():
        for other in others:
            readers[without_suffix(other)].add(without_suffix(name))
    found = []
    for path in files:
        place = path.relative_to(root).as_posix()
        unit = without_suffix(place.removeprefix("src/"))
        others = readers[unit] - {unit}
        lines = path.read_text(encoding="utf-8").count("\n")
        small = path.suffix == ".c" and path.with_suffix(".h").exists() and lines < CRUMB_LINES
        if small and len(others) == 1 and not VARIANTS.fullmatch(place):
            found.append(f"{place}: {lines} lines that only {others.pop()} reads; merge them")
    return found


def faults_of_folders(root, files):
    count = collections.Counter(path.parent.relative_to(root).as_posix() for path in files)
    return [
        f"{folder}: {n} files; at most {MOST_FILES} make a listing that one can read"
        for folder, n in sorted(count.items())
        if n > MOST_FILES
    ]


def source_files(root):
    return sorted(p for p in (root / "src").rglob("*") if p.suffix in (".c", ".h"))


def faults(root):
    files = source_files(root)
    found = []
    for path in files:
        layer = path.relative_to(root).parts[1]
        if layer in MAY_INCLUDE:
            found += faults_of_file(root, path)
        else:
            found.append(f"{path.relative_to(root)}: lies in no layer")
    includes = project_includes(root, files)
    return (
        found
        + faults_of_sharing(root, files)
        + faults_of_circles(includes)
        + faults_of_names(root, files)
        + faults_of_crumbs(root, files, includes)
        + faults_of_folders(root, files)
    )


class Layers(unittest.TestCase):
    def test_tree(self):
        self.assertGreater(len(source_files(SOURCE_DIR)), 20, "the sources were not found")
        self.assertEqual([], faults(SOURCE_DIR))


class CheckerCatches(unittest.TestCase):
    """Each made-up tree has one thing that is wrong, or none."""

    def faults_with(self, extra):
        files = {
            "src/base/status.h": "#include <stdint.h>\n",
            "src/data/loader.h": '#include "base/status.h"\n',
            "src/net/mlp.h": '#include "base/status.h"\n',
            "src/step/step.h": '#include "data/loader.h"\n#include "net/mlp.h"\n',
            "src/step/step.c": '#include "step/step.h"\n#include "net/mlp.h"\n' + "\n" * CRUMB_LINES,
            "src/report/bar.h": '#include "step/step.h"\n',
            "src/cli/main.c": '#include "commit.h"\n#include "report/bar.h"\n',
            "src/comm/mpi.c": "#include <mpi.h>\n",
            "src/net/kernel_blis.c": "#include <blis.h>\n",
        }
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (files | extra).items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return faults(root)

    def assert_caught(self, name, text, word, **more):
        found = self.faults_with({name: text} | more.get("more", {}))
        self.assertEqual(1, len(found), found)
        self.assertIn(more.get("where", name), found[0])
        self.assertIn(word, found[0])

    def test_a_right_tree_passes(self):
        self.assertEqual([], self.faults_with({}))

    def test_layers(self):
        for name, text, word in (
            ("src/base/clock.h", '#include "data/loader.h"\n', "data/loader.h"),
            ("src/data/idx.h", '#include "net/mlp.h"\n', "net/mlp.h"),
            ("src/net/cost.h", '  #  include "step/step.h"\n', "step/step.h"),
            ("src/model/model.h", '#include "step/step.h"\n', "step/step.h"),
            ("src/step/plan.h", '#include "report/bar.h"\n', "report/bar.h"),
        ):
            self.assert_caught(name, text, word)

    def test_owners(self):
        self.assert_caught("src/study/sweep.h", "#include <jansson.h>\n", "jansson.h")
        self.assert_caught("src/base/hash.h", "#include <xxhash.h>\n", "xxhash.h")
        self.assert_caught("src/net/init.h", "#include <Random123/philox.h>\n", "Random123")
        self.assert_caught("src/step/plan.h", '#include "mpi.h"\n', "mpi.h")

    def test_one_file_a_dependency(self):
        one, two = {"src/options/config.h": "#include <ini.h>\n"}, {"src/options/x.h": "#include <ini.h>\n"}
        self.assertEqual([], self.faults_with(one))
        found = self.faults_with(one | two)
        self.assertEqual(1, len(found), found)
        self.assertIn("src/options/config.h, src/options/x.h", found[0])

    def test_paths(self):
        self.assert_caught("src/net/relu.h", '#include "mlp.h"\n', "not a path below src/")
        self.assert_caught("src/extra/x.h", "", "no layer")

    def test_circles(self):
        long = "\n" * CRUMB_LINES
        circle = {
            "src/step/a.h": "",
            "src/step/b.h": "",
            "src/step/c.h": "",
            "src/step/a.c": '#include "step/b.h"\n' + long,
            "src/step/b.c": '#include "step/c.h"\n' + long,
        }
        self.assertEqual([], self.faults_with(circle))
        self.assert_caught(
            "src/step/c.c", '#include "step/a.h"\n' + long, "circle", more=circle, where="step/a, step/b, step/c"
        )
        types = {"src/step/c.c": '#include "step/c.h"\n' + long, "src/step/c.h": '#include "step/a.h"\n'}
        self.assertEqual([], self.faults_with(circle | types))

    def test_names(self):
        self.assert_caught("src/step/rows.c", "\n" * CRUMB_LINES, "no rows.h")
        self.assertEqual([], self.faults_with({"src/net/loss_level.c": "", "src/cli/cmd_plan.c": ""}))

    def test_crumbs(self):
        crumb = {"src/net/cost.h": "", "src/net/cost.c": '#include "net/cost.h"\n'}
        self.assertEqual([], self.faults_with(crumb))
        found = self.faults_with(crumb | {"src/step/x.h": '#include "net/cost.h"\n'})
        self.assertEqual(1, len(found), found)
        self.assertIn("src/net/cost.c: 1 lines that only step/x reads", found[0])
        two = {"src/step/x.h": '#include "net/cost.h"\n', "src/step/y.h": '#include "net/cost.h"\n'}
        self.assertEqual([], self.faults_with(crumb | two))

    def test_folders(self):
        crowd = {f"src/net/n{i}.h": "" for i in range(MOST_FILES - 2)}
        self.assert_caught("src/net/last.h", "", f"{MOST_FILES + 1} files", more=crowd, where="src/net")

    def test_comments_do_not_count(self):
        text = '/* once\n#include "step/step.h"\n*/\n'
        self.assertEqual([], self.faults_with({"src/net/init.h": text}))


if __name__ == "__main__":
    unittest.main()
