"""Write what kernels have said into capset's data: which were asked, what they did not decide, and where they differ.

    python -m tests.live.witnesses.evidence FILE ... > capset/data/evidence.toml

Each file is what ``python -m tests.live.witnesses --json`` printed on one kernel; what was asked again follows, and
counts. What differs from the records besides the minimal sets is told on stderr: a person decides whether the record is
wrong or the kernel has changed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capset import CapSet, operations
from capset.operations import Requirement
from tests.live.witnesses.asking import Claim, misplaced

__all__ = ["document"]

HEAD = """\
# Evidence: the kernels that were asked of the operations in operations/, by their witnesses, and what they said.
# Where nothing is said of an operation, that kernel said the same as the record; "others" are those that need something
# else there. Written by tests/live/witnesses/evidence.py.
schema = 1
"""
UNFIT = {
    ("5.10", "ioctl BLKRRPART"): "it is asked first whether the device may have partitions",
}
"""Where a witness cannot tell on a kernel, by its series and the identifier."""
NO_WITNESS = "nothing tries it"


def document(outputs: list[str]) -> Iterator[str]:
    """Return the lines of the document, from what was printed on each kernel."""
    yield HEAD
    for output in outputs:
        kernel, *found = map(json.loads, output.splitlines())
        yield from _kernel(kernel, {each["id"]: each for each in found if "id" in each})


def _kernel(kernel: dict[str, Any], found: dict[str, dict[str, Any]]) -> Iterator[str]:
    release, held = kernel["release"], CapSet.from_mask(kernel["held"])
    why_not: dict[str, list[str]] = {}
    others: list[tuple[str, Requirement | None, bool]] = []
    for operation in operations.table():
        answer = found.get(operation.id)
        why = _why_not(operation, answer, held, release)
        if why:
            why_not.setdefault(why, []).append(operation.id)
            continue
        if "apart" in answer:
            for told in answer["apart"]:
                print(f"{release}: {operation.id} has to be searched: {told}", file=sys.stderr)
            continue
        needs = Requirement.parse(" | ".join(answer["sets"]) or "never")
        same = needs == _limited(operation.needs, held)
        initial = _is_initial(operation, answer)
        if initial or not same:
            others.append((operation.id, None if same else needs, initial))
        for told in _besides(operation, answer):
            print(f"{release}: {operation.id}: {told}", file=sys.stderr)
    how = "confirmed" if any("apart" in answer for answer in found.values()) else "searched"
    yield f'[[kernels]]\nrelease = "{release}"\ndate = {kernel["date"]}\nhow = "{how}"\n'
    for why, ids in sorted(why_not.items()):
        listed = "".join(f"  {json.dumps(id)},\n" for id in ids)
        yield f"[[kernels.undecided]]\nwhy = {json.dumps(why)}\nids = [\n{listed}]\n"
    for id, needs, initial in others:
        ways = [" & ".join(way.names()) or "nothing" for way in needs or ()]
        told = f"[[kernels.others]]\nid = {json.dumps(id)}\n"
        told += "" if needs is None else f"needs = {json.dumps(ways)}\n"
        yield told + ('namespace = "initial"\n' if initial else "")


def _is_initial(operation: operations.Operation, answer: dict[str, Any]) -> bool:
    """Say whether it is done in no user namespace of one's own, though the record says where it counts there."""
    asks = answer["sets"] not in ([], ["nothing"])
    return asks and operation.namespace != "initial" and "done" not in answer["places"].values()


def _why_not(operation: operations.Operation, answer: dict[str, Any] | None, held: CapSet, release: str) -> str:
    if answer is None:
        return NO_WITNESS
    if "wavers" in answer:
        raise ValueError(answer["wavers"])
    if why := answer["why_not"]:
        why = why.removeprefix("not here: ").partition(";")[0]
        return re.sub(r"broken: (\w+).*", r"it cannot be prepared there: \1", why)
    if "apart" in answer:
        return ""
    if [*operation.needs] and not [*_limited(operation.needs, held)] and not answer["sets"]:
        return f"nobody holds {CapSet(operation.needs.caps) - held} there"
    # An error that comes after the check elsewhere may come of its not being there at all.
    if answer["sets"] in ([], ["nothing"]) and operation.since and _version(release) < _version(operation.since):
        return f"it came with Linux {operation.since}"
    if [*operation.needs] and not answer["sets"]:  # what no capability opens there, something else has closed
        return "it is refused with every capability too: what it takes is not there"
    return UNFIT.get((".".join(map(str, _version(release))), operation.id), "")


def _version(release: str) -> list[int]:
    return [int(number) for number in release.partition("-")[0].split(".")[:2]]


def _limited(needs: Requirement, held: CapSet) -> Requirement:
    """Leave out the sets that nobody can have there."""
    return Requirement(way for way in needs if way <= held)


def _besides(operation: operations.Operation, answer: dict[str, Any]) -> Iterator[str]:
    """Say what differs besides the minimal sets."""
    refusal = answer["refusal"]
    silently = refusal == "nothing happens" and not operation.refusal.isupper()
    if refusal not in {operation.refusal, ""} and not silently:
        yield f"refused with {refusal}, not {operation.refusal}"
    if answer["sets"] not in ([], ["nothing"]) and operation.namespace != "none" and not _is_initial(operation, answer):
        done = {kinds: told == "done" for kinds, told in answer["places"].items()}
        claim = Claim([way.mask for way in operation.needs], operation.namespace, operation.refusal)
        yield from misplaced(claim, done)


if __name__ == "__main__":
    print("\n".join(document([Path(name).read_text("utf-8") for name in sys.argv[1:]])), end="")
