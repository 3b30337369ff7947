"""Builds the compiled core where there is a C compiler; without one, or with MICROGRAD_LIKE_PURE=1, Python does it all.

What the core computes is written from `ops.py` while it is built: an operation is defined there and nowhere else.
"""

import os
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PACKAGE = Path("micrograd_like")
TABLE = [str(PACKAGE / "ops.py"), *sorted(map(str, PACKAGE.glob("targets/*.py")))]
HEADERS = sorted(map(str, PACKAGE.glob("core/*.h")))
# every product and every sum is rounded by itself, as Python's are
UNIX = ["-O3", "-ffp-contract=off", "-fno-math-errno"]
MSVC = ["/O2", "/fp:strict", "/std:c11"]


class BuildCore(build_ext):
    def build_extension(self, ext: Extension) -> None:
        folder = Path(self.build_temp)
        folder.mkdir(parents=True, exist_ok=True)
        pure = {**os.environ, "MICROGRAD_LIKE_PURE": "1", "PYTHONPATH": os.getcwd()}  # not an older core
        header = subprocess.check_output([sys.executable, "-m", "micrograd_like.targets.header"], env=pure)
        (folder / "rows.h").write_bytes(header)
        ext.include_dirs.append(str(folder))
        ext.extra_compile_args += MSVC if self.compiler.compiler_type == "msvc" else UNIX
        try:
            super().build_extension(ext)
        except Exception:
            print("micrograd_like: the compiled core could not be built, so it runs in pure Python", file=sys.stderr)
            raise


core = Extension(
    "micrograd_like.core._cell",
    ["micrograd_like/core/cell.c"],
    depends=[*TABLE, *HEADERS],
    optional=True,
)
setup(ext_modules=[] if os.environ.get("MICROGRAD_LIKE_PURE") else [core], cmdclass={"build_ext": BuildCore})
