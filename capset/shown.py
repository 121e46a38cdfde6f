"""Shown: what a value says of how it is shown, which is only that it can be.

The functions that do it are in ``capset.display``, which is looked up here, when a value is shown, and nowhere else
below it: so a value needs nothing of its pictures, and loads none of them.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in capability.py
if TYPE_CHECKING:
    from typing import Any

    from matplotlib.axes import Axes

    from capset.records import Records

__all__ = ["Plotted", "PlottedBySet", "Shown", "Tabular", "Told"]


def _display() -> Any:
    from importlib import import_module

    return import_module("capset.display")


class Shown:
    """What can be shown in a notebook, and as text: ``display.html()`` and ``display.text()`` take it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        html: str = _display().html(self)
        return html


class Told(Shown):
    """What is as ``str()`` the text that ``display.text()`` makes of it."""

    __slots__ = ()

    def __str__(self) -> str:
        text: str = _display().text(self)
        return text


class Tabular(Shown):
    """What is also rows: ``display.records()`` takes it."""

    __slots__ = ()

    def to_records(self) -> Records:
        """Return the rows, for a data frame; the class says what a row has.

        Examples:
            >>> from capset import CapSet
            >>> [row["name"] for row in CapSet.parse("kill,chown").to_records()]
            ['CAP_CHOWN', 'CAP_KILL']
        """
        rows: Records = _display().records(self)
        return rows


class Plotted(Tabular):
    """What can also be drawn: ``display.plot()`` takes it."""

    __slots__ = ()

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw it, as the class says; it needs the extra ``plot``.

        Args:
            ax: Where to draw; a figure of its own, as large as it needs to be, if not given.

        Raises:
            ModuleNotFoundError: Matplotlib is not installed.
        """
        drawn: Axes = _display().plot(self, ax=ax)
        return drawn


class PlottedBySet(Tabular):
    """What can be drawn of threads, by one of their five sets: ``display.plot()`` takes it."""

    __slots__ = ()

    def plot(self, set: str = "effective", *, ax: Axes | None = None) -> Axes:
        """Draw how many of the threads hold each capability; it needs the extra ``plot``.

        Args:
            set: Which of the five sets.
            ax: Where to draw; a figure of its own, as large as it needs to be, if not given.

        Raises:
            ArgumentError: There is no such set.
            ModuleNotFoundError: Matplotlib is not installed.
        """
        drawn: Axes = _display().plot(self, set, ax=ax)
        return drawn

    def plot_tree(self, set: str = "effective", *, ax: Axes | None = None) -> Axes:
        """Draw the tree of processes, and what each has over its parent; it needs the extra ``plot``.

        The arguments and errors are those of :meth:`plot`.
        """
        drawn: Axes = _display().plot(self, set, kind="tree", ax=ax)
        return drawn
