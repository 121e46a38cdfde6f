"""Behaviour: what releases of an engine that behave alike do, and where each fact about it comes from."""

from __future__ import annotations

from typing import Any, Literal

from attrs import evolve, frozen

from capset.engines.process import Placement
from capset.engines.rules import Rules
from capset.engines.setting import Setting
from capset.plain import Plain
from capset.sets import CapSet
from capset.source import Source

__all__ = ["Behaviour", "Fact"]


@frozen(kw_only=True)
class Fact(Plain):
    """Where one fact about an engine comes from.

    Attributes:
        about: What it is about: the engine's default, the sets that it fills, or its rules of add and
            drop.
        confidence: How sure it is: ``"run"`` (the engine was run and did so), ``"read"`` (in its
            source) or ``"documented"`` (its makers say so); or it is none, but what the caller has set (``"given"``).
        sources: Where it was read.
        note: What else there is to say; empty where there is nothing.
    """

    about: Literal["default", "sets", "rules"]
    confidence: Literal["run", "read", "documented", "given"]
    sources: tuple[Source, ...]
    note: str = ""


@frozen(kw_only=True)
class Behaviour:
    """What the releases of an engine that behave alike do.

    Attributes:
        allowed: The capabilities that a container gets by default; None where there is a list of what
            it does not get instead.
        denied: That list.
        rules: What becomes of a request.
        root: What is written into the five sets of a container for root.
        other: The same for another user.
        privileged: The same for a privileged container, where that makes a difference.
        privileged_other: The same for a privileged container of another user, where that differs from root's.
        no_new_privs: Whether the container gains no privileges even if that is not asked for.
    """

    allowed: CapSet | None
    denied: CapSet
    rules: Rules
    root: Placement
    other: Placement
    privileged: Placement | None
    privileged_other: Placement | None
    no_new_privs: bool

    def default(self, held: CapSet) -> CapSet:
        """Return what a container gets by default from an engine that holds *held*."""
        return held - self.denied if self.allowed is None else self.allowed

    def as_set(self, setting: Setting) -> Behaviour:
        """Return what is done where a configuration says so."""
        changed: dict[str, Any] = {"allowed": setting.default, "denied": CapSet()}
        if setting.allowed is not None:
            changed["rules"] = evolve(self.rules, allowed=setting.allowed)
        if setting.inheritable is not None:
            for who in ("root", "other"):
                changed[who] = evolve(getattr(self, who), inheritable="list" if setting.inheritable else "none")
        return evolve(self, **changed)

    def placement(self, uid: int, privileged: bool) -> Placement:
        """Return what is written into the five sets."""
        if privileged and self.privileged:
            return self.privileged_other if uid and self.privileged_other else self.privileged
        return self.other if uid else self.root
