"""Strategies of what parsed documents and lines say."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from capset.capability import Cap
from capset.formats.audit import Check, Execution
from capset.formats.libcap import IAB
from capset.formats.limits import KINDS, Limits
from capset.formats.oci import Process
from capset.formats.systemd import Unit
from capset.sets import CapSet
from capset.testing.strategies.kernel import explanations
from capset.testing.strategies.values import LAST_ID, caps, capsets, securebits, states

__all__ = ["checks", "executions", "iabs", "limits", "processes", "units"]


def iabs(*, known: bool = False) -> st.SearchStrategy[IAB]:
    """Draw libcap's IAB tuples, in which what is ambient is inheritable.

    Args:
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> from capset.formats import libcap
        >>> @given(testing.iabs())
        ... def test_what_is_written_is_read(iab):
        ...     assert libcap.iab_from_text(str(iab)) == iab
        >>> test_what_is_written_is_read()
    """

    def made(inheritable: CapSet, ambient: CapSet, blocked: CapSet) -> IAB:
        return IAB(inheritable=inheritable | ambient, ambient=ambient, blocked=blocked)

    sets = capsets(known=known)
    return st.builds(made, sets, sets, sets)


def processes() -> st.SearchStrategy[Process]:
    """Draw what a ``config.json`` of OCI says of a process; the sets have names, and are lawful."""
    ids = st.sampled_from([0, 1000]) | st.integers(0, LAST_ID)
    return st.builds(Process, caps=states(known=True), no_new_privs=st.booleans(), uid=ids, gid=ids)


def units() -> st.SearchStrategy[Unit]:
    """Draw what units of systemd say."""
    sets, names = capsets(known=True), st.sampled_from(["", "web", "1000"])
    said: dict[str, Any] = {"bounding": st.none() | sets, "ambient": sets, "user": names, "group": names}
    return st.builds(Unit, **said, securebits=securebits(), no_new_privs=st.booleans()) | st.builds(
        Unit, **said, dynamic_user=st.just(True)
    )


def limits() -> st.SearchStrategy[Limits]:
    """Draw what containers may ask for under a rule of a cluster."""
    names = capsets(known=True, max_size=3).map(lambda caps: tuple(cap.name for cap in caps))
    return st.builds(
        Limits,
        kind=st.sampled_from(KINDS),
        name=st.sampled_from(["", "restricted"]),
        may_add=st.none() | names,
        adds=names,
        drops=names | st.just(("ALL",)),
        privileged=st.booleans(),
        escalation=st.booleans(),
    )


def checks() -> st.SearchStrategy[Check]:
    """Draw what a security module of the kernel answered a thread that asked for a capability."""

    def made(cap: Cap, **others: Any) -> Check:
        return Check(cap=cap, name=cap.name.lower(), **others)

    return st.builds(
        made,
        caps(known=True),
        granted=st.booleans(),
        module=st.sampled_from(["SELinux", "AppArmor"]),
        pid=st.none() | st.integers(1, 2**22),
        comm=st.sampled_from(["", "web"]),
        uid=st.none() | st.sampled_from([0, 1000]),
        enforced=st.booleans(),
    )


def executions() -> st.SearchStrategy[Execution]:
    """Draw execve(2) calls as the kernel records them; what is recorded may differ from what its rules give."""
    return st.builds(
        Execution,
        explanation=explanations(),
        recorded=states(),
        says=st.just(("effective", "permitted", "inheritable", "ambient")),
    )
