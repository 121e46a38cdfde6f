"""Strategies of what the kernel's rules are about: credentials, programs, user namespaces, releases, and answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from capset import kernel
from capset.capability import Cap
from capset.facts import load
from capset.kernel import (
    INITIAL,
    Answer,
    Backport,
    Change,
    Credentials,
    Decision,
    Executable,
    Explanation,
    Extent,
    Group,
    Histories,
    History,
    Reason,
    Rule,
    Rules,
    UserNamespace,
    Way,
)
from capset.kernel.namespaces import NO_ID
from capset.sets import THREAD_SETS
from capset.testing.strategies.values import LAST_ID, caps, file_caps, id_quadruples, ids, securebits, states

__all__ = [
    "answers",
    "backports",
    "changes",
    "credentials",
    "decisions",
    "executables",
    "explanations",
    "extents",
    "groups",
    "histories",
    "listed_histories",
    "namespaces",
    "reasons",
    "releases",
    "rules",
    "rules_by_name",
    "ways",
]

T = TypeVar("T")
_SIZES = (1, 2, 65536, NO_ID)


def extents() -> st.SearchStrategy[Extent]:
    """Draw stretches of ids that a user namespace can map."""

    def within(first: int, outside: int, size: int) -> Extent:
        return Extent(first, outside, min(size, NO_ID - first, NO_ID - outside))

    return st.builds(within, ids(), ids(), st.sampled_from(_SIZES))


def namespaces() -> st.SearchStrategy[UserNamespace]:
    """Draw user namespaces: the initial one, and such as are one or two levels below it.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> @given(testing.namespaces())
        ... def test_all_stand_below_the_initial_one(namespace):
        ...     assert [*namespace.ancestors][-1].parent is None
        >>> test_all_stand_below_the_initial_one()
    """
    maps = st.just(()) | st.tuples(extents())

    def below(parent: st.SearchStrategy[UserNamespace]) -> st.SearchStrategy[UserNamespace]:
        return st.builds(
            UserNamespace,
            parent=parent,
            owner=ids(),
            group=ids(),
            uid_map=maps,
            gid_map=maps,
            setgroups=st.sampled_from(["allow", "deny"]),
            parent_could_setfcap=st.booleans(),
        )

    initial = st.just(INITIAL)
    return initial | below(initial) | below(below(initial))


def credentials(*, known: bool = False) -> st.SearchStrategy[Credentials]:
    """Draw what the kernel knows of a thread; the sets are lawful.

    Args:
        known: As of :func:`capsets`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import kernel, testing
        >>> @given(testing.credentials(), testing.executables())
        ... def test_execve_keeps_the_bounding_set(cred, program):
        ...     after = kernel.explain_execve(cred, program).after
        ...     assert after is None or after.caps.bounding == cred.caps.bounding
        >>> test_execve_keeps_the_bounding_set()
    """
    return st.builds(
        Credentials,
        uids=id_quadruples(),
        gids=id_quadruples(),
        groups=st.lists(ids(), max_size=3),
        caps=states(known=known),
        securebits=securebits(),
        no_new_privs=st.booleans(),
        user_ns=namespaces(),
    )


def executables(*, known: bool = False) -> st.SearchStrategy[Executable]:
    """Draw program files as execve(2) sees them, some of which are the interpreter of a script.

    Args:
        known: As of :func:`capsets`.
    """
    plain = st.builds(Executable, uid=ids(), gid=ids(), mode=st.integers(0, 0o7777))
    return st.builds(
        Executable,
        uid=ids(),
        gid=ids(),
        mode=st.just(0o755) | st.integers(0, 0o7777),
        caps=st.none() | file_caps(known=known),
        nosuid=st.booleans(),
        script=st.none() | plain,
    )


_LAST_OF_A_MAJOR = 19  # every first number so far has ended with this second one, or one later


@cache
def _series() -> list[str]:
    """List the series of Linux whose rules are known, the newest first."""
    facts = load("kernel")
    (first, second), newest = ([int(part) for part in facts[key].split(".")[:2]] for key in ("oldest", "read_to"))
    every = ([major, minor] for major in range(first, newest[0] + 1) for minor in range(_LAST_OF_A_MAJOR + 1))
    known = [each for each in every if [first, second] <= each < newest]
    return [f"{major}.{minor}" for major, minor in (newest, *reversed(known))]


_SUFFIXES = ("", "-amd64", "-cloud-amd64", "-91-generic", "-553.el8.x86_64", "-rc3", "+deb13-amd64")


def releases() -> st.SearchStrategy[str]:
    """Draw releases of Linux, as ``uname -r`` prints them, of stable series and of distributions.

    They are those whose rules are known: from 3.10 on, up to the newest of which capset has read them.

    Examples:
        >>> from hypothesis import given
        >>> from capset import kernel, testing
        >>> @given(testing.releases())
        ... def test_each_has_rules(release):
        ...     assert kernel.Rules.of(release).release == release
        >>> test_each_has_rules()
    """
    return st.builds("{}.{}{}".format, st.sampled_from(_series()), st.integers(0, 400), st.sampled_from(_SUFFIXES))


def rules() -> st.SearchStrategy[Rules]:
    """Draw the rules of kernels: those of the newest, and those of releases."""
    return st.just(kernel.NEWEST) | releases().map(Rules.of)


def rules_by_name() -> st.SearchStrategy[Rule]:
    """Draw the rules that reasons name."""
    return st.sampled_from(list(kernel.RULES.values()))


def changes() -> st.SearchStrategy[Change]:
    """Draw what changed between kernels."""
    return st.sampled_from(kernel.changes())


def backports() -> st.SearchStrategy[Backport]:
    """Draw what older releases got of that."""
    return st.sampled_from([each for change in kernel.changes() for each in change.backports])


_ID = st.sampled_from([0, 1000, 65534, LAST_ID])
_NUMBERS = st.integers(0, 63)


def explanations() -> st.SearchStrategy[Explanation]:
    """Draw explanations of system calls, some of which are refused."""

    def of(explained: Callable[..., Explanation], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Explanation]:
        def told(rules: Rules, cred: Credentials, *given: Any) -> Explanation:
            return explained(rules.fit(cred), *given, rules=rules)

        return st.builds(told, rules(), credentials(), *arguments)

    return st.one_of(
        of(kernel.explain_execve, executables()),
        of(kernel.explain_capbset_drop, _NUMBERS),
        of(kernel.explain_ambient_raise, _NUMBERS),
        of(kernel.explain_set_securebits, st.integers(0, 0xFFF)),
        of(kernel.explain_setuid, _ID),
        of(kernel.explain_unshare_user),
    )


def _members(of: st.SearchStrategy[Explanation], members: Callable[[Explanation], list[T]]) -> st.SearchStrategy[T]:
    return of.map(members).filter(bool).flatmap(st.sampled_from)


def reasons() -> st.SearchStrategy[Reason]:
    """Draw the reason of one capability in one set."""
    return _members(explanations(), lambda told: [*told.reasons])


def decisions() -> st.SearchStrategy[Decision]:
    """Draw what one rule decides."""
    return _members(explanations(), lambda told: [*told.decisions])


def groups() -> st.SearchStrategy[Group]:
    """Draw capabilities of one set that have the same reason."""
    return _members(explanations(), lambda told: [group for name in THREAD_SETS for group in told.groups(name)])


def answers() -> st.SearchStrategy[Answer]:
    """Draw answers of ``kernel.why()``."""

    def told(rules: Rules, cred: Credentials, cap: Cap) -> Answer:
        return kernel.why(rules.fit(cred), cap, rules=rules)

    return st.builds(told, rules(), credentials(), caps())


def ways() -> st.SearchStrategy[Way]:
    """Draw ways to a capability, and such as are none."""
    return answers().map(lambda answer: answer.ways).filter(bool).flatmap(st.sampled_from)


def listed_histories() -> st.SearchStrategy[Histories]:
    """Draw how threads may have got their sets."""

    def told(rules: Rules, cred: Credentials) -> Histories:
        return kernel.histories(rules.fit(cred), rules=rules)

    return st.builds(told, rules(), credentials())


def histories() -> st.SearchStrategy[History]:
    """Draw one such history: that of a container's process, as few others are told apart."""
    from capset.testing.strategies.engines import credentials_of_containers

    return credentials_of_containers().map(kernel.histories).filter(bool).flatmap(st.sampled_from)
