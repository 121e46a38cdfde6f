"""The names of users, as this host knows them."""

from __future__ import annotations

from functools import cache

from capset.cli.output import Failure

__all__ = ["uid_of", "user_name"]


@cache
def user_name(uid: int) -> str:
    """Return the name of a user; the number where there is none, or no list of users."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError, OverflowError):
        return str(uid)


def uid_of(text: str, *, here: bool) -> int:
    """Read a user id, or the name of a user, which counts for the processes of this host alone."""
    if text.isdecimal() and text.isascii():
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
