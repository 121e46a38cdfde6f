"""Lines as tools print them, changed in one place: the same is read, or more, or it is told, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, documents
from capset.errors import CapsetError
from capset.sets import THREAD_SETS
from tests.corpus import LINES

STRANGE = ["—", "\u00a0", "\u200b", "ſ", "$", "{{ x }}", "'", '"', "\\", ";", "=", "|", ",", " ", "#", "\r", "0", "x"]


def read(text, dialect):
    """Return what is read of a text; None where it is refused."""
    try:
        found = documents.read(text, dialect=dialect)
        documents.lint(found).to_sarif()
    except CapsetError as error:
        assert str(error)
        return None
    return found


def holds(workloads):
    """Return everything that any of some workloads has in any set that it says."""
    found = CapSet()
    for each in workloads:
        state = each.state or (each.file_caps and each.file_caps.state)
        if each.unit is not None:
            found |= (each.unit.bounding or CapSet.all()) | each.unit.ambient
        for name in each.says if state else ():
            found |= getattr(state, name)
        found |= {check.cap for check in each.checks if check.cap is not None}
    return found


@pytest.mark.parametrize("dialect", LINES)
def test_a_line_that_was_changed(dialect):
    """Nothing is lost without a word, wherever it breaks."""
    lines = LINES[dialect]
    before = holds(read("\n".join(lines), dialect))
    assert before

    @given(st.integers(0, len(lines) - 1), st.data())
    def compare(at, data):
        line = lines[at]
        letter = data.draw(st.integers(0, len(line)))
        strange = data.draw(st.sampled_from(STRANGE))
        wrong = data.draw(
            st.sampled_from(
                [
                    line[:letter] + line[letter + 1 :],
                    line[:letter] + strange + line[letter:],
                    line[:letter] + strange + line[letter + 1 :],
                    line.swapcase(),
                    f"{line}\n{line}",
                    f"{line} {line}",
                ]
            )
        )
        found = read("\n".join([*lines[:at], wrong, *lines[at + 1 :]]), dialect)
        if found is None or wrong.lstrip().startswith("#"):  # refused, or a comment, or typed at the prompt of root
            return
        told = any(each.not_known or each.problems for each in found)
        assert told or len(before - holds(found)) <= 1  # a digit or a letter may well make another of one
        assert set(found[0].says) <= set(THREAD_SETS)

    compare()


@given(
    st.lists(
        st.sampled_from([line for lines in LINES.values() for line in lines]) | st.text(max_size=12),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, *LINES]),
)
def test_lines_in_any_order(lines, dialect):
    """Each is read, told or refused; each line that was read as one of its dialect stands for something."""
    found = read("\n".join(lines), dialect)
    for each in found or ():
        assert each.asks is not None or each.not_known or each.problems
        assert each.line <= 1 + "\n".join(lines).count("\n")


@pytest.mark.parametrize("dialect", LINES)
@given(st.data())
def test_what_is_recognised_gives_something(dialect, data):
    """Lines that are left out, changed or cut off: whatever is left is read, or it is told, or refused."""
    lines = data.draw(st.lists(st.sampled_from([*LINES[dialect], "$ x", "[...]"]), min_size=1, max_size=4))
    text = "\n".join(lines)
    at = data.draw(st.integers(0, len(text)))
    text = data.draw(st.sampled_from([text, text[:at], text[at:], f"{text[:at]}{data.draw(st.sampled_from(STRANGE))}"]))
    found = read(text, dialect)
    assert found is None or all(each.asks or each.problems for each in found)
    assert found != []
