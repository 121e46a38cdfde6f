"""Cap: one capability, a number with (usually) a name."""

from __future__ import annotations

from enum import EnumType, IntEnum

from capset.errors import UnknownCapabilityError, UnknownMemberError, shown
from capset.shown import Shown

# Not typing.TYPE_CHECKING: importing typing would cost half as much again as importing capset.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from capset.info import CapInfo

__all__ = ["CAPS", "LAST_CAP", "Cap"]


class _Lookup(EnumType):
    """How a Cap is looked up: what is none is told in the words of this library, where Enum has its own or fails."""

    def __call__(cls, value: Any, /) -> Cap:  # type: ignore[override]
        try:  # True equals 1, 5.0 equals 5, and -1 finds the last of a tuple: none of them is a capability's number
            if value is not True and value is not False and value >= 0:
                return CAPS[value]  # type: ignore[no-any-return]  # pyright: ignore[reportUnknownVariableType]
        except (IndexError, TypeError, ValueError):
            pass
        raise _no_number(value)

    __call__.__qualname__ = "Cap"  # as whoever forgets the number, or gives two, is told by Python

    def __contains__(cls, value: object) -> bool:
        # As Enum has it from Python 3.12 on, but that a name, which would never be in it, must not look like no Cap.
        if isinstance(value, str):
            raise TypeError(f"what is in Cap is a Cap or its number, got {shown(value)}; text is read by Cap.parse()")
        return not isinstance(value, bool) and value in Cap.__members__.values()

    def __getitem__(cls, name: str) -> Cap:  # type: ignore[override]
        cap = Cap.__members__.get(name) if isinstance(name, str) else None
        if cap is None:
            raise _no_member(name)
        return cap

    # From Python 3.12 on it says itself what was meant, and is faster without.
    if hasattr(EnumType, "__getattr__"):  # pragma: no branch

        def __getattr__(cls, name: str) -> Any:
            close = _unknown(name).close if name.isupper() else ()
            meant = f": did you mean Cap.{close[0][4:]}?" if close else ""
            raise AttributeError(f"Cap has no attribute {name!r}{meant}", name=name, obj=cls)


class Cap(Shown, IntEnum, metaclass=_Lookup):
    """A Linux capability: its number, which is its bit in every mask, and its name.

    The members are the capabilities that have a name in this version of capset. A kernel may have
    more: the other numbers up to 63 make Caps too, without a name, so that no privilege is lost on the
    way. ``Cap(number)`` is always the same object; iteration and ``Cap.__members__`` have the named
    ones alone.

    Source:
        Linux ``include/uapi/linux/capability.h``; capabilities(7).

    Examples:
        >>> Cap.NET_ADMIN
        Cap.NET_ADMIN
        >>> str(Cap.NET_ADMIN), int(Cap.NET_ADMIN), hex(Cap.NET_ADMIN.mask)
        ('CAP_NET_ADMIN', 12, '0x1000')
        >>> Cap(12) is Cap.NET_ADMIN
        True
        >>> Cap(41), str(Cap(41)), Cap(41).known
        (Cap(41), '41', False)
    """

    CHOWN = 0
    DAC_OVERRIDE = 1
    DAC_READ_SEARCH = 2
    FOWNER = 3
    FSETID = 4
    KILL = 5
    SETGID = 6
    SETUID = 7
    SETPCAP = 8
    LINUX_IMMUTABLE = 9
    NET_BIND_SERVICE = 10
    NET_BROADCAST = 11
    NET_ADMIN = 12
    NET_RAW = 13
    IPC_LOCK = 14
    IPC_OWNER = 15
    SYS_MODULE = 16
    SYS_RAWIO = 17
    SYS_CHROOT = 18
    SYS_PTRACE = 19
    SYS_PACCT = 20
    SYS_ADMIN = 21
    SYS_BOOT = 22
    SYS_NICE = 23
    SYS_RESOURCE = 24
    SYS_TIME = 25
    SYS_TTY_CONFIG = 26
    MKNOD = 27
    LEASE = 28
    AUDIT_WRITE = 29
    AUDIT_CONTROL = 30
    SETFCAP = 31
    MAC_OVERRIDE = 32
    MAC_ADMIN = 33
    SYSLOG = 34
    WAKE_ALARM = 35
    BLOCK_SUSPEND = 36
    AUDIT_READ = 37
    PERFMON = 38
    BPF = 39
    CHECKPOINT_RESTORE = 40

    @classmethod
    def parse(cls, text: str) -> Cap:
        """Read one capability as people write it.

        Args:
            text: A name with or without ``CAP_``, in any case, or a decimal number from 0 to 63
                without a sign and without leading zeros.

        Returns:
            The capability; one without a name where the number is newer than this table.

        Raises:
            UnknownCapabilityError: *text* is neither; the error names what looks like it.
            TypeError: *text* is no str.

        Examples:
            >>> Cap.parse("CAP_KILL"), Cap.parse("net_admin"), Cap.parse("12")
            (Cap.KILL, Cap.NET_ADMIN, Cap.NET_ADMIN)
            >>> Cap.parse("chwon")
            Traceback (most recent call last):
            capset.errors.UnknownCapabilityError: unknown capability 'chwon': did you mean CAP_CHOWN?
        """
        if not isinstance(text, str):
            raise TypeError(f"expected the name of a capability as str, got {shown(text)}")
        cap = _BY_TEXT.get(text)
        if cap is None and text.isascii():  # upper() turns some letters beyond ASCII into ASCII ones
            cap = _BY_TEXT.get(text.upper())
        if cap is None:
            raise _unknown(text)
        return cap

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of ``str(cap)``, which is what a capability is in JSON."""
        from capset.fields import cap_schema

        return cap_schema()

    @property
    def known(self) -> bool:
        """Whether this version of capset has a name for it.

        *Known* is about capset's table; whether the running kernel has the capability is
        :func:`capset.live.supported`.
        """
        return self <= LAST_CAP

    @property
    def mask(self) -> int:
        """The mask with this capability alone, ``1 << number``."""
        return 1 << self._value_

    @property
    def info(self) -> CapInfo:
        """What is known about it, such as since when, what it permits, and what others say of its risk.

        Examples:
            >>> Cap.SYSLOG.info.since_linux, Cap.SYSLOG.info.split_from
            ('2.6.37', Cap.SYS_ADMIN)
        """
        from capset import info

        return info.get(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:
        from capset.fields import core_schema, read_cap

        return core_schema(lambda value: read_cap(cls, value), str)

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: object, handler: Any) -> dict[str, Any]:
        from capset.fields import cap_schema

        return cap_schema(taken=handler.mode == "validation")

    def __reduce_ex__(self, proto: object) -> tuple[type[Cap], tuple[int]]:
        return Cap, (self._value_,)  # by number: an unnamed member has no name to be found by

    def __str__(self) -> str:
        return f"CAP_{self._name_}" if self.known else self._name_

    def __repr__(self) -> str:
        return f"Cap.{self._name_}" if self.known else f"Cap({self._name_})"

    def __format__(self, spec: str) -> str:
        return format_value(str(self), self._value_, spec)


LAST_CAP = max(Cap)
"""The last capability that this version of capset knows: ``CAP_CHECKPOINT_RESTORE``, Linux 5.9."""


def _unnamed(number: int) -> Cap:
    cap = int.__new__(Cap, number)
    cap._name_ = str(number)
    cap._value_ = number
    return cap


# Made once, here: an unnamed member is one object for the life of the process, as a named one is.
CAPS: tuple[Cap, ...] = (*Cap, *map(_unnamed, range(LAST_CAP + 1, 64)))
"""All 64 of them; the index is the number."""

_BY_TEXT: dict[str, Cap] = {
    text: cap for cap in CAPS for text in ((f"CAP_{cap.name}", cap.name) if cap.known else ()) + (str(int(cap)),)
}


def format_value(text: str, number: int, spec: str) -> str:
    """Format a value that is a number as well as a text: the integer codes take the number."""
    return format(number, spec) if spec[-1:] in {"b", "d", "o", "x", "X"} else format(text, spec)


def _no_number(value: object) -> Exception:
    if isinstance(value, int) and not isinstance(value, bool):
        return UnknownCapabilityError(value, remedy="capability numbers run from 0 to 63")
    return TypeError(f"Cap() takes a number from 0 to 63, got {shown(value)}; text is read by Cap.parse()")


def _no_member(name: object) -> Exception:
    if not isinstance(name, str):
        return TypeError(f"Cap[...] takes the name of a member as str, got {shown(name)}; Cap() takes a number")
    try:
        cap = Cap.parse(name)
    except UnknownCapabilityError as error:
        return UnknownMemberError(name, error.close, error.remedy)
    return UnknownMemberError(name, remedy=f"write {cap!r}; text as people write it is read by Cap.parse()")


def _unknown(text: str) -> UnknownCapabilityError:
    """Say what the writer of *text* may have meant."""
    from difflib import get_close_matches

    bare = text.strip()[:64].upper().replace("-", "_").replace(" ", "_")
    while bare.startswith("CAP_"):
        bare = bare[4:]
    if bare == "ALL":
        return UnknownCapabilityError(text, remedy="ALL is no single capability but a set: CapSet.all()")
    digits = set(bare.removeprefix("0X"))
    if digits & set("0123456789") and digits <= set("0123456789ABCDEF"):
        remedy = "a capability's number is from 0 to 63, without leading zeros; a mask stands alone, with 0x in front"
        return UnknownCapabilityError(text, remedy=remedy)
    close = get_close_matches(bare, Cap.__members__, n=3, cutoff=0.7)
    return UnknownCapabilityError(text, tuple(str(Cap[name]) for name in close))
