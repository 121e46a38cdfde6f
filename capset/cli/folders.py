"""Finding documents: the files that a user names, and those in the folders that they name."""

from __future__ import annotations

import codecs
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from capset import documents
from capset.bounds import LONGEST_TEXT
from capset.cli.inputs import read_bytes, slashed
from capset.cli.output import Failure
from capset.cli.reading import read_document
from capset.documents import Workload
from capset.errors import CapsetError
from capset.printable import printable

__all__ = ["Found", "merge_all", "read_all"]

_OF_VERSIONS = frozenset({".git", ".hg", ".jj", ".svn"})
_FRONT = 2**16  # bytes at the front of a file, among which a binary one has a zero
_ENCODINGS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"} | {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}  # in this order, as one mark begins another
_TEXTS = (
    *(".yaml", ".yml", ".json", ".toml", ".hcl", ".nomad", ".service", ".socket", ".mount", ".swap"),
    *(".container", ".pod", ".kube", ".nspawn"),
)  # what is called so is meant to be a text


class Found(NamedTuple):
    """What was found.

    Attributes:
        workloads: What was read.
        inside: The names of the documents that nobody named, as they were found in a folder.
        skipped: How many files, links and folders were passed over, by what they are.
        named: The paths that somebody named, each file once.
    """

    workloads: list[Workload]
    inside: set[str]
    skipped: Counter[str]
    named: set[str]

    @property
    def unread(self) -> bool:
        """Whether something that may be a document was not read."""
        return any(not workload.dialect for workload in self.workloads)


class _Others(Mapping[str, bytes]):
    """All files that are read, for one of them that names another; each is opened when it is asked for."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = dict.fromkeys(path for path in paths if path != "-")

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        try:
            data = _read(path)
        except OSError:  # which is told of the file itself
            raise KeyError(path) from None
        return b"" if b"\0" in data[:_FRONT] else data

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def read_all(
    operands: Iterable[str],
    excludes: Callable[[str], bool],
    *,
    dialect: str | None = None,
    pass_over: bool = False,
    report_on: Callable[[str], None],
) -> Found:
    """Read the documents that are named, and those in the folders that are named.

    One of several that cannot be read hides no other, and one may name another of them.

    Args:
        operands: The paths; ``-`` is standard input.
        excludes: Says of a path in a folder that it is passed over.
        dialect: The dialect of the documents that are named; each says it by itself if not given.
        pass_over: Whether a file that is named may be no document, as one in a folder.
        report_on: Is told each path before it is read.

    Raises:
        Failure: The one document that is named cannot be read.
    """
    # Each file once, also where it is named in two ways; - is no file.
    once: dict[str, str] = {}
    for each in operands:
        once.setdefault(each if each == "-" else os.path.abspath(each), each)
    given = [*once.values()]
    found = Found([], set(), Counter(), {*given})
    paths = [*_paths(given, excludes, found, pass_over=pass_over)]
    others = _Others(paths)
    for path in paths:
        report_on(printable(path))
        if path in found.inside:
            found.workloads.extend(_one_of_many(path, found, others))
        else:
            found.workloads.extend(_named(path, dialect, others, several=len(given) > 1))
    return found


def merge_all(operands: Iterable[str]) -> Found:
    """Read compose files as one.

    Raises:
        Failure: One of them cannot be read.
    """
    try:
        given = {path: read_bytes(path) for path in operands}
        return Found(documents.merge(given), set(), Counter(), {*given})
    except CapsetError as error:
        raise Failure(str(error)) from error


def _paths(given: Iterable[str], excludes: Callable[[str], bool], found: Found, *, pass_over: bool) -> Iterator[str]:
    """List the files, each once, and note which of them nobody named."""
    seen = {os.path.abspath(each) for each in given if each != "-"}
    for each in given:
        if pass_over and os.path.isfile(each):
            found.inside.add(each)
            if excludes(each):
                found.skipped["excluded"] += 1
            else:
                yield each
        elif each == "-" or not os.path.isdir(each):
            yield each
        else:
            for path in _inside(each, excludes, found):
                if (whole := os.path.abspath(path)) not in seen:
                    seen.add(whole)
                    found.inside.add(name := slashed(os.path.normpath(path)))
                    yield name


def _named(file: str, dialect: str | None, others: Mapping[str, bytes], *, several: bool) -> list[Workload]:
    try:
        return read_document(file, dialect, beside=others)
    except (Failure, OSError) as error:
        if not several:
            raise
        return [documents.unread(error.__cause__ or str(getattr(error, "strerror", "") or error), file)]


def _inside(folder: str, excludes: Callable[[str], bool], found: Found) -> Iterator[str]:
    """Go through the files below a folder; those of version control are not entered, and no link is followed."""

    def failed(error: OSError) -> None:
        found.workloads.append(documents.unread(str(error.strerror), slashed(os.path.normpath(str(error.filename)))))

    for at, folders, files in os.walk(folder, onerror=failed):
        for name in sorted(folders):
            path = os.path.join(at, name)
            if what := _no_folder(path, name, excludes):
                folders.remove(name)
                found.skipped[what] += 1
        folders.sort()
        for name in sorted(files):
            path = os.path.join(at, name)
            if excludes(path):
                found.skipped["excluded"] += 1
            elif os.path.islink(path):
                found.skipped["link"] += 1
            else:
                yield path


def _no_folder(path: str, name: str, excludes: Callable[[str], bool]) -> str:
    if excludes(path):
        return "excluded"
    return "versions" if name in _OF_VERSIONS else "link" if os.path.islink(path) else ""


def _one_of_many(path: str, found: Found, others: Mapping[str, bytes]) -> list[Workload]:
    """Read a file that nobody named, which may be no document."""
    try:
        data = _read(path)
    except OSError as error:
        return [documents.unread(str(error.strerror), path)]
    encoding = next((name for mark, name in _ENCODINGS.items() if data.startswith(mark)), "")
    binary = not encoding and b"\0" in data[:_FRONT]
    text = data.decode(encoding, "replace") if encoding else data
    workloads: list[Workload] | None = None
    if data and not binary:
        try:
            workloads = documents.read(text, path, beside=others)
        except CapsetError as error:
            if documents.may_be_document(error, text):
                workloads = [documents.unread(error, path)]
    if (encoding or binary) and (workloads is not None or path.endswith(_TEXTS)):
        workloads = [documents.unread(f"no UTF-8 text{f', but {encoding.upper()}' * bool(encoding)}", path)]
    if workloads is None:
        found.skipped["other"] += 1
    return workloads or []


def _read(path: str) -> bytes:
    """Read a file as far as a document may go; of what is binary no more than its front, of what is no file nothing."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        return b""
    with open(path, "rb") as file:
        front = file.read(_FRONT)
        is_text = b"\0" not in front or front.startswith((*_ENCODINGS,))
        return front + file.read(LONGEST_TEXT + 1 - len(front)) if is_text else front
