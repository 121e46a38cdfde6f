"""systemd: the capability directives of a unit."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from capset.bounds import bounded
from capset.capability import CAPS, Cap
from capset.engines.process import first_process
from capset.engines.request import yes_or_no
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, require, shown
from capset.formats.directives import FULL, KEYS, PLAIN_ID, Directives, user_of
from capset.formats.document import Node, ignored, refused
from capset.formats.unitfile import Assignment, assignments
from capset.plain import Plain
from capset.problem import Problem
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["Unit", "from_unit", "to_unit"]


def __dir__() -> list[str]:
    return sorted(__all__)


_SPELLING = SPELLINGS["systemd"]
_SECTIONS = ("Service", "Socket", "Mount", "Swap")
_NEWEST = 10_000
_DYNAMIC_ID = 61184  # the first of those that systemd chooses from


def _unset_if_full(caps: Iterable[Cap | int | str] | None) -> CapSet | None:
    bounding = None if caps is None else CapSet(caps)
    return None if bounding == FULL else bounding


@frozen(kw_only=True)
class Unit(Plain):
    """What a unit says of the capabilities of its processes.

    Attributes:
        bounding: ``CapabilityBoundingSet=``, all 64 bits of it: ``~CAP_KILL`` keeps capabilities that have
            no name yet. None where nothing limits it: for systemd, a full set is one that is not set.
        ambient: ``AmbientCapabilities=``.
        user: ``User=``, a name or a number; empty for root.
        group: ``Group=``, a name or a number; empty for that of the user.
        dynamic_user: ``DynamicUser=``: a user other than root, made for the unit, who gains no privileges.
        no_new_privs: ``NoNewPrivileges=``.
        taken: What other settings take away, such as ``PrivateDevices=``. It is written as a part of the
            bounding set.
        problems: What the unit says and systemd does not take as it looks; it does not count when two units
            are compared.

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
    no_new_privs: bool = False
    taken: CapSet = field(default=CapSet(), converter=CapSet)
    problems: tuple[Problem, ...] = field(default=(), eq=False)

    def __attrs_post_init__(self) -> None:
        yes_or_no(self.no_new_privs, "no_new_privs")
        yes_or_no(self.dynamic_user, "dynamic_user")
        for what in ("user", "group"):
            if not isinstance(value := getattr(self, what), str):
                raise TypeError(f'{what} is a text such as "1000" or "nobody", got {shown(value)}')

    def configured(self, *, available: CapSet | None = None) -> CapState:
        """Return the five sets before the execve(2) of the unit's program.

        Args:
            available: What systemd itself has: by default all that capset knows.
        """
        held = CapSet.all() if available is None else CapSet(available)
        bounding = (held if self.bounding is None else self.bounding & held) - self.taken
        # Since 246 systemd leaves out what is not in the bounding set; before, the unit fails.
        ambient = self.ambient & bounding
        return CapState(effective=held, permitted=held, inheritable=ambient, bounding=bounding, ambient=ambient)

    def process(self, *, uid: int | None = None, available: CapSet | None = None) -> CapState:
        """Return what ``/proc/<pid>/status`` shows for a process of the unit, after its execve(2).

        That is for a program without file capabilities.

        Args:
            uid: The number of the unit's user; if not given, that of ``User=``.
            available: What systemd itself has: by default all that capset knows.

        Raises:
            FormatError: The user is a name, whose number only the system knows.

        Source:
            systemd ``src/core/execute.c``; systemd 252 was run as process 1.
        """
        number = _uid(self) if uid is None else uid
        if number is None:
            raise FormatError("User", self.user, "a number, as only the system knows that of a name; give a uid")
        held = CapSet.all() if available is None else CapSet(available)
        state = self.configured(available=held)
        return first_process(state, held=held, root=number == 0, no_new_privs=self.no_new_privs or self.dynamic_user)


def _uid(unit: Unit) -> int | None:
    """Return the number of a unit's user as systemd reads it; None for a name that is not root's."""
    if unit.dynamic_user:
        return _DYNAMIC_ID
    if unit.user in {"", "root"}:
        return 0
    return int(unit.user) if PLAIN_ID.fullmatch(unit.user) else None


def _id_line(key: str, value: str) -> list[str]:
    """Write User= or Group=, if there is one.

    Raises:
        FormatError: systemd takes it for none.
    """
    if not value:
        return []
    written = value.replace("%", "%%")
    problems: list[Problem] = []
    user_of(Assignment("", key, written, ""), problems)
    if problems or "\\" in value or not value.isprintable() or value != value.strip():
        raise FormatError(key.lower(), value, "a name, or a number without a sign or zeros in front")
    return [f"{key}={written}"]


def from_unit(text: str, *drop_ins: str, section: str = "Service", version: int | None = None) -> Unit:
    r"""Read the capability directives of a unit file as systemd does.

    Args:
        text: The unit file.
        *drop_ins: The drop-ins that systemd reads after it, in that order.
        section: The section of the unit's type: Service, Socket, Mount or Swap.
        version: The release of systemd, such as 252; the newest rules if not given. Lines of
            ``CapabilityBoundingSet=`` are merged in one way since 235, in others from 228 on and before.

    Returns:
        The sets that systemd computes; whatever it refuses, or passes over without a word, is in the
        ``problems`` of the unit.

    Raises:
        FormatError: *section* is no section with capabilities.
        TooLargeError: A file is longer than :data:`capset.bounds.LONGEST_TEXT`.
        TypeError: *text* is no str, or *version* no number.

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
    if section not in _SECTIONS:
        raise FormatError("section", section, f"one of {', '.join(_SECTIONS)}")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
        raise TypeError(f"version is a number such as 252, got {shown(version)}")
    if version is not None and version < 1:
        raise FormatError("version", version, "a release of systemd, such as 252")
    rules = Directives(_NEWEST if version is None else version)
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
            elif line.key in KEYS and not line.section.startswith("X-"):
                problems.append(
                    ignored(line.node, "misplaced", f"it stands in [{line.section}], and not in [{section}]")
                )
    if lost := rules.ambient - rules.bounding:
        node = Node(str(lost), rules.ambient_place)
        if rules.version >= 246:
            problems.append(
                ignored(node, "not-ambient", f"what the bounding set lacks does not become ambient: {_some(lost)}")
            )
        else:
            problems.append(refused(node, "not-ambient", f"the unit fails, as the bounding set lacks {_some(lost)}"))
    return Unit(
        bounding=rules.bounding,
        ambient=rules.ambient,
        user=rules.user,
        group=rules.group,
        dynamic_user=rules.dynamic_user,
        no_new_privs=rules.no_new_privs,
        taken=rules.taken,
        problems=tuple(problems),
    )


def to_unit(unit: Unit, *, section: str = "Service") -> str:
    r"""Write the capability directives of a unit, in a section of their own: what a drop-in holds.

    A set that has all that is to come is written with ``~``, as what it lacks.

    Raises:
        FormatError: systemd takes the user or the group for none.

    Examples:
        >>> from capset.formats import systemd
        >>> print(systemd.to_unit(systemd.from_unit("[Service]\nCapabilityBoundingSet=~cap_kill")), end="")
        [Service]
        CapabilityBoundingSet=~CAP_KILL
    """
    require(unit, Unit, "a Unit")
    if section not in _SECTIONS:
        raise FormatError("section", section, f"one of {', '.join(_SECTIONS)}")
    lines = [f"[{section}]"]
    bounding = (FULL if unit.bounding is None else unit.bounding) - unit.taken
    if bounding != FULL:
        lines.append(f"CapabilityBoundingSet={_value(bounding)}")
    if unit.ambient:
        lines.append(f"AmbientCapabilities={_value(unit.ambient)}")
    lines += [*_id_line("User", unit.user), *_id_line("Group", unit.group)]
    if unit.dynamic_user:
        lines.append("DynamicUser=yes")
    if unit.no_new_privs:
        lines.append("NoNewPrivileges=yes")
    return "\n".join(lines) + "\n"


def _value(caps: Iterable[Cap]) -> str:
    caps = CapSet(caps)
    sign, listed = ("~", FULL - caps) if CAPS[-1] in caps else ("", caps)
    return sign + " ".join(_SPELLING.write(cap) for cap in listed)


def _some(caps: CapSet) -> str:
    return str(caps) if len(caps) <= 3 else f"{len(caps)} capabilities"
