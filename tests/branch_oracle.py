"""M in beta against M(w) = J G^-1 J^T at points of a leaf, far from the start: nothing is shared with `derive`.

A path on the leaf is a flow of V under a random force, integrated by SciPy.  Along it a formula may be used until a
radicand, the argument of a logarithm or a denominator in it changes its sign: on a connected set it is one analytic
function.  A root of an equation is found among all complex roots by NumPy: the only real one, the only one that is not
negative, and so on, as the document says, or the one that is continuous along the path.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from console import names, read
from mpmath import mp
from scipy.integrate import solve_ivp
from sympy import Abs, DiracDelta, E, Expr, Integer, Matrix, Poly, Pow, Symbol, eye, lambdify, log, pi, tan

CLOSE, STEPS, MAX_CALLS = 1e-5, 160, 20000


@dataclass
class Path:
    """Points of a leaf, one a row of `w`, with M there."""

    w: np.ndarray
    m: np.ndarray

    @property
    def end(self) -> int:
        """The number of points before beta folds: beyond, M is another function of beta.  sqrt(det M) is |x| there."""
        with np.errstate(all="ignore"):
            size = np.sqrt(abs(np.linalg.det(self.m)))
        for k in range(1, len(size) - 1):
            left, right = size[k] - size[k - 1], size[k + 1] - size[k]
            if left <= 0 <= right and size[k] <= right - left:
                return k - 1
        return len(size)


class Leaves:
    """The leaves of one model, in numbers; constants of a start get random positive values."""

    def __init__(self, found: dict[str, Any], metric: Matrix | None = None, seed: int = 1):
        self.found, self.random = found, Random(seed)
        model = found["model"]
        self.w = [Symbol(n, real=True) for n in model["parameters"]]
        start = {n: read(v) for n, v in model["start"].items()} or {
            n: read(v) for n, v in found["dynamics"]["branch"].items()
        }
        functions = [read(f) for f in model["predictor"]]
        free = set().union(*(e.free_symbols for e in (*functions, *start.values()))) - set(self.w)
        given = found["dynamics"]["branch"] if not model["start"] else {}
        self.constants = {
            c: read(given[str(c)])
            if str(c) in given
            else Integer(self.random.randint(1, 9)) / self.random.randint(2, 5)
            for c in sorted(free, key=str)
        }
        self.predictor = [f.xreplace(self.constants) for f in functions]
        self.d = len(functions)
        g = eye(len(self.w)) if metric is None else metric
        jacobian = Matrix(self.predictor).jacobian(self.w).applyfunc(smooth)
        self._fields = lambdify([self.w], [jacobian, g.inv() * jacobian.T], modules="numpy")
        self._beta = lambdify([self.w], self.predictor, modules="numpy")
        begin = {p: start.get(str(p), Integer(1)).xreplace(self.constants) for p in self.w}  # 1: nothing depends on it
        self.w0 = [float(v) for v in begin.values()]
        laws, used = found["dynamics"]["constants"], self._used()
        self.laws = {c: float(read(h).subs(self.constants | begin)) for c, h in laws.items() if c in used}

    def _used(self) -> set[str]:
        dynamics = self.found["dynamics"]
        texts = [e for row in dynamics["inverse_metric"] or [] for e in row]
        if dynamics["root"]:
            texts += [e for row in dynamics["root"]["inverse_metric"] for e in row]
            texts += [z["equation"] for z in dynamics["root"]["unknowns"]]
        return set().union(*map(names, texts)) if texts else set()

    def fields(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """V (p x d) and M (d x d)."""
        j, v = (np.asarray(a, float) for a in self._fields(list(w)))
        return v, j @ v

    def beta(self, w: np.ndarray) -> np.ndarray:
        return np.asarray(self._beta(list(w)), float)

    def path(self, reach: float) -> Path | None:
        """A path under a random force, which moves by about `reach` times the size of the start; None where stiff."""
        v0, _ = self.fields(np.array(self.w0))
        scale = reach * (1 + np.linalg.norm(self.w0)) / (np.linalg.norm(v0) + 1e-9)
        force = np.array([self.random.uniform(-1, 1) * scale for _ in range(self.d)])
        calls = [0]

        def slope(_: float, w: np.ndarray) -> np.ndarray:
            calls[0] += 1
            if calls[0] > MAX_CALLS:
                raise FloatingPointError
            return -self.fields(w)[0] @ force

        times = np.linspace(0, 1, STEPS + 1)
        try:
            run = solve_ivp(slope, (0, 1), self.w0, method="DOP853", rtol=1e-11, atol=1e-12, t_eval=times)
        except (FloatingPointError, ValueError, np.linalg.LinAlgError, OverflowError):
            return None
        points = run.y.T
        if len(points) < 3 or not np.isfinite(points).all() or abs(points).max() > 1e4:
            return None
        return Path(points, np.array([self.fields(w)[1] for w in points]))


def smooth(e: Expr) -> Expr:
    return e.replace(DiracDelta, lambda *_: Integer(0)).doit()


def singular(e: Expr) -> set[Expr]:
    """Expressions that must keep their sign for e to be one analytic function."""
    found = {p.base for p in e.atoms(Pow) if not (p.exp.is_Integer and p.exp > 0)}
    return found | {f.args[0] for f in e.atoms(log, Abs)} | {1 / tan(f.args[0]) for f in e.atoms(tan)}


class Formula:
    """M in beta, c, constants and roots, as numbers along paths."""

    def __init__(self, leaves: Leaves):
        dynamics = leaves.found["dynamics"]
        self.rooted = dynamics["root"]
        rows = dynamics["inverse_metric"] or self.rooted["inverse_metric"]
        self.leaves = leaves
        fixed = {Symbol("E", real=True): E, Symbol("pi", real=True): pi} | leaves.constants
        fixed |= {Symbol(c, real=True): v for c, v in leaves.laws.items()}
        self.entries = [[read(e).subs(fixed) for e in row] for row in rows]
        unknowns = [] if self.rooted is None else self.rooted["unknowns"]
        self.z = [Symbol(u["name"], real=True) for u in unknowns]
        self.which = [u["which"] for u in unknowns]
        self.start = [float(read(u["at_start"]).subs(fixed)) for u in unknowns]
        self.betas = [Symbol(f"beta{i + 1}", real=True) for i in range(leaves.d)]
        self.coefficients, self.kept = [], []
        for u, z in zip(unknowns, self.z, strict=True):
            coefficients = Poly(read(u["equation"]).subs(fixed), z).all_coeffs()
            kept = [read(u[k]).subs(fixed) for k in ("nonzero", "positive") if u[k]]
            self.coefficients.append(lambdify([self.betas], coefficients, modules="numpy"))
            self.kept.append(lambdify([self.betas, z], kept, modules="numpy"))
        self.edges = sorted(set().union(*(singular(e) for row in self.entries for e in row)), key=str)
        self._m = lambdify([self.betas, self.z], self.entries, modules="numpy")
        self._exactly = lambdify([self.betas, self.z], self.entries, modules="mpmath")
        self._edges = lambdify([self.betas, self.z], self.edges, modules="numpy")

    def failures(self, path: Path) -> Iterator[str]:
        """Where the formula does not agree with M, on the part of the path on which it may be used."""
        z, before = np.array(self.start), None
        for number, (w, m) in enumerate(zip(path.w[: path.end], path.m, strict=False)):
            beta = self.leaves.beta(w)
            z = self._roots(beta, z, first=number == 0)
            if z is None:
                return
            edges = np.array([complex(e).real for e in self._edges(list(beta), list(z))])
            signs = np.sign(edges)
            if before is not None and ((signs != before) | (abs(edges) < 1e-9)).any():
                return
            before = signs
            there = self._there(beta, z)
            near = self._there(beta * (1 + 1e-10), z)  # what rounding may change
            slack = CLOSE * (1 + abs(m).max()) + 1e4 * abs(near - there).max()
            if not np.isfinite(there).all() or abs(there - m).max() > slack:
                yield f"M at w = {list(map(float, w))}: {there.tolist()} instead of {m.tolist()}"
                return

    def _there(self, beta: np.ndarray, z: np.ndarray) -> np.ndarray:
        """M by the formula; with an exponent range that does not end where floats overflow."""
        with np.errstate(all="ignore"):
            found = np.array(self._m(list(beta), list(z)), dtype=complex)
        if np.isfinite(found).all():
            return found
        with mp.workdps(60):
            rows = self._exactly([mp.mpf(float(b)) for b in beta], [mp.mpf(float(x)) for x in z])
            return np.array([[complex(e) for e in row] for row in rows])

    def _roots(self, beta: np.ndarray, last: np.ndarray, *, first: bool) -> np.ndarray | None:
        """The roots that the document means; None from where it does not say."""
        found = []
        for coefficients, which, kept, before in zip(self.coefficients, self.which, self.kept, last, strict=True):
            roots = np.roots(coefficients(list(beta)))
            real = [r.real for r in roots if abs(r.imag) < 1e-6 * (1 + abs(r))]
            if "not negative" in which:
                chosen = [r for r in real if r > -1e-7]
                if len(chosen) > 1 and min(chosen) < 1e-5:  # rounded zeros
                    return None
            elif "positive" in which:
                chosen = [r for r in real if r > 0]
            elif "only negative" in which:
                chosen = [r for r in real if r < 0]
            elif "only real" in which:
                chosen = real
            else:
                near = sorted(roots, key=lambda r: abs(r - before))
                if len(near) > 1 and abs(near[1] - before) < 20 * abs(near[0] - before) and not first:
                    return None  # two roots are too close to follow one in these steps
                chosen = [near[0].real]
            values = kept(list(beta), chosen[0] if chosen else before)
            if any(abs(v) < 1e-6 for v in values) or ("continuous" in which and any(v <= 0 for v in values)):
                return None
            if len(chosen) != 1:
                raise AssertionError(f"{which}: {real} at beta = {beta}")
            found.append(chosen[0])
        return np.array(found)


def failures(
    found: dict[str, Any], metric: Matrix | None = None, paths: int = 6, seed: int = 1
) -> tuple[int, list[str]]:
    """How many paths were compared, and where M in beta is wrong."""
    leaves = Leaves(found, metric, seed)
    formula = Formula(leaves)
    wrong, used = [], 0
    for k in range(paths):
        path = leaves.path(0.3 * 2**k)
        if path is not None:
            used += 1
            wrong += formula.failures(path)
    return used, wrong
