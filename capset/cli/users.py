"""The names of users, as this host knows them, and of users in containers, whose numbers it does not know."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from capset.cli.output import Failure

if TYPE_CHECKING:
    import click

__all__ = ["group_of", "uid_of", "user_in_container", "user_name"]

_NAMED = r"[0-9]{1,20}|[A-Za-z_][\w.@-]*\$?"
_USER = re.compile(rf"(?:({_NAMED})(?::({_NAMED})?)?|:({_NAMED}))", re.ASCII)
_LAST_ID = 2**32 - 2


def user_in_container(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Check a user of a container, as engines take one: a name or a number, and a group behind a colon."""
    found = _USER.fullmatch(value)
    if found is None or any(part.isdecimal() and int(part) > _LAST_ID for part in found.groups(default="")):
        expected = f"a name or a number up to {_LAST_ID}, and a group behind a colon if it is to be told, as in 1000:20"
        raise Failure(f"--user {value!r}: expected {expected}")
    return value


@cache
def user_name(uid: int) -> str:
    """Return the name of a user; the number where there is none, or no list of users."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError, OverflowError):
        return str(uid)


def group_of(uid: int) -> int:
    """Return the group of a user; one of the same number where this host knows no such user."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_gid
    except (ImportError, KeyError, OverflowError):
        return uid


def uid_of(text: str, *, here: bool) -> int:
    """Read a user id, or the name of a user, which counts for the processes of this host alone."""
    if text.isdecimal() and text.isascii():
        if int(text) > _LAST_ID:
            raise Failure(f"--user {text!r}: expected a name or a number up to {_LAST_ID}")
        return int(text)
    if not here:
        raise Failure(f"--user {text!r}: whose name that is elsewhere is not known; give the number")
    try:
        import pwd

        return pwd.getpwnam(text).pw_uid
    except ImportError:
        raise Failure(f"--user {text!r}: this system has no list of users; give the number") from None
    except (KeyError, ValueError):
        raise Failure(f"there is no user {text!r}; give a name that id(1) knows, or the number") from None
