"""The flow in dual variables, where the gradient fields commute and their flow is known.

For independent coordinates beta_k = F_k(w_k) the field grad F_k, followed from the start for a dual time s_k,
gives w_k(s_k) in closed form (`derive.potentials.dual`), and gradient flow on w is

    ds/dt = -grad_beta L(beta(s)),      beta_k(s_k) = F_k(w_k(s_k)),

with one state a coordinate in place of all its parameters, no conserved quantity left to drift, and
w+^2 - w-^2 free of cancellation as 2 alpha^2 sinh 4s.  In the notation of `verify.flow.field` it is the model with
parameters s, predictor beta(s) and metric G = diag beta'(s), so that g = G^-1 J^T v = v.

Used only where w(s) exists for all real s and rises or falls exponentially: near a pole of w(s), as depth 3 has,
s itself would need the digits that w gains.
"""

from dataclasses import replace

from sympy import Add, Dummy, Expr, Integer, Symbol, cosh, exp, oo, sinh

from derive.blocks import Template, blocks, template
from derive.errors import ToolkitError
from derive.fields.dynamics import induced_dynamics
from derive.model import Model
from derive.potentials.dual import Dual, dual_flow
from verify.data import DataSet
from verify.flow.field import FlowField
from verify.flow.stages import stages
from verify.flow.tape import compile_tape
from verify.losses import Loss


def dual_field(model: Model, data: DataSet, loss: Loss) -> FlowField | None:
    """The flow's field in s, with `lift` = w(s); None where a coordinate has no such variable."""
    found = _paths(model)
    if found is None:
        return None
    states, predictor, path = found
    v = tuple(Dummy(f"v_{i}", real=True) for i in range(len(predictor)))
    g = tuple(Dummy(f"g_{k}", real=True) for k in range(len(states)))
    slopes = [b.diff(s) for b, s in zip(predictor, states, strict=True)]
    pulled = [slope * e for slope, e in zip(slopes, v, strict=True)]
    tape = compile_tape(predictor, states)
    pullback = compile_tape([*pulled, *v], [*states, *v])
    return FlowField(
        model=replace(model, parameters=states, predictor=tuple(predictor), start=(Integer(0),) * len(states)),
        data=data,
        loss=loss,
        predictor=tape,
        pullback=pullback,
        split=stages(tape, pullback),
        push=compile_tape([slope * e for slope, e in zip(slopes, g, strict=True)], [*states, *g]),
        rows=data.signed if loss.uses_margins else data.X,
        lift=tuple(path[p] for p in model.parameters),
    )


def _paths(model: Model) -> tuple[tuple[Symbol, ...], list[Expr], dict[Symbol, Expr]] | None:
    """The dual variables, beta(s) by coordinate, and w(s) by parameter."""
    if model.start is None or model.restrict:
        return None
    states = tuple(Symbol(f"s_{i + 1}", real=True) for i in range(len(model.predictor)))
    path = dict(zip(model.parameters, model.start, strict=True))
    predictor: list[Expr] = [Integer(0)] * len(states)
    known: dict[Template, tuple[Model, Dual | None]] = {}
    for block in blocks(model):
        if len(block.places) != 1:
            return None
        key = template(block)
        if key not in known:
            known[key] = block.model, _entire_dual(block.model)
        origin, dual = known[key]
        if dual is None:
            return None
        names = dict(zip(origin.parameters, block.model.parameters, strict=True))
        state = states[block.places[0]]
        path |= {names[p]: hyperbolic(e.xreplace({_S: state}), state) for p, e in dual.path}
        predictor[block.places[0]] = hyperbolic(dual.gradient.xreplace({_S: state}), state)
    return states, predictor, path


_S = Symbol("s", real=True)


def _entire_dual(model: Model) -> Dual | None:
    """The dual flow where it is a sum of exponentials on all of R."""
    try:
        dual = dual_flow(induced_dynamics(model), _S)
    except ToolkitError:
        return None
    if dual is None or dual.interval != (-oo, oo):
        return None
    plain = [t.as_independent(_S, as_Add=False)[1] for t in Add.make_args(dual.gradient.expand())]
    return dual if all(isinstance(t, exp) for t in plain) else None


def hyperbolic(e: Expr, s: Symbol) -> Expr:
    """a e^(ks) + b e^(-ks) as (a + b) cosh ks + (a - b) sinh ks, which does not cancel near s = 0."""
    weights: dict[Expr, Expr] = {}
    for term in Add.make_args(e.expand()):
        weight, power = term.as_independent(s, as_Add=False)
        rate = power.args[0].coeff(s) if isinstance(power, exp) else Integer(0)
        weights[rate] = weights.get(rate, Integer(0)) + weight
    total: Expr = weights.pop(Integer(0), Integer(0))
    while weights:
        rate, a = weights.popitem()
        if -rate not in weights:
            total += a * exp(rate * s)
            continue
        b = weights.pop(-rate)
        total += (a + b) * cosh(rate * s) + (a - b) * sinh(rate * s)
    return total
