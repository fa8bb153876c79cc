"""A derivation as a list of steps, built once and rendered three times (terminal, LaTeX, HTML)."""

from dataclasses import replace

from sympy import ImmutableDenseMatrix

from derive.derivation import Derivation
from derive.present.decision_steps import closure, commuting, dynamics, hessian, scope, warp
from derive.present.limit_steps import explicit, regimes
from derive.present.model_steps import confined, laws, link, metric, mixture, model, subspace
from derive.present.potential_steps import FORMS, dual, parametric, potential, validity
from derive.present.step import Step
from derive.present.tidy import tidy


def steps(d: Derivation) -> tuple[Step, ...]:
    """The steps of a derivation, in the order of the pipeline; only the model is shown as it was written."""
    given = (model(d), link(d))
    derived = (
        metric(d),
        mixture(d),
        subspace(d),
        laws(d),
        confined(d),
        closure(d),
        commuting(d),
        hessian(d),
        warp(d),
        dynamics(d),
        potential(d),
        dual(d),
        parametric(d),
        validity(d),
        regimes(d),
        explicit(d),
        scope(d),
    )
    return tuple(s for s in (*given, *(_tidied(s) for s in derived if s is not None)) if s is not None)


def heading(d: Derivation) -> str:
    """One line: what was found."""
    q = d.potential
    found = {
        "proved": f"an implicit regularizer, {FORMS[q.form]}",
        "refuted": "no scalar regularizer",
        "unknown": "undecided",
    }
    return f"{d.model.name}: {found[str(q.verdict.status)]}"


def _tidied(step: Step) -> Step:
    formulas = [
        replace(f, right=f.right.applyfunc(tidy) if isinstance(f.right, ImmutableDenseMatrix) else tidy(f.right))
        for f in step.formulas
    ]
    return replace(step, formulas=tuple(formulas))
