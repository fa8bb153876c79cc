"""Claim: minimisers over positive semidefinite matrices are what they are said to be, and proved where that is said.

References: the KKT conditions in mpmath (its own eigenvalues and logarithms) and in SymPy's fractions, closed forms,
the flow of U U^T, and CVXPY.
"""

from pathlib import Path

import numpy as np
import pytest
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat
from flow_references import context
from sympy import Matrix, Rational
from verify_console import assert_one_line, csv, document, run

from verify.matrices.face import FaceSystem
from verify.matrices.symmetric import is_positive, is_semidefinite

INTERPOLATION = ("--subject-to", "interpolation")
MARGIN = ("--subject-to", "margin")


def places(k: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(k) for j in range(k) if i <= j]


def table(rows: list[list[int]], right: list) -> str:
    head = ",".join(f"b{n}" for n in range(len(rows[0]))) + ",y\n"
    return head + "".join(",".join(map(str, [*r, y])) + "\n" for r, y in zip(rows, right, strict=True))


def planted(seed: int, k: int, n: int, rank: int) -> tuple[list[list[int]], list[int], np.ndarray]:
    """Small integers, and the values of a matrix U U^T of this rank."""
    rng = np.random.default_rng(seed)
    u = rng.integers(-2, 3, (k, rank))
    b = u @ u.T
    rows = rng.integers(-3, 4, (n, k * (k + 1) // 2))
    return rows.tolist(), (rows @ np.array([b[p] for p in places(k)])).tolist(), b


def symmetric(entries: list, k: int, make=Matrix):
    rows = [[0] * k for _ in range(k)]
    for (i, j), e in zip(places(k), entries, strict=True):
        rows[i][j] = rows[j][i] = e
    return make(rows)


def measuring(row: list, k: int, make=Matrix):
    """A with x . beta = tr(A B)."""
    return symmetric([Rational(x) / (1 if i == j else 2) for x, (i, j) in zip(row, places(k), strict=True)], k, make)


def logarithm(mp, matrix):
    values, vectors = mp.eigsy(matrix)
    assert min(values) > 0
    return vectors * mp.diag([mp.log(e) for e in values]) * vectors.T


@pytest.mark.parametrize(("seed", "k", "n", "alpha"), [(0, 2, 1, "1"), (1, 3, 3, "1/10"), (2, 4, 5, "2")])
def test_the_entropy_has_its_logarithm_in_the_span_of_the_measurements(
    tmp_path: Path, seed: int, k: int, n: int, alpha: str
) -> None:
    """log B - log alpha^2 I = sum nu A and the equations, to 38 digits, with logarithms by mpmath."""
    rows, right, _ = planted(seed, k, n, k)
    found = document(
        "minimise", "--norm", f"spectral-entropy:{alpha}", "--data", csv(tmp_path, table(rows, right)), *INTERPOLATION,
        "--digits", "40",
    )  # fmt: skip
    mp = context(60)
    beta, nu = ([mp.mpf(e) for e in found[key]] for key in ("predictor", "multipliers"))
    for row, y in zip(rows, right, strict=True):
        assert abs(sum(x * b for x, b in zip(row, beta, strict=True)) - y) < mp.mpf("1e-37")
    start = Rational(alpha) ** 2
    left = logarithm(mp, symmetric(beta, k, mp.matrix)) - mp.log(mp.mpf(start.p) / start.q) * mp.eye(k)
    for value, row in zip(nu, rows, strict=True):
        left -= value * measuring(row, k, lambda r: mp.matrix([[mp.mpf(x.p) / x.q if x else 0 for x in e] for e in r]))
    assert mp.norm(left, mp.inf) < mp.mpf("1e-34")
    assert (found["digits"], found["unique"], found["rank"]) == (40, True, k)


def test_the_entropy_of_one_trace_is_a_multiple_of_the_identity(tmp_path: Path) -> None:
    """tr B = 7, k = 3, any alpha: B = (7/3) I and nu = log(7 / (3 alpha^2)), down to alpha = 10^-300."""
    data = csv(tmp_path, "a,b,c,d,e,f,y\n1,0,0,1,0,1,7\n")
    mp = context(40)
    for alpha in ("1", "1/5", "1/1" + 300 * "0"):
        found = document(
            "minimise", "--norm", f"spectral-entropy:{alpha}", "--data", data, *INTERPOLATION, "--digits", "25"
        )
        expected = mp.mpf(7) / 3
        for e, (i, j) in zip(found["predictor"], places(3), strict=True):
            assert abs(mp.mpf(e) - (expected if i == j else 0)) < mp.mpf("1e-24")
        a = Rational(alpha)
        nu = mp.log(expected) - 2 * (mp.log(int(a.p)) - mp.log(int(a.q)))
        assert abs(mp.mpf(found["multipliers"][0]) / nu - 1) < mp.mpf("1e-22")


@pytest.mark.parametrize("start", ["1/2", "1/20"])
def test_the_flow_of_a_factorisation_ends_there_for_commuting_measurements(tmp_path: Path, start: str) -> None:
    """(2 1; 1 2) and (0 1; 1 0) commute; U(0) = alpha I (Gunasekar et al. 2017, section 3)."""
    data = csv(tmp_path, "b11,b12,b22,y\n2,2,2,3\n0,2,0,0.5\n")
    one = csv(tmp_path, "b11,b12,b22,y\n2,2,2,3\n", "one.csv")
    for name in (data, one):
        least = document(
            "minimise", "--norm", f"spectral-entropy:{start}", "--data", name, *INTERPOLATION, "--digits", "15"
        )
        end = document(
            "flow", "psd", "--size", "2", "--rank", "2", "--start", f"u1_1={start},u1_2=0,u2_1=0,u2_2={start}",
            "--data", name, "--loss", "squared", "--until", "1e-40", "--digits", "15",
        )  # fmt: skip
        a, b = (np.array([float(e) for e in found["predictor"]]) for found in (least, end))
        assert np.abs(a - b).max() < 1e-14


def test_small_starts_approach_the_nuclear_norm(tmp_path: Path) -> None:
    """The distance of the entropy's minimiser falls with alpha (seed 1: a regular minimiser of the trace)."""
    rows, right, _ = planted(1, 4, 4, 2)
    data = csv(tmp_path, table(rows, right))
    words = ("--data", data, *INTERPOLATION, "--digits", "15")
    limit = np.array([float(e) for e in document("minimise", "--norm", "nuclear", *words)["predictor"]])
    distances = []
    for alpha in ("1", "1/1000", "1/1" + 12 * "0", "1/1" + 200 * "0"):
        found = document("minimise", "--norm", f"spectral-entropy:{alpha}", *words)
        distances.append(np.abs(np.array([float(e) for e in found["predictor"]]) - limit).max())
    assert distances == sorted(distances, reverse=True) and distances[-1] < 1e-12 < 1e-6 < distances[0], distances


def test_the_entropy_under_margins_satisfies_the_kkt_conditions(tmp_path: Path) -> None:
    """Multipliers >= 0, margins >= 1, products zero, and the logarithm in the span of the active rows."""
    rows, labels = [[1, 1, 0], [0, -1, 2], [-1, 2, 1], [1, 0, 1]], [1, 1, -1, 1]
    found = document(
        "minimise", "--norm", "spectral-entropy:1/10", "--data", csv(tmp_path, table(rows, labels)), *MARGIN
    )
    mp = context(40)
    beta, nu = ([mp.mpf(e) for e in found[key]] for key in ("predictor", "multipliers"))
    signed = [[y * x for x in row] for row, y in zip(rows, labels, strict=True)]
    margins = [sum(x * b for x, b in zip(row, beta, strict=True)) for row in signed]
    assert all(e >= 0 for e in nu) and all(m > 1 - mp.mpf("1e-28") for m in margins)
    assert all(e * abs(m - 1) < mp.mpf("1e-27") for e, m in zip(nu, margins, strict=True)) and any(
        m > 1.01 for m in margins
    )
    left = logarithm(mp, symmetric(beta, 2, mp.matrix)) - 2 * mp.log(mp.mpf(1) / 10) * mp.eye(2)
    for value, row in zip(nu, signed, strict=True):
        left -= value * mp.matrix([[row[0], mp.mpf(row[1]) / 2], [mp.mpf(row[1]) / 2, row[2]]])
    assert mp.norm(left, mp.inf) < mp.mpf("1e-25")


@pytest.mark.parametrize(("seed", "k", "n", "rank"), [(0, 4, 5, 1), (1, 4, 7, 1), (2, 6, 14, 1), (3, 5, 12, 2)])
def test_planted_matrices_are_proved_by_exact_numbers(tmp_path: Path, seed: int, k: int, n: int, rank: int) -> None:
    """B, and Z from printed fractions: Z B = 0, B >= 0, Z >= 0 by characteristic polynomials in SymPy."""
    rows, right, b = planted(seed, k, n, rank)
    found = document("minimise", "--norm", "nuclear", "--data", csv(tmp_path, table(rows, right)), *INTERPOLATION)
    exact = symmetric([Rational(e) for e in found["exact"]], k)
    for row, y in zip(rows, right, strict=True):
        assert (measuring(row, k) * exact).trace() == y
    assert exact.rank() == found["rank"]
    assert found["unique"] and exact == Matrix(b.tolist())
    mp = context(40)
    slack = mp.eye(k)
    for value, row in zip(found["multipliers"], rows, strict=True):
        slack -= mp.mpf(value) * measuring(
            row, k, lambda r: mp.matrix([[mp.mpf(x.p) / x.q if x else 0 for x in e] for e in r])
        )
    assert min(mp.eigsy(slack, eigvals_only=True)) > -mp.mpf("1e-26")
    product = slack * mp.matrix([[mp.mpf(e.p) / e.q for e in exact.row(i)] for i in range(k)])
    assert mp.norm(product, mp.inf) < mp.mpf("1e-25")


@pytest.mark.parametrize(("seed", "k", "n"), [(0, 2, 1), (1, 3, 2), (2, 4, 3), (3, 5, 6), (4, 6, 9)])
def test_nuclear_minimisers_satisfy_the_optimality_conditions(tmp_path: Path, seed: int, k: int, n: int) -> None:
    """Eigenvalues of the printed B and Z in mpmath: none negative, Z B = 0, to 35 digits."""
    rows, right, _ = planted(seed, k, n, k)
    found = document(
        "minimise", "--norm", "nuclear", "--data", csv(tmp_path, table(rows, right)), *INTERPOLATION, "--digits", "40"
    )
    assert found["digits"] == 40 and found["unique"]
    mp = context(60)
    matrix, slack = symmetric([mp.mpf(e) for e in found["predictor"]], k, mp.matrix), mp.eye(k)
    for value, row in zip(found["multipliers"], rows, strict=True):
        slack -= mp.mpf(value) * measuring(
            row, k, lambda r: mp.matrix([[mp.mpf(x.p) / x.q if x else 0 for x in e] for e in r])
        )
    eigenvalues = sorted(mp.eigsy(matrix, eigvals_only=True))
    assert eigenvalues[0] > -mp.mpf("1e-36") and sum(e > mp.mpf("1e-30") for e in eigenvalues) == found["rank"]
    assert min(mp.eigsy(slack, eigvals_only=True)) > -mp.mpf("1e-36")
    assert mp.norm(slack * matrix, mp.inf) < mp.mpf("1e-35")


def test_faces_of_minimisers_are_reported(tmp_path: Path) -> None:
    """tr B = 3 at k = 3: every B of trace 3, a set of dimension 5; B11 = B22 = 1 leaves b12, and b11 >= |b12|."""
    found = document(
        "minimise", "--norm", "nuclear", "--data", csv(tmp_path, "a,b,c,d,e,f,y\n1,0,0,1,0,1,3\n"), *INTERPOLATION
    )
    assert (found["unique"], found["face_dimension"], found["kkt_residual"]) == (False, 5, "0")
    found = document(
        "minimise", "--norm", "nuclear", "--data", csv(tmp_path, "a,b,c,y\n1,0,0,1\n0,0,1,1\n"), *INTERPOLATION
    )
    assert (found["unique"], found["face_dimension"]) == (False, 1)


def test_zero_values_and_repeated_rows(tmp_path: Path) -> None:
    """B = 0 for zero values; a row twice changes nothing and gets no multiplier."""
    found = document("minimise", "--norm", "nuclear", "--data", csv(tmp_path, "a,b,c,y\n1,2,3,0\n"), *INTERPOLATION)
    assert found["exact"] == ["0", "0", "0"] and (found["rank"], found["unique"]) == (0, True)
    for norm in ("nuclear", "spectral-entropy:1/3"):
        words = ("minimise", "--norm", norm, *INTERPOLATION, "--digits", "20", "--data")
        once = document(*words, csv(tmp_path, "a,b,c,y\n1,2,3,4\n"))
        twice = document(*words, csv(tmp_path, "a,b,c,y\n1,2,3,4\n2,4,6,8\n"))
        assert once["predictor"] == twice["predictor"] and twice["active"] == [0] and twice["multipliers"][1] == "0"


def test_a_stationary_point_that_is_no_minimum_is_not_accepted() -> None:
    """B11 + 2 B22 = 1: B = diag(1, 0) has Z = diag(0, -1), B = diag(0, 1/2) has Z = diag(1/2, 0)."""
    a = fmpq_mat([[1, 0], [0, 2]])
    wrong = FaceSystem([a], [fmpq(1)], [0, 1], 1, 100)
    point = [arb(0), arb(1), arb(1)]
    assert all(e == 0 for e in wrong.residual(point).entries()) and not wrong.inside(point)
    right = FaceSystem([a], [fmpq(1)], [1, 0], 1, 100)
    point = [arb(0), arb(1) / 2, arb(1) / 2]
    assert all(e == 0 for e in right.residual(point).entries()) and right.inside(point)


def test_the_derivative_of_the_system_is_one() -> None:
    """Differences of the residual, k = 3, rank 2, in Arb at 300 bits."""
    rng = np.random.default_rng(5)
    matrices = []
    for _ in range(2):
        m = rng.integers(-3, 4, (3, 3))
        matrices.append(fmpq_mat((m + m.T).tolist()))
    system = FaceSystem(matrices, [fmpq(1), fmpq(2)], [2, 0, 1], 2, 300)
    z = [arb(int(e)) / 8 for e in rng.integers(-9, 10, 2 + 3 + 2)]
    before = ctx.prec
    ctx.prec = 300
    try:
        step, jacobian = arb(10) ** -30, system.jacobian(z).table()
        for i in range(len(z)):
            up, down = ([e + sign * step * (k == i) for k, e in enumerate(z)] for sign in (1, -1))
            slope = (system.residual(up) - system.residual(down)).entries()
            assert all(abs(s / (2 * step) - row[i]) < 1e-20 for s, row in zip(slope, jacobian, strict=True))
    finally:
        ctx.prec = before


@pytest.mark.parametrize("seed", range(20))
def test_definiteness_is_that_of_the_eigenvalues(seed: int) -> None:
    """Random integer matrices of every signature against SymPy's count of signs (Descartes, real roots only)."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 5))
    u = rng.integers(-2, 3, (k, int(rng.integers(1, 5))))
    m = u @ np.diag(rng.integers(-int(seed % 3 == 0), 3, u.shape[1])) @ u.T
    coefficients = Matrix(m.tolist()).charpoly().all_coeffs()
    alternate = all(c * (-1) ** n >= 0 for n, c in enumerate(coefficients))
    assert is_semidefinite(fmpq_mat(m.tolist())) == alternate
    assert is_positive(balls_of(m)) == (alternate and coefficients[-1] != 0)


def balls_of(m: np.ndarray):
    return arb_mat([[arb(int(e)) for e in row] for row in m])


@pytest.mark.parametrize("norm", ["nuclear", "spectral-entropy:1/2"])
def test_values_that_no_matrix_has_are_refused(tmp_path: Path, norm: str) -> None:
    """B11 + B12 + B22 = -1 is impossible for B >= 0; the nuclear route proves it and says so."""
    done = run("minimise", "--norm", norm, "--data", csv(tmp_path, "a,b,c,y\n1,1,1,-1\n1,0,0,2\n"), *INTERPOLATION)
    assert_one_line(done, 2 if norm == "nuclear" else 1)
    assert ("negative semidefinite" in done.err) == (norm == "nuclear")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("nuclear",), "a,b,y\n1,2,3\n"),
        (("nuclear", "--weights", "1,2,3"), "a,b,c,y\n1,2,3,1\n"),
        (("spectral-entropy:0",), "a,b,c,y\n1,2,3,1\n"),
        (("spectral-entropy:x",), "a,b,c,y\n1,2,3,1\n"),
        (("nuclear:2",), "a,b,c,y\n1,2,3,1\n"),
        (("nuclear",), "a,b,c,y\n1,2,3,1\n1,2,3,2\n"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, words: tuple[str, ...], text: str) -> None:
    assert_one_line(run("minimise", "--norm", *words, "--data", csv(tmp_path, text), *INTERPOLATION), 2)


def test_the_nuclear_norm_under_margins_is_refused(tmp_path: Path) -> None:
    done = run("minimise", "--norm", "nuclear", "--data", csv(tmp_path, "a,b,c,y\n1,2,3,1\n"), *MARGIN)
    assert_one_line(done, 1)


@pytest.mark.extra
@pytest.mark.parametrize(("seed", "k", "n"), [(1, 3, 2), (3, 5, 6)])
def test_cvxpy_agrees(tmp_path: Path, seed: int, k: int, n: int) -> None:
    """The optimal trace to Clarabel's tolerance; the entropy through -tr B log B of SCS is left to the benchmark."""
    cp = pytest.importorskip("cvxpy")
    rows, right, _ = planted(seed, k, n, k)
    found = document("minimise", "--norm", "nuclear", "--data", csv(tmp_path, table(rows, right)), *INTERPOLATION)
    matrix = cp.Variable((k, k), PSD=True)
    equations = [
        sum(x * matrix[p] for x, p in zip(row, places(k), strict=True)) == y for row, y in zip(rows, right, strict=True)
    ]
    program = cp.Problem(cp.Minimize(cp.trace(matrix)), equations)
    program.solve(solver=cp.CLARABEL)
    ours = sum(float(e) for e, (i, j) in zip(found["predictor"], places(k), strict=True) if i == j)
    assert abs(ours - program.value) < 1e-6 * abs(program.value)
    assert np.abs(np.linalg.eigvalsh(symmetric([float(e) for e in found["predictor"]], k, np.array))[0]) < 1e-10
