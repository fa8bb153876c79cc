"""Numbers for models with a depth D: beta = sum of c w^n with n = a D + b, one weight a term, from starts in D.

Nothing of `derive` is used.  Each weight obeys dw/ds = c n w^(n-1) in the dual variable s, so that w^(2-n) is linear
in s; d(w^2)/ds = 2 n c w^n gives the primitive of beta(s), and Q(beta) = s beta - sum (w^2 - w0^2)/(2n) at beta(s) =
beta.

Run as a script, it derives random models and compares every entry with a limit in the constants: `python
tests/depth_oracle.py 40`.
"""

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from mpmath import mp, mpf
from sympy import Symbol, lambdify, sympify

DIGITS = 120


@dataclass(frozen=True)
class Unit:
    """c w^(a D + b) from w = `start`, text in D and constants."""

    c: int
    a: int
    b: int
    start: str

    def text(self, name: str) -> str:
        return f"({self.c})*{name}**({self.a}*D + {self.b})"


def number(text: str, values: dict[str, mpf]) -> mpf:
    symbols = {n: Symbol(n, positive=True) for n in values}
    f = lambdify([symbols[n] for n in values], sympify(text, locals=symbols), "mpmath")
    return mpf(f(*values.values()))


def start_of(units: list[Unit], values: dict[str, mpf]) -> mpf:
    depth = values["D"]
    return sum(u.c * number(u.start, values) ** (u.a * depth + u.b) for u in units)


def potential(units: list[Unit], values: dict[str, mpf], beta: mpf) -> mpf | None:
    """Q(beta) for exponents other than 2; None where beta is not reached."""
    depth = values["D"]
    rows = [(mpf(u.c), u.a * depth + u.b, number(u.start, values)) for u in units]

    def weights(s: mpf) -> list[mpf] | None:
        bases = [w0 ** (2 - n) - (n - 2) * c * n * s for c, n, w0 in rows]
        return None if min(bases) <= 0 else [x ** (1 / (2 - n)) for x, (_, n, _) in zip(bases, rows, strict=True)]

    def image(w: list[mpf]) -> mpf:
        return sum(c * x**n for x, (c, n, _) in zip(w, rows, strict=True))

    up = beta > start_of(units, values)
    ends = [w0 ** (2 - n) / ((n - 2) * c * n) for c, n, w0 in rows]
    same = [abs(e) for e in ends if (e > 0) == up]
    size, side = (min(same), 1 if up else -1) if same else (None, 1 if up else -1)
    if size is None:  # no end on this side: double until beta is passed
        low, high = mpf(0), min(abs(e) for e in ends)
        while (image(weights(side * high) or []) > beta) != up:
            low, high = high, 2 * high
            if high > mpf(10) ** 400:
                return None
    else:
        low, high = mpf(0), size
    for _ in range(12 * mp.prec // 4):
        middle = (low + high) / 2
        w = weights(side * middle)
        if w is None or (image(w) > beta) == up:
            high = middle
        else:
            low = middle
    s, w = side * low, weights(side * low)
    assert w is not None
    if abs(image(w) - beta) > mpf(10) ** -30 * (1 + abs(beta)):
        return None
    return s * beta - sum((x * x - w0 * w0) / (2 * n) for x, (_, n, w0) in zip(w, rows, strict=True))


# -- entries of a document ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """The constant that moves and its values, those of the others, and whether beta - beta(0) is fixed."""

    name: str
    values: tuple[str, ...]
    others: dict[str, str]
    about: bool


def read(regime: dict) -> Limit | None:
    """The limit of an entry in words; None for those at the start."""
    found = re.match(r"(\w+) -> (oo|0)(?: \((.*)\))?$", regime["limit"])
    if found is None or found[1] in ("beta", "start"):
        return None
    name, end, case = found[1], found[2], found[3] or ""
    others = {}
    bound = re.match(r"(\w+) ([<>=]) (\d+)$", case)
    if bound is not None:
        one = {"<": "7/10", "=": "1", ">": "13/10"}[bound[2]]
        others[bound[1]] = one if bound[1] != "D" else f"{bound[3]} + 13/10"
    about = "beta - beta(0)" in (regime["remainder"] or "")
    if name == "D":
        fast = bound is not None and bound[2] != "="
        return Limit(name, ("20", "60", "180") if fast else ("10**2", "10**4", "10**6"), others, about)
    values = tuple(f"10**({'-' if end == '0' else ''}{n})" for n in (2, 4, 8))
    return Limit(name, values, others, about)


def complaints(units: list[list[Unit]], document: dict, seed: int = 1) -> list[str]:
    """What contradicts the entries of the document; `units` of each coordinate."""
    said = []
    for regime in document["regimes"]:
        limit = read(regime)
        for side in (1, -1) if limit is not None else ():
            for digits in (DIGITS, 6 * DIGITS):  # Q cancels at extreme constants
                with mp.workdps(digits):
                    found = _of(units, regime, limit, side, random.Random(seed))
                if not found:
                    break
            said += [f"{regime['limit']}: {c}" for c in found]
    return said


def _of(units: list[list[Unit]], regime: dict, limit: Limit, side: int, rng: random.Random) -> list[str]:
    at = {"D": mpf(33) / 10, "alpha": mpf(9) / 10, "mu": mpf(8) / 5} | {
        c: number(v, {}) for c, v in limit.others.items()
    }
    e = [side * mpf(rng.randint(5, 20)) / 10 for _ in units]
    rows = []
    for value in limit.values:
        values = at | {limit.name: number(value, {})}
        beta = [x + (start_of(u, values) if limit.about else 0) for x, u in zip(e, units, strict=True)]
        parts = [potential(u, values, b) for u, b in zip(units, beta, strict=True)]
        if any(p is None for p in parts):
            return []  # outside the domain
        point = values | {f"beta{i + 1}": b for i, b in enumerate(beta)}
        texts = (regime["equivalent"], regime["next_term"], regime["relative_order"])
        rows.append((sum(parts), *(None if t is None else real(t, point) for t in texts)))
    return judged(rows)


def real(text: str, point: dict[str, mpf]) -> mpf:
    symbols = {n: Symbol(n, real=True) if n.startswith("beta") else Symbol(n, positive=True) for n in point}
    return mpf(lambdify(list(symbols.values()), sympify(text, locals=symbols), "mpmath")(*point.values()).real)


def judged(rows: list[tuple]) -> list[str]:
    said, tiny = [], mpf(10) ** -25
    off = [abs(q / e - 1) for q, e, _, _ in rows]
    if not (off[-1] < off[0] / 2 or off[-1] < tiny) or off[-1] > mpf(3) / 10:
        said.append(f"Q/E - 1: {[mp.nstr(o, 5) for o in off]}")
    if rows[0][2] is not None:
        rest = [abs((q - e) / n - 1) if n else mpf(0) for q, e, n, _ in rows]
        if not (rest[-1] < rest[0] / 2 or rest[-1] < tiny) or rest[-1] > mpf(3) / 10:
            said.append(f"(Q - E)/next - 1: {[mp.nstr(o, 5) for o in rest]}")
    if rows[0][3] is not None and rows[0][3] != 0:
        sizes = [o / r for o, (_, _, _, r) in zip(off, rows, strict=True)]
        if sizes[-1] > 4 * sizes[0] + tiny or sizes[-1] > 10**4:
            said.append(f"(Q/E - 1)/order: {[mp.nstr(o, 5) for o in sizes]}")
    return said


# -- random models ------------------------------------------------------------------------------------


def random_units(rng: random.Random) -> list[list[Unit]]:
    """One or two coordinates, of one or two units with exponents that grow with D."""
    kind = rng.choice(("alpha", "mu", "one"))

    def start(a: int, b: int) -> str:
        if kind == "alpha":
            return rng.choice(("alpha",) * 6 + ("2*alpha",))
        if kind == "one":
            return rng.choice(("1",) * 6 + ("1/2",))
        return rng.choice(("mu**(1/D)",) * 5 + (f"mu**(1/({a}*D+{b}))", "(3*mu)**(1/D)", "mu**(2/D)", "mu"))

    def coordinate() -> list[Unit]:
        found = []
        for sign in (1, -1)[: rng.choice((1, 2, 2))]:
            a, b = rng.choice((1, 1, 1, 2)), rng.choice((0, 0, 0, 0, 1, -1))
            found.append(Unit(c=sign * rng.choice((1, 1, 2, 3)), a=a, b=b, start=start(a, b)))
        return found

    return [coordinate() for _ in range(rng.choice((1, 1, 2)))]


def arguments(units: list[list[Unit]]) -> list[str]:
    """Of `derive show`."""
    names = [[f"w{i}_{j}" for j in range(len(us))] for i, us in enumerate(units)]
    predictor = ", ".join(
        " + ".join(u.text(n) for u, n in zip(us, ns, strict=True)) for us, ns in zip(units, names, strict=True)
    )
    start = ", ".join(
        f"{n}={u.start}" for us, ns in zip(units, names, strict=True) for u, n in zip(us, ns, strict=True)
    )
    return [predictor, "--parameters", ",".join(n for ns in names for n in ns), "--start", start]


def main(count: int, seed: int, derive: Callable[[list[str]], dict]) -> None:
    rng, entries = random.Random(seed), 0
    for _ in range(count):
        units = random_units(rng)
        found = derive(arguments(units))
        limits = [r["limit"] for r in found["regimes"] if read(r) is not None]
        entries += len(limits)
        print(" ".join(arguments(units)), limits, flush=True)
        for complaint in complaints(units, found):
            print("   !!", complaint, flush=True)
    print(f"{count} models, {entries} entries")


def document(words: list[str]) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "derive", "show", *words, "--json"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, int(sys.argv[2]) if len(sys.argv) > 2 else 0, document)
