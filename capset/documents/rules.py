"""The rules: what kinds of things findings and losses tell of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from capset.documents.finding import Level
from capset.errors import UnknownRuleError
from capset.facts import load
from capset.named import by_name

__all__ = ["RULES", "Example", "Rule"]


@frozen(kw_only=True)
class Example:
    """A document of which a rule tells.

    Attributes:
        text: The document.
        dialect: Its dialect.
        engine: The engine that runs it, such as ``docker@20.10``; empty for the usual one.
        policy: The policy against which it is checked; empty for none.
        systemd: The release of systemd that reads it; None for the newest.
        used: A trace, as lines of JSON, with which it is compared; empty for none.
        to: The dialect into which it is converted, where a rule is about what is lost; empty for lint.
        writes: The engine for which it is converted; empty for the usual one.
    """

    text: str
    dialect: str
    engine: str = ""
    policy: str = ""
    systemd: int | None = None
    used: str = ""
    to: str = ""
    writes: str = ""


@frozen(kw_only=True)
class Rule:
    """One kind of thing that a finding, a loss or a problem tells of.

    Attributes:
        id: Its name, which stays the same between releases.
        meaning: What it says, in a sentence.
        remedy: What to do, in a sentence or two.
        level: How bad it is where it is found, as a rule: ``"error"``, ``"warning"`` or ``"note"``.
        example: A document of which it tells.
    """

    id: str
    meaning: str
    remedy: str
    level: Level
    example: Example


def _rule(id: str, entry: Mapping[str, Any]) -> Rule:
    fields: dict[str, Any] = {"level": "warning", **entry, "id": id, "example": Example(**entry["example"])}
    return Rule(**fields)


RULES: Mapping[str, Rule] = by_name(
    ((id, _rule(id, entry)) for id, entry in load("documents/rules").items()), UnknownRuleError
)
"""Every rule by its id. The list is read from ``capset/data/documents/rules.toml``."""
