#!/usr/bin/env python3
"""The texts that a user or a contributor reads: messages, help, comments, documents.

    tests/meta/texts.py --draw 200      a sample for a reader to judge; always the same seed
    tests/meta/texts.py --count         how many there are, by kind
"""

import argparse
import os
import pathlib
import random
import re

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
SEED = 20261130
LEAST_WORDS = 3

TOKENS = re.compile(
    r'(?P<comment>/\*.*?\*/)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<char>\'(?:\\.|[^\'\\])+\')|(?P<gap>\s+)'
    r"|(?P<include>#[ \t]*include[^\n]*)|(?P<name>PRI\w+|\w+|.)",
    re.DOTALL,
)
ESCAPES = {r"\n": "\n", r"\"": '"', r"\\": "\\", r"\t": "\t"}


def unescaped(literal):
    return re.sub(r"\\.", lambda m: ESCAPES.get(m.group(), m.group()), literal[1:-1])


def comment_text(comment):
    lines = comment[2:-2].split("\n")
    return "\n".join(re.sub(r"^\s*\* ?", "", line) for line in lines).strip()


def texts_of_c(source):
    """(line, kind, text); string literals side by side are one, with PRId64 and its like as %d."""
    found, parts, start, line = [], [], 0, 1
    for match in TOKENS.finditer(source):
        kind, token = match.lastgroup, match.group()
        if kind == "string":
            start = start if parts else line
            parts.append(unescaped(token))
        elif parts and kind == "name" and token.startswith("PRI"):
            parts.append("d")
        elif kind != "gap" and parts:
            found.append((start, "message", "".join(parts)))
            parts = []
        if kind == "comment":
            found.append((line, "comment", comment_text(token)))
        line += token.count("\n")
    return found


def texts_of_document(source):
    """Paragraphs, list items and rows of tables, without blocks of code."""
    found, line, code, paragraph, start = [], 0, False, [], 0
    for line, text in enumerate(source.split("\n") + [""], 1):
        starts = re.match(r"\s*([-*|#]|\d+\.)", text)
        if paragraph and (code or not text.strip() or starts or text.startswith("```")):
            found.append((start, "document", " ".join(paragraph)))
            paragraph = []
        if text.startswith("```"):
            code = not code
        elif not code and text.strip():
            start = start if paragraph else line
            paragraph.append(text.strip())
    return found


def texts_of_script(source):
    """Heredocs and comments of whole lines."""
    found = [
        (source[: m.start()].count("\n") + 2, "message", m.group(2))
        for m in re.finditer(r"<<'?(\w+)'?[^\n]*\n(.*?)\n\1\n", source, re.DOTALL)
    ]
    for match in re.finditer(r"(?:^[ \t]*# [^\n]*\n)+", source, re.MULTILINE):
        text = re.sub(r"^[ \t]*# ?", "", match.group(), flags=re.MULTILINE)
        found.append((source[: match.start()].count("\n") + 1, "comment", text.strip()))
    return found


def readers(root):
    """(path, how its texts are found)."""
    for folder in ("src", "include"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path, texts_of_c
    for pattern in ("*.md", "src/*.md", "bench/*.md", "tests/*.md", "scripts/*.md"):
        for path in sorted(root.glob(pattern)):
            yield path, texts_of_document
    for pattern in ("scripts/*", ".ci/run", "bench/*"):
        for path in sorted(root.glob(pattern)):
            if path.is_file() and path.suffix in ("", ".cmake") and path.read_bytes()[:2] == b"#!":
                yield path, texts_of_script


def texts(root=SOURCE_DIR):
    """[(place, kind, text)] of all texts of some words."""
    found = []
    for path, read in readers(root):
        for line, kind, text in read(path.read_text(encoding="utf-8")):
            if len(re.findall(r"(?:^|\s)[A-Za-z]{2,}", text)) >= LEAST_WORDS:
                found.append((f"{path.relative_to(root)}:{line}", kind, text))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--draw", type=int, default=0, metavar="N")
    parser.add_argument("--count", action="store_true")
    arguments = parser.parse_args()
    every = texts()
    if arguments.count:
        for kind in ("message", "comment", "document"):
            print(f"{kind:10} {sum(k == kind for _, k, _ in every)}")
    for place, kind, text in random.Random(SEED).sample(every, arguments.draw):
        print(f"[{place}, {kind}]\n{text}\n")


if __name__ == "__main__":
    main()
