"""Default: what a request asks for beyond what an engine gives by itself."""

from __future__ import annotations

from capset import engines
from capset.diff import CapDiff
from capset.engines import Engine, Request
from capset.errors import require

__all__ = ["beyond_default"]


def beyond_default(request: Request, *, engine: Engine | None = None) -> CapDiff:
    """Return what a request gives and takes against the engine's default.

    What is added is what benchmarks such as CIS ask to be told of ("Ensure that Linux kernel capabilities
    are restricted within containers"): nothing is added where the default is not exceeded.

    Args:
        request: What is asked for, as a reader of :mod:`capset.formats` gives it.
        engine: The engine that is asked: Docker if not given.

    Raises:
        RequestError: The engine refuses the request.

    Examples:
        >>> from capset import policy
        >>> from capset.formats import docker
        >>> print(policy.beyond_default(docker.from_flags(["--cap-add=chown", "--cap-add=net_admin"])))
        +CAP_NET_ADMIN
    """
    require(engine, Engine | None, "an Engine, such as engines.get() returns")
    chosen = engines.get("docker") if engine is None else engine
    return chosen.default.diff(chosen.resolve(request))
