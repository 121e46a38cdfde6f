"""Condition: a setting by which it is decided whether an operation asks for a capability."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

from attrs import Attribute, field, frozen

from capset.errors import ArgumentError, shown
from capset.plain import Plain

__all__ = ["RANGES", "Condition", "is_number"]

_SIGNS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_OPPOSITES = {"==": "!=", "!=": "==", "<=": ">", ">=": "<", "<": ">=", ">": "<="}
_COMPARISON = re.compile(r"(.+?) (==|!=|<=|>=|<|>) (.+)")
_STEPS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_STEP = re.compile(r" ([-+*]) ")
_UNLIMITED = 2**64 - 1  # RLIM_INFINITY, as the kernel compares it
_NO_LIMIT = -1  # the same as a signed number, as Python's resource has it
_NUMBER = re.compile(r"-?[0-9]{1,20}")
_SETTING = re.compile(r"[a-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+|RLIMIT_[A-Z]+")

RANGES: Mapping[str, tuple[int, int]] = MappingProxyType({"nice": (-20, 19), "port": (1, 1023), "priority": (1, 99)})
"""What is asked for can be so much at least and at most: a nice value, a low port, a real-time priority."""


def _said(_condition: Condition, _field: Attribute[str], text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"expected a condition as str, got {shown(text)}")
    if not text.strip():
        raise ArgumentError("expected a condition, such as kernel.dmesg_restrict != 0", text)


@frozen
class Condition(Plain):
    """A setting, or a number that belongs to the operation, and the comparison that decides.

    Attributes:
        text: As it stands in the record. ``kernel.dmesg_restrict != 0`` compares a sysctl, ``RLIMIT_NICE < 20 - nice``
            a limit with what is asked for; both sides are computed from left to right. What is no comparison is said in
            words, and nothing but a person can tell whether it is so.

    Raises:
        ArgumentError: The text is empty.
        TypeError: It is no str.

    Examples:
        >>> from capset.operations import Condition
        >>> low = Condition("net.ipv4.ip_unprivileged_port_start > port")
        >>> low.names
        ('net.ipv4.ip_unprivileged_port_start', 'port')
        >>> low.holds({"net.ipv4.ip_unprivileged_port_start": 1024, "port": 80})
        True
    """

    text: str = field(validator=_said)

    @property
    def names(self) -> tuple[str, ...]:
        """Whose values it compares: sysctls, limits and what is asked for; none where it is said in words."""
        found = _comparison(self.text)
        sides = (found.one, found.two) if found else ()
        words = [word for side in sides for word in side[::2] if not _NUMBER.fullmatch(word)]
        return tuple(dict.fromkeys(words))

    @property
    def settings(self) -> tuple[str, ...]:
        """Those of the names that are sysctls, with a dot in them, or limits, such as ``RLIMIT_NICE``."""
        return tuple(name for name in self.names if _SETTING.fullmatch(name))

    def holds(self, values: Mapping[str, int | str]) -> bool | None:
        """Say whether it is so.

        Args:
            values: What is known, by name; a number may be a text, as a sysctl's file has it. A limit may be
                ``unlimited``, as in ``/proc/<pid>/limits``, or -1, as in the module ``resource``, for there is none.

        Returns:
            None where it depends on a value that is not known, where one is no number, or where the condition is said
            in words. Of a nice value, a real-time priority and a low port it is known what they can be, at least and
            at most.

        Examples:
            >>> low = Condition("net.ipv4.ip_unprivileged_port_start > port")
            >>> print(low.holds({"net.ipv4.ip_unprivileged_port_start": 0}), low.holds({}))
            False None
        """
        found = _comparison(self.text)
        if found is None:
            return None
        open_ = [name for name in self.names if name in RANGES and name not in values]
        ends = [dict(zip(open_, some, strict=True)) for some in product(*map(RANGES.__getitem__, open_))]
        held = {_compared(found, {**values, **some}) for some in ends}
        return held.pop() if len(held) == 1 else None

    @property
    def opposite(self) -> str:
        """What is so where this is not, as text."""
        match = _COMPARISON.fullmatch(self.text)
        return f"not: {self.text}" if match is None else f"{match[1]} {_OPPOSITES[match[2]]} {match[3]}"

    def __str__(self) -> str:
        return self.text


def is_number(value: int | str) -> bool:
    """Say whether a value can be compared: a number, a text of one, or ``unlimited``."""
    return _number(value) is not None


def _compared(found: _Comparison, values: Mapping[str, int | str]) -> bool | None:
    one, two = _computed(found.one, values), _computed(found.two, values)
    return None if one is None or two is None else _SIGNS[found.sign](one, two)


class _Comparison(NamedTuple):
    """A condition that can be computed: words and the steps between them, on either side of a sign."""

    one: list[str]
    sign: str
    two: list[str]


@lru_cache(maxsize=1024)
def _comparison(text: str) -> _Comparison | None:
    match = _COMPARISON.fullmatch(text)
    return None if match is None else _Comparison(_STEP.split(match[1]), match[2], _STEP.split(match[3]))


def _computed(side: list[str], values: Mapping[str, int | str]) -> int | None:
    """Compute one side, from left to right; None where something is not known."""
    total = _value(side[0], values)
    for step, word in zip(side[1::2], side[2::2], strict=True):
        value = _value(word, values)
        if total is None or value is None:
            return None
        total = _STEPS[step](total, value)
    return total


def _value(word: str, values: Mapping[str, int | str]) -> int | None:
    if _NUMBER.fullmatch(word):
        return int(word)
    value = _number(values.get(word))
    return _UNLIMITED if value == _NO_LIMIT and word.startswith("RLIMIT_") else value


def _number(value: object) -> int | None:
    if isinstance(value, str):
        text = value.strip()
        value = _UNLIMITED if text == "unlimited" else int(text) if _NUMBER.fullmatch(text) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
