"""Machine code. In goes a recorded program; out comes a function pointer that LLVM has compiled."""
