"""An engine's default over time, as a plot."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from capset.display import plot
from capset.display.as_plot.canvas import message, needs_matplotlib
from capset.display.as_plot.grid import draw_grid
from capset.engines.catalogue import Versions
from capset.engines.engine import Engine
from capset.engines.releases import join
from capset.sets import CapSet
from capset.summary import summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_versions"]


@plot.register(Versions)
def plot_versions(engines: Sequence[Engine], *, ax: Axes | None = None) -> Axes:
    """Draw how an engine's default changed: a column for each stretch of releases with the same one.

    The rows are the capabilities in which they differ; those that all of them have are told in a line.

    Args:
        engines: The engine as it was over time, such as ``engines.versions("docker")``.
        ax: As of :func:`plot_comparison`.

    Returns:
        The axes with the plot.

    Raises:
        ModuleNotFoundError: Matplotlib is not installed.
    """
    needs_matplotlib()
    title = f"The default of {' and '.join(dict.fromkeys(engine.title for engine in engines))}"
    if not engines:
        return message("The default of an engine", "nothing to show", ax)
    every = [release for engine in engines for release in engine.releases]
    heads: list[str] = []
    columns: list[CapSet] = []
    for (_, caps), run in groupby(engines, key=lambda engine: (engine.name, engine.default)):
        stretches = join(every, {release for engine in run for release in engine.releases})
        heads.append(", ".join(map(str, stretches)) or "no release named")
        columns.append(caps)
    common = columns[0].intersection(*columns)
    rows = list(columns[0].union(*columns) - common)
    if not rows:
        told = "" if len(engines) == 1 else "; it did not change"
        return message(title, f"{', '.join(dict.fromkeys(heads))}: {summary(common)}{told}", ax)
    notes = (f"All have {', '.join(common.names())}", "✓ it has the capability; an empty cell: it has not")
    return draw_grid(title, heads, columns, rows, notes[not common :], ax)
