"""Random polynomial models: laws, closure, brackets and their witnesses hold up in SymPy, evaluated exactly here."""

from itertools import combinations, product

import pytest
from console import model, point, read, reads, show
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sympy import Abs, Expr, Matrix, Rational, S, Symbol, cancel, symbols

MORE = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
W = symbols("w1:6", real=True)


def vanishes(e: Expr) -> bool:
    return cancel(S(e).expand()) == 0


def is_zero(e: Expr, parameters: list[Symbol]) -> bool:
    """As a formula; where it has absolute values, to 40 digits at points of four sign patterns."""
    if not e.has(Abs):
        return vanishes(e)
    signs = [[1 if n >> (i % 3) & 1 else -1 for i in range(len(parameters))] for n in (0, 3, 5, 6)]
    places = [{w: s * v for s, (w, v) in zip(row, somewhere(parameters).items(), strict=True)} for row in signs]
    return all(abs(e.subs(at).evalf(60)) < Rational(1, 10**40) for at in places)


@st.composite
def polynomial_model(draw, p: int, d: int) -> list[Expr]:
    """d quadratic predictors in p parameters; every coordinate moves."""
    monomials = [a * b for a, b in product(W[:p], repeat=2) if str(a) <= str(b)] + list(W[:p])
    return [
        sum((draw(st.sampled_from((-2, -1, 1, 2, 1))) * draw(st.sampled_from(monomials)) for _ in range(3)), S.Zero)
        for _ in range(d)
    ]


def show_model(predictor: list[Expr]) -> dict:
    assume(all(f.free_symbols for f in predictor))
    text = ", ".join(str(f) for f in predictor)
    names = sorted({str(s) for f in predictor for s in f.free_symbols})
    return show(text, "--parameters", ",".join(names))


def somewhere(parameters: list[Symbol], shift: int = 0) -> dict[Symbol, Rational]:
    """A rational point with no pattern."""
    return {w: Rational(7 + 11 * i + 3 * i * i + shift, 5 + 2 * i) for i, w in enumerate(parameters)}


def bracket_rank(jacobian: Matrix, parameters: list[Symbol]) -> int:
    """The rank at a point of V_i and iterated brackets: a lower bound of dim Lie at generic points."""
    fields = [jacobian.row(i).T for i in range(jacobian.rows)]
    layer = list(fields)
    found = list(fields)
    for _ in range(2):
        layer = [(b.jacobian(parameters) * v - v.jacobian(parameters) * b).expand() for v in fields for b in layer[:4]]
        found += layer
    return Matrix.hstack(*found).subs(somewhere(parameters)).rank()


@MORE
@given(st.one_of(polynomial_model(3, 1), polynomial_model(3, 2), polynomial_model(4, 2), polynomial_model(5, 2)))
@example([W[0] * W[1] + W[2] * W[3], W[0] * W[4]])
@example([W[0] * W[1] + W[2] * W[3]])
@example([W[0] * W[1] + W[2] * W[3], W[0] * W[4] + W[2] * W[4]])
@example([W[0] ** 2 * W[1]])
@example([-4 * W[0] ** 2 - 2 * W[1] * W[2]])
@example([-5 * W[0] ** 2, -2 * W[0] ** 2 - 2 * W[1] ** 2 - 2 * W[2] ** 2])
def test_laws_closure_and_refutations_hold_up_in_sympy(predictor: list[Expr]) -> None:
    found = show_model(predictor)
    parameters, _, jacobian = model(found)
    laws = reads(found["conservation_laws"]["laws"])
    gradients = Matrix(laws).jacobian(parameters) if laws else Matrix(0, len(parameters), [])
    assert all(is_zero(e, parameters) for e in jacobian * gradients.T), "V_i(h) = 0"
    independent = max(gradients.subs(somewhere(parameters, n)).rank() for n in (0, 2)) if laws else 0
    assert independent == len(laws)
    bound = len(parameters) - bracket_rank(jacobian, parameters)
    assert len(laws) <= bound
    if found["conservation_laws"]["status"] == "proved":
        assert found["conservation_laws"]["count"] == bound
    check_closure(found, jacobian, gradients, parameters)
    check_brackets(found, jacobian, parameters)


def moved(metric: Matrix, parameters: list[Symbol]) -> Matrix:
    """The Jacobian of all entries of M, one row an entry."""
    return Matrix([metric[i, j] for i in range(metric.rows) for j in range(i + 1)]).jacobian(parameters)


def check_closure(found: dict, jacobian: Matrix, gradients: Matrix, parameters: list[Symbol]) -> None:
    """Proved: dM adds no rank to (dbeta, dh).  Refuted: the witness moves M, and neither beta nor any law."""
    status, slopes = found["closure"]["status"], moved((jacobian * jacobian.T).expand(), parameters)
    if status == "refuted":
        at = point(found["closure"]["witness"]["point"])
        direction = Matrix([point(found["closure"]["witness"]["direction"]).get(w, S.Zero) for w in parameters])
        assert (jacobian.subs(at) * direction).is_zero_matrix
        assert all(e.simplify() == 0 for e in gradients.subs(at) * direction)
        assert not (slopes.subs(at) * direction).is_zero_matrix
    if status == "proved" and len(gradients.col_join(jacobian)) and laws_are_known(found):
        at = somewhere(parameters)
        still = jacobian.col_join(gradients).subs(at)
        assert still.col_join(slopes.subs(at)).rank() == still.rank()


def laws_are_known(found: dict) -> bool:
    return len(found["conservation_laws"]["laws"]) == found["conservation_laws"]["count"]


def check_brackets(found: dict, jacobian: Matrix, parameters: list[Symbol]) -> None:
    """J [V_i, V_j]: zero where `hessian` is proved, not zero at the witness where it is refuted by one."""
    fields = [jacobian.row(i).T for i in range(jacobian.rows)]
    images = {
        (i, j): (jacobian * (fields[j].jacobian(parameters) * fields[i] - fields[i].jacobian(parameters) * fields[j]))
        for i, j in combinations(range(len(fields)), 2)
    }
    if found["hessian"]["status"] == "proved":
        assert all(vanishes(e) for image in images.values() for e in image)
    if found["hessian"]["status"] == "refuted" and found["closure"]["status"] == "proved":
        witness = found["hessian"]["witness"]
        i, j = witness["entry"]
        assert not images[i, j].subs(point(witness["point"])).expand().is_zero_matrix


def test_closure_is_refuted_for_two_neurons_with_a_witness_that_is_not_trivial() -> None:
    """The property above is empty unless closure fails somewhere: a w + b v does not close."""
    found = show("a*w1 + b*v1, a*w2 + b*v2")
    assert found["closure"]["status"] == "refuted"
    parameters, _, jacobian = model(found)
    gradients = Matrix(reads(found["conservation_laws"]["laws"])).jacobian(parameters)
    check_closure(found, jacobian, gradients, parameters)
    damaged = dict(found["closure"]["witness"]["direction"])
    first = next(iter(damaged))
    damaged[first] = str(read(damaged[first]) + 1)
    found["closure"]["witness"]["direction"] = damaged
    with pytest.raises(AssertionError):
        check_closure(found, jacobian, gradients, parameters)
