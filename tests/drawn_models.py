"""Text of small models, drawn: sums of products with functions of the grammar, metrics on parameter space, starts.

`Random` is the caller's, seeded by what the test is about, so that every test has models of its own.
"""

from collections.abc import Sequence
from random import Random

from sympy import Rational

FUNCTIONS = ("exp({})", "tanh({})", "sin({})", "1/(1+{}**2)", "sqrt(1+{}**2)", "asinh({})")


def coordinate(
    random: Random,
    names: Sequence[str],
    *,
    terms: int,
    chance: float,
    functions: Sequence[str] = FUNCTIONS,
    factors: Sequence[str] = ("", "", "2*", "-"),
) -> str:
    """A sum of up to so many monomials in one or two names, each with a function in it by chance."""
    found = []
    for _ in range(random.randint(1, terms)):
        chosen = random.sample(names, min(len(names), random.randint(1, 2)))
        parts = [random.choice((n, n, f"{n}**2")) for n in chosen]
        if random.random() < chance:
            parts.append(random.choice(functions).replace("{}", random.choice(names)))
        found.append(random.choice(factors) + "*".join(parts))
    return "+".join(f"({t})" for t in found)


def metric(random: Random, names: Sequence[str]) -> list[list[str]] | None:
    """A diagonal metric on parameter space in one model of five, else None."""
    if random.random() >= 0.2:
        return None
    entries = [random.choice(("1", "2", f"1+{n}**2", f"exp({n})")) for n in names]
    return [[e if i == j else "0" for j in range(len(names))] for i, e in enumerate(entries)]


def start(
    random: Random,
    names: Sequence[str],
    kinds: Sequence[str],
    *,
    numerators: tuple[int, int],
    denominators: tuple[int, int],
) -> dict[str, str] | None:
    """A start of one of the kinds none, any, zeros, equal (up to sign), negative."""
    kind = random.choice(kinds)
    if kind == "none":
        return None
    values = {
        n: Rational(random.randint(*numerators), random.randint(*denominators)) * random.choice((1, -1)) for n in names
    }
    if kind == "zeros":
        values = {n: v * random.choice((0, 1)) for n, v in values.items()}
    if kind == "equal":
        values = {n: values[names[0]] * random.choice((1, 1, -1)) for n in names}
    if kind == "negative":
        values = {n: -abs(v) for n, v in values.items()}
    return {n: str(v) for n, v in values.items()}
