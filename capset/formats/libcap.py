"""libcap's text: the sets of a thread or file in clauses, and IAB tuples."""

from __future__ import annotations

import re

from attrs import field, frozen

from capset.bounds import bounded
from capset.capability import CAPS, LAST_CAP, Cap
from capset.errors import ParseError, UnknownCapabilityError, require, shown
from capset.plain import Plain
from capset.sets import CapSet
from capset.state import CapState, HasCaps, five_sets

__all__ = ["IAB", "from_name", "from_text", "iab_from_text", "iab_to_text", "to_name", "to_text"]


def __dir__() -> list[str]:
    return sorted(__all__)


# What C's isspace() takes for white space; Python's str.isspace() takes more.
_SPACE = " \t\n\v\f\r"
_SPACES = re.compile(f"[{_SPACE}]+")
_LETTERS = re.compile("[eip]+")
_COMMA = re.compile(",")
_SIGNS = re.compile("[!^%]+")
_WORD = re.compile(r"[A-Za-z_]+")
_ALL = re.compile(r"all(?![A-Za-z0-9_])", re.IGNORECASE)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")  # as C's strtoul() reads them
_BY_NAME = {str(cap): cap for cap in Cap}


def from_text(text: str, *, last_cap: int = LAST_CAP) -> CapState:
    """Read the three sets that libcap writes as text, exactly as cap_from_text(3) does.

    A text is a row of clauses, read from left to right, each of which changes the sets that the
    clauses before it have made: ``cap_chown,cap_kill=ep cap_kill-e``.

    Args:
        text: Clauses separated by white space; an empty text means empty sets.
        last_cap: The last capability of the kernel, which ends what ``all`` and a clause without
            names stand for. For libcap that is the running kernel's.

    Returns:
        A state whose bounding and ambient sets are empty: the text has neither.

    Raises:
        ParseError: libcap refuses the text; the error says where, and what it would take there.
        TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
        TypeError: *text* is no str.

    Source:
        libcap ``libcap/cap_text.c``; cap_text_formats(7). libcap 2.66 does the same for every text that
        was compared.

    Examples:
        >>> from capset.formats import libcap
        >>> print(libcap.from_text("cap_chown,cap_kill=ep cap_kill-e"))
        effective: CAP_CHOWN
        permitted: CAP_CHOWN,CAP_KILL
        inheritable:
        bounding:
        ambient:
        >>> libcap.from_text("cap_chwon=ep")
        Traceback (most recent call last):
        capset.errors.ParseError: at position 0 of 'cap_chwon=ep': expected a capability (did you mean cap_chown?)
    """
    reader = _Reader(text)
    every = CapSet.all(last_cap).mask
    masks = {"e": 0, "i": 0, "p": 0}
    while reader.next_clause():
        _read_clause(reader, every, masks)
    return CapState(
        effective=CapSet.from_mask(masks["e"]),
        inheritable=CapSet.from_mask(masks["i"]),
        permitted=CapSet.from_mask(masks["p"]),
    )


def to_text(state: CapState | HasCaps, *, last_cap: int = LAST_CAP) -> str:
    """Write the effective, inheritable and permitted set exactly as cap_to_text(3) does.

    Args:
        state: The sets, a CapState or what has one as ``caps``. The text has no place for the bounding and the
            ambient one.
        last_cap: The last capability of the kernel: those after it never decide what the text starts
            from. For libcap that is the running kernel's.

    Source:
        libcap ``libcap/cap_text.c``, since 2.41; earlier releases write the same sets in another way.

    Examples:
        >>> from capset import CapSet, CapState
        >>> from capset.formats import libcap
        >>> libcap.to_text(CapState(permitted=["kill"], effective=["kill"]))
        'cap_kill=ep'
        >>> libcap.to_text(CapState(permitted=CapSet.all() - {"kill"}))
        '=p cap_kill-p'
    """
    state = five_sets(state)
    kernel = CapSet.all(last_cap).mask
    named, beyond = _by_letters(state, kernel), _by_letters(state, _FULL & ~kernel)
    # What most capabilities have stands in front, without names; of two, what comes last in _ORDER.
    most = max(reversed(_ORDER), key=lambda letters: named[letters].bit_count())
    clauses = [f"={most}"]
    for letters in _ORDER:
        if letters == most or not named[letters]:
            continue
        plus, minus = ("".join(x for x in a if x not in b) for a, b in ((letters, most), (most, letters)))
        signs = (f"+{plus}" if plus else "") + (f"-{minus}" if minus else "")
        if clauses == ["="]:
            clauses, signs = [], f"={plus}"
        clauses.append(_names(named[letters]) + signs)
    clauses += [f"{_names(beyond[letters])}+{letters}" for letters in _ORDER[:-1] if beyond[letters]]
    return " ".join(clauses)


# By the bits that libcap has for them, e 1, p 2 and i 4, from the greatest number down.
_ORDER = ("eip", "ip", "ei", "i", "ep", "p", "e", "")
_FULL = 2**64 - 1


def _by_letters(state: CapState, among: int) -> dict[str, int]:
    """Sort the capabilities of a mask by the sets that have them."""
    e, i, p = state.effective.mask, state.inheritable.mask, state.permitted.mask
    with_i, without_i = among & i, among & ~i
    return {
        "eip": with_i & e & p,
        "ip": with_i & ~e & p,
        "ei": with_i & e & ~p,
        "i": with_i & ~e & ~p,
        "ep": without_i & e & p,
        "p": without_i & ~e & p,
        "e": without_i & e & ~p,
        "": without_i & ~e & ~p,
    }


def _names(mask: int) -> str:
    return str(CapSet.from_mask(mask)).lower()


def _read_clause(reader: _Reader, every: int, masks: dict[str, int]) -> None:
    """Read one clause, and do to *masks* what it says."""
    listed = reader.at_word()
    caps = _read_list(reader, every) if listed else every
    operators = "=+-" if listed else "="
    operator = reader.one_of(operators, "=, + or -" if listed else "a capability, all, or =")
    cleared = operator == "="
    if cleared and reader.peek() in {"+", "-"}:
        if not listed:
            raise reader.error("e, i or p, as only a list of capabilities goes before =+ and =-")
        operator = reader.one_of("+-", "")
    if cleared:
        for letter in masks:
            masks[letter] &= ~caps
    while True:
        letters = reader.take(_LETTERS)
        if not letters and operator != "=":
            raise reader.error("e, i or p")
        for letter in letters:
            masks[letter] = masks[letter] & ~caps if operator == "-" else masks[letter] | caps
        if reader.at_end_of_clause():
            return
        operator = reader.one_of("+-" if listed else "", "e, i, p, white space" + (", + or -" if listed else ""))


def _read_list(reader: _Reader, every: int) -> int:
    caps = 0
    while True:
        if reader.take(_ALL):
            # libcap forgets what stands before it: a number that the kernel does not have.
            caps = every
        else:
            caps |= reader.capability().mask
        if not reader.take(_COMMA):
            return caps


@frozen(kw_only=True)
class IAB(Plain):
    """What a thread hands on through execve(2): the inheritable, the ambient and the blocked capabilities.

    Each may be given as anything that :class:`~capset.CapSet` takes; a set that is not given is empty.

    Attributes:
        inheritable: The inheritable set.
        ambient: The ambient set.
        blocked: What the bounding set lacks: its complement.

    Source:
        cap_iab(3), which calls the third one Bound.

    Examples:
        >>> from capset.formats import libcap
        >>> iab = libcap.iab_from_text("!cap_sys_admin,^cap_net_raw,cap_kill")
        >>> iab.blocked, iab.ambient
        (CapSet.parse('CAP_SYS_ADMIN'), CapSet.parse('CAP_NET_RAW'))
        >>> print(iab.inheritable)
        CAP_KILL,CAP_NET_RAW
        >>> print(iab)
        cap_kill,^cap_net_raw,!cap_sys_admin
    """

    inheritable: CapSet = field(default=CapSet(), converter=CapSet)
    ambient: CapSet = field(default=CapSet(), converter=CapSet)
    blocked: CapSet = field(default=CapSet(), converter=CapSet)

    @classmethod
    def from_state(cls, state: CapState | HasCaps, *, last_cap: int = LAST_CAP) -> IAB:
        """Take the three sets from those of a thread.

        Args:
            state: The sets of the thread, a CapState or what has one as ``caps``.
            last_cap: The last capability of its kernel: what it does not have cannot be blocked.
        """
        state = five_sets(state)
        blocked = CapSet.all(last_cap) - state.bounding
        return cls(inheritable=state.inheritable, ambient=state.ambient, blocked=blocked)

    def __str__(self) -> str:
        return iab_to_text(self, last_cap=63)


def iab_from_text(text: str) -> IAB:
    """Read an IAB tuple exactly as cap_iab_from_text(3) does.

    Args:
        text: Capabilities separated by commas, each with signs in front: ``!`` for blocked, ``^`` for
            ambient and inheritable, ``%`` or nothing for inheritable. There is no ``all``, and no white
            space. An empty text means empty sets.

    Raises:
        ParseError: libcap refuses the text; the error says where, and what it would take there.
        TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
        TypeError: *text* is no str.

    Source:
        libcap ``libcap/cap_text.c``; cap_iab(3). libcap 2.66 does the same for every text that was compared.

    Examples:
        >>> from capset.formats import libcap
        >>> libcap.iab_from_text("!%cap_chown")
        IAB(inheritable=CapSet.parse('CAP_CHOWN'), ambient=CapSet(), blocked=CapSet.parse('CAP_CHOWN'))
        >>> libcap.iab_from_text("cap_chown, cap_kill")
        Traceback (most recent call last):
        capset.errors.ParseError: at position 10 of 'cap_chown, cap_kill': expected a capability, without white space
    """
    reader = _Reader(text)
    inheritable = ambient = blocked = CapSet()
    while not reader.at_end():
        signs = reader.take(_SIGNS)
        if reader.at_end():
            break  # libcap takes signs without a capability, and a comma without one after it
        cap = {reader.capability()}
        if "^" in signs:
            ambient |= cap
        if signs.strip("!") or not signs:
            inheritable |= cap
        if "!" in signs:
            blocked |= cap
        if not reader.at_end():
            reader.one_of(",", "a comma or the end")
    return IAB(inheritable=inheritable, ambient=ambient, blocked=blocked)


def from_name(text: str) -> Cap:
    """Read one capability exactly as cap_from_name(3) does, which passes over whatever stands behind it.

    Args:
        text: A name with ``cap_``, in any case, or a number as C's strtoul(3) reads it. For people's own
            spellings there is :meth:`Cap.parse() <capset.Cap.parse>`.

    Raises:
        ParseError: libcap refuses the text.
        TypeError: *text* is no str.

    Examples:
        >>> from capset.formats import libcap
        >>> libcap.from_name("CAP_KILL"), libcap.from_name("0x5"), libcap.from_name("cap_kill and more")
        (Cap.KILL, Cap.KILL, Cap.KILL)
    """
    return _Reader(text).capability()


def to_name(cap: Cap) -> str:
    """Write one capability exactly as cap_to_name(3) does: ``cap_kill``, or its number."""
    require(cap, Cap, "a Cap, such as Cap.parse() reads")
    return str(cap).lower()


def iab_to_text(iab: IAB, *, last_cap: int = LAST_CAP) -> str:
    """Write an IAB tuple exactly as cap_iab_to_text(3) does.

    Args:
        iab: The sets.
        last_cap: The last capability of the kernel. libcap writes none after it, whichever set has
            it; with 63, as ``str(iab)`` has it, nothing is left out.

    Examples:
        >>> from capset.formats import libcap
        >>> iab = libcap.IAB(inheritable=["kill", 41], blocked=["kill"])
        >>> libcap.iab_to_text(iab), str(iab)
        ('!%cap_kill', '!%cap_kill,41')
    """
    require(iab, IAB, "an IAB")
    words: list[str] = []
    for cap in CapSet.all(last_cap) & (iab.inheritable | iab.ambient | iab.blocked):
        sign = "!" if cap in iab.blocked else ""
        if cap in iab.ambient:
            sign += "^"
        elif sign and cap in iab.inheritable:
            sign += "%"
        words.append(sign + to_name(cap))
    return ",".join(words)


class _Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"expected libcap's text as str, got {shown(text)}")
        bounded(text)
        self.text = text
        self.at = 0

    def error(self, expected: str) -> ParseError:
        return ParseError(self.text, self.at, expected)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def at_end(self) -> bool:
        return self.at == len(self.text)

    def at_end_of_clause(self) -> bool:
        return self.at_end() or self.peek() in _SPACE

    def at_word(self) -> bool:
        letter = self.peek()
        return (letter.isascii() and letter.isalnum()) or letter == "_"

    def next_clause(self) -> bool:
        """Go on to the next clause; say whether there is one."""
        self.take(_SPACES)
        return not self.at_end()

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return found[0]

    def one_of(self, letters: str, expected: str) -> str:
        if not self.peek() or self.peek() not in letters:
            raise self.error(expected)
        self.at += 1
        return self.text[self.at - 1]

    def capability(self) -> Cap:
        """Read a name, or a number that C's strtoul() reads."""
        start = self.at
        digits = self.take(_NUMBER)
        if digits:
            base = 16 if digits[1:2] in {"x", "X"} else 8 if digits[0] == "0" else 10
            # The two other bases may have zeros in front, as many as one likes. A decimal number has none, and
            # Python reads no longer one than of some thousand digits.
            if (base != 10 or len(digits) <= 2) and (number := int(digits, base)) < len(CAPS):
                return CAPS[number]
            self.at = start
            raise self.error("a capability, by name or by a number from 0 to 63")
        word = self.take(_WORD)
        cap = _BY_NAME.get(word.upper())
        if cap is None:
            self.at = start
            raise self.error(f"a capability{_advice(word) if word else ', without white space'}")
        return cap


def _advice(word: str) -> str:
    """Say what the writer of *word* may have meant, as libcap writes it."""
    try:
        meant = [str(Cap.parse(word))]
    except UnknownCapabilityError as error:
        meant = list(error.close)
    return f" (did you mean {' or '.join(meant).lower()}?)" if meant else ""
