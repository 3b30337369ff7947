"""Record a function once, run it fast, and never wrong."""

from .jitted import Jitted as Jitted
from .jitted import jit as jit
