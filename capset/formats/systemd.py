"""systemd: the capability directives of a unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from attrs import Factory, evolve, field, frozen

from capset.bounds import bounded
from capset.capability import CAPS, Cap
from capset.engines.process import first_process
from capset.engines.request import yes_or_no
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, require, shown
from capset.formats.directives import FULL, PLAIN_ID, SECUREBITS, Directives, user_of
from capset.formats.document import Node, ignored, refused
from capset.formats.unitcommands import Commands
from capset.formats.unitfile import SECTIONS, Assignment, assignments
from capset.formats.unitfilters import Means
from capset.formats.unitsettings import SystemdRelease, counted
from capset.plain import Plain
from capset.problem import Problem
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.state import CapState
from capset.summary import listed

__all__ = ["Unit", "from_unit", "to_unit"]


def __dir__() -> list[str]:
    return sorted(__all__)


_SPELLING = SPELLINGS["systemd"]
_DYNAMIC_ID = 61184  # the first of those that systemd chooses from


def _unset_if_full(caps: Iterable[Cap | int | str] | None) -> CapSet | None:
    bounding = None if caps is None else CapSet(caps)
    return None if bounding == FULL else bounding


Manager = Literal["system", "user"]
# For a filter of a service with a user: what systemd gives up, and what it leaves inheritable.
_GIVEN_UP, _LEFT = CapSet(["setuid"]), CapSet(["sys_admin", "setpcap"])


@frozen(kw_only=True)
class Unit(Plain):
    """What a unit says of the capabilities of its processes.

    Attributes:
        bounding: ``CapabilityBoundingSet=``, all 64 bits of it: ``~CAP_KILL`` keeps capabilities that have
            no name yet. None where nothing limits it: for systemd, a full set is one that is not set.
        ambient: ``AmbientCapabilities=``.
        user: ``User=``, a name or a number; empty for root.
        group: ``Group=``, a name or a number; empty for that of the user.
        dynamic_user: ``DynamicUser=``: a user made for the unit, unless one of the name of ``User=`` exists.
        no_new_privs: Whether nothing is gained, whoever the user is: ``NoNewPrivileges=``, and a dynamic user.
        filters: What the unit's seccomp(2) filters mean, such as that of ``SystemCallFilter=`` or ``PrivateDevices=``:
            ``"no_new_privs"`` for whoever has no CAP_SYS_ADMIN, which no user but root has here; ``"kept"`` where
            systemd keeps what it needs for them; where a user is named, CAP_SYS_ADMIN and CAP_SETPCAP stay inheritable
            then if they are in the bounding set, and CAP_SETUID is lost, which root notices with no_new_privs alone;
            empty where there is none. A dynamic user brings one.
        securebits: ``SecureBits=``.
        taken: What other settings take away, such as ``PrivateDevices=``. It is written as a part of the
            bounding set.
        manager: Whose unit it is: ``"system"``, or ``"user"`` for the manager that each user has. That one runs as the
            user, and gives what the user has.
        not_known: Why it cannot be said what the unit's processes get, whoever the user is, such as a template of which
            something else makes the unit, or ``+`` in front of its command; empty where it can.
        assumed: What is not known of the release of systemd and was assumed, a sentence each. This and what follows
            do not count when two units are compared.
        problems: What the unit says and systemd does not take as it looks.

    Examples:
        >>> from capset.formats import systemd
        >>> unit = systemd.Unit(bounding=["net_bind_service"], ambient=["net_bind_service"], user="1000")
        >>> print(systemd.to_unit(unit), end="")
        [Service]
        CapabilityBoundingSet=CAP_NET_BIND_SERVICE
        AmbientCapabilities=CAP_NET_BIND_SERVICE
        User=1000
        >>> print(unit.process().effective)
        CAP_NET_BIND_SERVICE
    """

    bounding: CapSet | None = field(default=None, converter=_unset_if_full)
    ambient: CapSet = field(default=CapSet(), converter=CapSet)
    user: str = ""
    group: str = ""
    dynamic_user: bool = False
    no_new_privs: bool = field(default=Factory(lambda unit: unit.dynamic_user, takes_self=True))
    filters: Means = field(default=Factory(lambda unit: "kept" if unit.dynamic_user else "", takes_self=True))
    securebits: Securebits = field(default=Securebits(0), converter=Securebits)
    taken: CapSet = field(default=CapSet(), converter=CapSet)
    manager: Manager = "system"
    not_known: str = ""
    assumed: tuple[str, ...] = field(default=(), eq=False)
    problems: tuple[Problem, ...] = field(default=(), eq=False)

    def __attrs_post_init__(self) -> None:
        yes_or_no(self.dynamic_user, "dynamic_user")
        yes_or_no(self.no_new_privs, "no_new_privs")
        for what in ("user", "group"):
            if not isinstance(value := getattr(self, what), str):
                raise TypeError(f'{what} is a text such as "1000" or "nobody", got {shown(value)}')
        for what, allowed in (("filters", get_args(Means)), ("manager", get_args(Manager))):
            if (value := getattr(self, what)) not in allowed:
                raise FormatError(what, value, f"one of {', '.join(map(repr, allowed))}")

    @property
    def uid(self) -> int | None:
        """The number of its user as systemd reads it; None where only the system knows it.

        A user whom systemd makes has the first number of those that it chooses from.
        """
        if self.manager == "user":
            return None
        if self.user == "root" or not (self.user or self.dynamic_user):
            return 0
        if PLAIN_ID.fullmatch(self.user):
            return int(self.user)
        return _DYNAMIC_ID if self.dynamic_user else None

    def gains_nothing(self, uid: int, *, available: CapSet | None = None) -> bool:
        """Say whether a process of the unit has no_new_privs.

        Args:
            uid: The number of its user.
            available: What systemd itself has: by default all that capset knows.
        """
        if self.no_new_privs or not self.filters:
            return self.no_new_privs
        of_user = self.manager == "user" and uid != 0  # who runs the manager has no capability
        privileged = not of_user and (available is None or "sys_admin" in CapSet(available))
        return not privileged or (self.filters == "no_new_privs" and uid != 0)

    def configured(self, *, available: CapSet | None = None) -> CapState:
        """Return the five sets before the execve(2) of the unit's program.

        Args:
            available: What systemd itself has: by default all that capset knows.
        """
        held = CapSet.all() if available is None else CapSet(available)
        bounding = (held if self.bounding is None else self.bounding & held) - self.taken
        # Since 246 systemd leaves out what is not in the bounding set; before, the unit fails.
        ambient = self.ambient & bounding
        inheritable = ambient
        if self.filters == "kept" and (self.user or self.dynamic_user):
            held -= _GIVEN_UP - ambient
            inheritable |= _LEFT & bounding
        return CapState(effective=held, permitted=held, inheritable=inheritable, bounding=bounding, ambient=ambient)

    def process(self, *, uid: int | None = None, available: CapSet | None = None) -> CapState:
        """Return what ``/proc/<pid>/status`` shows for a process of the unit, after its execve(2).

        That is for a program without file capabilities.

        Args:
            uid: The number of the unit's user; if not given, that of ``User=``.
            available: What systemd itself has: by default all that capset knows.

        Raises:
            FormatError: The user is a name, or that of a user's manager, whose number only the system knows; or
                ``not_known`` says why nobody can tell.

        Source:
            systemd ``src/core/exec-invoke.c`` (``execute.c`` before 255); 252, 257 and 262 were run as process 1.
        """
        if self.not_known:
            raise FormatError("the unit", self.not_known, "one of which it can be said what its processes get")
        number = self.uid if uid is None else uid
        if number is None:
            whose = "that of its manager" if self.manager == "user" else "that of a name"
            raise FormatError("User", self.user, f"a number, as only the system knows {whose}; give a uid")
        held = CapSet.all() if available is None else CapSet(available)
        state = self.configured(available=held)
        if self.manager == "user" and number != 0:  # who runs the manager has nothing that it could give
            return CapState(bounding=state.bounding)
        gains_nothing = self.gains_nothing(number, available=held)
        return first_process(state, held=held, root=self.is_root(number), no_new_privs=gains_nothing)

    def is_root(self, uid: int) -> bool:
        """Say whether a user gets capabilities by being root."""
        return uid == 0 and Securebits.NOROOT not in self.securebits


def _section(name: str) -> None:
    """Raise a FormatError for what is no section with capabilities."""
    if name not in SECTIONS.values():
        raise FormatError("section", name, f"one of {', '.join(SECTIONS.values())}")


def _id_line(key: str, value: str) -> list[str]:
    """Write User= or Group=, if there is one.

    Raises:
        FormatError: systemd takes it for none.
    """
    if not value:
        return []
    written = value.replace("%", "%%")
    problems: list[Problem] = []
    user_of(Assignment("", key, written, ""), "", SystemdRelease(), problems)
    if problems or "\\" in value or not value.isprintable() or value != value.strip():
        raise FormatError(key.lower(), value, "a name, or a number without a sign or zeros in front")
    return [f"{key}={written}"]


def from_unit(
    text: str, *drop_ins: str, section: str = "Service", version: int | str | None = None, manager: Manager = "system"
) -> Unit:
    r"""Read the capability directives of a unit file as systemd does.

    Args:
        text: The unit file.
        *drop_ins: The drop-ins that systemd reads after it, in that order.
        section: The section of the unit's type: Service, Socket, Mount or Swap.
        version: The release of systemd, such as 252 or ``"252.39-1~deb12u1"``; the newest that was read if not given. A
            setting that it does not know it passes over, and other rules have changed too: see the table of them in the
            documentation. One that is newer or older than all that were read is taken for the nearest of these, which
            the unit's ``assumed`` tells.
        manager: Whose unit it is: ``"user"`` for a unit of ``systemctl --user``.

    Returns:
        The sets that systemd computes; whatever it refuses, or passes over without a word, is in the
        ``problems`` of the unit.

    Raises:
        FormatError: *section* is no section with capabilities, *version* no release, or *manager* no manager.
        TooLargeError: A file is longer than :data:`capset.bounds.LONGEST_TEXT`.
        TypeError: *text* is no str, or *version* neither a number nor a text.

    Source:
        systemd ``src/core/load-fragment.c``, ``config_parse_capability_set()``; systemd.exec(5). systemd 252
        does the same for all that was compared.

    Examples:
        >>> from capset.formats import systemd
        >>> unit = systemd.from_unit("[Service]\nCapabilityBoundingSet=CAP_KILL CAP_RAWIO\n")
        >>> unit.bounding
        CapSet.parse('CAP_KILL')
        >>> print(unit.problems[0])
        line 2 (CapabilityBoundingSet): ignored: systemd passes over 'CAP_RAWIO': did you mean CAP_SYS_RAWIO?
    """
    _section(section)
    rules = Directives(SystemdRelease(version))
    problems: list[Problem] = []
    if isinstance(text, str) and not text:
        problems.append(
            refused(Node(text, "the unit"), "masked-unit", "systemd takes an empty file for a unit that is masked")
        )
    for at, part in enumerate((text, *drop_ins)):
        if not isinstance(part, str):
            raise TypeError(f"expected a unit file as str, got {shown(part)}")
        bounded(part)
        for line in assignments(part, problems, drop_in=at):
            if line.section == section:
                rules.assign(line, problems)
            elif line.key in counted() and not line.section.startswith("X-"):
                problems.append(
                    ignored(line.node, "misplaced", f"it stands in [{line.section}], and not in [{section}]")
                )
    if lost := rules.ambient - rules.bounding:
        node = Node(str(lost), rules.ambient_place)
        if rules.release.does("ambient-within-bounding"):
            problems.append(
                ignored(node, "not-ambient", f"what the bounding set lacks does not become ambient: {_some(lost)}")
            )
        else:
            problems.append(refused(node, "not-ambient", f"the unit fails, as the bounding set lacks {_some(lost)}"))
    unit = Unit(
        bounding=rules.bounding,
        ambient=rules.ambient,
        user=rules.user,
        group=rules.group,
        dynamic_user=rules.dynamic_user,
        no_new_privs=rules.no_new_privs or (manager == "user" and rules.filters.always_of_users),
        filters=rules.filters_mean,
        securebits=rules.securebits,
        taken=rules.taken,
        manager=manager,
        assumed=rules.release.assumed,
    )
    named = unit.uid != 0
    limited = evolve(unit, user=unit.user if named else "", group="", manager="system") != Unit()
    commands = rules.commands if manager == "system" else Commands(rules.release)  # that of a user has no more to give
    problems += commands.problems(limited=limited, named=named)
    reasons = (
        _VARIABLE if any(map(_decides, problems)) else "",
        *rules.gives.values(),
        commands.why_not_known(limited=limited, named=named),
    )
    return evolve(
        unit,
        not_known=next(filter(None, reasons), ""),
        problems=tuple(problems),
    )


_VARIABLE = "a variable decides"


def _decides(problem: Problem) -> bool:
    """Say whether it is not known what the unit says, whoever the user is: that one can be given."""
    return problem.rule == "variable" and not problem.place.endswith(("(User)", "(Group)"))


def to_unit(unit: Unit, *, section: str = "Service") -> str:
    r"""Write the capability directives of a unit, in a section of their own: what a drop-in holds.

    A set that has all that is to come is written with ``~``, as what it lacks. Filters are not written; what they mean
    for another user than root is, as ``NoNewPrivileges=yes``.

    Raises:
        FormatError: systemd takes the user or the group for none, or ``not_known`` says why nobody can tell what the
            unit says.

    Examples:
        >>> from capset.formats import systemd
        >>> print(systemd.to_unit(systemd.from_unit("[Service]\nCapabilityBoundingSet=~cap_kill")), end="")
        [Service]
        CapabilityBoundingSet=~CAP_KILL
    """
    require(unit, Unit, "a Unit")
    if unit.not_known:
        raise FormatError("the unit", unit.not_known, "one of which it can be said what its processes get")
    _section(section)
    lines = [f"[{section}]"]
    bounding = (FULL if unit.bounding is None else unit.bounding) - unit.taken
    if bounding != FULL:
        lines.append(f"CapabilityBoundingSet={_value(bounding)}")
    if unit.ambient:
        lines.append(f"AmbientCapabilities={_value(unit.ambient)}")
    lines += [*_id_line("User", unit.user), *_id_line("Group", unit.group)]
    if unit.dynamic_user:
        lines.append("DynamicUser=yes")
    if unit.securebits:
        lines.append(f"SecureBits={' '.join(word for word, bit in SECUREBITS.items() if bit in unit.securebits)}")
    if (unit.no_new_privs and not unit.dynamic_user) or (unit.filters == "no_new_privs" and unit.uid != 0):
        lines.append("NoNewPrivileges=yes")
    return "\n".join(lines) + "\n"


def _value(caps: Iterable[Cap]) -> str:
    caps = CapSet(caps)
    sign, listed = ("~", FULL - caps) if CAPS[-1] in caps else ("", caps)
    return sign + " ".join(_SPELLING.write(cap) for cap in listed)


def _some(caps: CapSet) -> str:
    return listed(caps) if len(caps) <= 3 else f"{len(caps)} capabilities"
