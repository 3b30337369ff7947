"""LLVM IR compiled to machine code, and Python called from it."""

from __future__ import annotations

import ctypes
import math
import sys
from functools import cache, partial

from ...graph import Paused
from ...ieee import Ieee
from ...operation import Op
from ...targets.llvm import Lanes, called_in_c

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from typing import Any

try:
    import numpy  # noqa: F401 - every caller of the code needs it
    from llvmlite import binding  # type: ignore[import-untyped, unused-ignore]
except ImportError:
    raise ImportError("the native engine needs llvmlite and NumPy: pip install 'micrograd_like[native]'") from None

OPTIMIZED_UP_TO = 30_000  # steps; beyond, LLVM only translates: optimizing takes ten times as long
DATA = object.__basicsize__  # where an array's C structure has the address of its data: NumPy's PyArray_DATA

VECTOR = "_ZGV"  # what the names of vector functions begin with
LANES = 4  # rows at a time, if nothing speaks for more

FromPython = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.POINTER(ctypes.c_double), ctypes.c_int64)
WHERE_MATH_IS = "ucrtbase" if sys.platform == "win32" else getattr(math, "__file__", None)
C_MATH = ctypes.CDLL(WHERE_MATH_IS)  # the C library of Python's math, so that the bits agree


class Code:
    """Compiled LLVM IR: the addresses of its functions. The machine code is freed with this object."""

    def __init__(self, text: str, uses: list[str], callbacks: Callbacks, work: int) -> None:
        for use in uses:
            if use.startswith("declare") and "@llvm." not in use:
                name = use.partition("@")[2].partition("(")[0]
                library = vector_library() if name.startswith(VECTOR) else C_MATH
                binding.add_symbol(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value)
        with Paused():
            module = binding.parse_assembly("\n".join([*uses, text]))
            self.engine = binding.create_mcjit_compiler(module, machine(2 if work <= OPTIMIZED_UP_TO else 0))
            self.engine.finalize_object()
        self.callbacks = callbacks  # they live as long as the code that calls them

    def address(self, name: str) -> int:
        return int(self.engine.get_function_address(name))

    def function(self, name: str, *types: Any) -> Any:
        """The function of that name; it keeps the code alive."""
        function: Any = ctypes.CFUNCTYPE(ctypes.c_int64, *types)(self.address(name))
        function.code = self
        return function


def machine(level: int) -> Any:
    """The processor that this runs on."""
    start_llvm()
    features = binding.get_host_cpu_features().flatten()
    target = binding.Target.from_default_triple()
    return target.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=level, jit=True)


@cache
def vector_library() -> Any:
    """The GNU C library's functions of several numbers at once, libmvec; None elsewhere."""
    try:
        return ctypes.CDLL("libmvec.so.1")
    except OSError:
        return None


@cache
def row_lanes() -> Lanes:
    """As many rows at a time as the processor computes well, and the vector functions that it and the C library have.

    They are within 4 units in the last place of the C library's other functions, for special numbers the same.
    """
    start_llvm()
    features = binding.get_host_cpu_features()
    if vector_library() is None or not features.get("avx2"):
        return Lanes(LANES)
    kind, lanes = ("e", 2 * LANES) if features.get("avx512f") else ("d", LANES)
    names = {form[1:]: f"{VECTOR}{kind}N{lanes}{'v' * count}_{form[1:]}" for form, count in called_in_c()}
    return Lanes(lanes, {name: known for name, known in names.items() if hasattr(vector_library(), known)})


@cache
def start_llvm() -> None:
    """Have LLVM know the processor that it runs on; once."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()


class Callbacks:
    """C functions for the operations that Python computes; what raises is what IEEE 754 says, or nan."""

    def __init__(self) -> None:
        self.by_op: dict[Op, Any] = {}
        self.interrupts: list[BaseException] = []  # no exception passes through machine code

    def __call__(self, op: Op) -> int:
        """The address of the function."""
        if op not in self.by_op:
            self.by_op[op] = FromPython(partial(self.value, op))
        return ctypes.cast(self.by_op[op], ctypes.c_void_p).value or 0

    def value(self, op: Op, numbers: Any, count: int) -> float:
        try:
            return float(Ieee.record(op, *numbers[:count]))
        except Exception:
            return math.nan
        except BaseException as interrupt:
            self.interrupts.append(interrupt)
            return math.nan

    def check(self) -> None:
        """Raise what should have ended the call: Ctrl-C."""
        if self.interrupts:
            raise self.interrupts.pop()
