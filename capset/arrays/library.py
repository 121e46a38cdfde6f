"""NumPy, for every module here: where it is missing, it is said what brings it."""

from __future__ import annotations

from capset.errors import MissingExtraError

try:
    import numpy as np
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise MissingExtraError("numpy", "arrays", "asking many masks at once") from None

__all__ = ["np"]
