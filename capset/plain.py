"""Plain: what goes into plain JSON types and comes back. How it does is in ``capset.forms``, which loads when asked."""

from __future__ import annotations

TYPE_CHECKING = False  # as in capability.py
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = ["Plain"]


class Plain:
    """What goes into plain JSON types and comes back as it was, by the declarations of its fields."""

    __slots__ = ()

    _plain: tuple[str, ...] = ()  # the fields that are written if these are not all: the key of what is in a table

    def as_dict(self) -> dict[str, Any]:
        """Return the value in plain JSON types, by the names of its attributes.

        Examples:
            >>> from capset import CapDiff
            >>> CapDiff.parse("+kill").as_dict()["added"]
            {'mask': '0000000000000020', 'names': ['CAP_KILL']}
        """
        from capset.forms import write

        return write(self)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what :meth:`as_dict` returns.

        Args:
            data: A dict with all of its keys, and no other.

        Raises:
            FormatError: It is no such dict; the error says where in it, what stands there and what was expected.

        Examples:
            >>> from capset import CapDiff
            >>> diff = CapDiff.parse("+kill -41")
            >>> CapDiff.from_dict(diff.as_dict()) == diff
            True
        """
        from capset.forms import read

        value: Self = read(cls, data)
        return value

    @classmethod
    def _of_plain(cls, **entries: Any) -> Self:
        """Make a value of those of its fields; what is in a table is looked up there."""
        return cls(**entries)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of what :meth:`as_dict` returns."""
        from capset.forms import schema

        return schema(cls)
