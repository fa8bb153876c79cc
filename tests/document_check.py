"""The document `derivation/1` of the interface, key by key, as checks."""

from console import names, read
from sympy import Integral

STATUSES = {"proved", "refuted", "unknown"}
FORMS = {"closed", "parametric", "dual", "quadrature", "none"}
TOP = {"schema", "model", "conservation_laws", "closure", "commuting", "hessian", "warp", "dynamics", "potential",
       "regimes", "scope", "seconds", "versions"}  # fmt: skip
POTENTIAL = {"status", "form", "value", "gradient", "parametric", "dual_value", "dual_gradient", "variables",
             "dual_variables", "reason"}  # fmt: skip


def texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def mapping(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for pair in value.items() for v in pair)


def expression(value: object, allowed: set[str]) -> bool:
    """Text that SymPy reads, in these names only; integrals bind names of their own."""
    if not isinstance(value, str):
        return False
    bound = {str(s) for integral in read(value).atoms(Integral) for s in integral.bound_symbols}
    return names(value) - bound <= allowed


def maybe(value: object, allowed: set[str]) -> bool:
    return value is None or expression(value, allowed)


def maybe_all(value: object, allowed: set[str], length: int) -> bool:
    return value is None or (texts(value) and len(value) == length and all(expression(v, allowed) for v in value))


def check_document(found: dict) -> None:
    """The interface, key by key."""
    assert set(found) >= TOP and found["schema"] == "derivation/1"
    model = found["model"]
    assert set(model) >= {"name", "parameters", "predictor", "start", "restrict"}
    assert isinstance(model["name"], str) and all(texts(model[k]) for k in ("parameters", "predictor", "restrict"))
    assert mapping(model["start"]) and set(model["start"]) in (set(), set(model["parameters"]))
    parameters, d = set(model["parameters"]), len(model["predictor"])
    constants = {n for text in (*model["predictor"], *model["start"].values(), *model["restrict"]) for n in names(text)}
    known = parameters | constants
    conserved = set(found["dynamics"]["constants"])
    betas = {f"beta{i + 1}" for i in range(d)} | (constants - parameters)
    assert all(expression(text, known) for text in (*model["predictor"], *model["start"].values()))
    check_laws(found, known)
    for stage in ("commuting", "hessian", "warp", "potential"):
        assert found[stage]["status"] in STATUSES
        assert found[stage]["status"] != "unknown" or found[stage]["reason"], stage
    for stage in ("hessian", "warp"):
        check_entry(found[stage]["witness"], known)
    warp = found["warp"]
    assert maybe(warp["factor_parameters"], known) and maybe(warp["factor"], betas | conserved)
    assert maybe_all(warp["log_gradient_parameters"], known, d)
    assert found["hessian"]["status"] != "proved" or (warp["status"], warp["factor"]) == ("proved", "1")
    dynamics = found["dynamics"]
    assert len(dynamics["inverse_metric_parameters"]) == d and mapping(dynamics["constants"])
    assert all(maybe_all(row, known, d) and row for row in dynamics["inverse_metric_parameters"])
    assert all(maybe_all(row, betas | conserved, d) for row in dynamics["inverse_metric"] or ())
    check_potential(found, known, betas if model["start"] else betas | conserved)
    assert isinstance(found["regimes"], list)
    for regime in found["regimes"]:
        assert set(regime) >= {"limit", "equivalent", "norm"} and " -> " in regime["limit"]
        assert expression(regime["equivalent"], betas)
    assert found["scope"] in ("this dimension", "every dimension")
    assert found["seconds"] and all(isinstance(v, int | float) and v >= 0 for v in found["seconds"].values())
    assert mapping(found["versions"]) and "sympy" in found["versions"]


def check_laws(found: dict, known: set[str]) -> None:
    laws, closure = found["conservation_laws"], found["closure"]
    if laws is None:
        assert closure is None
        return
    assert laws["status"] in ("proved", "unknown") and texts(laws["laws"])
    assert isinstance(laws["upper_bound"], int) and len(laws["laws"]) <= laws["upper_bound"]
    if laws["status"] == "proved":
        assert laws["count"] == laws["upper_bound"]
        assert len(laws["laws"]) == laws["count"] or laws["reason"]  # existence without an expression says so
    assert all(expression(law, known) for law in laws["laws"])
    assert closure["status"] in STATUSES and (closure["status"] != "unknown" or closure["reason"])
    if closure["status"] == "refuted":
        assert mapping(closure["witness"]["point"]) and mapping(closure["witness"]["direction"])
        assert (found["hessian"]["status"], found["warp"]["status"]) == ("refuted", "refuted")


def check_entry(witness: dict | None, known: set[str]) -> None:
    if witness is not None:
        assert mapping(witness["point"]) and set(witness["point"]) <= known and isinstance(witness["value"], str)
        assert isinstance(witness["entry"], list) and all(isinstance(i, int) for i in witness["entry"])


def check_potential(found: dict, known: set[str], betas: set[str]) -> None:
    q, d = found["potential"], len(found["model"]["predictor"])
    assert set(q) >= POTENTIAL and q["form"] in FORMS
    assert q["variables"] == [f"beta{i + 1}" for i in range(d)]
    assert q["dual_variables"] == [f"s{i + 1}" for i in range(d)] and not set(q["dual_variables"]) & known
    duals = (betas - set(q["variables"])) | set(q["dual_variables"])
    assert maybe(q["value"], betas) and maybe_all(q["gradient"], betas, d)
    assert maybe(q["dual_value"], duals) and maybe_all(q["dual_gradient"], duals, d)
    assert q["parametric"] is None or maybe_all(q["parametric"]["gradient"], known, d)
    assert (q["form"] == "closed") == (q["gradient"] is not None)
    assert q["form"] != "dual" or q["dual_gradient"]
    assert q["form"] != "parametric" or q["parametric"]
    assert (q["form"] == "none") == (q["status"] != "proved") and (q["form"] == "closed" or q["reason"])
