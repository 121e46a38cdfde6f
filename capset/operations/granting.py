"""What an engine is to be asked for, so that a container can do something, and who in it can then."""

from __future__ import annotations

from attrs import frozen

from capset.engines.engine import Engine
from capset.engines.request import Request
from capset.errors import UnreachableError, require
from capset.operations.operation import Operation
from capset.operations.requirement import Requirement
from capset.plain import Plain
from capset.sets import CapSet

__all__ = ["Grant", "grants"]

_SOMEBODY = 1000  # any user but root gets the same


@frozen(kw_only=True)
class Grant(Plain):
    """How an engine gives one of the minimal sets.

    Attributes:
        engine: The engine.
        caps: The minimal set.
        by_default: Whether every container has it in its bounding set.
        request: What is asked for, beside the default; None where the engine cannot give it.
        root: Whether a process of root in the container holds it then.
        others: Whether a process of another user does.
        why_not: Why the engine cannot give it; empty where it can.
    """

    engine: Engine
    caps: CapSet
    by_default: bool
    request: Request | None
    root: bool
    others: bool
    why_not: str = ""

    @property
    def flags(self) -> list[str]:
        """The request as the engine is asked; none where nothing is to be asked."""
        return [] if self.request is None else self.engine.write(self.request)


def grants(operation: Operation | Requirement, engine: Engine) -> list[Grant]:
    """Say how an engine gives what an operation needs, for each minimal set.

    Args:
        operation: An operation, or what it needs.
        engine: The engine.

    Returns:
        One for each minimal set, the smallest first; an empty list for what needs no capability, and for what
        no capability gives.

    Raises:
        TypeError: An argument is of another type.

    Examples:
        >>> from capset import engines, operations
        >>> for grant in operations.grants(operations.get("setsockopt SO_MARK"), engines.get("docker")):
        ...     print(grant.caps, grant.by_default, grant.flags, grant.root, grant.others)
        CAP_NET_ADMIN False ['--cap-add=NET_ADMIN'] True False
        CAP_NET_RAW True [] True False
    """
    require(operation, Operation | Requirement, "an Operation or a Requirement")
    require(engine, Engine, "an Engine, such as engines.get() returns")
    needs = operation.needs if isinstance(operation, Operation) else operation
    return [_grant(engine, way) for way in needs if way]


def _grant(engine: Engine, caps: CapSet) -> Grant:
    by_default = caps <= engine.default
    try:
        request = engine.request(engine.default | caps)
    except UnreachableError as error:
        return Grant(
            engine=engine, caps=caps, by_default=False, request=None, root=False, others=False, why_not=str(error)
        )
    return Grant(
        engine=engine,
        caps=caps,
        by_default=by_default,
        request=request,
        root=caps <= engine.container(request).effective,
        others=caps <= engine.container(request, uid=_SOMEBODY).effective,
    )
