"""argmin of a derived potential under interpolation or margins: enclosed, or in float64 on arrays."""

from verify.minimise.api import Minimiser, minimise
from verify.minimise.arrays import FloatMinimiser, minimise_arrays

__all__ = ["FloatMinimiser", "Minimiser", "minimise", "minimise_arrays"]
