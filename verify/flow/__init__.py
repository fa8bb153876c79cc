"""Gradient flow to a loss of 10^-1700 and beyond; `flow` is the entry point."""

from verify.flow.engine import Trajectory, flow

__all__ = ["Trajectory", "flow"]
