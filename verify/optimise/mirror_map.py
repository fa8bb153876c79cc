"""The mirror map of a derived potential: beta <-> z = grad Q(beta), in any arithmetic.

Whatever form the potential has, `verify.minimise.system` gives it through one inner variable u (the dual variable, the
predictor, or the parameters):

    z = phi(u),     beta = F(u),     h(u) = h(u_0).

Going to the dual point z solves phi(u) = z, h(u) = h(u_0); going to the primal point beta solves F(u) = beta,
h(u) = h(u_0).  Where one of the two maps is the identity there is nothing to solve.  Otherwise Newton's method starts
from the u at hand, damped until the residual falls.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, Symbol, oo

from derive.derivation import Derivation
from derive.errors import ComputationError
from verify.flow.program import Program
from verify.minimise.system import Inner, inner_of
from verify.optimise.numbers import Array, Numbers

STEPS, HALVINGS = 200, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorMap:
    """phi, F, h and their Jacobians as programs of u; `start` is u_0, where z = 0; `d` is the length of beta."""

    numbers: Numbers
    inner: Inner
    values: Program
    slopes: Program
    start: Array
    lower: Array
    upper: Array

    @property
    def d(self) -> int:
        return self.inner.d

    def dual(self, u: Array) -> Array:
        """z = grad Q at u."""
        return self._all(u)[: self.d]

    def primal(self, u: Array) -> Array:
        """beta at u."""
        return self._all(u)[self.d : 2 * self.d]

    def at_dual(self, z: Array, near: Array) -> Array:
        """The u of a dual point.  Raises `ComputationError` where there is none (z has left the domain of Q*)."""
        return self._solve(0, z, near)

    def at_primal(self, beta: Array, near: Array) -> Array:
        """The u of a predictor.  Raises `ComputationError` where it lies outside the domain of Q."""
        return self._solve(self.d, beta, near)

    def inverse_hessian(self, u: Array) -> Array:
        """(Hess Q)^-1 = d beta / d z at u, d x d."""
        jacobian = self._jacobian(u)
        square = np.concatenate([jacobian[: self.d], jacobian[2 * self.d :]])
        columns = []
        for k in range(self.d):
            unit = np.zeros(len(u), dtype=self.numbers.dtype) + 0 * u
            unit[k] = unit[k] + 1
            columns.append(jacobian[self.d : 2 * self.d] @ self.numbers.linear(square, unit))
        return np.array(columns, dtype=self.numbers.dtype).T

    def _all(self, u: Array) -> Array:
        return self.numbers.array(self.values(list(u)))

    def _jacobian(self, u: Array) -> Array:
        rows = 2 * self.d + self.inner.laws
        table = np.zeros((rows, len(u)), dtype=self.numbers.dtype) + 0 * u[0]
        for (i, k), slope in zip(self.inner.places, self.slopes(list(u)), strict=True):
            table[i, k] = slope
        return table

    def _inside(self, u: Array) -> bool:
        return bool(np.all(self.lower < u) and np.all(u < self.upper))

    def _solve(self, first: int, target: Array, near: Array) -> Array:
        """u with coordinates first, ..., first + d of (phi, F) equal to the target, and the laws of the start."""
        outputs = self.values.outputs[first : first + self.d]
        if outputs == tuple(range(len(near))):
            if not self._inside(target):
                raise outside()
            return target
        kept = [*range(first, first + self.d), *range(2 * self.d, 2 * self.d + self.inner.laws)]
        goal = np.concatenate([target, self._all(self.start)[2 * self.d :]])
        u = near
        residual = self._all(u)[kept] - goal
        for _ in range(STEPS):
            size = max(abs(residual))
            if size == 0:
                return u
            # at the level of rounding one last full step is taken, if it helps; above it a step must lower the residual
            last = size <= rounding(self.numbers, goal, u)
            found = self._damped(u, self._newton(u, kept, residual), kept, goal, size, 1 if last else HALVINGS)
            if last or found is None:
                if not last:
                    raise outside()
                return u if found is None else found[0]
            u, residual = found
        raise outside()

    def _newton(self, u: Array, kept: Sequence[int], residual: Array) -> Array:
        """The Newton correction; entry by entry where the Jacobian is diagonal, as for separable potentials."""
        if all(i - kept[0] == k for i, k in self.inner.places if i in kept) and len(kept) == len(u):
            slopes = zip(self.inner.places, self.slopes(list(u)), strict=True)
            return residual / self.numbers.array([slope for (i, _), slope in slopes if i in kept])
        return self.numbers.linear(self._jacobian(u)[kept], residual)

    def _damped(
        self, u: Array, step: Array, kept: Sequence[int], goal: Array, size: Any, halvings: int
    ) -> tuple[Array, Array] | None:
        """The longest of u - step, u - step/2, ... that stays inside and lowers the residual, if there is one."""
        for _ in range(halvings):
            trial = u - step
            if self._inside(trial):
                residual = self._all(trial)[kept] - goal
                if self.numbers.all_finite(residual) and max(abs(residual)) < size:
                    return trial, residual
            step = step / 2
        return None


def rounding(numbers: Numbers, goal: Array, u: Array) -> Any:
    """The size of a residual that is all rounding."""
    return 1000 * len(u) * numbers.epsilon * (1 + max(abs(goal)) + max(abs(u)))


def outside() -> ComputationError:
    """The one line for a point without a counterpart."""
    return ComputationError("a step has left the domain of the potential", hint="a smaller --step")


def mirror_map(derivation: Derivation, constants: dict[Symbol, Expr], numbers: Numbers) -> MirrorMap:
    """The mirror map of a proved potential.  Raises `ComputationError` where there is none."""
    inner = inner_of(derivation, constants)
    bounds = [[_bound(e, numbers) for e in pair] for pair in inner.domain]
    return MirrorMap(
        numbers=numbers,
        inner=inner,
        values=inner.values.bind(numbers.tape),
        slopes=inner.slopes.bind(numbers.tape),
        start=numbers.exact(inner.start),
        lower=numbers.array([b[0] for b in bounds]),
        upper=numbers.array([b[1] for b in bounds]),
    )


def _bound(e: Expr, numbers: Numbers) -> Any:
    """An end of the domain; an infinite float compares with numbers of every arithmetic."""
    return numbers.number(e) if e.is_finite else math.inf if e == oo else -math.inf
