"""What a method is: a record, whose `step` is a pure function from state to state.

A new method is one file in `verify/optimise/methods/` that binds `METHOD`; `verify.optimise.catalogue` finds it there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from derive.errors import InputError
from verify.optimise.mirror_map import MirrorMap
from verify.optimise.numbers import Array, Numbers
from verify.optimise.objective import Objective

SPACES = ("parameters", "predictor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Exact settings.  `step` is eta; `momentum` is beta_t and `lookahead` gamma_t in Gunasekar et al. 2018, eq. (3);
    `norm` is p (a rational of at least 1, or oo); `batch` and `seed` are those of SGD; `constraints` holds rows
    (G, h) of affine equations G beta = h."""

    step: Expr
    momentum: Expr | None = None
    lookahead: Expr | None = None
    norm: Expr | None = None
    batch: int | None = None
    seed: int | None = None
    constraints: tuple[tuple[tuple[Expr, ...], Expr], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Objective, settings, and the numbers made of them.

    `mirror` is the mirror map, for methods on predictor space that need one; `inverse_metric` is M(beta), d x d.
    """

    objective: Objective
    settings: Settings
    step: Any
    momentum: Any
    lookahead: Any
    mirror: MirrorMap | None = None
    inverse_metric: Callable[[Array], Array] | None = None
    rows: Array | None = None
    right: Array | None = None

    @property
    def numbers(self) -> Numbers:
        return self.objective.numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The point (parameters or predictor), what the method remembers, and how many steps were taken."""

    w: Array
    memory: tuple[Array, ...] = ()
    count: int = 0


def _no_memory(problem: Problem, w: Array) -> tuple[Array, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method: its name, summary, source with equation, the settings that it reads, and its step.

    `space` is where it moves: the parameters w of the model, or its predictor beta under the geometry derived from the
    model.  `memory` gives the first memory from the start.  `needs` is `mirror`, `metric` or nothing.  `family` names
    the theorems about its limit (`verify.optimise.theory`).
    """

    name: str
    summary: str
    source: str
    family: str
    step: Callable[[Problem, State], State]
    settings: tuple[str, ...] = ()
    space: str = "parameters"
    needs: str = ""
    memory: Callable[[Problem, Array], tuple[Array, ...]] = _no_memory

    def __post_init__(self) -> None:
        if self.space not in SPACES or self.needs not in ("", "mirror", "metric"):
            raise ValueError(f"method {self.name}: space {self.space}, needs {self.needs}")

    def check(self, settings: Settings) -> None:
        """Raise `InputError` for a setting that is missing, out of its range, or not one of the method's."""
        given = {
            "momentum": settings.momentum,
            "lookahead": settings.lookahead,
            "norm": settings.norm,
            "batch": settings.batch,
            "seed": settings.seed,
            "constraints": settings.constraints or None,
        }
        for name, value in given.items():
            flag = f"--{name.removesuffix('s')}"
            if value is not None and name not in self.settings:
                raise InputError(f"{flag} is no setting of {self.name}", received=str(value), hint="another --method")
            if value is None and name in self.settings and name not in ("seed", "batch"):
                raise InputError(f"{self.name} needs {flag}", hint="verify optimise --help")
        if not settings.step > 0:
            raise InputError("the step is not positive", received=str(settings.step))
        for name, value in (("momentum", settings.momentum), ("lookahead", settings.lookahead)):
            if value is not None and value < 0:
                raise InputError(f"--{name} is negative", expected="0 or more", received=str(value))
        if settings.norm is not None and settings.norm < 1:
            raise InputError(
                "--norm is not a norm", expected="a number of at least 1, or inf", received=f"{settings.norm}"
            )
