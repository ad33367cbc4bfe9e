"""The recipes in scripts/recipes agree with the build: the Spack package has every dependency and only
options that CMakeLists.txt knows, and the container recipes take the same steps, which
scripts/try-platform runs in a chroot. Spack itself is not run here.
"""

import os
import pathlib
import re
import sys
import types
import unittest

SOURCE_DIR = pathlib.Path(os.environ.get("SOURCE_DIR", pathlib.Path(__file__).parents[2]))
RECIPES = SOURCE_DIR / "scripts" / "recipes"
BUILD = (SOURCE_DIR / "CMakeLists.txt").read_text(encoding="utf-8")

# Spack's name of what the build looks for.
PACKAGES = {"pkgconfig": "pkgconfig", "jansson": "jansson", "inih": "libinih", "libxxhash": "xxhash", "hwloc": "hwloc",
            "zlib": "zlib-api", "random123/philox.h": "random123", "mpi": "mpi", "blis.h": "blis", "cmocka": "cmocka",
            "python3": "python", "openmp": None}  # OpenMP comes with the compiler


def spack_package(path):
    """What a package.py declares, read with a stand-in for Spack: its class and [(dependency, settings)]."""
    depends = []
    build_systems, api = types.ModuleType("spack_repo.builtin.build_systems.cmake"), types.ModuleType("spack.package")
    build_systems.CMakePackage = type("CMakePackage", (), {
        "define": lambda self, name, value: f"-D{name}={value}",
        "define_from_variant": lambda self, name, variant: f"-D{name}={variant}", "run_tests": False})
    api.depends_on = lambda spec, **settings: depends.append((re.split("[@ ]", spec)[0], settings))
    api.variants, api.versions = [], []
    api.variant = lambda name, **_: api.variants.append(name)
    api.version = lambda name, **_: api.versions.append(name)
    api.license = lambda name: None
    parents = ["spack", "spack_repo", "spack_repo.builtin", "spack_repo.builtin.build_systems"]
    modules = {name: types.ModuleType(name) for name in parents}
    modules |= {"spack_repo.builtin.build_systems.cmake": build_systems, "spack.package": api}
    sys.modules.update(modules)
    try:
        names = {}
        exec(compile(path.read_text(encoding="utf-8"), path, "exec"), names)
    finally:
        for name in modules:
            del sys.modules[name]
    return names["Lockstep"], depends, api


def wanted_by(build):
    """What a CMakeLists.txt looks for, in lower case."""
    found = re.findall(r"\bfind_package\((\w+)", build)
    found += re.findall(r"pkg_check_modules\(\w+ (?:REQUIRED |QUIET )?IMPORTED_TARGET (\w+)\)", build)
    found += re.findall(r"find_path\(\w+ (\S+)", build)
    return {name.lower() for name in found}


class Recipes(unittest.TestCase):
    def test_spack_dependencies(self):
        _, depends, _ = spack_package(RECIPES / "spack_repo/lockstep/packages/lockstep/package.py")
        wanted = wanted_by(BUILD)
        self.assertEqual(set(), wanted - set(PACKAGES), "the build needs more: add it to the Spack package")
        self.assertEqual({PACKAGES[name] for name in wanted} - {None}, {name for name, _ in depends} - {"c", "cmake"})
        self.assertEqual([], [name for name, settings in depends if name == "mpi" and settings != {"when": "+mpi"}])

    def test_spack_options(self):
        package, _, api = spack_package(RECIPES / "spack_repo/lockstep/packages/lockstep/package.py")
        options = dict(argument[2:].split("=", 1) for argument in package().cmake_args())
        known = set(re.findall(r"^(?:option|set)\((LOCKSTEP_\w+)", BUILD, re.MULTILINE))
        self.assertEqual(set(), set(options) - known)
        self.assertEqual({"mpi", "openmp", "False"}, set(options.values()))
        self.assertEqual(["mpi", "openmp"], api.variants)
        self.assertEqual(re.findall(r"project\(lockstep VERSION (\S+)", BUILD), api.versions)

    def test_a_missing_dependency_is_caught(self):
        self.assertIn("hdf5", wanted_by(BUILD + "find_package(HDF5 REQUIRED)\n"))
        self.assertIn("sleef", wanted_by("pkg_check_modules(SLEEF REQUIRED IMPORTED_TARGET sleef)"))

    def test_containers_take_the_same_steps(self):
        definition = (RECIPES / "apptainer.def").read_text(encoding="utf-8")
        steps, = re.findall(r"^%post\n(.*?)^$", definition, re.MULTILINE | re.DOTALL)
        runs = re.findall(r"^RUN (.*)$", (RECIPES / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual([" && ".join(line.strip() for line in steps.splitlines())], runs)


if __name__ == "__main__":
    unittest.main()
