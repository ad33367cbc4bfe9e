"""Documents name files that exist, their links lead somewhere, and figures carry the commit and date of their measurement."""

import os
import pathlib
import re
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
HISTORY = {"CHANGELOG.md"}  # it may name what is gone
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"(?<![\w/.-])(?:[\w.-]+/)+[\w.*-]*")
STAMP = re.compile(r"^\*Commit [0-9a-f]{7,12}, \d{4}-\d\d-\d\d, .+\*$", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def documents(root):
    return sorted(path for path in root.rglob("*.md")
                  if not any(part.startswith((".", "build", "runs")) for part in path.relative_to(root).parts))


def prose(text):
    return FENCE.sub("", text)


def headings(text):
    """The anchors of a document, as forges make them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ +(.*)$", prose(text), re.MULTILINE)}


def dead_links(document):
    dead = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        if not path.exists() or (anchor and anchor not in headings(path.read_text(encoding="utf-8"))):
            dead.append(target)
    return dead


def is_there(root, document, name):
    """From the root, as a document names a file of its own folder, or as src/ includes its headers."""
    return any(any(folder.glob(name)) for folder in (root, document.parent, root / "src"))


def folders(root, document):
    """The first parts that a path of the repository can have."""
    return {path.name for folder in (root, document.parent, root / "src") for path in folder.iterdir() if path.is_dir()}


def dead_names(root, document):
    """Paths in backticks that begin with a folder of ours, or name a source file. Below build/ and runs/ is what commands make."""
    ours, dead = folders(root, document) - {"build", "runs"}, []
    for code in re.findall(r"`([^`\n]+)`", prose(document.read_text(encoding="utf-8"))):
        for name in PATH.findall(code):
            meant = name.partition("/")[0] in ours or name.endswith((".c", ".h"))
            if meant and not is_there(root, document, name.rstrip("/")):
                dead.append(name)
    return dead


def undated(text):
    """Headings of those sections with output, a block without a language, before which no commit stands."""
    found = []
    for section in re.split(r"^(?=#+ )", text, flags=re.MULTILINE):
        for block in FENCE.finditer(section):
            if not block[1] and not STAMP.search(section[:block.start()]):
                found.append(section.splitlines()[0])
    return found


class Documents(unittest.TestCase):
    def test_links_and_names(self):
        found = documents(SOURCE_DIR)
        self.assertIn(SOURCE_DIR / "README.md", found)
        for document in found:
            with self.subTest(document=document.relative_to(SOURCE_DIR)):
                self.assertEqual([], dead_links(document))
                if document.name not in HISTORY:
                    self.assertEqual([], dead_names(SOURCE_DIR, document))

    def test_citation(self):
        """CITATION.cff names the version and license of this tree, and has what its format requires."""
        entries = dict(re.findall(r"^([\w-]+):(?: (.*))?$", (SOURCE_DIR / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE))
        version, = re.findall(r"^project\(lockstep VERSION (\S+)", (SOURCE_DIR / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual((version, "1.2.0", "Lockstep", "MIT"),
                         tuple(entries[key] for key in ("version", "cff-version", "title", "license")))
        self.assertTrue((SOURCE_DIR / "LICENSE").read_text(encoding="utf-8").startswith("MIT License"))
        self.assertLessEqual({"message", "authors"}, set(entries))

    def test_measurements_are_dated(self):
        self.assertEqual([], undated((SOURCE_DIR / "bench" / "README.md").read_text(encoding="utf-8")))

    def test_what_is_dead_is_found(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "src" / "base").mkdir(parents=True)
            (root / "src" / "base" / "tree.h").touch()
            (root / "b.md").write_text("# A heading, and `code`\n```\n# no heading\n```\n", encoding="utf-8")
            text = ("[x](b.md) [x](c.md) [x](b.md#a-heading-and-code) [x](b.md#no-heading) [x](https://example.org/) "
                    "`base/tree.h` `base/t*.h` `base/three.h` `gone/a.h` `src/base/` `src/gone/` `build/lockstep` `a/b` "
                    "`sh src/base/run.sh x`\n```\nsrc/gone\n```\n")
            (root / "a.md").write_text(text, encoding="utf-8")
            self.assertEqual([root / "a.md", root / "b.md"], documents(root))
            self.assertEqual(["c.md", "b.md#no-heading"], dead_links(root / "a.md"))
            self.assertEqual(["base/three.h", "gone/a.h", "src/gone/", "src/base/run.sh"], dead_names(root, root / "a.md"))

    def test_an_undated_figure_is_found(self):
        block = "```sh\ncommand\n```\n\n{}```\noutput\n```\n"
        dated = "*Commit 0123abc, 2026-11-22, two cores:*\n\n"
        text = "# A\n" + block.format(dated) + "## B\n" + block.format("") + "## C\n" + block.format(dated.replace("2026-11-22", "yesterday"))
        self.assertEqual(["## B", "## C"], undated(text))


if __name__ == "__main__":
    unittest.main()
