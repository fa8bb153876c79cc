"""The potentials of spectral metrics, as the document gives them, and their families."""

from dataclasses import replace
from itertools import combinations
from random import Random

import mpmath as mp
import pytest
from document_check import check_document
from spectral_oracle import X, Y, function_of, given, kernel_metric, matrix, numeric, pairs, upper, verdicts
from sympy import (
    Expr,
    ImmutableDenseMatrix,
    Integer,
    Matrix,
    Rational,
    Symbol,
    diff,
    expand,
    eye,
    hessian,
    log,
    sqrt,
    symbols,
    together,
    trace,
)

from derive.catalogue import architectures
from derive.everywhere.spectral import spectral
from derive.everywhere.spectral_potential import in_entries
from derive.exact.field import Field
from derive.exact.linear import determinant_and_inverse
from derive.model import Model, parse_model
from derive.pipeline import derive
from derive.present.document import document

# -- kernels that are no polynomials -----------------------------------------------------------------


A, B, C = symbols("a b c", real=True)
GAP = sqrt((A - C) ** 2 + 4 * B**2)
LARGE, SMALL = (A + C + GAP) / 2, (A + C - GAP) / 2


def two(a: Expr, h: Expr) -> Model:
    """The kernel on 2 x 2 matrices, by the projectors on eigenvectors."""
    w, e = Matrix([[A, B], [B, C]]), matrix(2, "e")
    p, q = (w - SMALL * eye(2)) / GAP, (LARGE * eye(2) - w) / GAP
    there = {X: LARGE, Y: SMALL}
    form = (
        a.subs(X, LARGE) * trace(p * e * p * e)
        + 2 * h.xreplace(there) * trace(p * e * q * e)
        + a.subs(X, SMALL) * trace(q * e * q * e)
    )
    rho = hessian(form, upper(e)) / 2
    return parse_model([], parameters=["a", "b", "c"], is_metric=True,
                       parameter_metric=[[str(v) for v in row] for row in rho.tolist()])  # fmt: skip


def test_the_von_neumann_entropy_is_found_from_its_metric_and_a_factor_refutes_it() -> None:
    found = spectral(two(1 / X, (log(X) - log(Y)) / (X - Y)))
    assert found is not None and found.verdict.is_proved and found.kernel is not None
    assert found.kernel.potential is not None and diff(found.kernel.potential, found.kernel.x, 2) == 1 / found.kernel.x
    wrong = spectral(two(1 / X, 2 * (log(X) - log(Y)) / (X - Y)))
    assert wrong is not None and wrong.verdict.is_refuted and wrong.kernel is not None
    for n in (2, 3):
        assert verdicts(n, lambda x: 1 / x, lambda x, y: (mp.log(x) - mp.log(y)) / (x - y)) == (True, True)
        assert verdicts(n, lambda x: 1 / x, lambda x, y: 2 * (mp.log(x) - mp.log(y)) / (x - y)) == (False, False)


def test_two_eigenvalues_with_a_constant_are_no_theorem_for_three() -> None:
    found = spectral(two(Integer(1), 1 + 1 / (X - Y)))
    assert found is not None and found.verdict.is_proved and found.kernel is None


def test_the_mean_of_eigenvalues_is_refuted_at_every_size() -> None:
    """h = 1/(x + y), the metric of U U^T and of Bures."""
    det, tr = A * C - B**2, A + C
    rows = [  # tr(E L) with BL + LB = E: the same metric without eigenvalues, nothing cancelled
        [(det + C**2) / (2 * tr * det), -B * C / (tr * det), B**2 / (2 * tr * det)],
        [-B * C / (tr * det), 2 * A * C / (tr * det), -A * B / (tr * det)],
        [B**2 / (2 * tr * det), -A * B / (tr * det), (det + A**2) / (2 * tr * det)],
    ]
    model = two(1 / (2 * X), 1 / (X + Y))
    joined = replace(model, parameter_metric=ImmutableDenseMatrix(rows))
    for given_ in (model, joined):
        found = derive(given_)
        assert found.hessian.is_refuted and found.warp.verdict.is_refuted and found.scope == "every dimension"
    for n in (2, 3):
        assert verdicts(n, lambda x: 1 / (2 * x), lambda x, y: 1 / (x + y)) == (False, False)


@pytest.mark.parametrize("q", [4 * X ** Rational(3, 2) / 3, X * log(X)])
def test_a_potential_in_the_entries_has_the_metric_of_the_oracle(q: Expr) -> None:
    slope, a = diff(q, X), diff(q, X, 2)
    h = (slope - slope.subs(X, Y)) / (X - Y)
    model = two(a, h)
    found = spectral(model)
    assert found is not None and found.verdict.is_proved
    form = in_entries(model, found)
    assert form is not None and form[0] is not None
    value, gradient = form
    point = dict(zip(model.coordinates, (Integer(2), Rational(3, 10), Integer(1)), strict=True))
    with mp.workdps(30):
        b = mp.matrix([[2, mp.mpf("0.3")], [mp.mpf("0.3"), 1]])
        rho = kernel_metric(b, numeric(a, X), numeric(h, X, Y))
        for i, p in enumerate(model.coordinates):
            assert abs(diff(value, p).subs(point).evalf(25) - gradient[i].subs(point).evalf(25)) < 1e-20
            for j, r in enumerate(model.coordinates):
                assert abs(mp.mpf(diff(value, p, r).subs(point).evalf(25)) - rho[i, j]) < mp.mpf("1e-18")


# -- the whole way ------------------------------------------------------------------------------------


def log_det(n: int) -> Model:
    return given(n, lambda w, e: trace(w.adjugate() * e * w.adjugate() * e) / w.det() ** 2)


@pytest.mark.parametrize("n", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_log_det_is_found_as_the_potential_of_its_second_derivative(n: int) -> None:
    found = derive(log_det(n))
    assert found.hessian.is_proved and found.scope == "every dimension" and found.potential.form == "closed"
    value = found.potential.value
    assert value is not None
    b = matrix(n, "b").subs(dict(zip(upper(matrix(n, "b")), found.potential.variables, strict=True)))
    at = dict(zip(found.potential.variables, [2 if i == j else Rational(1, 3) for i, j in pairs(n)], strict=True))
    difference = value + log(b.det())
    assert all(diff(difference, p, q).subs(at) == 0 for p in at for q in at)


@pytest.mark.parametrize("power", [1, 2])
def test_functions_of_u_ut_have_no_warp(power: int) -> None:
    u = Matrix(2, 2, lambda i, j: Symbol(f"u{i + 1}{j + 1}", real=True))
    product = ((u * u.T) ** power).applyfunc(expand)
    model = Model(name="u", parameters=tuple(u), predictor=tuple(upper(product)))
    found = spectral(model)
    assert found is not None and found.verdict.is_refuted and found.kernel is not None
    document_ = document(derive(model))
    assert document_["hessian"]["status"] == document_["warp"]["status"] == "refuted"
    assert document_["scope"] == "every dimension"
    # rho on beta by hand: M = J J^T at U = diag(u, v)
    at = {u[0, 0]: Integer(3), u[1, 1]: Integer(2), u[0, 1]: Integer(0), u[1, 0]: Integer(0)}
    j = Matrix(model.predictor).jacobian(list(u)).subs(at)
    rho = (j * j.T).inv()
    there = {found.kernel.x: 3, found.kernel.y: 2}
    assert rho[0, 0] == found.kernel.diagonal.subs(there) and rho[1, 1] == 2 * found.kernel.across.subs(there)


def test_a_witness_is_a_point_without_a_solution() -> None:
    """J [V_i, V_j] = a_i M e_j - a_j M e_i, by SymPy at the point that the tool names."""
    model = function_of(2, X**3)
    found = derive(model)
    witness = found.warp.verdict.witness
    assert witness is not None and found.hessian.is_refuted
    ps = model.parameters
    jacobian = Matrix(model.predictor).jacobian(ps)
    fields = [jacobian.row(i).T for i in range(3)]
    rows = []
    for i, j in combinations(range(3), 2):
        bracket = fields[j].jacobian(ps) * fields[i] - fields[i].jacobian(ps) * fields[j]
        image, m = jacobian * bracket, jacobian * jacobian.T
        for k in range(3):
            row = [Integer(0)] * 3
            row[i], row[j] = m[k, j], -m[k, i]
            rows.append([*row, image[k]])
    there = Matrix(rows).subs(dict(witness.point))
    assert there[:, :3].rank() == 3 and there.rank() == 4


def test_the_document_shows_the_functions_of_the_eigenvalues() -> None:
    found = document(derive(log_det(2)))
    check_document(found)
    assert found["spectral"] == {
        "size": 2,
        "variables": ["x", "y"],
        "eigenvalue": "x",
        "along": "x**(-2)",
        "between": "1/(x*y)",
        "potential_of_eigenvalue": "-log(x)",
    }


# -- starts, and the algebra below --------------------------------------------------------------------


@pytest.mark.parametrize("start", [(1, 0, 1), (2, Rational(1, 3), -1)])
def test_with_a_start_the_witness_lies_near_it(start: tuple[Expr, ...]) -> None:
    model = function_of(2, X**2)
    at = tuple(Integer(1) * s for s in start)
    found = derive(Model(name="f(W)", parameters=model.parameters, predictor=model.predictor, start=at))
    witness = found.warp.verdict.witness
    assert found.warp.verdict.is_refuted and witness is not None and found.scope == "every dimension"
    there = dict(witness.point)
    assert all(abs(there[p] - s) < Rational(1, 10) for p, s in zip(model.parameters, at, strict=True))


def test_commuting_measurements_are_a_family() -> None:
    found = derive(architectures()["spectral"].model(size=2))
    assert found.hessian.is_proved and found.scope == "every dimension" and "separable" in found.scope_reason
    unequal = parse_model([], parameters=["x", "y"], parameter_metric=[["1/x", "0"], ["0", "2/y"]], is_metric=True)
    assert derive(unequal).scope == "this dimension"


def test_inverses_over_the_field_are_those_of_sympy() -> None:
    random, (p, q) = Random(3), symbols("p q", real=True)
    for size in (1, 2, 3, 4):
        pool = [p, q, p * q + 1, 1 / (p + q), p / q, Integer(0), Integer(2), p**2 - q]
        rows = Matrix(size, size, [random.choice(pool) for _ in range(size**2)]) + 3 * eye(size)
        field = Field(list(rows), (p, q))
        found = determinant_and_inverse(field, [[field.convert(e) for e in row] for row in rows.tolist()])
        assert found is not None and together(found[0].expression() - rows.det()).cancel() == 0
        inverse = Matrix([[e.expression() for e in row] for row in found[1]])
        assert (inverse * rows - eye(size)).applyfunc(lambda e: e.together().cancel()).is_zero_matrix
    singular = Matrix([[p, q], [p * q, q**2]])
    field = Field(list(singular), (p, q))
    assert determinant_and_inverse(field, [[field.convert(e) for e in row] for row in singular.tolist()]) is None
