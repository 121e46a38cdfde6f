"""What Hypothesis draws: a module for each part of capset, whose values it makes."""

from __future__ import annotations

from capset.errors import MissingExtraError

try:
    import hypothesis as hypothesis
except ModuleNotFoundError as error:
    raise MissingExtraError(str(error.name), "testing", "drawing values") from None
