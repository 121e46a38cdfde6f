"""What capset's records claim of a kernel, as the witnesses take it, and what comes out against it; it needs capset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from capset import operations
from capset.operations import Evidence, Operation, Requirement

__all__ = ["asked", "claims", "differences", "needs_of"]


def asked(release: str) -> bool:
    """Say whether a kernel of a release's series, such as 6.18, was asked, so that there is evidence of it."""
    return any(_series(each.release) == _series(release) for each in operations.table()[0].evidence)


def claims(release: str) -> dict[str, dict[str, Any]]:
    """Return the claim of every record, by its id, with the minimal sets of a release's series."""
    return {
        each.id: {
            "sets": [caps.mask for caps in _needs(each, release)],
            "namespace": "" if each.namespace == "none" else each.namespace,
            "refusal": each.refusal,
        }
        for each in operations.table()
    }


def differences(
    release: str, found: Mapping[str, dict[str, Any]], which: operations.Operations | None = None
) -> Iterator[str]:
    """Compare what a kernel said, by the ids, with what is claimed of its series.

    Of what its evidence says that it is not decided there nothing is compared.
    """
    for operation in operations.table() if which is None else which:
        told = _told(operation, release)
        if operation.undecided or (told is not None and told.how == "not decided"):
            continue
        answer = found.get(operation.id)
        if answer is None:
            yield f"{operation.id}: nothing tries it"
        elif "wavers" in answer:
            yield str(answer["wavers"])
        elif answer["why_not"]:
            yield f"{operation.id} is not decided: {answer['why_not']}"
        else:
            yield from (f"{operation.id}: {each}" for each in _apart(answer, _needs(operation, release)))


def _apart(answer: dict[str, Any], needs: Requirement) -> list[str]:
    """Say what is otherwise, in words: as it was confirmed, or of the minimal sets that were searched for."""
    if "apart" in answer:
        return [f"needs {needs}, but {each}" for each in answer["apart"]]
    searched = Requirement.parse(" | ".join(answer["sets"]) or "never")
    return [] if searched == needs else [f"needs {searched}, not {needs}"]


def needs_of(operation: Operation, release: str) -> Requirement | None:
    """Return what an operation needs on a kernel of a release's series; None where that is not decided."""
    told = _told(operation, release)
    return None if operation.undecided or (told and told.how == "not decided") else _needs(operation, release)


def _needs(operation: Operation, release: str) -> Requirement:
    told = _told(operation, release)
    return operation.needs if told is None or told.needs is None else told.needs


def _told(operation: Operation, release: str) -> Evidence | None:
    return next((each for each in operation.evidence if _series(each.release) == _series(release)), None)


def _series(release: str) -> list[str]:
    return release.partition("-")[0].split(".")[:2]
