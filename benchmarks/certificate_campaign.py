"""Certified runs over random data, depths 2 to 10 and scales 10^-3 to 10^4, each against an independent run.

Run from the root of the repository: `python benchmarks/certificate_campaign.py [RUNS] [SEED]` (default: 20 1).  Every
enclosure (predictor, margins, ln t) has to meet an uncertified run with 50 digits, where 15 were asked for, or the run
has to be refused with a reason; `MISSED` would be a defect, and the exit status 1.
"""

import sys
from collections.abc import Sequence
from random import Random
from time import perf_counter

from flint import arb, ctx
from sympy import Rational

from derive.catalogue import architecture
from derive.errors import ToolkitError
from verify.data import DataSet
from verify.decimal import parse_decimal
from verify.flow.certified import certified_flow
from verify.flow.engine import flow
from verify.start import scaled

DIGITS, REFERENCE = 15, 50
SCALES = ("1/1000", "1/30", "1/2", "1", "3", "50", "1000", "10000")
LOSSES = ("1e-3", "1e-30", "1e-300", "1e-1700")


def case(random: Random) -> tuple[int, str, str, str, DataSet]:
    """Depth, scale, loss, target, and rows that (1, ..., 1) separates."""
    n, d = random.randint(1, 5), random.randint(1, 4)
    rows, labels = [], []
    for _ in range(n):
        label = random.choice((1, 1, -1))
        rows.append(tuple(label * Rational(random.randint(1, 40), 20) for _ in range(d)))
        labels.append(Rational(label))
    data = DataSet(name="random", X=tuple(rows), y=tuple(labels))
    kind = random.choice(("exponential", "exponential", "logistic"))
    return random.randint(2, 10), random.choice(SCALES), kind, random.choice(LOSSES), data


def agree(balls: Sequence[arb], values: Sequence[arb], digits: int) -> bool:
    """Does each ball meet the value, which is known to so many digits?"""
    known = [v + arb(0, abs(v) * arb(10) ** -digits) for v in values]
    return all(b.overlaps(e) for b, e in zip(balls, known, strict=True))


def attempt(random: Random) -> tuple[str, str]:
    """One run: `held`, `refused` or `MISSED`, and what it was."""
    depth, scale, loss, until, data = case(random)
    what = f"D = {depth}, alpha = {scale}, {loss}, {until}, N = {len(data.X)}, d = {len(data.X[0])}"
    model = scaled(architecture("diagonal").model(depth=depth, dimension=len(data.X[0])), Rational(scale))
    target = parse_decimal(until, where="until")
    begin = perf_counter()
    try:
        found = certified_flow(model, data, loss=loss, until=target, digits=DIGITS)
    except ToolkitError as error:
        return "refused", f"{what}: {error}"
    ball = found.enclosure
    assert ball is not None
    spent = perf_counter() - begin
    try:
        exact = flow(model, data, loss=loss, until=target, digits=REFERENCE)
    except ToolkitError as error:
        return "no reference", f"{what}: {error}"
    ctx.prec = exact.precision
    found_balls = [*ball.predictor, *ball.margins, ball.log_time]
    good = agree(found_balls, [*exact.predictor, *exact.margins, exact.log_time], exact.digits)
    return "held" if good else "MISSED", f"{what}: {found.digits} digits in {spent:.1f} s"


def main(arguments: list[str]) -> int:
    """Run and count."""
    runs, seed = (int(a) for a in [*arguments, *("20", "1")[len(arguments) :]])
    random = Random(seed)
    counts: dict[str, int] = {}
    for _ in range(runs):
        verdict, what = attempt(random)
        counts[verdict] = counts.get(verdict, 0) + 1
        print(f"{verdict:<13}{what}", flush=True)
    print(counts)
    return int("MISSED" in counts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
