"""What cmake --install leaves: a library that another program can be built on, with names of its own.
And where the program takes its own libraries from.
"""

import os
import pathlib
import re
import shutil
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
PROJECT = """
cmake_minimum_required(VERSION 3.20)
project(program C)
find_package(lockstep 0.2 REQUIRED)
add_executable(program train_on_arrays.c)
target_link_libraries(program PRIVATE lockstep::lockstep)
"""
RUN = ["--data", "synthetic:samples=90,features=4", "--hidden", "5", "--epochs", "2", "--batch", "32",
       "--progress", "off"]


class Install(harness.Case):
    def declared(self):
        """The functions of the public header."""
        text = (harness.SOURCE_DIR / "include" / "lockstep" / "lockstep.h").read_text(encoding="utf-8")
        return set(re.findall(r"\b(lockstep_\w+)\(", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))

    def install(self):
        """Installs, and returns the prefix, the static library, and an environment that finds both."""
        prefix = self.dir / "prefix"
        subprocess.run(["cmake", "--install", os.environ["BUILD_DIR"], "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        library = next(prefix.glob("lib*/**/liblockstep.a"))
        return prefix, library, dict(os.environ, PKG_CONFIG_PATH=str(library.parent / "pkgconfig"),
                                     LD_LIBRARY_PATH=str(library.parent))

    def output(self, *command, **settings):
        """What a command prints to stdout; it must succeed and print nothing to stderr."""
        done = subprocess.run(command, text=True, cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)
        self.assertEqual((0, ""), (done.returncode, done.stderr), command)
        return done.stdout

    def build(self, source, compiler, environment, *options):
        """The path of an example, linked by pkg-config with the shared library; --static: with the other one."""
        asked = [option for option in options if option == "--static"]
        flags = self.output("pkg-config", "--cflags", "--libs", *asked, "lockstep", env=environment)
        if asked:
            flags = flags.replace("-llockstep", "-l:liblockstep.a")
        strict = ["-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror"]
        self.output(*compiler, *strict, harness.SOURCE_DIR / "examples" / source, *flags.split(),
                    *(option for option in options if option not in asked), "-o", "program")
        return self.dir / "program"

    def test_examples(self):
        prefix, library, environment = self.install()
        compiler = [os.environ.get("CC", "cc")]
        texts = []
        for options in ([], ["--static"], ["-g", "-fsanitize=address,undefined"]):
            program = self.build("train_on_arrays.c", compiler, environment, *options)
            texts.append(self.output(program, env=environment))
        (self.dir / "x.csv").write_text("0,0\n1,1\n")
        predicted = self.output(prefix / "bin" / "lockstep", "predict", "model.safetensors", "--data", "x.csv")
        self.assertEqual(["1", "0"], [line.split(",")[0] for line in predicted.split()[1:]], predicted)
        self.assertEqual(texts[:1] * 3, texts)
        self.assertRegex(texts[0], r"epoch 20: loss 0\.\d+\naccuracy 0\.9\d+ on 1000 other samples\n$")
        needed = self.output("readelf", "-d", library.with_suffix(".so"))
        self.assertRegex(needed, r"SONAME.*\[liblockstep\.so\.\d+\.\d+\]")

    @unittest.skipIf(shutil.which("mpicc") is None, "no mpicc")
    def test_an_example_with_mpi(self):
        _, _, environment = self.install()
        program = self.build("inside_mpi.c", ["mpicc"], environment)
        texts = {self.output(*harness.MPIEXEC, "-n", str(ranks), program, env=dict(environment, **harness.LAUNCH))
                 for ranks in (1, 2, 3)}
        self.assertEqual(1, len(texts), texts)
        self.assertRegex(texts.pop(), r"^\d+ steps, weights [0-9a-f]{16}\n$")

    def test_a_project_of_cmake(self):
        prefix, _, environment = self.install()
        shutil.copy(harness.SOURCE_DIR / "examples" / "train_on_arrays.c", self.dir)
        (self.dir / "CMakeLists.txt").write_text(PROJECT)
        subprocess.run(["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={prefix}"], check=True, cwd=self.dir,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", "build"], check=True, cwd=self.dir, stdout=subprocess.DEVNULL)
        self.assertIn("accuracy 0.9", self.output("build/program"))

    def test_a_program_on_the_library(self):
        prefix, library, environment = self.install()
        names = subprocess.run(["nm", "-g", "--defined-only", library], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split("\n")
        exported = {line.split()[2] for line in names if len(line.split()) == 3}
        self.assertEqual(self.declared(), exported)
        shared = subprocess.run(["nm", "-D", "--defined-only", library.with_suffix(".so")], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.split("\n")
        self.assertEqual(self.declared(), {line.split()[2] for line in shared if line})

        (self.dir / "program.c").write_text(PROGRAM)
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
