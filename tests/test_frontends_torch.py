"""Claim: a PyTorch module is the model it computes; `verify train` judges its training by its potential.

All of this needs PyTorch and is left out without it.
"""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational
from verify_console import assert_one_line, document, run

from derive.catalogue import architecture
from derive.errors import InputError
from derive.frontends import torch as front
from derive.model import Model
from derive.pipeline import derive
from verify.data import load_data
from verify.decimal import parse_decimal
from verify.start import scaled
from verify.train.descent import Plan, train_model
from verify.train.judge import judge, reference

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parent.parent
nn = torch.nn


class Made(nn.Module):
    """A module from arrays and a function of itself and x."""

    def __init__(self, function, **arrays) -> None:
        super().__init__()
        self.function = function
        for name, values in arrays.items():
            setattr(self, name, nn.Parameter(torch.tensor(values, dtype=torch.float64)))

    def forward(self, x):
        return self.function(self, x)


class Slid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel, self.last = nn.Conv1d(1, 2, 2, bias=False, padding=1), nn.Linear(8, 1, bias=False)

    def forward(self, x):
        return self.last(self.kernel(x.unsqueeze(1)).flatten(1)).squeeze(-1)


def flat_start(module) -> list[float]:
    return [float(v) for p in module.parameters() if p.requires_grad for v in p.detach().double().ravel()]


def jacobian_at_start(model: Model) -> np.ndarray:
    at = model.start_map()
    return np.array([[float(f.diff(p).subs(at)) for p in model.parameters] for f in model.predictor])


def theirs(module, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and their Jacobian, by PyTorch in float64."""
    module = module.double()
    outputs = module(torch.eye(d, dtype=torch.float64)).reshape(d, -1).T.reshape(-1)
    trained = [p for p in module.parameters() if p.requires_grad]
    rows = []
    for value in outputs:
        slopes = torch.autograd.grad(value, trained, retain_graph=True, allow_unused=True)
        pairs = zip(slopes, trained, strict=True)
        rows.append(torch.cat([(torch.zeros_like(p) if s is None else s).reshape(-1) for s, p in pairs]).numpy())
    return outputs.detach().numpy(), np.array(rows)


def linear_network(*widths: int):
    torch.manual_seed(2)
    return nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in pairwise(widths)))


MODULES = {
    "diagonal": lambda: Made(lambda m, x: x @ (m.u**2 - m.v**2), u=[0.5, 1.5, 2.0], v=[1.0, 0.25, 0.5]),
    "layers": lambda: linear_network(3, 2, 2, 1),
    "outputs": lambda: linear_network(3, 2, 2),
    "convolution": Slid,
    "functions": lambda: Made(
        lambda m, x: (
            (x * torch.exp(m.u) / 3).sum(dim=1, keepdim=True) - 0.1 * x[:, :1] * torch.sinh(m.u[0]).unsqueeze(0)
        ),
        u=[0.5, 1.5, 2.0],
    ),
    "contraction": lambda: Made(
        lambda m, x: torch.einsum("nd,dk,k->n", x, m.A, m.c), A=[[1.0, 2], [3, 4], [5, 7]], c=[0.5, 2.0]
    ),
    "shapes": lambda: Made(
        lambda m, x: torch.cat([x, x.flip(1)], dim=1).view(x.shape[0], 2, -1).mean(1) @ m.u.reshape(-1).t(),
        u=[[0.5], [1.5], [2.0]],
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_its_model_with_its_gradients(name: str) -> None:
    module = MODULES[name]()
    model = front.model_from_module(module, 3)
    assert [float(s) for s in model.start or ()] == flat_start(module)
    values, slopes = theirs(module, 3)
    assert np.allclose([float(f.subs(model.start_map())) for f in model.predictor], values, rtol=1e-12)
    assert np.allclose(jacobian_at_start(model), slopes, rtol=1e-12, atol=1e-14)


def test_tied_parameters_are_one_and_frozen_ones_are_numbers() -> None:
    module = linear_network(3, 3, 3, 1)
    module[1].weight = module[0].weight
    module[2].weight.requires_grad_(False)
    model = front.model_from_module(module, 3)
    assert len(model.parameters) == 9
    values, slopes = theirs(module, 3)
    assert np.allclose([float(f.subs(model.start_map())) for f in model.predictor], values, rtol=1e-12)
    assert np.allclose(jacobian_at_start(model), slopes, rtol=1e-12)


def test_dropout_that_is_off_is_passed_and_one_that_is_on_is_not() -> None:
    module = nn.Sequential(nn.Linear(3, 1, bias=False), nn.Dropout(0.5))
    assert len(front.model_from_module(module.eval(), 3).predictor) == 3
    with pytest.raises(InputError):
        front.model_from_module(module.train(), 3)


def frozen(m, x):
    with torch.no_grad():
        v = m.v * 1
    return x @ (m.u * v)


REFUSED = {
    "ReLU of layer 1": lambda: nn.Sequential(nn.Linear(3, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False)),
    "relu": lambda: Made(lambda m, x: torch.relu(x @ m.u), u=[1.0, 2, 3]),
    "BatchNorm1d of layer 1": lambda: nn.Sequential(nn.Linear(3, 2, bias=False), nn.BatchNorm1d(2).eval()),
    "tanh": lambda: Made(lambda m, x: torch.tanh(x @ m.u), u=[1.0, 2, 3]),
    "bias": lambda: nn.Linear(3, 1),
    "other samples": lambda: Made(lambda m, x: (x - x.mean(0)) @ m.u, u=[1.0, 2, 3]),
    "cannot be traced": lambda: Made(lambda m, x: x @ (m.u if x.sum() > 0 else -m.u), u=[1.0, 2, 3]),
    "gradient is not": lambda: Made(lambda m, x: x @ (m.u * m.v.detach()), u=[1.0, 2, 3], v=[1.0, 1, 1]),
    "derivative of its output": lambda: Made(frozen, u=[1.0, 2, 3], v=[1.0, 1, 1]),
    "no parameter that requires": lambda: linear_network(3, 1).requires_grad_(False),
    "cannot be run on a batch": lambda: nn.Linear(4, 1, bias=False),
    "cumsum": lambda: Made(lambda m, x: torch.cumsum(x, dim=1) @ m.u, u=[1.0, 2, 3]),
}


@pytest.mark.parametrize("named", REFUSED)
def test_what_cannot_be_expressed_is_refused_by_name(named: str) -> None:
    with pytest.raises(InputError, match=named) as caught:
        front.model_from_module(REFUSED[named](), 3)
    assert "\n" not in str(caught.value)


def test_the_potential_of_a_traced_module_is_derived() -> None:
    """A diagonal network from alpha: the hypentropy, in closed form."""
    module = MODULES["diagonal"]()
    result = derive(front.model_from_module(module, 3, start={"u": "alpha", "v": "alpha"}))
    assert result.hessian.is_proved and "asinh" in str(result.potential.gradient)


# -- verify train --------------------------------------------------------------------------------------

DIAGONAL = """
import torch
from torch import nn

class Diagonal(nn.Module):
    def __init__(self):
        super().__init__()
        self.u, self.v = nn.Parameter(torch.full((6,), 0.5)), nn.Parameter(torch.full((6,), {v}))

    def forward(self, x):
        return x @ (self.u**2 - self.v**2)

def module():
    return Diagonal()
"""
SIZES = ("--data", "sparse-small", "--loss", "squared", "--step-sizes", "1/10,1/20,1/40")


def written(folder: Path, text: str) -> str:
    path = folder / "net.py"
    path.write_text(text)
    return str(path)


def test_training_agrees_with_the_minimiser_at_order_one(tmp_path: Path) -> None:
    found = document("train", written(tmp_path, DIAGONAL.format(v=0.5)), *SIZES)
    assert found["schema"] == "train/1" and found["verdict"] == "agrees"
    assert found["reference"]["kind"] == "minimiser of the derived potential"
    errors = [float(r["error"]) for r in found["runs"]]
    assert errors[0] > errors[1] > errors[2] and all(0.9 < float(o) < 1.15 for o in found["orders"])
    assert float(found["extrapolated_error"]) < errors[-1] / 10


def test_numpy_trains_the_same_network_to_the_same_numbers(tmp_path: Path) -> None:
    """The built-in network, without PyTorch in the loop; stopping tests differ, so that ends agree to the loss."""
    ours = document("train", "diagonal", "--scale", "1/2", *SIZES)
    module = document("train", written(tmp_path, DIAGONAL.format(v=0.5)), *SIZES)
    for a, b in zip(ours["runs"], module["runs"], strict=True):
        assert np.allclose([float(v) for v in a["predictor"]], [float(v) for v in b["predictor"]], atol=1e-10)


def test_a_reference_of_another_start_differs() -> None:
    """The judge can say no: the minimiser of alpha = 0.7 against training from 0.5."""
    data = load_data("sparse-small")
    plan = Plan(data=data, until=parse_decimal("1e-24", where=""), iterations=100_000)
    model = architecture("diagonal").model(depth=2, dimension=6)
    right, wrong = (scaled(model, Rational(n, 10)) for n in (5, 7))
    rows = [train_model(right, derive(right), Rational(1, n), plan) for n in (20, 40, 80)]
    assert judge(rows, reference(right, derive(right), data), data).outcome == "agrees"
    assert judge(rows, reference(wrong, derive(wrong), data), data).outcome == "differs"


@pytest.mark.parametrize(
    ("text", "more", "statuses"),
    [
        ("def module():\n    return 3\n", (), (2,)),
        ("def module():\n    raise RuntimeError('mine')\n", (), (2,)),
        ("x = 1\n", (), (2,)),
        ("from torch import nn\ndef module():\n    return nn.Linear(6, 1)\n", (), (2,)),
        ("from torch import nn\ndef module():\n    return nn.Linear(5, 1, bias=False)\n", (), (2,)),
        ("from torch import nn\ndef module():\n    return nn.Linear(6, 2, bias=False)\n", (), (2,)),
        (DIAGONAL.format(v=0.5), ("--scale", "2"), (2,)),
        (DIAGONAL.format(v=0.5), ("--step-sizes", "1/10"), (2,)),
        (DIAGONAL.format(v=0.5), ("--until", "1e-900"), (2,)),
    ],
)
def test_what_cannot_be_trained_is_one_line(tmp_path: Path, text: str, more: tuple[str, ...], statuses) -> None:
    assert_one_line(run("train", written(tmp_path, text), *SIZES, *more), *statuses)


def test_a_step_that_diverges_is_said_so(tmp_path: Path) -> None:
    found = document("train", written(tmp_path, DIAGONAL.format(v=0.5)), *SIZES[:4], "--step-sizes", "10,1/20,1/40")
    assert found["runs"][0]["error"] is None and found["verdict"] == "agrees"


def test_the_examples_of_the_documentation_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The Python blocks print what their comments say; the command prints the table that is shown."""
    text = (ROOT / "docs" / "front-ends.md").read_text()
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(block, "front-ends.md", "exec"), {})
        for promised in re.findall(r"print\(.*\)  # (.*)", block):
            assert promised in capsys.readouterr().out
    found = document("train", str(ROOT / "docs/examples/network.py"), *SIZES[:4], "--step-sizes", "1/10,1/100")
    assert [r["error"] for r in found["runs"]] == re.findall(r"1/10+ +\d+ +\S+ +(0\.\S+)", text)[:2]
