"""A package for Spack 1.0 or later, built from a clone:

    spack repo add scripts/recipes/spack_repo/lockstep
    spack dev-build lockstep@0.2.0                          in the root of the clone
"""

from spack_repo.builtin.build_systems.cmake import CMakePackage

from spack.package import *


class Lockstep(CMakePackage):
    """Data-parallel training of multilayer perceptrons on CPUs, with the same bits on any number of ranks
    and threads."""

    license("MIT")

    version("0.2.0")

    variant("mpi", default=True, description="Build with MPI; without it, a run is one rank with several threads")
    variant("openmp", default=True, description="Build with OpenMP; without it, a rank has one thread")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("random123", type="build")
    depends_on("cmocka", type="test")
    depends_on("python@3.11:", type="test")
    depends_on("blis@0.9: threads=none libs=static")
    depends_on("hwloc@2:")
    depends_on("jansson")
    depends_on("libinih")
    depends_on("mpi", when="+mpi")
    depends_on("xxhash@0.8:")
    depends_on("zlib-api")

    def cmake_args(self):
        return [
            self.define_from_variant("LOCKSTEP_MPI", "mpi"),
            self.define_from_variant("LOCKSTEP_OPENMP", "openmp"),
            self.define("LOCKSTEP_TESTS", self.run_tests),
        ]
