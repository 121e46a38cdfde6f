"""Text, HTML, rows for data frames and plots, made from the values of capset. No input, no output.

There is one function for each way of showing, chosen by the type of the value. The values use them themselves:
``_repr_html_()`` is :func:`html`, ``to_records()`` is :func:`records`, and ``plot()`` is :func:`plot`.

Examples:
    >>> from capset import CapSet, display
    >>> caps = CapSet.all() - {"sys_admin"}
    >>> display.text(caps)
    'all known but CAP_SYS_ADMIN'
    >>> display.html(caps) == caps._repr_html_()
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from capset.display.bytype import ByType
from capset.records import Records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["html", "plot", "records", "text"]


def __dir__() -> list[str]:
    return sorted(__all__)


@ByType
def html(value: Any) -> str:
    """Show a value as HTML, as a notebook does: tables that read well in any theme, with every text escaped.

    Another package shows its own type with the decorator ``@display.html.register(TheirType)``, on a function from a
    value to a text.

    Raises:
        TypeError: Nothing is registered for the type of the value.

    Examples:
        >>> from capset import Cap, display
        >>> "CAP_KILL" in display.html(Cap.KILL)
        True
    """
    raise _unregistered("html", value)


@ByType
def text(value: Any) -> str:
    """Show a value as text for a terminal; nothing in it can act on that.

    Of a set that is one line, of other values it may be several. ``@display.text.register(TheirType)`` is for other
    packages.

    Raises:
        TypeError: Nothing is registered for the type of the value.

    Examples:
        >>> from capset import CapDiff, CapSet, display
        >>> display.text(CapSet.parse("kill,chown"))
        'CAP_CHOWN, CAP_KILL'
        >>> display.text(CapDiff.parse("+kill -chown"))
        '+CAP_KILL -CAP_CHOWN'
    """
    raise _unregistered("text", value)


@ByType
def records(value: Any) -> Records:
    """Return a value as rows, for a data frame.

    ``@display.records.register(TheirType)`` is for other packages, on a function that returns
    :class:`~capset.records.Records`.

    Raises:
        TypeError: Nothing is registered for the type of the value, as it is no rows.

    Examples:
        >>> from capset import CapSet, display
        >>> [row["number"] for row in display.records(CapSet.parse("kill,chown"))]
        [0, 5]
    """
    raise _unregistered("records", value)


@ByType
def plot(value: Any, *_args: Any, **_how: Any) -> Axes:
    """Draw a value with Matplotlib: the extra ``plot``.

    The arguments after the value are those of its ``plot()``; ``kind="tree"`` is ``plot_tree()``.
    ``@display.plot.register(TheirType)`` is for other packages, on a function that returns Matplotlib's axes.

    Raises:
        TypeError: Nothing is registered for the type of the value, as it is no picture.
        ModuleNotFoundError: Matplotlib is not installed.
    """
    raise _unregistered("plot", value)


def _unregistered(way: str, value: object) -> TypeError:
    if isinstance(value, type):
        return TypeError(f"display.{way}() takes a value, got {value!r}, which is a type")
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    if kind in {"list", "tuple", "set", "frozenset", "dict"}:
        return TypeError(f"display.{way}() shows one value; give it those of this {kind} one at a time")
    return TypeError(
        f"display.{way}() has nothing for values of the type {kind}; "
        f"register a function for it with @display.{way}.register({type(value).__name__})"
    )
