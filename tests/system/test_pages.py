"""The manual pages and the completion for bash that cmake --install puts beside the program: every option is there, man and
mandoc have nothing to say about the pages, and bash completes what it should.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

COMMANDS = "train plan sweep folds tune info bench eval predict report data".split()


def output_of(command, **settings):
    """stdout and stderr together."""
    return subprocess.run(list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, **settings).stdout


class Pages(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.prefix = harness.pathlib.Path(tempfile.mkdtemp(prefix="lockstep-pages-"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        output_of(["cmake", "--install", os.environ["BUILD_DIR"], "--prefix", cls.prefix])
        cls.commands = sorted(set(re.findall(r"^  lockstep (\w+)", harness.run("help").out, re.MULTILINE))
                              - {"help", "version"})

    def pages(self):
        return sorted((self.prefix / "share" / "man" / "man1").iterdir())

    def read(self, page):
        """As `man` shows it."""
        return output_of(["man", "-P", "cat", page],
                         env=dict(os.environ, MANPATH=str(self.prefix / "share" / "man"), MANWIDTH="200", LC_ALL="C"))

    def options_of(self, command):
        return set(re.findall(r"^  (--[\w-]+)", harness.run("help", command, "all").out, re.MULTILINE))

    def test_each_command_has_a_page(self):
        self.assertGreaterEqual(set(self.commands), set(COMMANDS))
        self.assertEqual(sorted(["lockstep.1", *(f"lockstep-{name}.1" for name in self.commands)]),
                         [path.name for path in self.pages()])

    def test_man_shows_all_options(self):
        self.need_program("man", "test")
        for command in self.commands:
            text = self.read(f"lockstep-{command}")
            options = set(re.findall(r"^ {7}(--[\w-]+)", text, re.MULTILINE))
            self.assertEqual(self.options_of(command), options, command)
            for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"):
                self.assertRegex(text, rf"(?m)^{section}$")
        self.assertIn("SOURCE", self.read("lockstep-train"))
        self.assertIn("[default fashion-mnist]", self.read("lockstep-train"))
        text = self.read("lockstep")
        for command in self.commands:
            self.assertIn(f"lockstep-{command}(1)", text)
        for topic in ("DEFAULTS", "EXIT CODES", "CONFIG"):
            self.assertRegex(text, rf"(?m)^{topic}$")
        self.assertRegex(text, r"(?m)^ +75  stopped by a signal")

    def test_man_and_mandoc_have_nothing_to_say(self):
        self.need_program("man", "test")
        self.need_program("mandoc", "test")
        self.assertEqual("", output_of(["mandoc", "-T", "lint", *self.pages()]))
        for path in self.pages():
            said = subprocess.run(["man", "--warnings", "-P", "cat", "-l", path], check=True, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, env=dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="80")).stderr
            self.assertEqual(b"", said, path)

    def test_whatis(self):
        self.need_program("lexgrog", "test")
        for path in self.pages():
            self.assertIn(f'"{path.stem} - ', output_of(["lexgrog", path]))

    # --- completion ----------------------------------------------------------------------------------

    def completed(self, *words):
        """What bash offers for the last word; it takes --name=value for three words."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lockstep; '
                  '((${#COMPREPLY[@]} == 0)) || printf "%s\\n" "${COMPREPLY[@]}"')
        file = self.prefix / "share" / "bash-completion" / "completions" / "lockstep"
        return output_of(["bash", "-uc", script, "bash", file, "lockstep", *words], cwd=self.dir).splitlines()

    def test_it_is_registered(self):
        file = self.prefix / "share" / "bash-completion" / "completions" / "lockstep"
        self.assertEqual("complete -F _lockstep lockstep\n",
                         output_of(["bash", "--norc", "-c", 'source "$1"; complete -p lockstep', "bash", file]))

    def test_commands_and_topics(self):
        self.assertEqual({*self.commands, "help", "version", "--help", "--version"}, set(self.completed("")))
        self.assertEqual(["predict"], self.completed("pre"))
        self.assertIn("exit-codes", self.completed("help", ""))
        self.assertEqual(["train"], self.completed("help", "tr"))
        self.assertEqual(["all"], self.completed("help", "train", ""))
        self.assertEqual([], self.completed("nonsense", ""))

    def test_options_of_each_command(self):
        for command in self.commands:
            offered = set(self.completed(command, "-"))
            negated = {name for name in offered if name.startswith("--no-") and name not in self.options_of(command)}
            self.assertEqual(self.options_of(command), offered - negated, command)
        self.assertEqual(["--max-levels", "--max-steps", "--max-time"],
                         sorted(self.completed("train", "--epochs", "3", "--max-")))
        self.assertIn("--no-drop-last", self.completed("train", "--no-"))
        self.assertNotIn("--resume", self.completed("predict", "-"))

    def test_words_of_choices(self):
        self.assertEqual(["none", "standard", "auto"], self.completed("train", "--normalize-target", ""))
        self.assertEqual(["auto"], self.completed("train", "--header", "=", "a"))
        self.assertEqual(["auto", "on", "off"], self.completed("train", "--header", "="))
        self.assertEqual(["on", "off"], self.completed("train", "--shuffle", ""))
        self.assertEqual(["relu,tanh"], self.completed("train", "--activation", "relu,t"))
        self.assertEqual(["val_accuracy"], self.completed("train", "--early-stop", "val_a"))
        self.assertEqual(["peak"], self.completed("bench", "p"))
        self.assertEqual(["tab"], self.completed("train", "--separator", "t"))
        self.assertEqual(["auto", ",", "tab", "\\;", "\\|", ":"], self.completed("train", "--separator", ""))
        self.assertEqual([".", ","], self.completed("train", "--decimal", ""))
        self.assertEqual([], self.completed("train", "--seed", ""))

    def test_file_names(self):
        (self.dir / "a file.csv").touch()
        (self.dir / "folder").mkdir()
        self.assertEqual(["a file.csv"], self.completed("train", "--data", "a"))
        self.assertEqual(["fashion-mnist"], self.completed("train", "--data", "fa"))
        self.assertEqual(["folder"], self.completed("train", "--out", "fo"))
        self.assertEqual(["a file.csv"], self.completed("train", "--config", "=", "a"))
        self.assertEqual(["folder"], self.completed("predict", "fo"))
        self.assertEqual(["folder"], self.completed("report", "folder/../nothing", "fo"))
        self.assertEqual(["a file.csv"], self.completed("data", "a"))

    def test_the_script_is_clean(self):
        self.need_program("shellcheck", "check")
        file = self.prefix / "share" / "bash-completion" / "completions" / "lockstep"
        self.assertEqual("", output_of(["shellcheck", "--shell=bash", file]))


if __name__ == "__main__":
    unittest.main()
