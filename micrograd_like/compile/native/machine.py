"""LLVM IR compiled to machine code, and Python called from it."""

from __future__ import annotations

import ctypes
import math
import sys
from functools import cache, partial

from ...graph import Paused
from ...ieee import Ieee
from ...operation import Op

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

FromPython = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.POINTER(ctypes.c_double), ctypes.c_int64)
WHERE_MATH_IS = "ucrtbase" if sys.platform == "win32" else getattr(math, "__file__", None)
C_MATH = ctypes.CDLL(WHERE_MATH_IS)  # the C library of Python's math, so that the bits agree


class Code:
    """Compiled LLVM IR: the addresses of its functions. The machine code is freed with this object."""

    def __init__(self, text: str, uses: list[str], callbacks: Callbacks, work: int) -> None:
        for use in uses:
            if use.startswith("declare") and "@llvm." not in use:
                name = use.partition("@")[2].partition("(")[0]
                binding.add_symbol(name, ctypes.cast(getattr(C_MATH, name), ctypes.c_void_p).value)
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
