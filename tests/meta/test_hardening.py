"""What was built loads no library from the current directory, and an optimised build is hardened.

Once the program's search path of libraries ended in an empty element, which means the current
directory: a file libjansson.so.4 in a directory of data ran as soon as lockstep was started there.
So every ELF file of the build is read, and the program as it is installed. What the compiler or the
linker was found not to know (CMakeCache.txt says so) is not asked for.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BUILD_DIR = pathlib.Path(os.environ.get("BUILD_DIR", "build"))


def cache(name):
    """The value of a variable of CMake, or ""."""
    text = (BUILD_DIR / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:[A-Z]+=(.*)$", text, re.MULTILINE)
    return found.group(1) if found else ""


def is_on(name):
    return cache(name).upper() in ("ON", "1", "TRUE", "YES")


def elf_files(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def readelf(path, *flags):
    return subprocess.run(["readelf", "-W", *flags, path], check=True, capture_output=True, text=True,
                          env=os.environ | {"LC_ALL": "C"}).stdout


def is_linked(path):
    """A program or a shared object, not what they are linked from."""
    return re.search(r"^\s*Type:\s+(EXEC|DYN)\b", readelf(path, "-h"), re.MULTILINE) is not None


def search_path_faults(path, listing):
    """`listing`: readelf's of the dynamic section. An element that is empty or relative depends on the
    current directory; $ORIGIN, the file's own, does not."""
    found = []
    for kind, elements in re.findall(r"\((RPATH|RUNPATH)\).*\[(.*)\]", listing):
        for element in elements.split(":"):
            if not re.match(r"/|\$ORIGIN(/|$)|\$\{ORIGIN\}(/|$)", element):
                found.append(f"{path}: {kind} [{elements}] has the element [{element}]")
    return found


def hardening_faults(path, listing):
    """`listing`: readelf's of headers, segments and the dynamic section of what was linked."""
    wanted = {
        "position-independent": r"Type:\s+DYN",
        "a stack that holds no code": r"GNU_STACK(\s+0x\S+){5}\s+RW\s",
        "relocations that become read-only": r"GNU_RELRO",
        "bound at once": r"\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b|\(BIND_NOW\)",
    }
    return [f"{path}: not {name}" for name, pattern in wanted.items() if not re.search(pattern, listing)]


class BuiltFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = list(elf_files(BUILD_DIR))
        cls.linked = [path for path in cls.files if is_linked(path)]
        cls.program = BUILD_DIR / "lockstep"
        if cls.program not in cls.linked:
            raise AssertionError(f"{cls.program} was not found among the ELF files of {BUILD_DIR}")

    def installed(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        subprocess.run(["cmake", "--install", BUILD_DIR, "--prefix", folder.name], check=True,
                       stdout=subprocess.DEVNULL)
        found = [path for path in elf_files(pathlib.Path(folder.name)) if is_linked(path)]
        self.assertEqual({"lockstep", "liblockstep.so"}, {re.sub(r"[.0-9]+$", "", path.name) for path in found})
        return found

    def test_search_paths(self):
        self.assertEqual([], [fault for path in self.linked + self.installed()
                              for fault in search_path_faults(path, readelf(path, "-d"))])

    def is_for_x86(self):
        """Not this machine but the program, which may be for another."""
        return "X86-64" in readelf(self.program, "-h")

    def hardened(self):
        """Whether this build is one that is hardened (CMakeLists.txt)."""
        return (is_on("LOCKSTEP_HARDEN") and "Rel" in cache("CMAKE_BUILD_TYPE")
                and not cache("LOCKSTEP_SANITIZE") and not is_on("LOCKSTEP_FUZZ"))

    def test_linked_files(self):
        if self.hardened():
            ours = [path for path in self.linked if "CMakeFiles" not in path.parts]  # CMake's probes
            self.assertEqual([], [fault for path in ours + self.installed()
                                  for fault in hardening_faults(path, readelf(path, "-h", "-l", "-d"))])

    def test_checks_in_the_program(self):
        """Every program of the build has them from the same objects."""
        if self.hardened():
            for path in [self.program, *self.installed()]:
                names = readelf(path, "--dyn-syms")
                self.assertIn(" __stack_chk_fail@", names, "-fstack-protector-strong")
                self.assertRegex(names, r" __(memcpy|snprintf|memset)_chk@", "_FORTIFY_SOURCE")

    def own_objects(self):
        return [path for path in self.files
                if path.suffix == ".o" and "CompilerId" not in str(path) and path not in self.linked]

    def test_control_flow(self):
        """Of a linked file the linker says so only where every part has it, those of libc and of BLIS
        too, which Debian's have not; so it is asked of our own objects."""
        if self.hardened() and self.is_for_x86() and is_on("HARDEN_fcf_protection"):
            objects = self.own_objects()
            self.assertGreater(len(objects), 100)
            self.assertEqual([], [str(path) for path in objects
                                  if "x86 feature: IBT, SHSTK" not in readelf(path, "-n")])

    def test_large_frames_are_touched_page_by_page(self):
        """So that no frame steps over the guard page below a stack: -fstack-clash-protection."""
        if self.hardened() and self.is_for_x86() and is_on("HARDEN_fstack_clash_protection"):
            code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", BUILD_DIR / "liblockstep.a"],
                                  check=True, capture_output=True, text=True).stdout
            self.assertRegex(code, r"sub +\$0x1000,%rsp\n[^\n]*(orq|movq) +\$0x0,(0x[0-9a-f]+)?\(%rsp\)")


class CheckerCatches(unittest.TestCase):
    RIGHT = """
  Type:                              DYN (Position-Independent Executable file)
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0x10
  GNU_RELRO      0xa5dc18 0x0000000000a5ec18 0x0000000000a5ec18 0x0093e8 0x0093e8 R   0x1
 0x000000000000001e (FLAGS)              BIND_NOW
"""

    def path_faults(self, kind, elements):
        return search_path_faults("x", f" 0x1d ({kind})  Library {kind.lower()}: [{elements}]\n")

    def test_search_paths(self):
        for elements in ("/usr/lib", "$ORIGIN", "$ORIGIN/../lib:/opt/mpi/lib", "${ORIGIN}/lib"):
            self.assertEqual([], self.path_faults("RUNPATH", elements))
        for elements in ("/usr/lib:", "", ":/usr/lib", "/a::/b", "lib", "/a:./lib", "$ORIGINAL", "../lib"):
            for kind in ("RUNPATH", "RPATH"):
                self.assertEqual(1, len(self.path_faults(kind, elements)), elements)

    def test_hardening(self):
        self.assertEqual([], hardening_faults("x", self.RIGHT))
        for right, wrong in (("DYN", "EXEC"), ("RW  0x10", "RWE 0x10"), ("GNU_RELRO", "LOAD"),
                             ("BIND_NOW", "SYMBOLIC"), ("GNU_STACK", "NOTE")):
            self.assertEqual(1, len(hardening_faults("x", self.RIGHT.replace(right, wrong))), wrong)


if __name__ == "__main__":
    unittest.main()
