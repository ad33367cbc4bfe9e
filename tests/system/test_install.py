"""What cmake --install leaves: a library that another program can be built on, with names of its own.
And where the program takes its own libraries from.
"""

import os
import pathlib
import re
import subprocess
import unittest

import harness

# A program may have functions named as ours are inside.
PROGRAM = r"""
#include <lockstep/lockstep.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int fail(void);
int fail(void) { return 1; }

static int n;
static const char *const *argument;

static void *train(void *result)
{
    lockstep_train(n, argument, NULL, result);
    return result;
}

int main(int argc, char **argv) /* KiB of stack, arguments */
{
    struct lockstep_result result;
    pthread_attr_t attributes;
    pthread_t thread;
    n = argc - 2;
    argument = (const char *const *)argv + 2;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)atoi(argv[1]) << 10);
    pthread_create(&thread, &attributes, train, &result);
    pthread_join(thread, NULL);
    printf("embedded %d %016llx %s\n", result.status, (unsigned long long)result.weights_xxh3, result.message);
    return result.status;
}
"""
RUN = ["--data", "synthetic:samples=90,features=4", "--hidden", "5", "--epochs", "2", "--batch", "32",
       "--progress", "off"]


class Install(harness.Case):
    def declared(self):
        """The functions of the public header."""
        text = (harness.SOURCE_DIR / "include" / "lockstep" / "lockstep.h").read_text(encoding="utf-8")
        return set(re.findall(r"\b(lockstep_\w+)\(", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))

    def test_a_program_on_the_library(self):
        build, prefix = os.environ["BUILD_DIR"], self.dir / "prefix"
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        library = next(prefix.glob("lib*/**/liblockstep.a"))
        names = subprocess.run(["nm", "-g", "--defined-only", library], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split("\n")
        exported = {line.split()[2] for line in names if len(line.split()) == 3}
        self.assertEqual(self.declared(), exported)
        shared = subprocess.run(["nm", "-D", "--defined-only", library.with_suffix(".so")], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.split("\n")
        self.assertEqual(self.declared(), {line.split()[2] for line in shared if line})

        (self.dir / "program.c").write_text(PROGRAM)
        environment = dict(os.environ, PKG_CONFIG_PATH=str(library.parent / "pkgconfig"),
                           LD_LIBRARY_PATH=str(library.parent))
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "lockstep"], check=True, text=True,
                               stdout=subprocess.PIPE, env=environment).stdout.split()
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "program.c", "-o", "program", *flags], check=True, cwd=self.dir)
        # On the stack that the library says it needs; it once needed twice that, and crashed with less.
        embedded = subprocess.run([self.dir / "program", "320", *RUN, "--out", "embedded"], check=True, text=True,
                                  cwd=self.dir, stdout=subprocess.PIPE, env=environment).stdout
        small = subprocess.run([self.dir / "program", "256", *RUN, "--out", "small"], text=True, cwd=self.dir,
                               stdout=subprocess.PIPE, env=environment)
        self.assertEqual(71, small.returncode, small)
        self.assertIn("stack of 256 KiB is too small, 320 are needed", small.stdout)
        alone = subprocess.run([prefix / "bin" / "lockstep", "train", *RUN, "--out", "alone"], check=True,
                               text=True, cwd=self.dir, stdout=subprocess.PIPE).stdout
        hash_ = [line.split()[1] for line in alone.split("\n") if line.startswith("weights_xxh3")][0]
        self.assertIn(f"embedded 0 {hash_}", embedded)
        models = [pathlib.Path(self.dir / name / "model.safetensors").read_bytes()
                  for name in ("embedded", "alone")]
        self.assertEqual(*models)


class PlantedLibrary(harness.Case):
    """The program's search path of libraries once ended in an empty element, which is the current
    directory: a library that somebody had put among data ran when lockstep was started there."""

    PLANTED = "#include <unistd.h>\n__attribute__((constructor)) static void run(void) { _exit(99); }\n"

    def test_in_a_directory_of_data(self):
        harness.Images(self.dir)
        (self.dir / "planted.c").write_text(self.PLANTED)
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "planted.c", "-o", "libjansson.so.4"],
                       check=True, cwd=self.dir)
        for name in ("libinih.so.1", "libhwloc.so.15", "libgomp.so.1", "libomp.so.5", "libz.so.1"):
            (self.dir / name).symlink_to("libjansson.so.4")
        run = ["train", "--data", ".", "--hidden", "4", "--epochs", "1", "--progress", "off", "--out"]
        plain = self.ok(*run, "plain", cwd=self.dir)
        ranks = self.ok(*run, "ranks", cwd=self.dir, ranks=2)
        self.assertEqual(plain.figure("weights_xxh3"), ranks.figure("weights_xxh3"))


if __name__ == "__main__":
    unittest.main()
