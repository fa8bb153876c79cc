"""The last record of the symbolic line: everything that was derived about one model."""

from dataclasses import dataclass

from sympy import Expr, Symbol

from derive.branch.elimination import Elimination
from derive.everywhere.singular import Singular
from derive.everywhere.spectral import Spectral
from derive.laws.conservation import ConservationLaws
from derive.limits.explicit import Explicit
from derive.limits.regimes import Regime
from derive.metric.closure import Closure
from derive.metric.confined import Confined
from derive.metric.mixture import Mixture
from derive.metric.warp import Warp
from derive.model import Model
from derive.potentials.potential import Potential
from derive.potentials.radial import Radial
from derive.verdict import Verdict

Matrix = tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """Model, laws, closure, commuting and Hessian verdicts, warp, dynamics, potential, regimes, explicit counterpart.

    `inverse_metric_parameters` is M(w) (d x d); `elimination.inverse_metric` is M in beta where known.
    `warp_in_beta` is g in beta.  `scope` says for which dimensions the verdicts on Hessian and warp are
    theorems; `radial` holds A, lambda and (log g)' as functions of r = |beta| where M is isotropic; `spectral` says
    what the eigenvalues of a matrix beta decide, `singular` what its singular values do.
    `subspace` has the equations (parameter, affine function of others) of the hull of the start, where that is less
    than parameter space.  `confined` says to what set beta is confined where M is singular; where that is an affine
    subspace, `within` is the derivation of the model in independent coordinates alone.  `mixture` has linear
    coordinates in which a connected model falls apart, and `unmixed` its derivation there, where the answers were
    carried back from it.  `seconds` is the time of each stage.  For a metric given directly `laws` and `closure` do not
    apply and are None.
    """

    model: Model
    laws: ConservationLaws | None
    closure: Closure | None
    commuting: Verdict
    hessian: Verdict
    warp: Warp
    warp_in_beta: Expr | None
    inverse_metric_parameters: Matrix
    elimination: Elimination
    potential: Potential
    regimes: tuple[Regime, ...]
    explicit: Explicit
    scope: str
    scope_reason: str
    radial: Radial | None
    spectral: Spectral | None
    singular: Singular | None
    seconds: tuple[tuple[str, float], ...]
    subspace: tuple[tuple[Symbol, Expr], ...] = ()
    confined: Confined | None = None
    within: "Derivation | None" = None
    mixture: Mixture | None = None
    unmixed: "Derivation | None" = None

    @property
    def constant_values(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The conserved quantities at the start; empty without a start."""
        start = self.model.start_map()
        if not start:
            return ()
        return tuple((c, law.xreplace(start).expand()) for c, law in self.elimination.constants)
