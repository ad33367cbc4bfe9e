"""The includes of src/ against the layers of the design, and against "one big dependency, one file".

    base <- data, net, optim, comm <- train <- report <- cli        (an arrow: "may be included by")

The checker itself is checked: it must find what is wrong in small made-up trees.
"""

import os
import pathlib
import re
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))

FOUNDATION = {"base"}
SIBLINGS = {"data", "net", "optim", "comm"}
MAY_INCLUDE = {
    "base": set(),
    "data": FOUNDATION,
    "net": FOUNDATION,
    "optim": FOUNDATION,
    "comm": FOUNDATION,
    "train": FOUNDATION | SIBLINGS,
    "report": FOUNDATION | SIBLINGS | {"train"},
    "cli": FOUNDATION | SIBLINGS | {"train", "report"},
}

# Headers of others: a pattern, and where it may stand. A folder ends in "/".
OWNERS = [
    (r"mpi\.h", "src/comm/"),
    (r"blis\.h", "src/net/kernel_blis.c"),
    (r"jansson\.h", "src/base/json.c"),
    (r"xxhash\.h", "src/base/hash.c"),
    (r"Random123/.*", "src/base/random.c"),
    (r"ini\.h", "src/cli/"),
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
    return found + faults_of_sharing(root, files)


class Layers(unittest.TestCase):
    def test_tree(self):
        self.assertGreater(len(source_files(SOURCE_DIR)), 20, "the sources were not found")
        self.assertEqual([], faults(SOURCE_DIR))


class CheckerCatches(unittest.TestCase):
    """Each made-up tree has one line that is wrong, or none."""

    def faults_with(self, extra):
        files = {
            "src/base/status.h": "#include <stdint.h>\n",
            "src/data/loader.h": '#include "base/status.h"\n',
            "src/net/mlp.h": '#include "base/status.h"\n',
            "src/train/step.h": '#include "data/loader.h"\n#include "net/mlp.h"\n',
            "src/report/bar.h": '#include "train/step.h"\n',
            "src/cli/run.c": '#include "commit.h"\n#include "report/bar.h"\n',
            "src/comm/mpi.c": "#include <mpi.h>\n",
            "src/net/kernel_blis.c": "#include <blis.h>\n",
        }
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (files | extra).items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return faults(root)

    def assert_caught(self, name, text, word):
        found = self.faults_with({name: text})
        self.assertEqual(1, len(found), found)
        self.assertIn(name, found[0])
        self.assertIn(word, found[0])

    def test_a_right_tree_passes(self):
        self.assertEqual([], self.faults_with({}))

    def test_layers(self):
        self.assert_caught("src/base/clock.c", '#include "data/loader.h"\n', "data/loader.h")
        self.assert_caught("src/data/idx.c", '#include "net/mlp.h"\n', "net/mlp.h")
        self.assert_caught("src/net/cost.c", '  #  include "train/step.h"\n', "train/step.h")
        self.assert_caught("src/train/plan.c", '#include "report/bar.h"\n', "report/bar.h")

    def test_owners(self):
        self.assert_caught("src/train/sweep.c", "#include <jansson.h>\n", "jansson.h")
        self.assert_caught("src/base/hash.h", "#include <xxhash.h>\n", "xxhash.h")
        self.assert_caught("src/net/init.c", "#include <Random123/philox.h>\n", "Random123")
        self.assert_caught("src/train/step.c", '#include "mpi.h"\n', "mpi.h")

    def test_one_file_a_dependency(self):
        one, two = {"src/cli/config.c": "#include <ini.h>\n"}, {"src/cli/main.c": "#include <ini.h>\n"}
        self.assertEqual([], self.faults_with(one))
        found = self.faults_with(one | two)
        self.assertEqual(1, len(found), found)
        self.assertIn("src/cli/config.c, src/cli/main.c", found[0])

    def test_paths(self):
        self.assert_caught("src/net/relu.c", '#include "mlp.h"\n', "not a path below src/")
        self.assert_caught("src/extra/x.c", "", "no layer")

    def test_comments_do_not_count(self):
        text = '/* once\n#include "train/step.h"\n*/\n'
        self.assertEqual([], self.faults_with({"src/net/init.c": text}))


if __name__ == "__main__":
    unittest.main()
