"""``python -m tests.facts CLONES``: report where capset/data and the projects disagree. CONTRIBUTING.md says more."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from capset import facts
from capset.engines.releases import key
from tests.facts import citations, manual
from tests.facts.clones import Clone, find
from tests.facts.reading import check_read_at
from tests.facts.walking import Finding, Walk, walk
from tests.facts.watching import KINDS, Watch, read_watches

PAGE = "capabilities.7"
LOOKED_AT = Path(__file__).with_name("looked_at.toml")
_HEAD = """\
# The code of the engines that somebody looked at: for each engine and kind of fact, a digest of what watched.toml has
# under "text", and the first release that has it. python -m tests.facts CLONES --looked-at ENGINE writes them.
"""


class Clones:
    """The clones of a folder, each opened once."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._open: dict[str, Clone | None] = {}

    def get(self, project: str) -> Clone | None:
        """Return the clone of a project; None if there is none."""
        if project not in self._open:
            git_dir = find(self.folder, project)
            self._open[project] = self._stack.enter_context(Clone(git_dir)) if git_dir else None
        return self._open[project]

    def any_found(self) -> bool:
        """Say whether any clone that was asked for is there."""
        return any(self._open.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report, and return 0 if there is nothing to look at, 1 if there is, 2 if there is no clone to read."""
    parser = argparse.ArgumentParser("python -m tests.facts", description=__doc__)
    parser.add_argument("clones", type=Path, help="the folder of the clones: OWNER/NAME, OWNER+NAME or NAME")
    names = sorted({watch.engine for watch in read_watches()})
    parser.add_argument(
        "--engine", action="append", default=[], choices=names, metavar="ENGINE", help="these alone, and no citations"
    )
    parser.add_argument(
        "--looked-at",
        action="append",
        default=[],
        choices=[*names, PAGE],
        metavar="ENGINE",
        help=f"write down that the code of that engine as it is now was looked at; {PAGE} for the manual page",
    )
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        clones = Clones(given.clones, stack)
        known = tomllib.loads(LOOKED_AT.read_text("utf-8"))
        if given.looked_at:
            _write_down(clones, known, given.looked_at)
            return 0
        to_do = sum(_say(result, found) for result, found in _walks(clones, known, given.engine))
        if not given.engine:
            to_do += _say_citations(clones) + _say_manual(clones)
        if not clones.any_found():
            print("\nnothing was checked: there is no clone that is needed in that folder")
            return 2
    print(f"\n{to_do} to look at" if to_do else "\nnothing to look at in what was checked")
    return 1 if to_do else 0


def _write_down(clones: Clones, known: dict[str, Any], looked_at: Sequence[str]) -> None:
    """Write down that somebody looked at the code of engines, or at the manual page."""
    engines = [name for name in looked_at if name != PAGE]
    if engines:
        walks = [result for result, _ in _walks(clones, known, engines)]
        for engine in {result.watch.engine for result in walks}:
            known[engine] = _codes(result for result in walks if result.watch.engine == engine)
        LOOKED_AT.write_text(_as_toml(known), "utf-8")
    if PAGE in looked_at and (pages := clones.get(manual.read_record(manual.RECORD)["project"])):
        manual.write_record(pages, manual.RECORD)


def _walks(clones: Clones, known: dict[str, Any], engines: Sequence[str]) -> Iterator[tuple[Walk, list[Finding]]]:
    watches = read_watches()
    for watch in watches:
        if engines and watch.engine not in engines:
            continue
        clone = clones.get(watch.project)
        if clone is None:
            print(f"{watch.engine}: not walked, there is no clone of {watch.project}")
            continue
        document = facts.load(f"engines/{watch.engine}")
        result = walk(watch, clone, document, known.get(watch.engine, {}))
        found = [*result.findings]
        if result.watch is _first(watches, watch):
            found += [*check_read_at(document, result, clone), *_read_to(document, result)]
        yield result, found
    for engine in sorted({*facts.stems("engines")} - {watch.engine for watch in watches} if not engines else ()):
        print(f"{engine}: nothing is watched, because no file of its makers has what is known of it")


def _first(watches: Iterable[Watch], watch: Watch) -> Watch:
    """Return the watch whose releases are the engine's: where two projects make one engine, the first."""
    return next(each for each in watches if each.engine == watch.engine)


def _read_to(document: dict[str, Any], result: Walk) -> Iterator[Finding]:
    """Report that ``read_to`` is not the newest release of which all that is watched is known and agrees."""
    if not result.releases or not any("releases" in fact for kind in KINDS for fact in document[kind]):
        return
    [*_, newest] = result.releases
    stated = document.get("read_to", "")
    if any(newest in finding.releases for finding in result.findings):
        return
    if not stated or key(stated, 0) < key(newest, 0):
        yield Finding(result.watch.engine, "read_to", (newest,), f"was walked, and read_to is {stated or 'missing'}")


def _say(result: Walk, found: list[Finding]) -> int:
    releases = list(result.releases)
    span = f"{len(releases)} releases, {releases[0]} to {releases[-1]}" if releases else "no release"
    print(f"{result.watch.engine} ({result.watch.project}): {span}")
    for kind, watched in result.watched.items():
        codes = result.codes.get(kind, {})
        print(f"  {kind}: {len(watched)} watched" + (f", {len(codes)} different codes" if codes else ""))
    for finding in found:
        print(f"  ! {finding}")
    return len(found)


def _say_citations(clones: Clones) -> int:
    checked: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    wrong = []
    for name, document in citations.every_document().items():
        for citation in citations.citations(document, name):
            if (clone := clones.get(citation.project)) is None:
                missing[citation.project] += 1
                continue
            checked[citation.project] += 1
            if told := citations.check(citation, clone):
                wrong.append(f"{citation.where}: {told}")
    print(f"citations: {checked.total()} checked in {len(checked)} clones")
    for project, count in sorted(missing.items()):
        print(f"  not checked: {count} of {project}, of which there is no clone")
    for told in wrong:
        print(f"  ! {told}")
    return len(wrong)


def _say_manual(clones: Clones) -> int:
    record = manual.read_record(manual.RECORD)
    clone = clones.get(record["project"])
    if clone is None:
        print(f"{PAGE}: not read, there is no clone of {record['project']}")
        return 0
    release, told = manual.changed_sections(clone, record)
    read = f"{len(record['sections'])} sections were read of man-pages {record['release']}"
    print(f"{PAGE}: {read}; the clone has {release}")
    for each in told:
        print(f"  ! {each}")
    return len(told)


def _codes(walks: Iterable[Walk]) -> dict[str, dict[str, str]]:
    codes: dict[str, dict[str, str]] = {}
    for result in walks:
        for kind, found in result.codes.items():
            codes.setdefault(kind, {}).update(found)
    return codes


def _as_toml(known: dict[str, dict[str, dict[str, str]]]) -> str:
    parts = [_HEAD]
    for engine, kinds in sorted(known.items()):
        for kind, codes in kinds.items():
            parts.append(f"\n[{engine}.{kind}]\n" + "".join(f'{code} = "{since}"\n' for code, since in codes.items()))
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
