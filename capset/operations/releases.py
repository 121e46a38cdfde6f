"""What an operation needs on a kernel of another release, as far as kernels were asked."""

from __future__ import annotations

import re
from typing import NamedTuple

from capset.errors import UnknownReleaseError, shown
from capset.operations.operation import Namespace, Operation
from capset.operations.requirement import Requirement

__all__ = ["Series", "There", "series_of", "there"]

Series = tuple[int, int]
"""The two numbers that a kernel's rules come with, such as 6 and 12 of ``6.12.117+deb13-cloud-amd64``."""

_SERIES = re.compile(r"\s*([0-9]{1,4})\.([0-9]{1,9})(?:[^0-9]|$)")


class There(NamedTuple):
    """What a kernel asks for an operation: what it needs and where that counts, or None and why that is not known."""

    needs: Requirement | None
    namespace: Namespace
    why: str = ""


def series_of(release: str) -> Series:
    """Return the two numbers with which a release begins.

    Raises:
        UnknownReleaseError: It begins with no two numbers.
        TypeError: It is no text.
    """
    if not isinstance(release, str):
        raise TypeError(f'a release is a text as uname -r prints it, such as "6.12.117", got {shown(release)}')
    found = _SERIES.match(release)
    if found is None:
        raise UnknownReleaseError(release, "it begins with two numbers, as uname -r prints it, such as 6.12.117")
    return int(found[1]), int(found[2])


def there(operation: Operation, series: Series) -> There:
    """Return what an operation needs on a kernel of a series.

    A kernel that was asked says it of its series. Between two of them it is what both say; where they differ, the
    release decides with which the rule came, if that is known to be between them. After all of them it is what the
    record says.
    """
    said = _said(operation)
    if series in said:
        return said[series]
    if operation.until and series > series_of(operation.until):
        return There(None, "none", f"it is so until Linux {operation.until}, and what later ones ask is not known")
    before = max((each for each in said if each < series), default=None)
    after = min((each for each in said if each > series), default=None)
    came = series_of(operation.since) if operation.since else None
    if came is not None and (before is None or before < came) and (after is None or came <= after):  # between the two
        if series >= came:
            return There(operation.needs, operation.namespace) if after is None else said[after]
        if before is not None:  # what was asked for until the rule came
            return said[before]
        return There(None, "none", f"it is so since Linux {operation.since}, and what earlier ones ask is not known")
    if after is None:
        return There(operation.needs, operation.namespace)
    if before is None:
        return There(None, "none", f"no kernel before Linux {_text(after)} was asked")
    if said[before] == said[after]:
        return said[before]
    told = f"Linux {_text(before)} asks for {_asked(said[before])}, and Linux {_text(after)} for {_asked(said[after])}"
    return There(None, "none", f"{told}, and none between them was asked")


def _said(operation: Operation) -> dict[Series, There]:
    """Return what each kernel said that decided it, by its series."""
    return {
        series_of(each.release): There(
            operation.needs if each.needs is None else each.needs, each.namespace or operation.namespace
        )
        for each in operation.evidence
        if each.how != "not decided"
    }


def _asked(told: There) -> str:
    where = " in the initial user namespace" if told.namespace == "initial" else ""
    return f"{told.needs}{where}"


def _text(series: Series) -> str:
    return ".".join(map(str, series))
