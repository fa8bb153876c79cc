"""A diagonal network of depth 2 in PyTorch.

verify train docs/examples/network.py --data sparse-small --loss squared
"""

import torch
from torch import nn


class DiagonalNetwork(nn.Module):
    """f(x) = x . (u^2 - v^2), from u = v = alpha."""

    def __init__(self, dimension: int, alpha: float) -> None:
        super().__init__()
        self.u = nn.Parameter(torch.full((dimension,), alpha))
        self.v = nn.Parameter(torch.full((dimension,), alpha))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ (self.u**2 - self.v**2)


def module() -> nn.Module:
    """What `verify train` trains, and traces."""
    return DiagonalNetwork(dimension=6, alpha=0.5)
