"""R(beta) is the least squared distance: its equation against an independent minimiser, on its whole domain.

The oracle shares nothing with `derive`: SciPy's SLSQP from many starts finds the least distance, and Newton's
method in mpmath on the Lagrange conditions gives it fifty digits.  The branch is followed by Newton's method on the
equation alone, in small steps from the start.
"""

import random

import mpmath
import pytest
import sympy
from scipy.optimize import minimize

from derive.model import parse_model
from derive.pipeline import derive
from derive.present.document import document

MP = mpmath.mp.clone()
MP.dps = 50
MODELS = [
    ("u**2 - v**2", {"u": "1", "v": "1"}),
    ("u*v", {"u": "1", "v": "0"}),
    ("u*v", {"u": "2", "v": "1"}),
    ("u*v - r*t", {"u": "1", "v": "1", "r": "1", "t": "1"}),
    ("u**2", {"u": "1"}),
    ("u**3", {"u": "2"}),
    ("u**3 - v**3", {"u": "1", "v": "1"}),
    ("u**3 - v**3", {"u": "1", "v": "2"}),
    ("u**3 - 2*v**3", {"u": "1", "v": "1/2"}),
    ("u**4 - v**4", {"u": "1", "v": "1"}),
    ("u**2*v", {"u": "1", "v": "1"}),
    ("u**2*v", {"u": "1", "v": "0"}),
    ("u**2 + 2*v**2 + u", {"u": "1", "v": "2"}),
    ("u**2 - v**2", {"u": "1", "v": "0"}),
]


def _oracle(f, parameters, w0, target, seed):
    """The least |w - w0|^2 over F(w) = target, to fifty digits."""
    value = sympy.lambdify(parameters, f)
    slope = sympy.lambdify(parameters, [f.diff(p) for p in parameters])
    chance, best = random.Random(seed), None
    start, level = [float(x) for x in w0], float(target)
    for _ in range(12):
        guess = [x + chance.gauss(0, 1 + abs(level) ** 0.4) for x in start]
        run = minimize(
            lambda w: sum((a - b) ** 2 for a, b in zip(w, start, strict=True)),
            guess,
            jac=lambda w: [2 * (a - b) for a, b in zip(w, start, strict=True)],
            constraints=[{"type": "eq", "fun": lambda w: value(*w) - level, "jac": lambda w: slope(*w)}],
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 300},
        )
        if run.success and abs(value(*run.x) - level) < 1e-7 and (best is None or run.fun < best.fun):
            best = run
    gradient = sympy.lambdify(parameters, [f.diff(p) for p in parameters], modules=[MP, "sympy"])

    def field(*unknowns):
        *w, m = unknowns
        conditions = [2 * (x - x0) - m * g for x, x0, g in zip(w, w0, gradient(*w), strict=True)]
        return [*conditions, value(*w) - target]

    slopes = slope(*best.x)
    steepest = max(range(len(w0)), key=lambda i: abs(slopes[i]))
    m = 2 * (best.x[steepest] - start[steepest]) / slopes[steepest]
    root = MP.findroot(field, [*map(MP.mpf, best.x), MP.mpf(m)], tol=1e-40)
    return sum((root[i] - x) ** 2 for i, x in enumerate(w0))


def _followed(equation, r, beta, beta0, first, target, steps=150):
    """The root R of the equation at `target`, followed from R = first (beta - beta0)^2 near the start."""
    value = sympy.lambdify([r, beta], equation, modules=[MP, "sympy"])
    slope = sympy.lambdify([r, beta], equation.diff(r), modules=[MP, "sympy"])
    found, before = None, None
    for k in range(1, steps + 1):
        at = beta0 + (target - beta0) * MP.mpf(k) ** 2 / steps**2
        guess = first * (at - beta0) ** 2 if k < 3 else found + (found - before) * MP.mpf(2 * k - 1) / (2 * k - 3)
        before = found
        for _ in range(60):
            step = value(guess, at) / slope(guess, at)
            guess -= step
            if abs(step) < MP.mpf(10) ** -45 * (1 + abs(guess)):
                break
        found = guess
    return found


@pytest.mark.parametrize(("predictor", "start"), MODELS, ids=lambda v: str(v))
def test_the_equation_gives_the_least_distance_on_its_domain(predictor, start):
    found = document(derive(parse_model([predictor], start=start)))["explicit"]
    assert found["status"] == "proved"
    r, beta = sympy.symbols("R beta1")
    equation = sympy.sympify(found["equations"][0], locals={"R": r, "beta1": beta})
    parameters = [sympy.Symbol(n) for n in start]
    f = sympy.sympify(predictor, locals={str(p): p for p in parameters})
    w0 = [MP.mpf(sympy.Rational(v).p) / sympy.Rational(v).q for v in start.values()]
    exact = dict(zip(parameters, map(sympy.Rational, start.values()), strict=True))
    beta0 = MP.mpf(str(f.subs(exact).evalf(50)))
    first = 1 / MP.mpf(str(sum(f.diff(p) ** 2 for p in parameters).subs(exact).evalf(50)))
    low, high = (None if e is None else MP.mpf(str(sympy.Rational(e).evalf(50))) for e in found["domain"][0])
    below = beta0 - 4 if low is None else low + (beta0 - low) / 50
    above = beta0 + 5 if high is None else high - (high - beta0) / 50
    for seed, target in enumerate((below, above)):
        exact_r = _oracle(f, parameters, w0, target, seed)
        assert abs(_followed(equation, r, beta, beta0, first, target) - exact_r) < MP.mpf(10) ** -30
        if found["value"] is not None:  # by SymPy, for which 1/3 in an exponent is no float
            closed = sympy.sympify(found["value"], locals={"beta1": beta}).subs(beta, sympy.Float(str(target), 50))
            assert abs(MP.mpf(str(closed.evalf(50))) - exact_r) < MP.mpf(10) ** -30
