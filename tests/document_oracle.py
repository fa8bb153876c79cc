"""What a document of `derive show --json` claims, compared with numbers: SymPy reads the strings, SciPy follows flows.

Nothing but the JSON comes from `derive`.  Flows dw = -G^-1 J^T f dt, dz = -g f dt under random forces f start at the
start of the model (or at the point where its branch was chosen), in float64 to about 10^-12.  `failures` lists

    M(w), M in beta, laws that move, g that is not positive, g in beta against g in w,
    grad Q and beta(s) against the dual time z, Q and Q* against their gradients, and what is not zero at the start.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
from console import names, read
from mpmath import mp, mpf
from scipy.integrate import solve_ivp
from sympy import DiracDelta, E, Expr, Integer, Matrix, Rational, Symbol, diff, eye, lambdify, pi

CLOSE, MAX_CALLS = 1e-6, 6000


class Document:
    """One document with its model as functions of numbers; symbols of a start are given random positive values."""

    def __init__(self, found: dict[str, Any], metric: Matrix | None = None, seed: int = 1):
        self.found, self.random = found, Random(seed)
        model = found["model"]
        self.w = [Symbol(n, real=True) for n in model["parameters"]]
        start = {n: read(v) for n, v in model["start"].items()}
        functions = [read(f) for f in model["predictor"]]
        free = set().union(*(e.free_symbols for e in (*functions, *start.values()))) - set(self.w)
        self.constants = {
            c: Rational(self.random.randint(2, 9), self.random.randint(2, 5)) for c in sorted(free, key=str)
        }
        self.predictor = [f.xreplace(self.constants) for f in functions]
        self.d, self.p = len(self.predictor), len(self.w)
        self.has_start = bool(start)
        jacobian = Matrix(self.predictor).jacobian(self.w).applyfunc(_smooth)
        self._fields = lambdify([self.w], [jacobian, eye(self.p) if metric is None else metric], modules="numpy")
        self.w0 = [float(v.xreplace(self.constants)) for v in start.values()] if start else self._branch()

    def _branch(self) -> list[float]:
        pairs = dict(re.findall(r"(\w+) = (-?\d+(?:/\d+)?)", found := self.found["potential"]["branch"] or ""))
        assert set(map(str, self.w)) <= set(pairs), found
        return [float(Rational(pairs[str(p)])) for p in self.w]

    def fields(self, w: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        """V (p x d) and M (d x d)."""
        jacobian, metric = (np.asarray(m, float) for m in self._fields(list(w)))
        v = np.linalg.solve(metric, jacobian.reshape(self.d, self.p).T)
        return v, jacobian.reshape(self.d, self.p) @ v

    def numbers(self, w: Sequence[float], *texts: str) -> dict[str, mpf]:
        """Values of the names at a point: parameters, constants, beta, and the conserved values that are used."""
        at = {str(p): mpf(float(x)) for p, x in zip(self.w, w, strict=True)}
        at |= {str(c): mpf(int(v.p)) / int(v.q) for c, v in self.constants.items()}
        at |= {f"beta{i + 1}": value(f, at) for i, f in enumerate(self.predictor)}
        laws = self.found["dynamics"]["constants"]
        used = set().union(*map(names, texts)) if texts else set()
        return at | {c: value(read(laws[c]), at) for c in sorted(used & set(laws))}

    def flow(self, reach: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Two points of a flow and the dual time there; nothing where it is stiff or an event was passed."""
        v0, _ = self.fields(self.w0)
        scale = reach * (1 + np.linalg.norm(self.w0)) / (np.linalg.norm(v0) + 1e-9)
        force = np.array([self.random.uniform(-1, 1) * scale for _ in range(self.d)])
        g = self.warp()
        calls = [0]

        def slope(_: float, state: np.ndarray) -> np.ndarray:
            calls[0] += 1
            if calls[0] > MAX_CALLS:
                raise FloatingPointError("stiff")
            w = state[: self.p]
            return np.concatenate([-self.fields(w)[0] @ force, -g(w) * force])

        begin = np.concatenate([np.array(self.w0), np.zeros(self.d)])
        try:
            run = solve_ivp(slope, (0, 1), begin, method="DOP853", rtol=1e-12, atol=1e-13, t_eval=[1 / 3, 1])
        except (FloatingPointError, np.linalg.LinAlgError, ValueError):
            return
        for state in run.y.T if run.success else ():
            if self._before_events(state[: self.p]):
                yield state[: self.p], state[self.p :]

    def warp(self) -> Callable[[np.ndarray], float]:
        text = self.found["warp"]["factor_parameters"]
        g = read("1" if text is None else text).xreplace(self.constants)
        return lambdify([self.w], g, modules="numpy")

    def _before_events(self, w: np.ndarray) -> bool:
        for event in self.found["potential"]["valid_until"] or []:
            text = re.split(r" = 0| -> 0", event)[0]
            if value(read(text), self.numbers(self.w0, text)) * value(read(text), self.numbers(w, text)) <= 0:
                return False
        return True


def _smooth(e: Expr) -> Expr:
    return e.replace(DiracDelta, lambda *_: Integer(0)).doit()


def value(e: Expr, at: dict[str, mpf]) -> mpf:
    """The expression in numbers of 30 digits; a complex one fails."""
    e = e.subs({Symbol("E", real=True): E, Symbol("pi", real=True): pi})  # read as names
    free = sorted(e.free_symbols, key=str)
    with mp.workdps(40):
        number = mp.mpmathify(lambdify(free, e, modules="mpmath")(*[at[str(s)] for s in free]))
    assert abs(mp.im(number)) < 1e-20, f"{e} is complex"
    return mp.re(number)


def failures(found: dict[str, Any], metric: Matrix | None = None) -> list[str]:
    """What does not hold; empty for a document that is right as far as numbers can tell."""
    document = Document(found, metric)
    points = [(np.array(document.w0), np.zeros(document.d))]
    for reach in (0.2, 0.8, 2.5):
        points += document.flow(reach)
    wrong: list[str] = []
    for number, (w, z) in enumerate(points):
        wrong += [f"{text} at {list(map(float, w))}" for text in _at(document, w, z, start=number == 0)]
    return wrong


def _at(document: Document, w: np.ndarray, z: np.ndarray, *, start: bool) -> Iterator[str]:
    found, q = document.found, document.found["potential"]
    v, m = document.fields(w)
    size = 1 + abs(m).max()
    for name in ("inverse_metric_parameters", "inverse_metric"):
        rows = found["dynamics"][name]
        if rows is not None:
            at = document.numbers(w, *(e for row in rows for e in row))
            texts = [e for row in rows for e in row]
            if any(abs(value(read(e), at) - x) > CLOSE * size for e, x in zip(texts, m.flat, strict=True)):
                yield name
    for text in (found["conservation_laws"] or {"laws": []})["laws"]:
        slopes = np.array([float(value(_smooth(diff(read(text), p)), document.numbers(w))) for p in document.w])
        if abs(v.T @ slopes).max() > CLOSE * (1 + abs(v).max() * abs(slopes).max()):
            yield f"law {text}"
    warp = found["warp"]
    if warp["factor_parameters"] is not None:
        g = value(read(warp["factor_parameters"]), document.numbers(w))
        if g <= 0:
            yield "g is not positive"
        if warp["factor"] is not None:
            there = value(read(warp["factor"]), document.numbers(w, warp["factor"]))
            if abs(there - g) > CLOSE * g:
                yield "g in beta"
    parametric = q["parametric"] or {"gradient": None, "value": None}
    for name, gradient in (("grad Q", q["gradient"]), ("parametric grad Q", parametric["gradient"])):
        if gradient is not None and (warp["factor_parameters"] is not None):
            yield from _dual_time(document, name, gradient, w, z)
    if start and document.has_start:
        for name, text in (("Q", q["value"]), ("parametric Q", parametric["value"])):
            if text is not None and abs(value(read(text), document.numbers(w, text))) > CLOSE:
                yield f"{name} at the start"
    if q["value"] is not None:
        yield from _slopes(
            "Q", q["value"], q["variables"], q["gradient"], document.numbers(w, q["value"], *q["gradient"])
        )
    if q["dual_gradient"] is not None:
        dual = document.numbers(w, *q["dual_gradient"]) | {
            s: mpf(float(x)) for s, x in zip(q["dual_variables"], z, strict=True)
        }
        for i, text in enumerate(q["dual_gradient"]):
            if abs(value(read(text), dual) - dual[f"beta{i + 1}"]) > CLOSE * (1 + abs(dual[f"beta{i + 1}"])):
                yield f"beta{i + 1}(s)"
        if q["dual_value"] is not None:
            yield from _slopes("Q*", q["dual_value"], q["dual_variables"], q["dual_gradient"], dual)


def _dual_time(document: Document, name: str, gradient: Sequence[str], w: np.ndarray, z: np.ndarray) -> Iterator[str]:
    at, first = document.numbers(w, *gradient), document.numbers(document.w0, *gradient)
    for text, wanted in zip(gradient, z, strict=True):
        e = read(text)
        before = mpf(0) if document.has_start else value(e, first)
        if abs(value(e, at) - before - wanted) > CLOSE * (1 + abs(z).max()):
            yield f"{name}: {text}"


def _slopes(name: str, text: str, variables: Sequence[str], slopes: Sequence[str], at: dict[str, mpf]) -> Iterator[str]:
    for variable, slope in zip(variables, slopes, strict=True):
        derivative = value(_smooth(diff(read(text), Symbol(variable, real=True))), at)
        if abs(derivative - value(read(slope), at)) > CLOSE * (1 + abs(derivative)):
            yield f"d{name}/d{variable}"
