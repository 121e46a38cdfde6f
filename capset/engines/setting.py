"""Setting: how an engine's own configuration changes what its containers get."""

from __future__ import annotations

from attrs import field, frozen

from capset.plain import Plain
from capset.sets import CapSet
from capset.source import Source

__all__ = ["GIVEN", "Setting"]

GIVEN = Source(project="the caller", path="Engine.with_default()", date="as given")
"""Where a default was read that is no engine's own."""


@frozen(kw_only=True)
class Setting(Plain):
    """How an engine's configuration sets it.

    Attributes:
        default: What a container gets by default.
        allowed: What may be added; None where that is as in the engine as it was released.
        inheritable: Whether what is on a container's list is inheritable too; None as for *allowed*.
        source: The name of the file that says so; empty where there is none. It does not count when two are compared.
    """

    default: CapSet
    allowed: CapSet | None = None
    inheritable: bool | None = None
    source: str = field(default="", eq=False)

    def __str__(self) -> str:
        """Write the arguments of :meth:`Engine.with_default` that make it."""
        said = [repr(self.default)]
        said += [f"allowed={self.allowed!r}"] if self.allowed is not None else []
        said += [f"inheritable={self.inheritable}"] if self.inheritable is not None else []
        return ", ".join(said)
