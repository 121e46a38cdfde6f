"""Draft: credentials in the making, with who decided what.

The kernel prepares new credentials, changes them rule by rule, and commits them or gives them up. So does every
system call here, on a draft. The draft keeps each decision, and from these an explanation is made: nothing
is computed twice, and an explanation cannot say anything else than what happened.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Concatenate, Literal, NoReturn, ParamSpec, cast

from attrs import evolve

from capset.capability import LAST_CAP, Cap
from capset.errors import ArgumentError, KernelError, shown
from capset.ids import Ids
from capset.kernel.credentials import Credentials, Thread, anywhere, checked
from capset.kernel.explanation import Decision, Explanation
from capset.kernel.namespaces import NO_ID
from capset.kernel.releases import NEWEST, Rules
from capset.kernel.rules import RULES
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState
from capset.summary import listed, summary

__all__ = ["EVERY", "Draft", "explainer", "system_call"]

EVERY = CapSet.from_mask(2**64 - 1)

_LONGEST = 1000  # of an argument, in the text of a call

Arguments = ParamSpec("Arguments")


class Draft:
    """The credentials that a thread gets.

    Attributes:
        old: The credentials that the thread has.
        rules: Which kernel's rules.
        uids, gids, groups, securebits, no_new_privs, user_ns: As in :class:`Credentials`, to be changed.
        secure: AT_SECURE, if this is an execve(2).
        decisions: What was decided so far about the sets.
        notes: What else happened, a sentence each.
    """

    def __init__(self, old: Thread, rules: Rules | str = NEWEST) -> None:
        self.old, self.rules = checked(old), Rules.of(rules)
        old, title = self.old, self.rules.title
        other = "the thread runs on another kernel, or on one to which"
        if old.caps.ambient and not self.rules.ambient:
            raise ArgumentError(
                f"{listed(old.caps.ambient)} is ambient, and {title} has no ambient set: {other} it was brought "
                "(Rules(ambient=True)); Rules.fit() leaves it out",
                old.caps.ambient,
            )
        if beyond := anywhere(old.caps) - self.supported:
            raise ArgumentError(
                f"the thread has {summary(beyond)}, and {title} has no such: {other} they were brought "
                f"(Rules.of(release, last_cap={int(max(beyond))})); Rules.fit() leaves them out",
                beyond,
            )
        self.uids, self.gids, self.groups = old.uids, old.gids, old.groups
        self.securebits, self.no_new_privs, self.user_ns = old.securebits, old.no_new_privs, old.user_ns
        self.secure: bool | None = None
        self.decisions: list[Decision] = []
        self.notes: list[str] = []
        self._sets: dict[str, CapSet] = {name: getattr(old.caps, name) for name in THREAD_SETS}

    def __getitem__(self, name: str) -> CapSet:
        """Return a set as it stands."""
        return self._sets[name]

    @property
    def supported(self) -> CapSet:
        """Every capability that the kernel has."""
        if self.rules.last_cap is not None:
            return CapSet.all(self.rules.last_cap)
        return CapSet.all(max([LAST_CAP, *anywhere(self.old.caps)]))

    # -- decisions about a set -------------------------------------------------------------------

    def give(self, name: str, caps: CapSet, rule: str, why: str, *, as_in: str = "") -> None:
        """Put capabilities into a set; with *as_in*, those that another set has got, for whose reason too."""
        self._decide("give", name, caps, rule, why, as_in)
        self._sets[name] |= caps

    def take(self, name: str, caps: CapSet, rule: str, why: str) -> None:
        """Take capabilities out of a set."""
        self._decide("take", name, caps & self._sets[name], rule, why)
        self._sets[name] -= caps

    def withhold(self, name: str, caps: CapSet, rule: str, why: str, *, as_in: str = "") -> None:
        """Say why a rule does not put capabilities into a set; with *as_in*, for what the other set lacks them."""
        self._decide("withhold", name, caps, rule, why, as_in)

    def compute(self, name: str) -> None:
        """Begin a set anew: what comes is given by what follows."""
        self._decide("begin", name, EVERY, "unchanged", "")
        self._sets[name] = CapSet()

    def _decide(
        self, kind: Literal["give", "take", "withhold", "begin"], name: str, caps: CapSet, rule: str, why: str,
        as_in: str = "",
    ) -> None:  # fmt: skip
        if caps:
            self.decisions.append(Decision(kind, name, caps, RULES[rule], why, as_in))

    # -- refusals --------------------------------------------------------------------------------

    def refuse(self, number: int, rule: str, why: str, missing: CapSet | Cap | int | None = None) -> NoReturn:
        """End the system call with an error; nothing of the draft counts."""
        raise KernelError(number, RULES[rule].name, f"{why} (rule {rule}: {RULES[rule].says})", missing)

    def needs(self, cap: Cap, rule: str, what: str) -> None:
        """Refuse unless the thread has a capability in its user namespace."""
        if not self.old.capable(cap):
            self.refuse(errno.EPERM, rule, f"{what} needs {cap}, which is not effective", cap)

    # -- ids -------------------------------------------------------------------------------------

    def user(self, uid: int) -> int | None:
        """Return whom a user id that the thread passes stands for; None for -1. An unmapped one is refused."""
        return self._kernel_id(uid, "user", self.old.user_ns.outside_uid)

    def group(self, gid: int) -> int | None:
        """Return the group that a group id stands for; None for -1. An unmapped one is refused."""
        return self._kernel_id(gid, "group", self.old.user_ns.outside_gid)

    def _kernel_id(self, id: int, what: str, outside: Callable[[int], int | None]) -> int | None:
        if (number := passed_id(id)) == NO_ID:
            return None
        if (kernel_id := outside(number)) is None:
            self.refuse(errno.EINVAL, "mapped", f"{what} id {number} is not mapped here", number)
        return kernel_id

    def seen_user(self, uid: int) -> str:
        """Write a user as the thread sees it, with the id outside where that is another."""
        return _seen(self.old.user_ns.visible_uid(uid), uid)

    def seen_group(self, gid: int) -> str:
        """Write a group as the thread sees it, likewise."""
        return _seen(self.old.user_ns.visible_gid(gid), gid)

    # -- the end ---------------------------------------------------------------------------------

    def commit(self) -> Credentials:
        """Return the new credentials."""
        return evolve(
            self.old,
            uids=self.uids,
            gids=self.gids,
            groups=self.groups,
            caps=CapState(**self._sets),
            securebits=self.securebits,
            no_new_privs=self.no_new_privs,
            user_ns=self.user_ns,
            assumed=self.rules.all_assumed(self.old),
        )


def _seen(inside: int, outside: int) -> str:
    return str(inside) if inside == outside else f"{inside} (outside {outside})"


def passed_id(id: int) -> int:
    """Return an id as the kernel gets it from a system call, where -1 is 2**32 - 1."""
    if type(id) is not int:
        raise TypeError(f"an id is a number, got {shown(id)}")
    if not -1 <= id <= NO_ID:
        raise ArgumentError(f"an id is a number from 0 to 2**32 - 2, or -1, got {shown(id)}", id)
    return id % 2**32


def with_id(ids: Ids, **changed: int | None) -> Ids:
    """Return ids with some of them changed; None leaves one alone."""
    return ids._replace(**{name: id for name, id in changed.items() if id is not None})


def system_call(
    rules: Callable[Concatenate[Draft, Arguments], None],
) -> Callable[Concatenate[Thread, Arguments], Credentials]:
    """Make a pure function, from credentials to new ones, of the rules that a system call follows on a draft.

    What is given as ``rules=``, the release of a kernel or its :class:`Rules`, is in the draft.
    """

    @wraps(rules)
    def call(cred: Thread, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Credentials:
        draft = Draft(cred, _rules(kwargs))
        rules(draft, *args, **kwargs)
        return draft.commit()

    return cast("Callable[Concatenate[Thread, Arguments], Credentials]", _as_called(call, Credentials))


def explainer(
    call: Callable[Concatenate[Thread, Arguments], Credentials],
) -> Callable[Concatenate[Thread, Arguments], Explanation]:
    """Make the function that explains what a system call does: the same rules on the same draft."""
    rules = cast("Callable[Concatenate[Draft, Arguments], None]", call.__wrapped__)  # type: ignore[attr-defined]

    def explain(cred: Thread, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Explanation:
        draft = Draft(cred, _rules(kwargs))
        after, error = None, None
        # What can be gone through once is wanted twice: for the rules, and to say what was asked for.
        args = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)  # type: ignore[assignment]
        written = [_short(arg) for arg in args]
        written += [f"{name}={_short(value)}" for name, value in kwargs.items() if name != "rules"]
        try:
            rules(draft, *args, **kwargs)
            after = draft.commit()
        except KernelError as refusal:
            error = refusal
        return Explanation(
            call=f"{rules.__name__}({', '.join(written)})",
            before=draft.old,
            after=after,
            error=error,
            secure=draft.secure if error is None else None,
            notes=tuple(draft.notes) if error is None else (),
            decisions=tuple(draft.decisions) if error is None else (),
            rules=draft.rules,
        )

    explain.__name__ = explain.__qualname__ = f"explain_{rules.__name__}"
    explain.__module__ = rules.__module__
    explain.__doc__ = (
        f"Explain what :func:`{rules.__name__}` does to credentials, capability by capability.\n\n"
        f"The arguments are those of :func:`{rules.__name__}`. A refusal is told too, and not raised."
    )
    explain.__signature__ = signature(call)  # type: ignore[attr-defined]
    return cast("Callable[Concatenate[Thread, Arguments], Explanation]", _as_called(explain, Explanation))


def _rules(keywords: Mapping[str, object]) -> Rules | str:
    """Return which kernel's rules a system call is to follow."""
    return cast("Rules | str", keywords.get("rules", NEWEST))


def _short(value: object) -> str:
    try:
        text = str(value)
    except ValueError:  # a number in it is too long to be written
        text = shown(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _as_called(function: Callable[..., object], returns: type) -> Callable[..., object]:
    """Give a function the signature with which people call it."""
    first, *others = signature(function).parameters.values()
    parameters = [Parameter("cred", first.kind, annotation=Thread), *others]
    function.__signature__ = signature(function).replace(parameters=parameters, return_annotation=returns)  # type: ignore[attr-defined]
    return function
