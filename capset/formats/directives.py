"""The directives of a unit about capabilities, read line by line as systemd does."""

from __future__ import annotations

import re

from capset.capability import CAPS, LAST_CAP, Cap
from capset.engines.spelling import SPELLINGS
from capset.errors import shown
from capset.formats.document import Node, depends, ignored, refused
from capset.formats.unitfile import Assignment, words
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["FULL", "KEYS", "PLAIN_ID", "Directives", "user_of"]

FULL = CapSet.from_mask(2**64 - 1)
KEYS = ("CapabilityBoundingSet", "AmbientCapabilities", "User", "Group", "DynamicUser", "NoNewPrivileges")

_SPELLING = SPELLINGS["systemd"]
_EXECS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost", "ExecCondition")

# What else decides on capabilities.
_TAKES = {
    "PrivateDevices": CapSet(["mknod", "sys_rawio"]),
    "ProtectClock": CapSet(["sys_time", "wake_alarm"]),
    "ProtectKernelLogs": CapSet(["syslog"]),
    "ProtectKernelModules": CapSet(["sys_module"]),
}
_ALSO = {
    "PrivateUsers": "the capabilities count in a user namespace of its own alone",
    "SecureBits": "with noroot, root gets no capability by being root",
    "PAMName": "a PAM module may add ambient capabilities",
}

_TRUE = {"1", "yes", "y", "true", "t", "on"}
_FALSE = {"0", "no", "n", "false", "f", "off"}

_LONGEST = 80  # of a decimal number, which has no zeros in front: beyond, it is none that anybody counts with

# As safe_atoi() reads numbers: like strtol(), and the two other prefixes only in front.
_NUMBER = re.compile(
    r"[ \t\n\r]*0[bB]\s*(?P<binary>[+-]?[01]+)|[ \t\n\r]*0[oO]\s*(?P<octal>[+-]?[0-7]+)"
    r"|\s*(?:(?P<sign>[+-]?)(?P<strtol>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*))",
    re.ASCII,
)

PLAIN_ID = re.compile(r"0|[1-9][0-9]{0,9}")
_NO_USERS = {65535, 2**32 - 1}


def user_of(line: Assignment, problems: list[Problem]) -> str:
    """Read a user or a group, and say what systemd does not take for one."""
    what = line.key.lower()
    text = line.value.replace("%%", "%")
    if "%" in line.value.replace("%%", ""):
        problems.append(depends(line.node, "variable", "systemd puts the value of a specifier here"))
    elif PLAIN_ID.fullmatch(text):
        if int(text) in _NO_USERS or int(text) >= 2**32:
            problems.append(refused(line.node, "invalid-user", f"{text} is no {what}, and the unit is not loaded"))
    elif re.fullmatch(r"-?[0-9]+|\.\.?|-.*|.*[:/].*", text):
        problems.append(
            refused(line.node, "invalid-user", f"systemd takes {shown(text)} for no {what}, and the unit is not loaded")
        )
    return text


class Directives:
    """The directives as they stand after the lines so far, for one release of systemd."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.bounding = FULL
        self.ambient = CapSet()
        self.ambient_place = ""
        self.user = self.group = ""
        self.dynamic_user = self.no_new_privs = False
        self.takes: dict[str, bool] = {}

    @property
    def taken(self) -> CapSet:
        """What the settings beside the directives take away."""
        return CapSet().union(*(_TAKES[key] for key, on in self.takes.items() if on))

    def assign(self, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says, and add what systemd does not take of it to *problems*."""
        match line.key:
            case "CapabilityBoundingSet":
                self.bounding = self._merged(line, self.bounding, FULL, problems)
            case "AmbientCapabilities" if self.version < 229:
                problems.append(ignored(line.node, "newer-directive", "systemd knows it since 229"))
            case "AmbientCapabilities":
                self.ambient = self._merged(line, self.ambient, CapSet(), problems)
                self.ambient_place = line.node.place
            case "User":
                self.user = user_of(line, problems)
            case "Group":
                self.group = user_of(line, problems)
            case "DynamicUser":
                if line.value.lower() not in _TRUE | _FALSE:
                    problems.append(refused(line.node, "odd-boolean", "expected yes or no, and the unit is not loaded"))
                self.dynamic_user = line.value.lower() in _TRUE
            case "NoNewPrivileges":
                self.no_new_privs = self._truth(line, self.no_new_privs, problems)
            case _:
                self._assign_other(line, problems)

    def _assign_other(self, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says that is none of the directives, if it is about capabilities too."""
        if line.key in _EXECS:
            self._check_prefix(line, problems)
        elif line.key in _TAKES:
            self.takes[line.key] = self._truth(line, self.takes.get(line.key, False), problems)
        elif line.key in _ALSO and line.value and line.value.lower() not in _FALSE:
            problems.append(depends(line.node, "not-counted", f"not counted here: {_ALSO[line.key]}"))
        for _, advice in Node({line.key: None}).strange_keys(KEYS, close_only=True):
            problems.append(ignored(line.node, "unknown-key", f"systemd knows no {line.key}=: {advice}"))

    def _merged(self, line: Assignment, current: CapSet, initial: CapSet, problems: list[Problem]) -> CapSet:
        inverted = line.value.startswith("~")
        caps = self._caps(line, line.value.removeprefix("~"), problems)
        said = FULL - caps if inverted else caps
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
            problems.append(
                ignored(
                    line.node,
                    "open-quote",
                    f"systemd stops reading at {shown(rest)}: a quote or backslash ends nowhere",
                )
            )
        read = [(word, self._cap(word)) for word in found]
        for word, cap in read:
            if cap is None:
                told = f"systemd passes over {shown(word)}: {self._advice(word)}"
                problems.append(ignored(Node(word, line.node.place), "unknown-capability", told))
        known = [cap for _, cap in read if cap is not None]
        if not known and (found or rest):
            meant = "every capability" if line.value.startswith("~") else "no capability at all"
            problems.append(
                ignored(line.node, "no-known-name", f"with no name that it knows, systemd takes this line for {meant}")
            )
        return CapSet(known)

    def _cap(self, word: str) -> Cap | None:
        number = self._number(word)
        if number is not None:
            return CAPS[number] if 0 <= number <= self._last else None
        caps = _SPELLING.read((word,), CapSet.all()).caps if word.isascii() and word[:1].isalpha() else ()
        return next(iter(caps), None)

    def _number(self, word: str) -> int | None:
        found = _NUMBER.fullmatch(word)
        if found is None:
            return None
        if found["strtol"] is None:
            text, base = (found["binary"], 2) if found["binary"] is not None else (found["octal"], 8)
            return int(text, base) if self.version >= 247 else None
        digits = found["strtol"]
        base = 16 if digits[:2] in {"0x", "0X"} else 8 if digits[0] == "0" else 10
        return int(found["sign"] + digits, base) if base != 10 or len(digits) <= _LONGEST else None

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
            problems.append(
                depends(
                    line.node, "command-prefix", "with + this command has all that systemd has, whatever is said here"
                )
            )
        elif "!" in prefix and "!!" not in prefix:
            problems.append(
                depends(line.node, "command-prefix", "with ! this command runs as root, with these capabilities")
            )

    def _truth(self, line: Assignment, current: bool, problems: list[Problem]) -> bool:
        word = line.value.lower()
        if word in _TRUE | _FALSE:
            return word in _TRUE
        problems.append(ignored(line.node, "odd-boolean", "expected yes or no"))
        return current
