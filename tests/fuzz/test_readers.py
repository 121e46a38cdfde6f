"""Every reader of the library, given what nearly is what it reads."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import capset
from capset import documents
from capset.errors import CapsetError
from capset.plain import Plain
from tests.fuzz.__main__ import main
from tests.fuzz.asking import asking
from tests.fuzz.changes import grown
from tests.fuzz.targets import DOCUMENT, TARGETS
from tests.shapes import work

pytest.importorskip("ruamel.yaml")

READER = re.compile(r"(from_|parse|read$|of$|dialect_of)|[a-z]+_from_")
NO_TEXT = {  # what reads neither a text nor a document from outside
    "CapSet.from_mask": "a number",
    "FileCaps.from_state": "a value",
    "formats.libcap.IAB.from_state": "a value",
    "live.read": "a thread of this system",
    "fleet.read": "files, of which tests/unit has damaged ones",
    "documents.merge": "asked in tests/property and tests/live",
}


def public_readers():
    """Name every public function and class method that reads."""
    homes = ["capset", "capset.live", "capset.engines", "capset.kernel", "capset.documents", "capset.policy"]
    homes += ["capset.operations"]
    if all(importlib.util.find_spec(each) for each in ("pyarrow", "narwhals")):  # which some names of a fleet need
        homes += ["capset.fleet"]
    homes += [each.name for each in pkgutil.iter_modules(capset.formats.__path__, "capset.formats.")]
    for home in homes:
        module = importlib.import_module(home)
        inside = home.removeprefix("capset").removeprefix(".")
        for name in module.__all__ if home.count(".") < 2 or home.split(".")[2] in capset.formats.__all__ else ():
            value = getattr(module, name)
            full = f"{inside}.{name}".removeprefix(".")
            if inspect.isfunction(value) and READER.match(name):
                yield full
            elif inspect.isclass(value):
                methods = {each for kind in value.__mro__ if kind is not Plain for each in vars(kind)}
                yield from (
                    f"{full}.{each}"
                    for each in methods
                    if isinstance(inspect.getattr_static(value, each), classmethod) and READER.match(each)
                )
                if issubclass(value, Plain) and value is not Plain:
                    yield f"{name}.from_dict"


def test_every_reader_is_a_target():
    """One that is new is one line in targets.py, or it reads no text."""
    covered = set(TARGETS) | {each for target in TARGETS.values() for each in target.covers}
    missing = set(public_readers()) - covered - set(NO_TEXT)
    assert not missing
    assert {f"documents.read {name}" for name in documents.DIALECTS} <= set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_there_is_something_to_read(name):
    """A reader that refuses all of its corpus would be asked nothing."""
    target = TARGETS[name]
    for each in target.corpus():
        try:
            value = target.read(each)
        except CapsetError:
            continue
        target.comes_back(value)
        return
    raise AssertionError("nothing of it was read")


@pytest.mark.parametrize("name", TARGETS)
def test_what_nearly_is_one(name):
    """It is read, and comes back, or it is refused with a word."""
    asking(name)()


def test_the_command(capsys):
    """As many inputs as are asked for, of the readers that are named."""
    assert main(["--inputs", "20", "libcap.from_text"]) == 0
    out = capsys.readouterr().out
    read, refused = map(int, re.match(r"formats.libcap.from_text: (\d+) read, (\d+) refused, ", out).groups())
    assert read + refused >= 20
    assert out.endswith("1 readers, 0 with a fault\n")


LENGTH = 400  # characters to begin with


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.takes != DOCUMENT])
def test_what_grows_takes_no_more_than_it_is_longer(name):
    """Wherever it grows: a letter, a piece or a line stands there many times."""
    target = TARGETS[name]
    corpus = [each for each in target.corpus() if 0 < len(each) <= 4 * LENGTH]

    @settings(max_examples=max(2, settings.default.max_examples // 20), suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(corpus), st.sampled_from(["letters", "pieces", "lines"]), st.integers(0, 10**6))
    def grow(text, unit, at):
        is_text = isinstance(text, str)
        front = text if is_text else text.decode("latin-1")
        one = len(grown(front, unit, at, 2)) - len(front)
        counts = []
        first = max(2, LENGTH // max(one, 1) + 1)  # a text that has not grown may be read by another way
        for times in (1, 2, 4):
            longer = grown(front, unit, at, times * first)
            counts.append(work(target.read, longer if is_text else longer.encode("latin-1")))
        for less, more in pairwise(counts):
            assert more <= 2.2 * less + 100, counts

    grow()
