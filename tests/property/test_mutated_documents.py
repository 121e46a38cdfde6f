"""Real documents, changed in one place: the same is shown, or more, or that it is not known, or a word about it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import documents
from capset.errors import CapsetError
from tests.corpus import COMMANDS, CONFIGURATIONS, LISTS, QUADLETS, STRUCTURED, UNITS
from tests.fuzz.changes import NOTHING, OTHERS, changed, paths

# What is given by a key is not given without it, and that is right.
GIVES = {
    "cap_add",
    "privileged",
    "add",
    "CapAdd",
    "Privileged",
    "CapabilityAdd",
    "capAdd",
    "runArgs",
    "BoundingCaps",
    "EffectiveCaps",
    *LISTS,
}


def gives(value, path) -> bool:
    """Say whether a part of a document asks for capabilities that are not there without it."""
    return not GIVES.isdisjoint(path) or any(not GIVES.isdisjoint(inner) for inner in paths(value))


def may(path, old, new) -> bool:
    """Say whether a change is none that may rightly give less without a word."""
    if new is NOTHING or new in OTHERS:
        if path[-1] in {"uid", "gid"} and type(new) is int:
            return False  # that is another user
        is_left_out = new is NOTHING or not new or isinstance(old, dict) is isinstance(new, dict) is True
        return not (is_left_out and gives(old, path))
    return True


def shown(text: str, name: str = "", dialect: str | None = None):
    """Return what is shown of a document; None where it is refused as a whole."""
    try:
        return documents.lint(documents.read(text, name=name, dialect=dialect))
    except CapsetError as error:
        assert str(error)
        return None


def words(report) -> set[tuple[str, str]]:
    return {(finding.rule, finding.message) for finding in report}


def check(before, after) -> None:
    """Compare what is shown of a document before and after a change."""
    if after is None:
        return
    if len(after.outcomes) < len(before.outcomes):
        assert words(after) - words(before)
        return
    for old, new in zip(before.outcomes, after.outcomes, strict=False):
        if new.gets is None:
            assert new.reason
            continue
        same = all(getattr(old.gets, each) <= getattr(new.gets, each) for each in ("effective", "bounding"))
        assert same or words(after) - words(before), (old.gets, new.gets)


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured(name):
    """Compose, Kubernetes, docker inspect and config.json: keys and values of all types."""
    document = STRUCTURED[name]
    before = shown(json.dumps(document))
    assert before is not None
    assert all(outcome.gets is not None for outcome in before.outcomes)

    @given(changed(document, may))
    def compare(other):
        if other is not None:
            check(before, shown(json.dumps(other)))

    compare()


# -- command lines and units: lists of texts --------------------------------------------------------

STRANGE = [
    "—",
    "–",
    "‑",
    "“",
    "”",
    "’",
    "\u00a0",
    "\u200b",
    "ｓ",
    "ſ",
    "$X",
    "{{ x }}",
    "`x`",
    "'",
    '"',
    "\\",
    ";",
    "%i",
    "=",
]


@st.composite
def changed_texts(draw, texts, *, may_go, strange_to=()):
    """Change one of some texts: leave it out, write it twice, change or put in a letter, or move it."""
    at = draw(st.integers(0, len(texts) - 1))
    text = texts[at]
    letter = draw(st.integers(0, len(text)))
    kind = draw(
        st.sampled_from(["leave out", "twice", "lack a letter", "one more", "strange", "in its place", "move", "case"])
    )
    others = texts[:at] + texts[at + 1 :]
    if kind == "leave out":
        return others if may_go(text) else None
    if kind == "move":
        to = draw(st.integers(0, len(others)))
        return [*others[:to], text, *others[to:]]
    # In a unit a backslash joins lines, and what stands before an equals sign may be any key.
    strange = draw(st.sampled_from([each for each in STRANGE if each not in strange_to]))
    wrong = {
        "twice": f"{text}\n{text}" if "=" in text or text[0] == "[" else f"{text} {text}",
        "lack a letter": text[:letter] + text[letter + 1 :],
        "one more": text[:letter] + text[letter : letter + 1] + text[letter:],
        "strange": text[:letter] + strange + text[letter:],
        "in its place": text[:letter] + strange + text[letter + 1 :],
        "case": text.swapcase(),
    }[kind]
    return [*texts[:at], wrong, *texts[at + 1 :]]


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name):
    """The words of a command line: with typographic dashes and quotes, with variables, in another order."""
    words_of = COMMANDS[name].split()
    before = shown(COMMANDS[name])

    @given(changed_texts(words_of, may_go=lambda word: "cap-add" not in word and word != "--privileged"))
    def compare(other):
        if other is not None:
            check(before, shown(" ".join(other)))

    compare()


@pytest.mark.parametrize("name", UNITS)
def test_units(name):
    """The lines of a unit: what is misspelled, stands elsewhere or holds a specifier."""
    text = "\n".join(UNITS[name])
    before = shown(text, "web.service")

    @given(changed_texts(UNITS[name], may_go=lambda line: "CAP_" not in line, strange_to=("\\", "=")))
    def compare(other):
        # What stands behind a ~ is dropped, and without it that is what is kept.
        if other is not None and "\n".join(other).count("~") == text.count("~"):
            check(before, shown("\n".join(other), "web.service"))

    compare()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations(name):
    """The lines of a configuration of LXC: one that is passed over or misspelled never gives less without a word."""
    text = "\n".join(CONFIGURATIONS[name])
    before = shown(text, "config", "lxc")

    @given(changed_texts(CONFIGURATIONS[name], may_go=lambda line: "keep" not in line, strange_to=("=",)))
    def compare(other):
        if other is not None:
            check(before, shown("\n".join(other), "config", "lxc"))

    compare()


@pytest.mark.parametrize("name", QUADLETS)
def test_quadlets(name):
    """The lines of a file of Quadlet, likewise."""
    text = "\n".join(QUADLETS[name])
    before = shown(text, "web.container")

    @given(changed_texts(QUADLETS[name], may_go=lambda line: "CAP_" not in line, strange_to=("\\", "=")))
    def compare(other):
        if other is not None:
            check(before, shown("\n".join(other), "web.container"))

    compare()


@given(st.sampled_from([*STRUCTURED]), st.data())
def test_a_key_that_stands_twice(name, data):
    """Whatever it is: JSON and YAML in which a key stands twice mean different things to different readers."""
    lines = json.dumps(STRUCTURED[name], indent=1).split("\n")
    at = data.draw(
        st.sampled_from([at for at, line in enumerate(lines) if line.strip().startswith('"') and line[-1] not in "[{"])
    )
    if '": ' not in lines[at]:
        return
    twice = lines[at] if lines[at].endswith(",") else lines[at] + ","
    assert shown("\n".join([*lines[:at], twice, *lines[at:]])) is None
