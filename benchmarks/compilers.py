"""The peers that compile, and tensors: see `engines` for what they have to offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .batches import Batch
from .programs import Program, functions_of

Call = Callable[[], Any]


class Casadi:
    """Its scalar expressions, called through the buffer API, which neither copies nor checks."""

    libraries = ("casadi", "numpy")

    def __init__(self) -> None:
        import casadi as ca

        self.ca = ca
        self.functions = functions_of(ca, ca.fmax)

    def build(self, program: Program) -> Call:
        import numpy as np

        x = self.ca.SX.sym("x", len(program.point))
        y = program.value(self.ca.vertsplit(x), self.functions)
        return self.buffered([x], [y, self.ca.gradient(y, x)], [np.array(program.point)])

    def build_rows(self, batch: Batch) -> Call:
        ca = self.ca
        shapes = [x.shape if axis is None else x.shape[1:] for x, axis in batch.pairs]
        symbols = [ca.SX.sym(f"x{i}", *shape) for i, shape in enumerate(shapes)]
        arguments = [ca.vertsplit(x) if shape else x for x, shape in zip(symbols, shapes, strict=True)]
        y = batch.value(self.functions, *arguments)
        by = ca.vertcat(*(symbols[i] for i in batch.by))
        answers = [ca.jacobian(ca.vertcat(*y), by).T] if isinstance(y, list) else [y, ca.gradient(y, by)]
        if batch.reduce == "mean":
            answers = [a / batch.rows for a in answers]
        return self.buffered(symbols, answers, batch.arguments, batch)

    def buffered(
        self, symbols: list[Any], answers: list[Any], inputs: Sequence[Any], batch: Batch | None = None
    ) -> Call:
        """A call of the function of these expressions, mapped over the rows if there are any."""
        import numpy as np

        function = self.ca.Function("f", symbols, [self.ca.densify(a) for a in answers])
        if batch:
            shared = [i for i, axis in enumerate(batch.in_axes) if axis is None]
            summed = [*range(len(answers))] if batch.reduce else []
            function = function.map("rows", "serial", batch.rows, shared, summed)
        buffer: Any
        buffer, evaluate = function.buffer()
        outputs: list[Any] = [np.zeros(function.size_out(i)[::-1]) for i in range(function.n_out())]
        inputs = [np.ascontiguousarray(x) for x in inputs]
        for i, x in enumerate(inputs):
            buffer.set_arg(i, memoryview(x))
        for i, out in enumerate(outputs):
            buffer.set_res(i, memoryview(out))

        def call() -> Any:
            evaluate()
            return outputs

        call.keeps = buffer, inputs  # type: ignore[attr-defined]
        return call


class Jax:
    """jax.jit, in float64; what is reduced over rows is the derivative of the sum, in matrices where there are some."""

    libraries = ("jax",)

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        self.jax, self.np = jax, jnp
        self.functions = functions_of(jnp, jnp.maximum, erf=jax.scipy.special.erf)

    def build(self, program: Program) -> Call:
        derivative = self.jax.value_and_grad(lambda x: program.value(x, self.functions))

        def of_array(x: Any) -> Any:
            value, gradient = derivative(list(x))
            return value, self.np.stack(gradient)

        return self.compiled(of_array, [program.point])

    def build_rows(self, batch: Batch) -> Call:
        derivative = getattr(self.jax, {"jacobian": "jacrev"}.get(batch.derivative, batch.derivative))

        def of_row(*x: Any) -> Any:
            return batch.value(self.functions, *x)

        def reduced(*x: Any) -> Any:
            if batch.matrices:
                return batch.matrices(self.functions, *x)
            return getattr(self.jax.vmap(of_row, in_axes=batch.in_axes)(*x), batch.reduce or "")()

        if batch.reduce:
            return self.compiled(derivative(reduced, argnums=batch.argnums), batch.arguments)
        return self.compiled(
            self.jax.vmap(derivative(of_row, argnums=batch.argnums), in_axes=batch.in_axes), batch.arguments
        )

    def compiled(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Call:
        compiled, arrays = self.jax.jit(function), [self.np.asarray(x) for x in arguments]
        return lambda: self.jax.block_until_ready(compiled(*arrays))


class Sympy:
    """Symbolic derivatives, written as Python with common subexpressions computed once."""

    libraries = ("sympy",)

    def __init__(self) -> None:
        import sympy

        self.sympy = sympy
        self.functions = functions_of(
            sympy,
            lambda x, y: sympy.Piecewise((x, x >= y), (y, True)),
            relu=lambda x: sympy.Piecewise((x, x > 0), (0, True)),
        )

    def build(self, program: Program) -> Call:
        x = self.sympy.symbols(f"x:{len(program.point)}")
        y = program.value(x, self.functions)
        function = self.sympy.lambdify(x, [y, *(y.diff(a) for a in x)], modules="math", cse=True)
        return lambda: function(*program.point)

    def build_rows(self, batch: Batch) -> Call:
        """NumPy's functions on columns."""
        import numpy as np

        symbols: list[Any] = []
        columns: list[Any] = []
        for i, (x, axis) in enumerate(batch.pairs):
            shape = x.shape if axis is None else x.shape[1:]
            symbols.append(self.sympy.symbols(f"x{i}_:{shape[0]}") if shape else self.sympy.Symbol(f"x{i}"))
            columns += [x] if not shape else x.tolist() if axis is None else [*np.ascontiguousarray(x.T)]
        y = batch.value(self.functions, *symbols)
        by = self.flat(symbols[i] for i in batch.by)
        answers = [a.diff(b) for a in y for b in by] if isinstance(y, list) else [y, *(y.diff(b) for b in by)]
        function = self.sympy.lambdify(self.flat(symbols), answers, modules=["scipy", "numpy"], cse=True)

        def call() -> Any:
            rows = [np.broadcast_to(a, batch.rows) for a in function(*columns)]
            return [getattr(a, batch.reduce)() for a in rows] if batch.reduce else rows

        return call

    def flat(self, symbols: Iterable[Any]) -> list[Any]:
        return [x for s in symbols for x in (s if isinstance(s, tuple) else [s])]


class TorchTensors:
    """Eager tensors over the rows: in matrices where there are some, else each number of a row a column."""

    libraries = ("torch",)

    def __init__(self) -> None:
        import torch

        self.torch = self.functions = torch

    def build_rows(self, batch: Batch) -> Call:
        arguments = [self.torch.tensor(x) for x in batch.arguments]
        by = [arguments[i].requires_grad_() for i in batch.by]

        def call() -> Any:
            y = self.value(batch, arguments)
            answers = y if isinstance(y, list) else [y]
            gradients = [self.torch.autograd.grad(a.sum(), by, retain_graph=len(answers) > 1) for a in answers]
            return gradients if batch.derivative == "jacobian" else [y.detach(), *gradients[0]]

        return call

    def value(self, batch: Batch, arguments: Sequence[Any]) -> Any:
        if batch.matrices:
            return batch.matrices(self.functions, *arguments)
        pairs = zip(arguments, batch.in_axes, strict=True)
        columns = [x if x.dim() == (axis is not None) else x.unbind(-1) for x, axis in pairs]
        y = batch.value(self.functions, *columns)
        return getattr(y, batch.reduce)() if batch.reduce else y
