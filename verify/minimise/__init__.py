"""argmin of a derived potential under interpolation or margin constraints, with an enclosure."""

from verify.minimise.api import Minimiser, minimise

__all__ = ["Minimiser", "minimise"]
