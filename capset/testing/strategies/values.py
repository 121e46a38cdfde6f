"""Strategies of sets and of what is made of them: the values that need no engine, no kernel and no text."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from capset.capability import LAST_CAP, Cap
from capset.comparison import Comparison
from capset.diff import CapDiff, StateDiff
from capset.errors import ArgumentError, shown
from capset.filecaps import FileCaps
from capset.ids import Ids
from capset.problem import Problem
from capset.records import Records
from capset.securebits import Securebits
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = [
    "LAST_ID",
    "caps",
    "capsets",
    "comparisons",
    "diffs",
    "file_caps",
    "id_quadruples",
    "ids",
    "problems",
    "records",
    "securebits",
    "state_diffs",
    "states",
    "unlawful_states",
]

LAST_ID = 2**32 - 2


def caps(*, known: bool = False) -> st.SearchStrategy[Cap]:
    """Draw capabilities; a failing example shrinks towards CAP_CHOWN.

    Args:
        known: Whether only those are drawn that have a name; otherwise every number from 0 to 63.

    Examples:
        >>> from hypothesis import given
        >>> from capset import Cap, testing
        >>> @given(testing.caps())
        ... def test_names(cap):
        ...     assert Cap.parse(str(cap)) is cap
        >>> test_names()
    """
    return st.integers(0, LAST_CAP if known else 63).map(Cap)


# A set is drawn as a byte for each capability, which is in it if the byte is among so many of the greatest. So each
# member of a failing example can be left out by itself, and a set is one draw, however large it is. Most sets have few
# members more than they must, about half of those that they may, or nearly all.
_BYTES = 256
_SHARES = (5, 128, 251)


def capsets(
    *,
    known: bool = False,
    within: Iterable[Cap | int | str] | None = None,
    min_size: int = 0,
    max_size: int | None = None,
) -> st.SearchStrategy[CapSet]:
    """Draw sets: empty and full ones, such as have a few members, and such as lack a few.

    Where sizes are given, these are the smallest and the largest ones, and such as have few more or few fewer members.
    A failing example shrinks to the fewest members that will do, and mostly to low numbers.

    Args:
        known: Whether only capabilities are drawn that have a name; otherwise bits from 41 on too, as a kernel newer
            than capset, or a mask of an old one, has them.
        within: The set of which subsets are drawn.
        min_size: The fewest members.
        max_size: The most members.

    Raises:
        ArgumentError: There are not so many capabilities, or *max_size* is smaller than *min_size*.

    Examples:
        >>> from hypothesis import given
        >>> from capset import DOCKER_DEFAULT, CapSet, testing
        >>> @given(testing.capsets(), testing.capsets(within=DOCKER_DEFAULT, max_size=3))
        ... def test_sets(caps, few):
        ...     assert CapSet.parse(str(caps)) == caps
        ...     assert few <= DOCKER_DEFAULT and len(few) <= 3
        >>> test_sets()
    """
    universe = [*(CapSet.all(LAST_CAP if known else 63) if within is None else CapSet(within))]
    if known:
        universe = [cap for cap in universe if cap.known]
    most = len(universe) if max_size is None else min(max_size, len(universe))
    if not 0 <= min_size <= most:
        message = f"there are no sets of {shown(min_size)} to {shown(max_size)} of {len(universe)} capabilities"
        raise ArgumentError(message, min_size)
    # What is simpler to Hypothesis stands last: sorted, the great bytes are those of the lowest numbers.
    masks = [cap.mask for cap in reversed(universe)]
    drawn = st.binary(min_size=len(masks), max_size=len(masks))

    def made(share: int) -> st.SearchStrategy[CapSet]:
        # Rounded up, so that a set that may have members has some now and then.
        greatest = -(-(_BYTES * min_size + share * (most - min_size)) // max(len(masks), 1))
        bound = max(_BYTES - 1 - greatest, 0)  # what is simplest to Hypothesis is in no set
        return drawn.map(lambda odds: CapSet.from_mask(_joined(masks, odds, bound, min_size, most)))

    return st.one_of([made(share) for share in _SHARES])


def _joined(masks: list[int], odds: bytes, bound: int, fewest: int, most: int) -> int:
    """Join those with great odds; where these are too few or too many, so many as there may be, by their odds."""
    members = [mask for mask, odd in zip(masks, odds, strict=True) if odd > bound]
    size = min(max(len(members), fewest), most)
    if size != len(members):
        ranked = sorted(zip(odds, masks, strict=True), key=lambda each: (-each[0], each[1]))
        members = [mask for _, mask in ranked[:size]]
    return sum(members)


def diffs(*, known: bool = False) -> st.SearchStrategy[CapDiff]:
    """Draw differences of sets.

    Args:
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import CapDiff, testing
        >>> @given(testing.diffs())
        ... def test_a_difference_is_a_text(diff):
        ...     assert CapDiff.parse(str(diff)) == diff
        >>> test_a_difference_is_a_text()
    """

    def made(added: CapSet, dropped: CapSet) -> CapDiff:
        return CapDiff(added=added, dropped=dropped - added)

    return st.builds(made, capsets(known=known), capsets(known=known))


def state_diffs(*, known: bool = False) -> st.SearchStrategy[StateDiff]:
    """Draw differences of five sets.

    Args:
        known: As of :func:`capsets`.
    """
    return st.builds(StateDiff, **dict.fromkeys(THREAD_SETS, diffs(known=known)))


def states(*, lawful: bool | None = True, known: bool = False) -> st.SearchStrategy[CapState]:
    """Draw the five sets of a thread.

    Args:
        lawful: Whether the sets keep to the rules of capabilities(7), so that ``violations()`` is empty; False for such
            as break one at least, and None for any.
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> @given(testing.states())
        ... def test_what_is_effective_is_permitted(state):
        ...     assert state.effective <= state.permitted
        >>> test_what_is_effective_is_permitted()
    """
    sets = capsets(known=known)
    if lawful is None:
        return st.builds(CapState, **dict.fromkeys(THREAD_SETS, sets))

    # Nothing is thrown away: what is effective or ambient is put into the sets that it needs.
    def made(effective: CapSet, ambient: CapSet, permitted: CapSet, inheritable: CapSet, bounding: CapSet) -> CapState:
        return CapState(
            effective=effective,
            permitted=permitted | effective | ambient,
            inheritable=inheritable | ambient,
            bounding=bounding,
            ambient=ambient,
        )

    return st.builds(made, *[sets] * 5) if lawful else unlawful_states(known=known)


_RULES = (("effective", "permitted"), ("ambient", "permitted"), ("ambient", "inheritable"))


def unlawful_states(*, known: bool = False) -> st.SearchStrategy[CapState]:
    """Draw five sets that no thread can have: ``violations()`` says which rule they break.

    Args:
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> @given(testing.unlawful_states())
        ... def test_what_no_kernel_allows(state):
        ...     assert state.violations()
        >>> test_what_no_kernel_allows()
    """

    def broken(state: CapState, rule: tuple[str, str], cap: Cap) -> CapState:
        part, whole = rule
        sets = {name: getattr(state, name) for name in THREAD_SETS}
        return CapState(**sets | {part: sets[part] | {cap}, whole: sets[whole] - {cap}})

    return st.builds(broken, states(lawful=None, known=known), st.sampled_from(_RULES), caps(known=known))


def ids() -> st.SearchStrategy[int]:
    """Draw user or group ids: often those that mean something, 0, 1000 and 65534, and else any up to 2**32 - 2."""
    return st.sampled_from([0, 1000, 1001, 65534, LAST_ID]) | st.integers(0, LAST_ID)


def id_quadruples() -> st.SearchStrategy[Ids]:
    """Draw the four user ids, or the four group ids, of a thread; often all four are the same."""
    return ids().map(lambda each: Ids(each, each, each, each)) | st.builds(Ids, ids(), ids(), ids(), ids())


def securebits() -> st.SearchStrategy[Securebits]:
    """Draw securebits, as a thread can have them: the flags of Linux and their locks."""
    return st.integers(0, 0xFFF).map(Securebits)


def file_caps(*, known: bool = False) -> st.SearchStrategy[FileCaps]:
    """Draw the capabilities of program files, in all three revisions of the attribute.

    Args:
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import FileCaps, testing
        >>> @given(testing.file_caps())
        ... def test_the_attribute_has_all_of_it(caps):
        ...     assert FileCaps.from_xattr(caps.to_xattr()) == caps
        >>> test_the_attribute_has_all_of_it()
    """
    sets, first = capsets(known=known), capsets(within=CapSet.all(31))
    roots = st.sampled_from([0, 1000]) | st.integers(0, LAST_ID)
    return (
        st.builds(FileCaps, permitted=sets, inheritable=sets, effective=st.booleans())
        | st.builds(FileCaps, permitted=sets, inheritable=sets, effective=st.booleans(), rootid=roots)
        | st.builds(FileCaps, permitted=first, inheritable=first, effective=st.booleans(), revision=st.just(1))
    )


_WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=8)


def comparisons() -> st.SearchStrategy[Comparison]:
    """Draw comparisons of up to three sets and states."""
    return st.builds(
        Comparison,
        st.dictionaries(
            _WORDS.filter(lambda name: name not in {"number", "name", "mask"}), capsets() | states(), max_size=3
        ),
        set=st.sampled_from(THREAD_SETS),
        everything=st.booleans(),
    )


def records() -> st.SearchStrategy[Records]:
    """Draw the rows of sets, of which a row is a capability, and of states, of which it is a set."""
    return (capsets() | states()).map(lambda value: value.to_records())


def problems() -> st.SearchStrategy[Problem]:
    """Draw what a document may be told of; the rules are those of ``documents.RULES``."""
    from capset.documents.rules import RULES

    return st.builds(
        Problem,
        rule=st.sampled_from(sorted(RULES)),
        place=st.sampled_from(["", "cap_add[0]", "line 3"]),
        value=st.text(max_size=8),
        verdict=st.sampled_from(["refused", "ignored", "depends", "note"]),
        message=_WORDS,
        line=st.none() | st.integers(1, 1000),
        source=st.just("") | _WORDS,
    )
