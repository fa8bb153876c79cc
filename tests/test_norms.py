"""Claim: minimisers of l1, l2 and l_p are exact or enclosed, and uniqueness, faces and local minima are true.

References: brute force over all bases in Fractions, KKT conditions in Fractions, mpmath.findroot, and SciPy.
"""

from fractions import Fraction
from itertools import combinations, pairwise, product
from pathlib import Path
from random import Random

import numpy as np
import pytest
from flow_references import SPARSE_RIGHT, SPARSE_SMALL, THREE_POINTS_B, context, dot, numbers
from scipy.optimize import minimize
from sympy import Matrix, Rational
from verify_console import assert_one_line, csv, document, run

INTERPOLATION = ("--subject-to", "interpolation")
MARGIN = ("--subject-to", "margin")


def minimise(norm: str, *words: str) -> dict:
    return document("minimise", "--norm", norm, *words)


def fractions(texts: list[str]) -> list[Fraction]:
    return [Fraction(t) for t in texts]


def basic_solutions(rows: list[list[int]], right: list[int]) -> set[tuple]:
    """All solutions of independent rows whose support has independent columns, by SymPy."""
    found = set()
    for chosen in combinations(range(len(rows[0])), len(rows)):
        m = Matrix([[row[i] for i in chosen] for row in rows])
        if m.det() != 0:
            solved = dict(zip(chosen, m.LUsolve(Matrix(right)), strict=True))
            found.add(tuple(solved.get(i, Rational(0)) for i in range(len(rows[0]))))
    return found


def table(random: Random, n: int, d: int) -> tuple[list[list[int]], list[int], str]:
    while True:
        rows = [[random.randint(-3, 3) for _ in range(d)] for _ in range(n)]
        right = [random.randint(-4, 4) for _ in range(n)]
        if Matrix(rows).rank() == n and any(right):
            break
    head = ",".join(f"x{i}" for i in range(d)) + ",y\n"
    return rows, right, head + "".join(",".join(map(str, [*r, y])) + "\n" for r, y in zip(rows, right, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_l1_is_the_least_basic_solution_and_its_face_is_all_of_them(tmp_path: Path, seed: int) -> None:
    """Small integers make ties frequent: the vertices of the face are the basic solutions of least l1 norm."""
    rows, right, text = table(Random(seed), 2, 5)
    found = minimise("l1", "--data", csv(tmp_path, text), *INTERPOLATION)
    size = {beta: sum(map(abs, beta)) for beta in basic_solutions(rows, right)}
    best = {beta for beta, value in size.items() if value == min(size.values())}
    exact = tuple(map(Rational, found["exact"]))
    assert exact in best and found["unique"] == (len(best) == 1)
    if found["unique"]:
        assert (found["face_dimension"], found["vertices"]) == (0, None)
    else:
        assert {tuple(map(Rational, v)) for v in found["vertices"]} == best
        one, *rest = best
        assert found["face_dimension"] == Matrix([[a - b for a, b in zip(v, one, strict=True)] for v in rest]).rank()


@pytest.mark.parametrize("seed", range(8))
def test_below_one_all_local_minima_are_the_basic_solutions(tmp_path: Path, seed: int) -> None:
    """p = 2/3 (depth 3): all of them, in the order of their value in mpmath; small moves from each increase it."""
    rows, right, text = table(Random(100 + seed), 2, 5)
    found = minimise("lp:2/3", "--data", csv(tmp_path, text), *INTERPOLATION)
    known = basic_solutions(rows, right)
    listed = [tuple(map(Rational, v)) for v in found["local_minimisers"]]
    assert found["local_minima"] == len(known) and set(listed) == known and len(listed) == len(known)
    mp = context(30)

    def value(beta):
        return sum(mp.cbrt(abs(mp.mpf(b.p) / b.q)) ** 2 for b in beta)

    values = [value(b) for b in listed]
    assert all(a <= b + mp.mpf(10) ** -25 for a, b in pairwise(values))
    kernel = Matrix(rows).nullspace()
    random = Random(seed)
    for beta, here in zip(listed, values, strict=True):
        for _ in range(20):
            move = sum((random.randint(-5, 5) * v for v in kernel), start=Matrix([0] * 5))
            if any(move):
                assert value([b + m / 10**7 for b, m in zip(beta, move, strict=True)]) > here


def test_a_point_between_two_vertices_is_no_local_minimum() -> None:
    """x + y = 1: (1/2, 1/2) is stationary for every p, and the moves along the kernel decrease sum |beta|^p, p < 1."""
    values = [abs(0.5 + t) ** (2 / 3) + abs(0.5 - t) ** (2 / 3) for t in (0, 0.1, -0.1)]
    assert values[1] < values[0] and values[2] < values[0]


@pytest.mark.parametrize("weights", [None, "1,2,1/3"])
def test_l2_margins_satisfy_the_kkt_conditions_in_fractions(weights: str | None) -> None:
    words = () if weights is None else ("--weights", weights)
    found = minimise("l2", "--data", "three-points-b", *MARGIN, "--digits", "40", *words)
    beta, w = fractions(found["exact"]), [Fraction(t) for t in (weights or "1,1,1").split(",")]
    rows = [fractions(list(row)) for row in THREE_POINTS_B]
    margins = [sum(a * b for a, b in zip(row, beta, strict=True)) for row in rows]
    assert min(margins) == 1 and [n for n in range(3) if margins[n] == 1] == found["active"]
    gradient = Matrix([Rational(x * b) for x, b in zip(w, beta, strict=True)])
    active = Matrix([[Rational(e) for e in rows[n]] for n in found["active"]])
    nu = (active * active.T).LUsolve(active * gradient)
    assert active.T * nu == gradient and all(e > 0 for e in nu)


@pytest.mark.parametrize("seed", range(10))
def test_l2_margins_against_all_active_sets(tmp_path: Path, seed: int) -> None:
    """Separable integer data with degenerate rows: the exact minimiser is the one point that satisfies KKT."""
    random = Random(seed)
    rows = [[random.randint(0, 2), random.randint(-1, 2), 1] for _ in range(5)]
    text = "a,b,c,y\n" + "".join(f"{a},{b},{c},1\n" for a, b, c in rows)
    found = minimise("l2", "--data", csv(tmp_path, text), *MARGIN)
    candidates = set()
    for size in (1, 2, 3):
        for chosen in combinations(range(5), size):
            a = Matrix([rows[n] for n in chosen])
            if (a * a.T).det() == 0:
                continue
            nu = (a * a.T).LUsolve(Matrix([1] * size))
            beta = a.T * nu
            if min(nu) >= 0 and min(Matrix(rows) * beta) >= 1:
                candidates.add(tuple(beta))
    assert len(candidates) == 1 and tuple(map(Rational, found["exact"])) == candidates.pop()


@pytest.mark.parametrize("p", ["3/2", "3", "5/4"])
def test_powers_above_one_against_mpmath(p: str) -> None:
    """X beta = y with beta = sign(s) |s|^(1/(p-1)), s = X^T nu, solved by findroot to 25 digits."""
    mp = context(50)
    rows, right = numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0]
    found = minimise(f"lp:{p}", "--data", "sparse-small", *INTERPOLATION, "--digits", "25")
    e = 1 / (mp.mpf(Fraction(p).numerator) / Fraction(p).denominator - 1)
    image = lambda s: mp.sign(s) * abs(s) ** e

    def residual(*nu):
        beta = [image(sum(v * row[i] for v, row in zip(nu, rows, strict=True))) for i in range(6)]
        return [dot(row, beta) - y for row, y in zip(rows, right, strict=True)]

    root = mp.findroot(residual, [mp.mpf(v) * (1 + mp.mpf(10) ** -6) for v in found["multipliers"]], maxsteps=60)
    for i, text in enumerate(found["predictor"]):
        want = image(sum(root[n] * rows[n][i] for n in range(3)))
        assert abs(mp.mpf(text) - want) < mp.mpf(10) ** -24 * max(1, abs(want))


@pytest.mark.parametrize("p", ["3/2", "4"])
def test_powers_under_margins_against_slsqp(p: str) -> None:
    rows = np.array(THREE_POINTS_B, dtype=float)
    q = float(Fraction(p))
    known = minimize(
        lambda b: (np.abs(b) ** q).sum(), np.ones(3), method="SLSQP", options={"ftol": 1e-14, "maxiter": 500},
        constraints={"type": "ineq", "fun": lambda b: rows @ b - 1},
    )  # fmt: skip
    found = minimise(f"lp:{p}", "--data", "three-points-b", *MARGIN, "--digits", "20")
    assert np.abs(known.x - np.array(found["predictor"], dtype=float)).max() < 1e-5


def test_the_l1_margin_problem_of_three_points_is_not_unique() -> None:
    """Both vertices are feasible with l1 norm 7/4, and no feasible point of a grid of 1/8 has less."""
    found = minimise("l1", "--data", "three-points-b", *MARGIN)
    assert (found["unique"], found["face_dimension"]) == (False, 1)
    assert {tuple(fractions(v)) for v in found["vertices"]} == {
        (Fraction(1, 4), Fraction(7, 6), Fraction(1, 3)),
        (Fraction(1, 4), Fraction(3, 2), Fraction(0)),
    }
    rows = [fractions(list(row)) for row in THREE_POINTS_B]
    grid = [Fraction(k, 8) for k in range(-16, 17)]
    feasible = (
        b for b in product(grid, repeat=3) if all(sum(x * e for x, e in zip(r, b, strict=True)) >= 1 for r in rows)
    )
    assert min(sum(map(abs, b)) for b in feasible) >= Fraction(7, 4)


def test_weights_change_the_l1_vertex(tmp_path: Path) -> None:
    path = csv(tmp_path, "a,b,y\n1,1,1\n")
    assert minimise("l1", "--data", path, *INTERPOLATION, "--weights", "1,2")["exact"] == ["1", "0"]
    assert minimise("l1", "--data", path, *INTERPOLATION, "--weights", "2,1")["exact"] == ["0", "1"]
    assert minimise("l1", "--data", path, *INTERPOLATION)["unique"] is False


def test_too_many_bases_leave_the_global_minimum_open(tmp_path: Path) -> None:
    """C(30, 5) bases: the answer is a local minimum and says that no more is known."""
    rows, right, text = table(Random(5), 5, 30)
    found = minimise("lp:1/2", "--data", csv(tmp_path, text), *INTERPOLATION)
    assert found["unique"] is None and found["local_minima"] is None
    beta = list(map(Rational, found["exact"]))
    assert list(Matrix(rows) * Matrix(beta)) == right
    support = [i for i, b in enumerate(beta) if b != 0]
    assert Matrix(rows)[:, support].rank() == len(support)


@pytest.mark.parametrize(
    ("norm", "text", "subject", "status"),
    [
        ("l3", "a,y\n1,1\n", "interpolation", 2),
        ("lp:0", "a,y\n1,1\n", "interpolation", 2),
        ("lp:-1", "a,y\n1,1\n", "interpolation", 2),
        ("lp:1e9", "a,y\n1,1\n", "interpolation", 2),
        ("lp:__import__('os')", "a,y\n1,1\n", "interpolation", 2),
        ("l1", "a,b,y\n1,2,3\n2,4,7\n", "interpolation", 2),
        ("l2", "a,b,y\n1,2,3\n2,4,7\n", "interpolation", 2),
        ("lp:3/2", "a,b,y\n1,2,3\n2,4,7\n", "interpolation", 2),
        ("lp:2/3", "a,b,y\n1,2,3\n2,4,7\n", "interpolation", 2),
        ("l1", "a,b,y\n1,2,1\n1,2,-1\n", "margin", 2),
        ("l2", "a,b,y\n1,2,1\n1,2,-1\n", "margin", 2),
        ("l1", "a,b,y\n1,2,3\n", "margin", 2),
        ("lp:2/3", "a,b,y\n1,2,1\n1,2,-1\n", "margin", 2),
        ("lp:3", "a,b,y\n1,0,1\n1,1e-30,1\n", "interpolation", 1),  # beta2 = 0, and not because of a zero column
    ],
)
def test_what_cannot_be_answered_is_one_line(tmp_path: Path, norm: str, text: str, subject: str, status: int) -> None:
    path = csv(tmp_path, text)
    assert_one_line(run("minimise", "--norm", norm, "--data", path, "--subject-to", subject), status)


@pytest.mark.parametrize("norm", ["l1", "l2", "lp:3/2", "lp:2/3"])
def test_repeated_and_zero_rows_and_columns_are_consistent(tmp_path: Path, norm: str) -> None:
    once = minimise(norm, "--data", csv(tmp_path, "a,b,y\n1,3,3\n", "once.csv"), *INTERPOLATION)
    text = "a,b,c,y\n1,3,0,3\n2,6,0,6\n0,0,0,0\n"
    twice = minimise(norm, "--data", csv(tmp_path, text, "twice.csv"), *INTERPOLATION)
    assert twice["predictor"] == [*once["predictor"], "0"] and twice["active"] == [0]


@pytest.mark.parametrize(
    "more", [("diagonal",), ("--scale", "1"), ("--mu", "1"), ("--weights", "1"), ("--weights", "1,x,1,1,1,1")]
)
def test_options_that_do_not_go_with_a_norm_are_refused(more: tuple[str, ...]) -> None:
    assert_one_line(run("minimise", *more, "--norm", "l1", "--data", "sparse-small", *INTERPOLATION), 2)


def corners(rows: list[list[int]]) -> set[tuple]:
    """Feasible points whose active rows determine them on their support, by SymPy: d unknowns, d tight constraints."""
    d = len(rows[0])
    tight = [(row, 1) for row in rows] + [([int(i == k) for i in range(d)], 0) for k in range(d)]
    found = set()
    for chosen in combinations(tight, d):
        m = Matrix([row for row, _ in chosen])
        if m.det() != 0:
            beta = tuple(m.LUsolve(Matrix([b for _, b in chosen])))
            if all(sum(x * b for x, b in zip(row, beta, strict=True)) >= 1 for row in rows):
                found.add(beta)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_below_one_under_margins_the_least_vertex_and_the_local_minima(tmp_path: Path, seed: int) -> None:
    """p = 1/2, d = 3, N = 3: the least of SymPy's vertices; small feasible moves never decrease a listed minimum, and
    some small feasible move decreases every vertex that is not listed."""
    random, generator = Random(500 + seed), np.random.default_rng(seed)
    rows = [[random.randint(-2, 3) for _ in range(2)] + [random.randint(1, 3)] for _ in range(3)]
    text = "a,b,c,y\n" + "".join(",".join(map(str, row)) + ",1\n" for row in rows)
    found = minimise("lp:1/2", "--data", csv(tmp_path, text), *MARGIN)
    known = corners(rows)
    listed = {tuple(map(Rational, v)) for v in found["local_minimisers"]}
    assert listed <= known and found["local_minima"] == len(listed) >= 1

    def value(beta):
        return np.sqrt(np.abs(np.array(beta, dtype=float))).sum(axis=-1)

    best = min(value(beta) for beta in known)
    assert value(fractions(found["exact"])) == pytest.approx(best, rel=1e-12)
    if found["unique"]:
        assert tuple(map(Rational, found["exact"])) in listed
    assert "open" not in found["how_digits_were_established"]
    table = np.array(rows, dtype=float)
    for beta in known:
        point = np.array([float(b) for b in beta])
        moves = 1e-4 * generator.standard_normal((20000, 3)) * (generator.random((20000, 3)) < 0.6)
        feasible = point + moves[(moves != 0).any(axis=1)]
        feasible = feasible[(feasible @ table.T >= 1).all(axis=1)]
        # directions along the active rows, which random moves do not hit
        for i in range(3):
            for row in table:
                along = np.cross(row, np.eye(3)[i])
                for sign in (1e-4, -1e-4):
                    trial = point + sign * along
                    if along.any() and (table @ trial >= 1 - 1e-15).all():
                        feasible = np.vstack([feasible, trial])
        decreases = bool((value(feasible) < value(point) - 1e-12).any())
        assert decreases == (beta not in listed), (beta, listed)


def test_below_one_under_margins_many_vertices_are_refused(tmp_path: Path) -> None:
    text = ",".join(f"x{i}" for i in range(20)) + ",y\n" + "".join(f"{','.join(['1'] * 20)},1\n" for _ in range(20))
    assert_one_line(run("minimise", "--norm", "lp:1/2", "--data", csv(tmp_path, text), *MARGIN), 1)
