"""From an engine's list to the sets of a process: the runtime fills five sets, execve(2) makes others of them."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from capset import kernel
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = ["Placement", "after_execve", "before_execve", "first_process", "impossible"]


@frozen(kw_only=True)
class Placement:
    """What an engine writes into the five sets of the container's configuration.

    Attributes:
        effective, permitted, inheritable, bounding, ambient: ``"list"`` (what the engine computed
            from its default and the request), ``"added"`` (only what the request adds), ``"held"``
            (what the engine holds itself), ``"none"``, or a fixed mask of 16 digits.
    """

    effective: str = "none"
    permitted: str = "none"
    inheritable: str = "none"
    bounding: str = "none"
    ambient: str = "none"

    @property
    def uses_added(self) -> bool:
        """Whether what the request adds matters by itself."""
        return any(getattr(self, name) == "added" for name in THREAD_SETS)

    def fill(self, listed: CapSet, added: CapSet, held: CapSet) -> CapState:
        """Write the sets."""
        meanings = {"list": listed, "added": added, "held": held, "none": CapSet()}
        return CapState(
            **{
                name: meanings[word] if (word := getattr(self, name)) in meanings else CapSet.from_hex(word)
                for name in THREAD_SETS
            }
        )


def impossible(configured: CapState, held: CapSet) -> CapSet:
    """Return what keeps a runtime that holds *held* from setting these sets: capset(2) fails with EPERM.

    A bounding set beyond *held* is no obstacle: there is only dropping from it.
    """
    return (
        (configured.permitted - held)
        | (configured.effective - configured.permitted)
        | (configured.inheritable - (configured.bounding & held))
    )


def first_process(configured: CapState, *, held: CapSet, root: bool, no_new_privs: bool) -> CapState:
    """Return the sets of a container's first process after its execve(2), for a program without file capabilities.

    Args:
        configured: What the runtime was told to set before that execve, and can set.
        held: What the runtime holds itself; there is no bounding set beyond it.
        root: Whether the program runs with user id 0 of its user namespace.
        no_new_privs: Whether PR_SET_NO_NEW_PRIVS is set.
    """
    return after_execve(before_execve(configured, held=held, uid=0 if root else 1, no_new_privs=no_new_privs))


def before_execve(
    configured: CapState, *, held: CapSet, uid: int, no_new_privs: bool, rules: kernel.Rules | None = None
) -> kernel.Credentials:
    """Return the credentials with which a runtime executes a container's program.

    Args:
        configured: As in :func:`first_process`.
        held: As in :func:`first_process`.
        uid: The user id, in the container's user namespace, which is taken for the initial one.
        no_new_privs: As in :func:`first_process`.
        rules: Which kernel's rules; the newest if not given.
    """
    ambient = CapSet() if rules and not rules.ambient else configured.ambient
    caps = CapState(
        effective=configured.effective & configured.permitted,
        permitted=configured.permitted,
        inheritable=configured.inheritable,
        bounding=configured.bounding & held,
        # The kernel makes nothing ambient that is not permitted and inheritable too; runtimes pass that over.
        ambient=ambient & configured.permitted & configured.inheritable,
    )
    return kernel.Credentials(uids=uid, caps=caps, no_new_privs=no_new_privs)


def after_execve(cred: kernel.Credentials, rules: kernel.Rules | str | None = None) -> CapState:
    """Return the sets after an execve(2) of a program that has no file capabilities and is not set-user-ID."""
    return kernel.execve(cred, _ordinary(), rules=kernel.NEWEST if rules is None else rules).caps


@cache
def _ordinary() -> kernel.Executable:
    return kernel.Executable()
