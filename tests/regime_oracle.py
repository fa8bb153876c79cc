"""A second opinion on every regime, from the JSON document alone: numbers at constants such as 10^-16 and 10^16.

Nothing of `derive` is imported.  Q is evaluated with mpmath from whichever form the document gives (closed, dual,
gradient, parametric), the constants of the limit are made extreme, and the claims are compared as numbers:

* Q/E -> 1: the distance shrinks from one scale to the next;
* (Q - E)/next term -> 1 where a next term is given;
* |Q/E - 1| stays below a fixed multiple of the relative order where one is given.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
from mpmath import mp, mpf
from sympy import Symbol, lambdify, sympify

DIGITS = 300
SCALES = (4, 8, 16)  # constants 10^-n or 10^n


GRAMMAR = {*["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "Abs", "sign"]}


@dataclass(frozen=True)
class Limit:
    """moving: constants that move, `end` 0 or oo; ratios: together; about: at fixed beta - beta(0)."""

    moving: tuple[str, ...]
    end: str
    about: bool


def read(regime: dict) -> Limit | None:
    """The limit of an entry; None for those that are not limits in the constants, or in cases (`depth_oracle`)."""
    found = re.match(r"([\w, ]+) -> (0|oo|[\d/]+)( \(.*\))?$", regime["limit"])
    if (
        re.search(r"equal units|[<=>] \d+\)", regime["limit"])
        or found is None
        or found[1] == "start"
        or found[1].startswith("beta")
    ):
        return None
    names = tuple(n.strip() for n in found[1].split(","))
    about = "beta - beta(0)" in (regime["remainder"] or "")
    end = found[2]
    return Limit(moving=names, end=end, about=about)


def complaints(document: dict, seed: int = 1) -> list[str]:
    """What contradicts the regimes of the document; empty where all of them hold.

    A complaint counts if it stays at more than three times the digits: Q cancels at extreme constants.
    """
    said: list[str] = []
    if document["potential"]["form"] == "quadrature":
        return said  # the document has no formula of Q to evaluate
    for regime in document["regimes"]:
        for digits in (DIGITS, 3 * DIGITS + 100):
            with mp.workdps(digits):
                found = _of(document, regime, random.Random(seed))
            if not found:
                break
        said += [f"{regime['limit']}: {c}" for c in found]
    return said


def _of(document: dict, regime: dict, rng: random.Random) -> list[str]:
    limit = read(regime)
    if limit is not None:
        return _wrong(document, regime, limit, rng)
    return _wrong_at_start(document, regime, rng) if regime["limit"].startswith("beta ->") else []


def _wrong(document: dict, regime: dict, limit: Limit, rng: random.Random) -> list[str]:
    constants = _constants(document)
    fixed = {c: mpf(rng.randint(5, 14)) / 10 for c in constants}
    d = len(document["model"]["predictor"])
    said = []
    tested = 0
    for signs in _orthants(d, rng):
        e = [s * mpf(rng.randint(5, 20)) / 10 for s in signs]
        rows = []
        for n in SCALES:
            values = dict(fixed)
            for c in limit.moving:
                values[c] = fixed[c] * mpf(10) ** (-n) if limit.end == "0" else fixed[c] * mpf(10) ** n
                if limit.end not in ("0", "oo"):
                    values[c] = mpf(eval_rational(limit.end)) - mpf(10) ** (-n)
            beta0 = _start_of(document, values)
            beta = [b + x for b, x in zip(beta0, e, strict=True)] if limit.about else e
            row = _row(document, regime, values, beta)
            if row is None:
                break
            rows.append(row)
        if len(rows) < len(SCALES):
            continue  # outside the domain of Q
        tested += 1
        said += [f"at {[mpmath.nstr(x, 3) for x in e]}: {c}" for c in _judged(rows)]
    return said if tested else [*said, "no point could be tested"]


def eval_rational(text: str) -> mpf:
    top, _, bottom = text.partition("/")
    return mpf(int(top)) / int(bottom or 1)


def _row(document: dict, regime: dict, values: dict, beta: list) -> tuple | None:
    q = potential(document, values, beta)
    if q is None:
        return None
    at = values | {f"beta{i + 1}": x for i, x in enumerate(beta)}
    e = _number(regime["equivalent"], at)
    following = None if regime["next_term"] is None else _number(regime["next_term"], at)
    order = regime.get("relative_order")
    relative = None if order is None else _number(order, at)
    if e is None or e == 0:
        return None
    return q, e, following, relative


def _judged(rows: list[tuple]) -> list[str]:
    said = []
    off = [abs(q / e - 1) for q, e, _, _ in rows]
    tiny = mpf(10) ** (-mp.dps // 3)
    if any(o != o for o in off):
        return [f"not a number: {off}"]
    if not (off[-1] < mpf("0.75") * off[0] or off[-1] < tiny):
        said.append(f"Q/E - 1 does not shrink: {[mpmath.nstr(o, 5) for o in off]}")
    if off[-1] > mpf("0.3"):
        said.append(f"Q/E - 1 is large: {mpmath.nstr(off[-1], 5)}")
    if rows[0][2] is not None:
        rest = [abs((q - e) / f - 1) if f else abs(q - e) / abs(e) for q, e, f, _ in rows]
        if not (rest[-1] < mpf("0.75") * rest[0] or rest[-1] < tiny) or rest[-1] > mpf("0.3"):
            said.append(f"(Q - E)/next - 1 does not vanish: {[mpmath.nstr(o, 5) for o in rest]}")
    if rows[0][3] is not None:
        ratios = [
            o / r if r else (mpf(0) if o < tiny else mpf("inf")) for o, (_, _, _, r) in zip(off, rows, strict=True)
        ]
        if ratios[-1] > 3 * ratios[0] + mpf(10) ** -9 or ratios[-1] > 10**4:
            said.append(f"(Q/E - 1)/order grows: {[mpmath.nstr(o, 5) for o in ratios]}")
    return said


def _wrong_at_start(document: dict, regime: dict, rng: random.Random) -> list[str]:
    """beta -> beta(0): the ratio at beta(0) + e 10^-n."""
    fixed = {c: mpf(rng.randint(5, 14)) / 10 for c in _constants(document)}
    beta0 = _start_of(document, fixed)
    power = {"0": None, "relative order |beta - beta(0)|": 1, "relative order |beta - beta(0)|**2": 2}
    e = [mpf(rng.randint(5, 20)) / 10 for _ in beta0]
    off = []
    for n in (8, 16):
        beta = [b + x * mpf(10) ** -n for b, x in zip(beta0, e, strict=True)]
        row = _row(document, regime | {"next_term": None}, fixed, beta)
        if row is None:
            return ["Q could not be evaluated"]
        off.append(abs(row[0] / row[1] - 1))
    order = power[regime["remainder"]]
    if order is None:
        return [] if max(off) < mpf(10) ** -100 else [f"not exact: {mpmath.nstr(off[-1], 5)}"]
    good = off[0] < mpf(10) ** (4 - 8 * order) and off[1] < mpf(10) ** (4 - 16 * order)
    return [] if good else [f"|Q/E - 1| = {[mpmath.nstr(o, 5) for o in off]}"]


# -- Q in numbers ------------------------------------------------------------------------------------


def potential(document: dict, values: dict, beta: list) -> mpf | None:
    """Q(beta); None outside its domain or where no form can be evaluated."""
    q = document["potential"]
    at = values | dict(zip(q["variables"], beta, strict=True))
    if q["value"] is not None:
        return _number(q["value"], at)
    if q["gradient"] is not None:
        return _along(
            document,
            values,
            beta,
            lambda x: [_number(g, values | dict(zip(q["variables"], x, strict=True))) for g in q["gradient"]],
        )
    if q["dual_gradient"] is not None:
        return _dual(document, values, beta)
    if q["parametric"] is not None and q["parametric"]["value"] is not None:
        return _parametric(document, values, beta)
    if q["parametric"] is not None:
        return _along(document, values, beta, lambda x: _parametric_slope(document, values, x))
    return None


def _parametric_slope(document: dict, values: dict, beta: list) -> list:
    w = lifted(document, values, beta)
    if w is None:
        raise ZeroDivisionError
    at = values | dict(zip(document["model"]["parameters"], w, strict=True))
    return [_number(g, at) for g in document["potential"]["parametric"]["gradient"]]


def _integral(f: Callable, size: mpf) -> mpf | None:
    """Over (0, 1): one panel for a short segment, else panels that shrink towards 0."""
    ends = [0, 1] if size < mpf(10) ** -5 else [0, *(mpf(10) ** -k for k in range(48, 0, -3)), 1]
    with mp.workdps(30):
        try:
            return mp.quad(f, ends, maxdegree=5)
        except (TypeError, ZeroDivisionError):
            return None


def _dual(document: dict, values: dict, beta: list) -> mpf | None:
    """s . beta - Q*(s) at beta(s) = beta, one coordinate at a time, s by bisection."""
    q = document["potential"]
    total = mpf(0)
    s_all: dict = {}
    for i, (name, target) in enumerate(zip(q["dual_variables"], beta, strict=True)):
        f = _function(q["dual_gradient"][i], [*values, name])
        low, high = (None if end is None else _number(end, values) for end in q["dual_domain"][i])
        s = _solved(lambda x, f=f: f(*values.values(), x), target, low, high)
        if s is None:
            return None
        s_all[name] = s
        total += s * target
    if q["dual_value"] is not None:
        dual = _number(q["dual_value"], values | s_all)
        return None if dual is None else total - dual
    for i, name in enumerate(q["dual_variables"]):
        f = _function(q["dual_gradient"][i], [*values, name])
        with mp.workdps(60):
            total -= mp.quad(
                lambda x, f=f: f(*values.values(), x),
                [0, *(s_all[name] * (1 - mpf(2) ** -k) for k in range(1, 150)), s_all[name]],
            )
    return total


def _solved(f: Callable, target: mpf, low: mpf | None, high: mpf | None) -> mpf | None:
    """f increasing on (low, high) around 0: bracket, bisect, then secants."""
    up = target > f(mpf(0))
    end = high if up else low
    a, step = mpf(0), mpf(1) if up else mpf(-1)
    if end is not None:
        b = None
        for k in range(1, 1600):
            candidate = end * (1 - mpf(2) ** -k)
            if (f(candidate) > target) == up:
                b = candidate
                break
            a = candidate
        if b is None:
            return None
    else:
        b = step * mpf(10) ** -120
        for _ in range(2000):
            if (f(b) > target) == up:
                break
            a, b = b, b * 2
        else:
            return None
    for _ in range(60):
        middle = (a + b) / 2
        a, b = (a, middle) if (f(middle) > target) == up else (middle, b)
    for _ in range(60):  # secants, to all digits
        fa, fb = f(a) - target, f(b) - target
        if fb == fa or abs(b - a) <= abs(b) * mpf(10) ** (10 - mp.dps):
            return b
        a, b = b, b - fb * (b - a) / (fb - fa)
    return b


def _along(document: dict, values: dict, beta: list, gradient: Callable) -> mpf | None:
    """The integral of grad Q along the segment from beta(0), split towards the start."""
    beta0 = _start_of(document, values)
    e = [b - a for a, b in zip(beta0, beta, strict=True)]

    def slope(t: mpf) -> mpf:
        g = gradient([a + t * x for a, x in zip(beta0, e, strict=True)])
        return sum(x * y for x, y in zip(g, e, strict=True))

    return _integral(slope, max(abs(x) for x in e))


def _parametric(document: dict, values: dict, beta: list) -> mpf | None:
    """Q(w) at F(w) = beta on the leaf."""
    w = lifted(document, values, beta)
    q, names = document["potential"]["parametric"], document["model"]["parameters"]
    return None if w is None else _number(q["value"], values | dict(zip(names, w, strict=True)))


def lifted(document: dict, values: dict, beta: list) -> list | None:
    """w with F(w) = beta and every law as at the start, continued along the segment from beta(0) by Newton's method."""
    model = document["model"]
    names, laws = model["parameters"], document["conservation_laws"]["laws"]
    if len(laws) + len(beta) != len(names):
        return None
    w = [_number(model["start"][n], values) for n in names]
    texts = [*model["predictor"], *laws]
    functions = [_function(text, [*values, *names]) for text in texts]
    slopes = [[_function(_slope(text, n, [*values, *names]), [*values, *names]) for n in names] for text in texts]
    given, size = list(values.values()), len(names)
    floor = mpf(10) ** -min(60, mp.dps // 2)
    here = [f(*given, *w) for f in functions]
    goal = [*beta, *here[len(beta) :]]
    for t in [mpf(10) ** mpf(-k) for k in range(40, 0, -2)] + [mpf(1) / 3, mpf(1)]:
        aim = [a + t * (b - a) for a, b in zip(here, goal, strict=True)]
        for _ in range(60):
            f = mpmath.matrix([g(*given, *w) - a for g, a in zip(functions, aim, strict=True)])
            j = mpmath.matrix(size)
            for i in range(size):
                for k in range(size):
                    j[i, k] = slopes[i][k](*given, *w)
            try:
                step = mp.lu_solve(j, f)
            except ZeroDivisionError:
                return None
            w = [x - d for x, d in zip(w, step, strict=True)]
            if all(abs(d) <= mpf(10) ** (-mp.dps // 2) * (abs(x) + floor) for d, x in zip(step, w, strict=True)):
                break
        else:
            return None
    factor = document["warp"]["factor_parameters"]  # g > 0 on the branch of the start
    sign = _number(factor, values | dict(zip(names, w, strict=True))) if factor else 1
    return w if sign is not None and sign > 0 else None


def _slope(text: str, name: str, names: list[str]) -> str:
    symbols = {n: Symbol(n, real=True) for n in names}
    return str(sympify(text, locals=symbols).diff(symbols[name]))


# -- text to numbers ---------------------------------------------------------------------------------

_KNOWN: dict[tuple[str, tuple[str, ...]], Callable] = {}


def _function(text: str, names: list[str]) -> Callable:
    key = (text, tuple(names))
    if key not in _KNOWN:
        symbols = {n: Symbol(n) for n in names}
        _KNOWN[key] = lambdify([symbols[n] for n in names], sympify(text, locals=symbols), "mpmath")
    return _KNOWN[key]


def _number(text: str, values: dict) -> mpf | None:
    """The value; None where it is not a real number."""
    try:
        found = mpmath.mpmathify(_function(text, list(values))(*values.values()))
    except (ZeroDivisionError, ValueError):
        return None
    if isinstance(found, mpmath.mpc):
        if abs(found.imag) > mpf(10) ** (-mp.dps // 2) * (1 + abs(found.real)):
            return None
        found = found.real
    return found if mp.isfinite(found) else None


def _start_of(document: dict, values: dict) -> list:
    model = document["model"]
    start = {n: _number(v, values) for n, v in model["start"].items()}
    return [_number(f, values | start) for f in model["predictor"]]


def _constants(document: dict) -> list[str]:
    model = document["model"]
    names = {n for text in (*model["start"].values(), *model["predictor"]) for n in re.findall(r"[A-Za-z_]\w*", text)}
    return sorted(names - set(model["parameters"]) - GRAMMAR)


def _orthants(d: int, rng: random.Random) -> list[tuple[int, ...]]:
    some = [tuple(rng.choice((1, -1)) for _ in range(d)) for _ in range(2)]
    return [(1,) * d, (-1,) * d, *some] if d > 1 else [(1,), (-1,)]
