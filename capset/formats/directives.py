"""The directives of a unit about capabilities, read line by line as systemd does."""

from __future__ import annotations

import re

from capset.capability import CAPS, LAST_CAP, Cap
from capset.engines.spelling import SPELLINGS
from capset.errors import shown
from capset.formats.document import Node, depends, has_placeholder, ignored, refused
from capset.formats.unitcommands import COMMANDS, Commands
from capset.formats.unitfile import Assignment, open_quote, words
from capset.formats.unitfilters import FALSE, TRUE, Filters, Means, truth, unknown_word
from capset.formats.unitsettings import SystemdRelease, UnitSetting, counted, keys, settings
from capset.problem import Problem
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.summary import summary

__all__ = ["FULL", "PLAIN_ID", "SECUREBITS", "Directives", "user_of"]

FULL = CapSet.from_mask(2**64 - 1)

_SPELLING = SPELLINGS["systemd"]

_LONGEST = 80  # of a decimal number, which has no zeros in front: beyond, it is none that anybody counts with

# As safe_atoi() reads numbers: like strtol(), and the two other prefixes only in front.
_NUMBER = re.compile(
    r"[ \t\n\r]*0[bB]\s*(?P<binary>[+-]?[01]+)|[ \t\n\r]*0[oO]\s*(?P<octal>[+-]?[0-7]+)"
    r"|\s*(?:(?P<sign>[+-]?)(?P<strtol>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*))",
    re.ASCII,
)

SECUREBITS = {
    "keep-caps": Securebits.KEEP_CAPS,
    "keep-caps-locked": Securebits.KEEP_CAPS_LOCKED,
    "no-setuid-fixup": Securebits.NO_SETUID_FIXUP,
    "no-setuid-fixup-locked": Securebits.NO_SETUID_FIXUP_LOCKED,
    "noroot": Securebits.NOROOT,
    "noroot-locked": Securebits.NOROOT_LOCKED,
}
"""As systemd spells them."""

PLAIN_ID = re.compile(r"0|[1-9][0-9]{0,9}")
_NO_USERS = {65535, 2**32 - 1}
# As strtoul(3) reads numbers with the base 0.
_LENIENT_ID = re.compile(r"\s*(?P<sign>[+-]?)(?P<digits>0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)
_WORD = 2**64  # of an unsigned long, below zero of which counting goes on at the end
_NO_NAME = re.compile(r"-?[0-9]*|\.\.?|.*[:/\0-\x1f\x7f].*", re.DOTALL)
_STRICT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,30}")
_STRICT_NAME_WITH_DOTS = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}")


def user_of(line: Assignment, current: str, release: SystemdRelease, problems: list[Problem]) -> str:
    """Read a user or a group, and say what systemd does not take for one.

    Args:
        line: The line.
        current: What stays where a release passes over the line.
        release: The release that reads it.
        problems: The list that is added to.
    """
    text = line.value.replace("%%", "%")
    if has_placeholder(line.value):
        problems.append(_template(line))
    elif "%" in line.value.replace("%%", ""):
        problems.append(depends(line.node, "variable", "systemd puts the value of a specifier here"))
    elif (number := _lenient_id(text, release)) is not None:
        if text != str(number):
            told = f"until 245 systemd takes this for the number {number}, and since then for no number"
            problems.append(depends(line.node, "odd-number", told))
        return str(number)
    elif why_not := _no_user(text, line.key.lower(), release):
        if release.does("users-are-passed-over"):
            stays = f"{line.key}= stays {shown(current) if current else 'unset'}"
            problems.append(ignored(line.node, "invalid-user", f"{why_not}, and passes over it: {stays}"))
            return current
        and_so = "is not loaded" if release.does("users-are-refused") else "does not start"
        problems.append(refused(line.node, "invalid-user", f"{why_not}, and the unit {and_so}"))
    return text


def _template(line: Assignment) -> Problem:
    """Tell of a value that is not the one which systemd reads in the end."""
    return depends(line.node, "variable", "a template, a variable or a mark stands here, which something else replaces")


def _lenient_id(text: str, release: SystemdRelease) -> int | None:
    """Return the number that an old release reads, in whichever way it is written; None where it reads none."""
    found = _LENIENT_ID.fullmatch(text) if release.does("numbers-of-users-in-any-base") else None
    if found is None or len(found["digits"]) > _LONGEST:
        return None
    number = _strtol(found["digits"])
    if found["sign"] == "-":
        if not release.does("numbers-of-users-below-zero") or number >= _WORD:
            return None
        number = -number % _WORD
    return number if _is_id(number) else None


def _strtol(digits: str) -> int:
    """Read digits with the base that they begin with."""
    return int(digits, 16 if digits[:2] in {"0x", "0X"} else 8 if digits[0] == "0" else 10)


def _is_id(number: int) -> bool:
    return number < 2**32 and number not in _NO_USERS


def _no_user(text: str, what: str, release: SystemdRelease) -> str:
    """Say why a text is no user or group; an empty text where it is one, or none is named."""
    if PLAIN_ID.fullmatch(text):
        is_one = _is_id(int(text))
    elif release.does("names-of-users-are-strict"):
        name = _STRICT_NAME_WITH_DOTS if release.does("dots-in-names-of-users") else _STRICT_NAME
        is_one = not text or bool(name.fullmatch(text))
    else:
        is_one = not text or not _NO_NAME.fullmatch(text)
    return "" if is_one else f"systemd takes {shown(text)} for no {what}"


class Directives:
    """The directives as they stand after the lines so far, for one release of systemd."""

    def __init__(self, release: SystemdRelease) -> None:
        self.release = release
        self.filters = Filters(release)
        self.commands = Commands(release)
        self.bounding = FULL
        self.bounding_is_set = False
        self.ambient = CapSet()
        self.ambient_place = ""
        self.user = self.group = ""
        self.dynamic_user = self.asked_no_new_privs = False
        self.securebits = Securebits(0)
        self.takes: dict[str, bool] = {}
        self.gives: dict[str, str] = {}  # by key, what is not counted and may be more than all others give

    @property
    def taken(self) -> CapSet:
        """What the settings beside the directives take away."""
        known = settings()
        return CapSet().union(*(self.release.drops(known[key]) for key, on in self.takes.items() if on))

    @property
    def no_new_privs(self) -> bool:
        """Whether no_new_privs is set, whoever the user is."""
        dynamic = self.dynamic_user and self.release.does("dynamic-users-gain-nothing")
        return self.asked_no_new_privs or dynamic or self.filters.always

    @property
    def filters_mean(self) -> Means:
        """What the filters mean; a user that systemd makes brings one."""
        found = self.filters.means
        if found or not (self.dynamic_user and self.release.does("dynamic-users-gain-nothing")):
            return found
        return "kept" if self.release.does("filters-keep-privileges") else "no_new_privs"

    def assign(self, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says, and add what systemd does not take of it to *problems*."""
        setting = settings().get(line.key)
        if setting is None:
            self._assign_other(line, problems)
        elif not self.release.knows(setting):
            problems.append(self._unknown(setting, line))
        elif setting.counts and setting.value != "user" and has_placeholder(line.value):
            problems.append(_template(line))
        elif setting.not_counted:
            told = f"not counted here: {setting.not_counted}" if line.value and line.value.lower() not in FALSE else ""
            if told:
                problems.append(depends(line.node, "not-counted", told))
            if setting.gives:  # the last line counts
                self.gives[line.key] = told
        else:
            self._assign_known(setting, line, problems)

    def _unknown(self, setting: UnitSetting, line: Assignment) -> Problem:
        """Tell of a key that this release passes over."""
        if setting.until is not None and self.release.number > setting.until:
            return ignored(line.node, "older-directive", f"systemd knows it until {setting.until}")
        since = f"systemd knows it since {setting.since}"
        if whose := setting.backports.get(str(self.release.number)):
            told = f"{since}, and {whose} have it in their {self.release.number} all the same: it is not counted here"
            return depends(line.node, "newer-directive", told)
        return ignored(line.node, "newer-directive", since)

    def _assign_known(self, setting: UnitSetting, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line with a setting says that counts."""
        match setting.name:
            case "CapabilityBoundingSet":
                self.bounding = self._merged(line, self.bounding, FULL, problems)
                self.bounding_is_set = True
            case "AmbientCapabilities":
                self.ambient = self._merged(line, self.ambient, CapSet(), problems)
                self.ambient_place = line.node.place
            case "User":
                self.user = user_of(line, self.user, self.release, problems)
            case "Group":
                self.group = user_of(line, self.group, self.release, problems)
            case "DynamicUser" if line.value.lower() not in TRUE | FALSE and self.release.does("users-are-refused"):
                problems.append(refused(line.node, "odd-boolean", "expected yes or no, and the unit is not loaded"))
            case "DynamicUser":
                self.dynamic_user = truth(line, self.dynamic_user, problems)
            case "NoNewPrivileges":
                self.asked_no_new_privs = truth(line, self.asked_no_new_privs, problems)
            case "PermissionsStartOnly":
                self.commands.assign_start_only(line, problems)
            case "SecureBits":
                self._assign_securebits(line, problems)
            case _:
                if setting.filter is not None:
                    self.filters.assign(setting, line, problems)
                if setting.drops:
                    self.takes[setting.name] = self.filters.on[setting.name]

    def _assign_securebits(self, line: Assignment, problems: list[Problem]) -> None:
        """Read bits, and tell of words that are none."""
        found, rest = words(line.value, relaxed=False)
        if rest:
            problems.append(open_quote(line, rest))
        replaces = self.release.does("securebits-are-replaced")
        if replaces or not line.value:
            self.securebits = Securebits(0)
        for word in found:
            if bit := SECUREBITS.get(word):
                self.securebits |= bit
                continue
            problems.append(unknown_word(line, word, SECUREBITS))
            if not replaces:
                break  # and the words behind it are not read

    def _assign_other(self, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says that is none of the settings, if it is about capabilities too."""
        if line.key in COMMANDS:
            self.commands.assign(line, problems)
        elif line.key in keys():
            return
        for _, advice in Node({line.key: None}).strange_keys(counted(), close_only=True):
            problems.append(ignored(line.node, "unknown-key", f"systemd knows no {line.key}=: {advice}"))

    def _merged(self, line: Assignment, current: CapSet, initial: CapSet, problems: list[Problem]) -> CapSet:
        inverted = line.value.startswith("~")
        caps = self._caps(line, line.value.removeprefix("~"), problems)
        merged = self._merge(self.release, caps, current, initial, inverted=inverted)
        newest = self._merge(SystemdRelease(), caps, current, initial, inverted=inverted)
        if merged != newest:
            told = f"after this line the set is {_some(merged)} in this release, and {_some(newest)} in the newest"
            problems.append(depends(line.node, "merged-otherwise", told))
        return merged

    def _merge(
        self, release: SystemdRelease, caps: CapSet, current: CapSet, initial: CapSet, *, inverted: bool
    ) -> CapSet:
        """Merge a line with those before it, as a release does."""
        said = FULL - caps if inverted else caps
        if not release.does("lines-unite"):
            return current & said
        if not release.does("lines-with-tilde-take-away"):
            return said if not said or current == initial else current | said
        was_set = initial == FULL and self.bounding_is_set and release.does("full-sets-stay-set")
        if not caps or (current == initial and not was_set):
            return said
        return current & said if inverted else current | said

    def _caps(self, line: Assignment, value: str, problems: list[Problem]) -> CapSet:
        found, rest = words(value, relaxed=self.release.does("quotes-stay-open"))
        if rest:
            problems.append(open_quote(line, rest))
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
            return int(text, base) if self.release.does("numbers-with-a-base") else None
        digits = found["strtol"]
        if digits[0] != "0" and len(digits) > _LONGEST:
            return None
        return -_strtol(digits) if found["sign"] == "-" else _strtol(digits)

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
        return 62 if self.release.does("numbers-to-62") else 63 if self.release.does("numbers-to-63") else LAST_CAP


def _some(caps: CapSet) -> str:
    if not caps:
        return "empty"
    if CAPS[-1] not in caps:
        return summary(caps)
    return f"everything but {summary(FULL - caps)}" if caps != FULL else "everything"
