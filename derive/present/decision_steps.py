"""The steps that decide: closure, commuting fields, Hessian map, warp, dynamics in beta, scope."""

from sympy import Expr, Function, Symbol

from derive.derivation import Derivation
from derive.everywhere.kernel import Kernel
from derive.everywhere.singular import SingularKernel
from derive.potentials.radial import R
from derive.present.roots import root_lines
from derive.present.step import SHOWN, Formula, Step, elided, matrix, some

LONG = 150


def closure(d: Derivation) -> Step | None:
    """Is there a metric in beta?"""
    if d.closure is None:
        return None
    return Step(title="Closure", text="Is rho a function of beta on each leaf?", verdict=d.closure.verdict)


def commuting(d: Derivation) -> Step:
    """Do the gradient fields commute?"""
    return Step(
        title="Commuting parametrisation", text="Do the gradient fields commute, [V_i, V_j] = 0?", verdict=d.commuting
    )


def hessian(d: Derivation) -> Step:
    """Is the metric the Hessian of a function?"""
    return Step(
        title="Hessian map", text="Is rho the Hessian of a function of beta, J [V_i, V_j] = 0?", verdict=d.hessian
    )


def warp(d: Derivation) -> Step:
    """Is it one after a change of time?"""
    taken = any(str(p) == "g" for p in d.model.parameters)  # a parameter of this name is not the warp
    in_w, in_beta = (Function("g")(Symbol(n)) if taken else Symbol("g") for n in ("w", "beta"))
    formulas = [] if d.warp.factor is None else [Formula(left=in_w, right=d.warp.factor)]
    if d.warp_in_beta is not None and d.warp_in_beta.free_symbols & set(d.model.coordinates):
        formulas.append(Formula(left=in_beta, right=d.warp_in_beta))
    return Step(
        title="Time warp",
        text="Is g rho a Hessian map for some positive g(beta)?",
        formulas=tuple(formulas),
        verdict=d.warp.verdict,
    )


def dynamics(d: Derivation) -> Step:
    """The inverse metric in beta, with the constants that it contains."""
    e = d.elimination
    rows = e.inverse_metric or e.rooted
    if rows is None:
        return Step(title="Induced dynamics", text="The inverse metric in beta.", verdict=e.verdict)
    shown = matrix(d, rows)
    if max(e.count_ops() for e in shown) > LONG:
        text = "The inverse metric in beta is long: the JSON document has it."
        return Step(title="Induced dynamics", text=text, verdict=e.verdict)
    known = set() if d.laws is None else set(d.laws.laws)
    values = dict(d.constant_values)
    branch, where = ("on the branch of the start", "at the start")
    if d.model.start is None:
        branch, where = "on one branch", "at " + ", ".join(f"{s} = {v}" for s, v in e.branch[:SHOWN])
    formulas = [Formula(left=Symbol("M"), right=shown), *root_lines(e.roots, where)]
    for c, law in some(d, e.constants):
        if c in shown.free_symbols and law not in known:  # a quantity that depends on the independent laws
            formulas.append(Formula(left=c, right=law, label="Conserved on the subspace:" if d.subspace else ""))
        if c in values and (c in shown.free_symbols or law in known):
            formulas.append(Formula(left=c, right=values[c]))
    return Step(
        title="Induced dynamics",
        text=f"The inverse metric in beta, {branch}{elided(d)}.",
        formulas=tuple(formulas),
        verdict=e.verdict,
    )


def scope(d: Derivation) -> Step:
    """For which dimensions all this is a theorem."""
    text = f"{d.scope[:1].upper()}{d.scope[1:]}: {d.scope_reason}."
    if d.spectral is not None and d.spectral.kernel is not None:
        return Step(title="Scope", text=text, formulas=_kernel(d.spectral.kernel))
    if d.singular is not None and d.singular.kernel is not None:
        return Step(title="Scope", text=f"{text} {COMMON}", formulas=_singular(d.singular.kernel))
    if d.radial is None:
        return Step(title="Scope", text=text)
    a, b = Symbol("A"), Symbol("B")
    formulas = (Formula(left=a, right=d.radial.across), Formula(left=a + b * R**2, right=d.radial.along))
    return Step(title="Scope", text=f"{text} Eigenvalues across and along beta, r = |beta|:", formulas=formulas)


COMMON = (
    "In a singular frame rho is a along a singular value, h and k on the symmetric and the antisymmetric part of a "
    "pair of them, and r beyond the last one; measurements with common singular vectors have the potential sum q(x):"
)


def _singular(k: SingularKernel) -> tuple[Formula, ...]:
    """f(x) where it is not x, a(x), h(x, y), k(x, y), r(x), and q(x) where it is known."""
    x, y = k.x, k.y
    named: list[tuple[Expr, Expr | None]] = [
        (Function("f")(x), None if k.value == x else k.value),
        (Function("a")(x), k.diagonal),
        (Function("h")(x, y), k.plus),
        (Function("k")(x, y), k.minus),
        (Function("r")(x), k.rest),
        (Function("q")(x), k.potential),
    ]
    return tuple(Formula(left=left, right=right) for left, right in named if right is not None)


def _kernel(k: Kernel) -> tuple[Formula, ...]:
    """f(x) where it is not x, a(x), h(x, y), and q(x) where it is known."""
    x, y = k.x, k.y
    named: list[tuple[Expr, Expr | None]] = [
        (Function("f")(x), None if k.eigenvalue == x else k.eigenvalue),
        (Function("a")(x), k.diagonal),
        (Function("h")(x, y), k.across),
        (Function("q")(x), k.potential),
    ]
    return tuple(Formula(left=left, right=right) for left, right in named if right is not None)
