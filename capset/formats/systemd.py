"""systemd: the capability directives of a unit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import field, frozen

from capset.capability import CAPS, LAST_CAP, Cap
from capset.engines.process import first_process
from capset.engines.request import yes_or_no
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, shown
from capset.formats.document import Node, depends, ignored, refused
from capset.formats.unitfile import Assignment, assignments, words
from capset.problem import Problem
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["Unit", "from_unit", "to_unit"]

_SPELLING = SPELLINGS["systemd"]
_FULL = CapSet.from_mask(2**64 - 1)
_SECTIONS = ("Service", "Socket", "Mount", "Swap")
_KEYS = ("CapabilityBoundingSet", "AmbientCapabilities", "User", "DynamicUser", "NoNewPrivileges")
_NEWEST = 10_000
_DYNAMIC_ID = 61184  # the first of those that systemd chooses from

_EXECS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost", "ExecCondition")

# What else decides on capabilities.
_ALSO = {
    "PrivateDevices": "it takes CAP_MKNOD and CAP_SYS_RAWIO away",
    "ProtectClock": "it takes CAP_SYS_TIME and CAP_WAKE_ALARM away",
    "ProtectKernelLogs": "it takes CAP_SYSLOG away",
    "ProtectKernelModules": "it takes CAP_SYS_MODULE away",
    "PrivateUsers": "the capabilities count in a user namespace of its own alone",
    "SecureBits": "with noroot, root gets no capability by being root",
    "PAMName": "a PAM module may add ambient capabilities",
}

_TRUE = {"1", "yes", "y", "true", "t", "on"}
_FALSE = {"0", "no", "n", "false", "f", "off"}

_LONGEST = 80  # of a number that can be one of a capability; leading zeros do no harm

# As safe_atoi() reads numbers: like strtol(), and the two other prefixes only in front.
_NUMBER = re.compile(
    r"[ \t\n\r]*0[bB]\s*(?P<binary>[+-]?[01]+)|[ \t\n\r]*0[oO]\s*(?P<octal>[+-]?[0-7]+)"
    r"|\s*(?:(?P<sign>[+-]?)(?P<strtol>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*))",
    re.ASCII,
)


def _unset_if_full(caps: Iterable[Cap | int | str] | None) -> CapSet | None:
    bounding = None if caps is None else CapSet(caps)
    return None if bounding == _FULL else bounding


@frozen(kw_only=True)
class Unit:
    """What a unit says of the capabilities of its processes.

    Attributes:
        bounding: ``CapabilityBoundingSet=``, all 64 bits of it: ``~CAP_KILL`` keeps capabilities that have
            no name yet. None where nothing limits it: for systemd, a full set is one that is not set.
        ambient: ``AmbientCapabilities=``.
        user: ``User=``, a name or a number; empty for root.
        dynamic_user: ``DynamicUser=``: a user other than root, made for the unit, who gains no privileges.
        no_new_privs: ``NoNewPrivileges=``.
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
    ambient: CapSet = field(factory=CapSet, converter=CapSet)
    user: str = ""
    dynamic_user: bool = False
    no_new_privs: bool = False
    problems: tuple[Problem, ...] = field(default=(), eq=False)

    def __attrs_post_init__(self) -> None:
        yes_or_no(self.no_new_privs, "no_new_privs")
        yes_or_no(self.dynamic_user, "dynamic_user")
        if not isinstance(self.user, str):
            raise TypeError(f'user is a text such as "1000" or "nobody", got {shown(self.user)}')

    def configured(self, *, available: CapSet | None = None) -> CapState:
        """Return the five sets before the execve(2) of the unit's program.

        Args:
            available: What systemd itself has: by default all that capset knows.
        """
        held = CapSet.all() if available is None else CapSet(available)
        bounding = held if self.bounding is None else self.bounding & held
        # Since 246 systemd leaves out what is not in the bounding set; before, the unit fails.
        ambient = self.ambient & bounding
        return CapState(effective=held, permitted=held, inheritable=ambient, bounding=bounding, ambient=ambient)

    def process(self, *, uid: int | None = None, available: CapSet | None = None) -> CapState:
        """Return what ``/proc/<pid>/status`` shows for a process of the unit, after its execve(2).

        That is for a program without file capabilities, and without settings that take more away, such as
        ``PrivateDevices=``.

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


_PLAIN_ID = re.compile(r"0|[1-9][0-9]{0,9}")
_NO_USERS = {65535, 2**32 - 1}


def _uid(unit: Unit) -> int | None:
    """Return the number of a unit's user as systemd reads it; None for a name that is not root's."""
    if unit.dynamic_user:
        return _DYNAMIC_ID
    if unit.user in {"", "root"}:
        return 0
    return int(unit.user) if _PLAIN_ID.fullmatch(unit.user) else None


def _user(line: Assignment, problems: list[Problem]) -> str:
    """Read a user, and say what systemd does not take for one."""
    text = line.value.replace("%%", "%")
    if "%" in line.value.replace("%%", ""):
        problems.append(depends(line.node, "systemd puts the value of a specifier here"))
    elif _PLAIN_ID.fullmatch(text):
        if int(text) in _NO_USERS or int(text) >= 2**32:
            problems.append(refused(line.node, f"{text} is no user, and the unit is not loaded"))
    elif re.fullmatch(r"-?[0-9]+|\.\.?|-.*|.*[:/].*", text):
        problems.append(refused(line.node, f"systemd takes {text!r} for no user, and the unit is not loaded"))
    return text


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
    rules = _Rules(_NEWEST if version is None else version)
    problems: list[Problem] = []
    if text == "":
        problems.append(refused(Node(text, "the unit"), "systemd takes an empty file for a unit that is masked"))
    for at, part in enumerate((text, *drop_ins)):
        if not isinstance(part, str):
            raise TypeError(f"expected a unit file as str, got {shown(part)}")
        for line in assignments(part, problems, drop_in=at):
            if line.section == section:
                rules.assign(line, problems)
            elif line.key in _KEYS and not line.section.startswith("X-"):
                problems.append(ignored(line.node, f"it stands in [{line.section}], and not in [{section}]"))
    if lost := rules.ambient - rules.bounding:
        node = Node(str(lost), rules.ambient_place)
        if rules.version >= 246:
            problems.append(ignored(node, f"what the bounding set lacks does not become ambient: {_some(lost)}"))
        else:
            problems.append(refused(node, f"the unit fails, as the bounding set lacks {_some(lost)}"))
    return Unit(
        bounding=rules.bounding,
        ambient=rules.ambient,
        user=rules.user,
        dynamic_user=rules.dynamic_user,
        no_new_privs=rules.no_new_privs,
        problems=tuple(problems),
    )


def to_unit(unit: Unit, *, section: str = "Service") -> str:
    r"""Write the capability directives of a unit, in a section of their own: what a drop-in holds.

    A set that has all that is to come is written with ``~``, as what it lacks.

    Raises:
        FormatError: The user holds a line break.

    Examples:
        >>> from capset.formats import systemd
        >>> print(systemd.to_unit(systemd.from_unit("[Service]\nCapabilityBoundingSet=~cap_kill")), end="")
        [Service]
        CapabilityBoundingSet=~CAP_KILL
    """
    if _LINE_BREAK.search(unit.user) or unit.user != unit.user.strip():
        raise FormatError("user", unit.user, "a name or a number on one line")
    if section not in _SECTIONS:
        raise FormatError("section", section, f"one of {', '.join(_SECTIONS)}")
    lines = [f"[{section}]"]
    if unit.bounding is not None:
        lines.append(f"CapabilityBoundingSet={_value(unit.bounding)}")
    if unit.ambient:
        lines.append(f"AmbientCapabilities={_value(unit.ambient)}")
    if unit.user:
        lines.append(f"User={unit.user.replace('%', '%%')}")
    if unit.dynamic_user:
        lines.append("DynamicUser=yes")
    if unit.no_new_privs:
        lines.append("NoNewPrivileges=yes")
    return "\n".join(lines) + "\n"


_LINE_BREAK = re.compile(r"[\n\r\0\\]")


def _value(caps: Iterable[Cap]) -> str:
    caps = CapSet(caps)
    sign, listed = ("~", _FULL - caps) if CAPS[-1] in caps else ("", caps)
    return sign + " ".join(_SPELLING.write(cap) for cap in listed)


def _some(caps: CapSet) -> str:
    return str(caps) if len(caps) <= 3 else f"{len(caps)} capabilities"


class _Rules:
    """The directives as they stand after the lines so far, for one release of systemd."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.bounding = _FULL
        self.ambient = CapSet()
        self.ambient_place = ""
        self.user = ""
        self.dynamic_user = self.no_new_privs = False

    def assign(self, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says, and add what systemd does not take of it to *problems*."""
        match line.key:
            case "CapabilityBoundingSet":
                self.bounding = self._merged(line, self.bounding, _FULL, problems)
            case "AmbientCapabilities" if self.version < 229:
                problems.append(ignored(line.node, "systemd knows it since 229"))
            case "AmbientCapabilities":
                self.ambient = self._merged(line, self.ambient, CapSet(), problems)
                self.ambient_place = line.node.place
            case "User":
                self.user = _user(line, problems)
            case "DynamicUser":
                self.dynamic_user = self._truth(line, self.dynamic_user, problems)
            case "NoNewPrivileges":
                self.no_new_privs = self._truth(line, self.no_new_privs, problems)
            case _ if line.key in _EXECS:
                self._check_prefix(line, problems)
            case _ if line.key in _ALSO:
                if line.value.lower() not in _FALSE:
                    problems.append(depends(line.node, f"not counted here: {_ALSO[line.key]}"))
            case _:
                for _, advice in Node({line.key: None}).strange_keys(_KEYS, close_only=True):
                    problems.append(ignored(line.node, f"systemd knows no {line.key}=: {advice}"))

    def _merged(self, line: Assignment, current: CapSet, initial: CapSet, problems: list[Problem]) -> CapSet:
        inverted = line.value.startswith("~")
        caps = self._caps(line, line.value.removeprefix("~"), problems)
        said = _FULL - caps if inverted else caps
        if self.version < 228:
            return current & said
        if self.version < 235:
            return said if not said or current == initial else current | said
        if not caps or current == initial:
            return said
        return current & said if inverted else current | said

    def _caps(self, line: Assignment, value: str, problems: list[Problem]) -> CapSet:
        found, rest = words(value, relaxed=self.version >= 254)
        if rest:
            problems.append(ignored(line.node, f"systemd stops reading at {rest!r}: a quote or backslash ends nowhere"))
        known = [cap for word in found if (cap := self._cap(word)) is not None]
        problems += [
            ignored(line.node, f"systemd passes over {word!r}: {self._advice(word)}")
            for word in found
            if self._cap(word) is None
        ]
        if not known and (found or rest):
            meant = "every capability" if line.value.startswith("~") else "no capability at all"
            problems.append(ignored(line.node, f"with no name that it knows, systemd takes this line for {meant}"))
        return CapSet(known)

    def _cap(self, word: str) -> Cap | None:
        number = self._number(word)
        if number is not None:
            return CAPS[number] if 0 <= number <= self._last else None
        caps = _SPELLING.read((word,), CapSet.all()).caps if word.isascii() and word[:1].isalpha() else ()
        return next(iter(caps), None)

    def _number(self, word: str) -> int | None:
        found = _NUMBER.fullmatch(word)
        if found is None or len(word) > _LONGEST:
            return None
        if found["strtol"] is None:
            text, base = (found["binary"], 2) if found["binary"] is not None else (found["octal"], 8)
            return int(text, base) if self.version >= 247 else None
        digits = found["strtol"]
        base = 16 if digits[:2] in {"0x", "0X"} else 8 if digits[0] == "0" else 10
        return int(found["sign"] + digits, base)

    def _advice(self, word: str) -> str:
        if word.strip(",").upper() in {"ALL", "CAP_ALL"}:
            return "a lone ~ stands for all"
        if word.startswith("~"):
            return "~ stands once, in front of the whole list"
        if word.strip() != word or " " in word:
            return "in quotes it is one name, white space and all"
        if _NUMBER.fullmatch(word):
            return f"numbers go from 0 to {self._last}"
        return _SPELLING.advice(word)

    @property
    def _last(self) -> int:
        """The last number that this release takes."""
        return 62 if self.version >= 254 else 63 if self.version >= 247 else LAST_CAP

    def _check_prefix(self, line: Assignment, problems: list[Problem]) -> None:
        prefix = line.value[: len(line.value) - len(line.value.lstrip("@-:+!|"))]
        if "+" in prefix:
            problems.append(depends(line.node, "with + this command has all that systemd has, whatever is said here"))
        elif "!" in prefix and "!!" not in prefix:
            problems.append(depends(line.node, "with ! this command runs as root, with these capabilities"))

    def _truth(self, line: Assignment, current: bool, problems: list[Problem]) -> bool:
        word = line.value.lower()
        if word in _TRUE | _FALSE:
            return word in _TRUE
        problems.append(ignored(line.node, "expected yes or no"))
        return current
