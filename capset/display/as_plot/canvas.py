"""What the plots share: a figure as large as its texts need, and how texts and signs are set."""

# Matplotlib does not say of what types the keywords are that it hands on to its artists.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional

from attrs import field, frozen

from capset.capability import Cap
from capset.display.judging import risky
from capset.errors import MissingExtraError, require
from capset.printable import printable
from capset.sets import CapSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "FILL",
    "GAIN",
    "LOSS",
    "ON_FILL",
    "ON_SIGN",
    "WARNED",
    "Pen",
    "labelled",
    "message",
    "needs_matplotlib",
    "rowed",
]

# Colours that people with any of the usual kinds of colour blindness tell apart (Okabe and Ito), with their texts at a
# contrast of 5 and more. No colour stands alone: there is a sign or a word on each.
FILL, ON_FILL = "#0072B2", "white"
GAIN, LOSS, ON_SIGN = "#E69F00", "#56B4E9", "black"

WARNED = "! published lists about containers warn of it: Cap.info.risks quotes them"
UNNAMED = "a number: capset has no name for it"

_NARROWEST = 380.0  # points, for titles and notes to have lines that read well
_EDGE = 8.0  # points around everything


def needs_matplotlib() -> None:
    """Say how to get Matplotlib where it is missing.

    Raises:
        MissingExtraError: It is.
    """
    try:
        import_module("matplotlib")
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "plot", "a plot") from None


def _default_size() -> float:
    from matplotlib import rcParams

    return 0.9 * float(rcParams["font.size"])


def _families() -> list[str]:
    from matplotlib import rcParams

    return [*rcParams["font.family"], "DejaVu Sans"]


def _glyphs(families: Iterable[str]) -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    paths = {findfont(FontProperties(family=[family])) for family in families}
    return frozenset().union(*(get_font(path).get_charmap() for path in paths))


@frozen
class Pen:
    """How texts are set: in the user's font, and what that lacks in the one that comes with Matplotlib.

    Attributes:
        size: The size of ordinary text, in points.
        families: The fonts.
    """

    size: float = field(factory=_default_size)
    families: list[str] = field(factory=_families)

    def style(self, scale: float = 1.0) -> dict[str, Any]:
        """Return the keywords of a text. A name may hold a $, and is no formula."""
        return {"fontsize": scale * self.size, "fontfamily": self.families, "parse_math": False, "usetex": False}

    @property
    def line(self) -> float:
        """The height of a line, in points."""
        return 1.3 * self.size

    def width(self, text: str, scale: float = 1.0) -> float:
        """Return how wide a text is, in points."""
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

        font = FontProperties(family=self.families, size=self.size * scale)
        widths = [text_to_path.get_text_width_height_descent(line, font, False)[0] for line in text.split("\n")]
        return 1.06 * float(max(widths))  # on a screen, letters stand on whole pixels and a text is wider

    def drawable(self, texts: Iterable[str]) -> list[str]:
        """Show as an escape what the fonts have no sign for, so that nothing is lost; texts are printable already.

        So are letters that run from right to left: what stands beside a name would change places with it.
        """
        glyphs = _glyphs(self.families)

        def drawn(char: str) -> str:
            fits = ord(char) in glyphs and bidirectional(char) not in {"R", "AL", "AN"}
            return char if fits else char.encode("unicode_escape").decode("ascii")

        return ["".join(map(drawn, text)) for text in texts]

    def wrap(self, text: str, width: float, scale: float = 1.0) -> str:
        """Break a text into lines of this width, in points; a single word may be longer."""
        lines: list[str] = []
        for word in text.split(" "):
            if lines and self.width(f"{lines[-1]} {word}", scale) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return "\n".join(lines)

    def names(self, names: Iterable[str]) -> list[str]:
        """Make names safe to draw: the long ones in lines, the very long ones shorter, and no two of them alike."""
        shown = [shorten(name, 48) for name in self.drawable(map(printable, names))]
        shown = [f"{name} #{at}" if shown.count(name) > 1 else name for at, name in enumerate(shown, 1)]
        return [self.wrap(name, 14 * self.size) for name in shown]


def shorten(text: str, most: int) -> str:
    """Leave out the middle of a text that is too long: its end often tells it from others."""
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 1]}…{text[-end:]}"


def points(ax: Axes) -> tuple[float, float]:
    """Return how wide and how high a place is, in points."""
    require(ax, import_module("matplotlib.axes").Axes, "Axes of Matplotlib")
    scale = 72 / ax.figure.dpi
    return float(ax.bbox.width) * scale, float(ax.bbox.height) * scale


def new_axes(inner: tuple[float, float], left: float, right: float, top: float, bottom: float) -> Axes:
    """Make a figure for a place of *inner* points with such margins."""
    from matplotlib import pyplot as plt

    width, height = left + inner[0] + right, top + inner[1] + bottom
    margins = {
        "left": left / width,
        "right": 1 - right / width,
        "top": 1 - top / height,
        "bottom": bottom / height,
    }
    # Any layout that the user has set would move what has been measured.
    ax: Axes = plt.subplots(figsize=(width / 72, height / 72), layout="none", gridspec_kw=margins)[1]
    return ax


def labelled(
    caps: Sequence[Cap],
    inner: tuple[float, float],
    *,
    title: str,
    notes: Sequence[str],
    heads: Sequence[str] = (),
    turned: bool = False,
    ax: Axes | None,
) -> tuple[Axes, Pen]:
    """Prepare a place with a row for each capability, and maybe a column for each head.

    Args:
        caps: The capabilities, from above.
        inner: The size that the rows need, in points, at the size of the pen.
        title: What it shows.
        notes: Sentences that stand under it.
        heads: What stands over the columns.
        turned: Whether these are turned.
        ax: Where it is to be; a new figure of the right size if None.

    Returns:
        The place, and a pen of the size that fits there.
    """
    warned = risky(CapSet(caps))
    legend = [*notes, *[WARNED] * bool(warned), *[UNNAMED] * any(not cap.known for cap in caps)]
    names = [f"{cap} {'' if cap > 9 else '  '}{int(cap)}" if cap.known else str(cap) for cap in caps]
    marked = [row for row, cap in enumerate(caps) if cap in warned]
    return rowed(names, inner, title=title, notes=legend, marked=marked, heads=heads, turned=turned, ax=ax)


def rowed(
    names: Sequence[str],
    inner: tuple[float, float],
    *,
    title: str,
    notes: Sequence[str],
    marked: Sequence[int] = (),
    heads: Sequence[str] = (),
    turned: bool = False,
    ax: Axes | None,
) -> tuple[Axes, Pen]:
    """Prepare a place with rows of any names, as :func:`labelled` does; *marked* are the rows with a ! beside them."""
    pen, legend = Pen(), list(notes)
    sign = 2 * pen.size  # the room for a sign between a name and its row
    left = _EDGE + max(map(pen.width, names)) + sign
    high = 0.0
    if heads:
        high = max(map(pen.width, heads)) if turned else pen.line * max(head.count("\n") + 1 for head in heads)
        high += pen.size
    indent = left - _EDGE
    if ax is None:
        whole = max(indent + inner[0], _NARROWEST)
        title, legend = _wrapped(pen, title, legend, whole)
        top = _EDGE + pen.line * 1.2 * (title.count("\n") + 1) + pen.size + high
        bottom = _EDGE + pen.size + pen.line * sum(note.count("\n") + 1 for note in legend)
        ax = new_axes(inner, left, _EDGE + whole - indent - inner[0], top, bottom)
    else:
        room = points(ax)
        indent = 0.0
        pen = Pen(max(1.0, pen.size * min(1.0, room[1] / inner[1])))
        title, legend = _wrapped(pen, title, legend, room[0])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), names, **pen.style())
    ax.tick_params(axis="y", length=0, pad=2 * pen.size)
    ax.tick_params(axis="x", length=0, pad=0.6 * pen.size)
    ax.xaxis.tick_top()
    ax.set_xticks(
        range(len(heads)),
        heads,
        rotation=90 if turned else 0,
        linespacing=1.1,
        ha="center",
        va="bottom" if turned else "baseline",
        **pen.style(),
    )
    for row in marked:
        ax.annotate(
            "!",
            (0, row),
            (-pen.size, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="center",
            va="center",
            fontweight="bold",
            **pen.style(),
        )
    at = -indent / points(ax)[0]
    heading = ax.set_title(title, loc="left", pad=pen.size, **pen.style(1.2))
    heading.set_x(at)
    below = ax.set_xlabel("\n".join(legend), loc="left", linespacing=1.25, labelpad=pen.size, **pen.style())
    below.set_x(at)
    ax.xaxis.set_label_position("bottom")
    return ax, pen


def _wrapped(pen: Pen, title: str, notes: Iterable[str], width: float) -> tuple[str, list[str]]:
    return pen.wrap(title, width, 1.2), [pen.wrap(note, width) for note in notes]


def message(title: str, text: str, ax: Axes | None) -> Axes:
    """Draw a sentence, where there is nothing else to draw."""
    pen = Pen()
    width = points(ax)[0] if ax is not None else _NARROWEST
    title, text = pen.wrap(title, width, 1.2), pen.wrap(text, width)
    if ax is None:
        top = 2 * _EDGE + 1.3 * pen.line * (title.count("\n") + 1)
        ax = new_axes((width, pen.line * (text.count("\n") + 1)), _EDGE, _EDGE, top, _EDGE)
    ax.set_axis_off()
    ax.set_title(title, loc="left", pad=pen.size, **pen.style(1.2))
    ax.text(0, 1, text, transform=ax.transAxes, ha="left", va="top", **pen.style())
    return ax
